"""Which tags belong together. Tags are leaves to the parser (as in MDX); components come from pairing them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from markdown_it.token import Token

_VOID: Final = frozenset(
    "area base br col embed hr img input link meta param source track wbr".split()  # noqa: SIM905
)


@dataclass(frozen=True, slots=True)
class Nesting:
    """The pairs among a page's ``tag`` tokens."""

    closes: Mapping[int, int]
    """Index of each opening tag that is closed, to that of its closing tag."""
    problems: tuple[tuple[int, str], ...]
    """Line (0-based) and message of tags without a partner."""


def pair_tags(tokens: Sequence[Token]) -> Nesting:
    """Pair each closing tag with the nearest open tag of its name; opened ones in between stay unpaired."""
    closes: dict[int, int] = {}
    problems: list[tuple[int, str]] = []
    stack: list[int] = []
    open_names: Counter[str] = Counter()
    for index, token in enumerate(tokens):
        if token.type != "tag" or token.meta["kind"] == "self":
            continue
        name = token.meta["name"]
        if token.meta["kind"] == "open":
            if name.lower() not in _VOID:
                stack.append(index)
                open_names[name] += 1
            continue
        if not open_names[name]:
            problems.append((_line(token), f"</{name}> closes nothing"))
            continue
        while stack:
            opened = stack.pop()
            opened_name = tokens[opened].meta["name"]
            open_names[opened_name] -= 1
            if opened_name == name:
                closes[opened] = index
                break
            problems.append((_line(tokens[opened]), f"<{opened_name}> is never closed"))
    problems += [(_line(tokens[index]), f"<{tokens[index].meta['name']}> is never closed") for index in stack]
    return Nesting(closes, tuple(sorted(problems)))


def _line(token: Token) -> int:
    return token.map[0] if token.map else 0
