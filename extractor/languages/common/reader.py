"""What the docs leave to the reader: accounts, addresses and keys that only the reader has."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from extractor.base.loopback import is_loopback
from extractor.languages.common.environment import is_placeholder
from extractor.languages.common.facts import Ref
from extractor.languages.common.fragments import free_names

_FILES: Final = (".py", ".js", ".ts", ".json", ".md", ".yaml", ".yml", ".csv", ".pem", ".key", ".html", ".txt")
_ASKING: Final = frozenset({"get", "post", "request", "urlopen", "fetch", "stream"})
_FAR: Final = re.compile(r"https?://([\w.-]+)", re.ASCII)
_ISSUING: Final = re.compile(r"issuer|authorization_servers|authorizationServers|jwks|introspection", re.IGNORECASE)
"""Names of arguments that tell whose tokens a server takes."""
_MAX_FILE: Final = 200
_OF_THE_READER: Final = re.compile(r"KEY|SECRET|TOKEN|PASS|CLIENT_ID|DOMAIN|URL|URI|AUDIENCE|ISSUER|TENANT|PROJECT")
"""Variables without which a program may have nothing to talk to; a ``DEBUG`` it can always do without."""

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from extractor.languages.common.values import Draft


def left_to_reader(draft: Draft, environment: Mapping[str, str]) -> tuple[str, ...]:
    """Placeholders, variables without a value, files and names that no block gives, answers and tokens from afar.

    Args:
        draft: the program.
        environment: what the page, or docprobe, sets.
    """
    return tuple(
        dict.fromkeys(
            [
                *_arguments(draft),
                *_variables(draft, environment),
                *_files(draft),
                *_hosts(draft),
                *_names(draft),
                *_tokens(draft),
            ]
        )
    )


def _arguments(draft: Draft) -> Iterator[str]:
    for piece in (piece for unit in draft.units for piece in unit.pieces):
        for call in piece.code.calls:
            for name, value in call.keywords.items():
                if isinstance(value, str) and is_placeholder(value):
                    yield f"{name} (“{value}”, line {piece.block.span.first + call.line})"


def _variables(draft: Draft, environment: Mapping[str, str]) -> Iterator[str]:
    given = {
        name for held in draft.around.variables for name, value in held.values.items() if not is_placeholder(value)
    }
    for piece in (piece for unit in draft.units for piece in unit.pieces):
        for read in piece.code.environment:
            unset = read.default is None and read.name not in given and read.name not in draft.override.environment
            if unset and (read.required or _OF_THE_READER.search(read.name)):
                known = " (filled in)" if read.name in environment else ""
                yield f"the variable {read.name}{known}"


def _files(draft: Draft) -> Iterator[str]:
    """Files named as arguments that are none of the program's."""
    own = {PurePosixPath(unit.name.path).name for unit in draft.units if unit.name}
    own |= {PurePosixPath(name.path).name for name, _ in draft.around.named}
    calls = [call for unit in draft.units for code in unit.codes for call in code.calls]
    for value in (value for call in calls for value in call.arguments if isinstance(value, str)):
        named = value.endswith(_FILES) and len(value) < _MAX_FILE and not {" ", ":"} & set(value)
        if named and PurePosixPath(value).name not in own:
            yield f"the file {value}"


def _tokens(draft: Draft) -> Iterator[str]:
    """Tokens that only an authorization server elsewhere gives."""
    calls = [call for unit in draft.units for code in unit.codes for call in code.calls]
    for name, value in ((name, value) for call in calls for name, value in call.keywords.items()):
        text = value.text if isinstance(value, Ref) else value
        found = _FAR.search(text) if isinstance(text, str) and _ISSUING.search(name) else None
        if found and not is_loopback(found[1]):
            yield f"a token of {found[1]}"


def _names(draft: Draft) -> Iterator[str]:
    """Names that only a client's call brings into play; without them the program would be no whole one."""
    for unit in draft.units:
        for name in free_names(unit):
            yield f"`{name}`, defined in no block of this page and used only when a client calls for it"


def _hosts(draft: Draft) -> Iterator[str]:
    """Hosts that are asked for something while the program is loaded: a pod has no way out."""
    calls = [call for unit in draft.units for code in unit.codes for call in code.calls]
    for call in (call for call in calls if call.function is None and call.last in _ASKING):
        first = call.arguments[0] if call.arguments else None
        found = _FAR.match(first) if isinstance(first, str) else None
        if found and not is_loopback(found[1]):
            yield f"an answer of {found[1]}"
