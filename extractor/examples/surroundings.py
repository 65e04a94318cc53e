"""What a page says around its code: install lines, run commands, variables, project files, named files."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from extractor.base.loopback import URL_HOST
from extractor.examples.manifests import manifest_of
from extractor.examples.names import stated_name
from extractor.languages.common.environment import is_environment_fence, variables_of
from extractor.languages.common.installs import installs_of
from extractor.languages.common.shell import SHELLS, commands_of
from extractor.languages.common.values import Command, FileName, Install, Manifest, Surroundings, Variables
from extractor.model import InfoString, Span

_MAX_CHARS: Final = 20_000
_ADDRESSED: Final = SHELLS | {"json", "jsonc", "http", "text", "powershell", ""}
_URL: Final = re.compile(rf"https?://{URL_HOST}(?::\d+)?(?P<path>/[\w/.-]*)?", re.ASCII)
"""URLs in texts of all kinds: commands, headers, configurations."""

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from extractor.model import Block


def surroundings_of(blocks: Sequence[Block], host_configuration: str | None) -> Surroundings:
    """Everything of one page that is not code but bears on its programs."""
    installs: list[Install] = []
    commands: list[Command] = []
    variables: list[Variables] = []
    manifests: list[Manifest] = []
    named: list[tuple[FileName, Block]] = []
    said = tuple(spoken for block in blocks for spoken in _spoken(block))
    for block in blocks:
        name = stated_name(block)
        if name is not None:
            named.append((name, block))
        installs += installs_of(block)
        commands += _commands([block])
        commands += _from_host_configuration(block, host_configuration)
        path = name.path if name else None
        if manifest := manifest_of(block, path):
            manifests.append(manifest)
        elif is_environment_fence(block, path) and (values := variables_of(block)):
            variables.append(Variables(values, block))
    installs += [_without_versions(install) for block in said for install in installs_of(block)]
    in_passing = tuple(_commands(said))
    addresses = tuple((path, block) for block in blocks for path in _addresses(block))
    return Surroundings(
        tuple(installs), tuple(commands), tuple(variables), tuple(manifests), tuple(named), addresses, in_passing
    )


def _commands(blocks: Iterable[Block]) -> Iterator[Command]:
    for block in blocks:
        for words in commands_of(block):
            yield Command(words.words, words.environment, block, words.line)


def _without_versions(install: Install) -> Install:
    """An install line of the prose: a version that a sentence names is as often the old one as the wanted one."""
    return replace(install, dependencies=tuple(replace(d, specifier="") for d in install.dependencies))


def _spoken(block: Block) -> Iterator[Block]:
    """The commands that the prose around a block tells in passing, as shell fences of one line each."""
    for line, text in block.prose_commands:
        span = Span(block.span.file, line, line)
        info = InfoString(raw="sh", language="sh")
        code = f"{text}\n"
        yield replace(
            block, span=span, info=info, text=code, directives=(), context="", includes=(), prose_commands=()
        )


def _addresses(block: Block) -> Iterator[str]:
    """Paths of URLs on this machine in a shell, HTTP or JSON fence. ``/`` is said too rarely on purpose to count."""
    if block.language not in _ADDRESSED or len(block.text) > _MAX_CHARS:
        return
    for found in _URL.finditer(block.text):
        path = (found["path"] or "").rstrip("/.")
        if path:
            yield path


def _from_host_configuration(block: Block, key: str | None) -> Iterator[Command]:
    """The commands under ``key`` of a JSON configuration: how a host would start the server of the page."""
    if (
        key is None
        or block.language not in {"json", "jsonc", "json5"}
        or key not in block.text
        or len(block.text) > _MAX_CHARS
    ):
        return
    try:
        data = json.loads(block.text)
    except (ValueError, RecursionError):
        return
    servers = data.get(key) if isinstance(data, dict) else None
    for entry in servers.values() if isinstance(servers, dict) else ():
        command, arguments = (entry.get("command"), entry.get("args", [])) if isinstance(entry, dict) else (None, [])
        if isinstance(command, str) and isinstance(arguments, list) and all(isinstance(a, str) for a in arguments):
            environment = entry.get("env")
            values = environment if isinstance(environment, dict) else {}
            texts = {k: v for k, v in values.items() if isinstance(k, str) and isinstance(v, str)}
            yield Command((command, *arguments), texts, block, 1)
