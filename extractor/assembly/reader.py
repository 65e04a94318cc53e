"""What the docs leave to the reader: accounts, addresses and keys that only the reader has."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from extractor.assembly.environment import is_placeholder

_OF_THE_READER: Final = re.compile(r"KEY|SECRET|TOKEN|PASS|CLIENT_ID|DOMAIN|URL|URI|AUDIENCE|ISSUER|TENANT|PROJECT")
"""Variables without which a program may have nothing to talk to; a ``DEBUG`` it can always do without."""

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from extractor.assembly.values import Draft


def left_to_reader(draft: Draft, environment: Mapping[str, str]) -> tuple[str, ...]:
    """Placeholders among the arguments of calls, and variables that the page gives no value for.

    Args:
        draft: the program.
        environment: what the page, or docprobe, sets.
    """
    return tuple(dict.fromkeys([*_arguments(draft), *_variables(draft, environment)]))


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
