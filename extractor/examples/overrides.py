"""What a maintainer says of an example, in ``docprobe.toml`` or in a directive, and which blocks that means."""

from __future__ import annotations

import shlex
from dataclasses import fields, replace
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from extractor.base.globs import matches
from extractor.languages.common.installs import RefusedError, npm_dependency, python_dependency
from extractor.languages.common.paths import refusal
from extractor.model import ExampleKind, ExampleOverride, Manager

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from extractor.model import Block, Directive

BEFORE: Final = "before:"
"""Prefix of a ``glue`` key whose text goes in front of the file instead of behind it."""
AUTHORIZATION: Final = "authorization"
NONE: Final = ExampleOverride()
"""Nothing said."""
_TEXTS: Final = {"kind": "kind", "cwd": "cwd", "endpoint": "endpoint", "resolve": "resolve_date"}
"""Keys of a directive whose value is taken as it is, and the fields they fill."""
_LISTS: Final = {"deps": "dependencies", "services": "services"}
NO_REASON: Final = "left out by a directive"


def override_for(example_id: str, overrides: Mapping[str, ExampleOverride]) -> ExampleOverride | None:
    """What the configuration says of an example: the entry of exactly its id, else the first glob that matches."""
    if example_id in overrides:
        return overrides[example_id]
    for pattern, override in overrides.items():
        if matches(example_id, pattern):
            return override
    return None


def from_directives(directives: Sequence[Directive]) -> ExampleOverride:
    """The directives above a program's blocks as an override.

    ``file``, ``id``, ``join`` and ``language`` say something of a block and are read where blocks are.
    """
    said: dict[str, Any] = {}
    for key, value in (pair for directive in directives for pair in directive.values.items()):
        if field := _TEXTS.get(key):
            said[field] = value
        elif field := _LISTS.get(key):
            said[field] = tuple(value.split())
        elif key == "command":
            said["command"] = tuple(shlex.split(value))
        elif key == "env":
            pairs = (word.partition("=") for word in shlex.split(value))
            said["environment"] = {**said.get("environment", {}), **{name: text for name, _, text in pairs}}
        elif key == "skip":
            said["skip"] = value or NO_REASON
        elif key == "expected":
            said["not_runnable"] = value.partition(":")[2].strip() or value
    return replace(NONE, **said)


def merged(config: ExampleOverride, directive: ExampleOverride) -> ExampleOverride:
    """Both together; the directive wins, since it stands in the docs themselves."""
    names = [f.name for f in fields(directive) if getattr(directive, f.name) != getattr(NONE, f.name)]
    said: dict[str, Any] = {name: getattr(directive, name) for name in names}
    if "environment" in said:
        said["environment"] = {**config.environment, **directive.environment}
    return replace(config, **said)


def mistakes(override: ExampleOverride, manager: Manager | None) -> tuple[str, ...]:
    """What an override says that cannot be, each as a clause; ``manager`` is the language's, if packages matter."""
    found: list[str] = []
    kinds = [kind.value for kind in ExampleKind]
    if override.kind is not None and override.kind not in kinds:
        found.append(f"kind “{override.kind}” is none of {', '.join(kinds)}")
    if override.endpoint is not None and not override.endpoint.startswith("/"):
        found.append(f"endpoint “{override.endpoint}” is no path: it does not begin with /")
    if override.cwd not in {None, "."} and (why := refusal(override.cwd or "")):
        found.append(f"cwd {why}")
    if override.command is not None and not override.command:
        found.append("command is empty")
    names = [*override.files.values(), *(key.removeprefix(BEFORE) for key in override.glue)]
    found += [f"a file {why}" for name in names if (why := refusal(name))]
    if override.resolve_date is not None and not _is_date(override.resolve_date):
        found.append(f"resolve-date “{override.resolve_date}” is no date like 2025-11-25")
    unknown = [service for service in override.services or () if service != AUTHORIZATION]
    found += [f"service “{service}” is none that docprobe has: {AUTHORIZATION}" for service in unknown]
    make = npm_dependency if manager is Manager.NPM else python_dependency
    for text in override.dependencies or () if manager else ():
        try:
            make(text)
        except RefusedError as refused:
            found.append(str(refused))
    return tuple(found)


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def selected(selector: str, blocks: Sequence[Block]) -> tuple[Block, ...]:
    """The blocks of a page that a selector means.

    ``#slug``: all under that heading; ``label:server.ts``: by label, name or tab; ``line:120``: the block that
    stands there; ``n:3``: by 0-based position on the page.
    """
    if selector.startswith("#"):
        return tuple(b for b in blocks if b.place.headings and b.place.headings[-1].slug == selector[1:])
    kind, _, value = selector.partition(":")
    match kind:
        case "label":
            return tuple(b for b in blocks if value in {b.info.label, b.info.name, b.place.tab})
        case "line" if value.isdigit():
            return tuple(b for b in blocks if b.span.first <= int(value) <= b.span.last)
        case "n" if value.isdigit():
            return tuple(b for b in blocks if b.ordinal == int(value))
        case _:
            return ()
