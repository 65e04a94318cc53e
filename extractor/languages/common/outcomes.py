"""What the expressions of a program come to."""

from __future__ import annotations

import operator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

Outcome: TypeAlias = str | int | bool | None
"""What an expression comes to: a text, a number, or whether it holds; False for what is absent, None for
what is not known."""
COMPARE: Final[Mapping[str, Callable[[float, float], bool]]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
NO: Final = frozenset({"0", "false", "no", "off"})
"""Values of options and settings that turn them off."""
_MAX_DIGITS: Final = 20


@dataclass(frozen=True, slots=True)
class Listed:
    """A list of values."""

    items: tuple[Value, ...] | None
    """None if the program's words cannot be distinguished from those of its launcher."""


Value: TypeAlias = "Outcome | Listed"


def truth(value: Value) -> bool | None:
    """Return whether a value counts as true; None if that is not known."""
    match value:
        case None:
            return None
        case Listed(items):
            return None if items is None else bool(items)
        case _:
            return bool(value)


def same(left: Value, right: Value) -> bool | None:
    """Return whether two values are the same; None if that is not known."""
    match left, right:
        case (None, _) | (_, None) | (True, str()) | (str(), True) | (Listed(None), _) | (_, Listed(None)):
            return None
        case (Listed(tuple() as some), Listed(tuple() as others)):
            if len(some) != len(others):
                return False
            return decided((same(a, b) for a, b in zip(some, others, strict=True)), by=False)
        case (Listed(), _) | (_, Listed()) | (bool(), _) | (_, bool()):
            return left is right
        case _:
            return same_text(str(left), str(right))


def same_text(left: str, right: str) -> bool | None:
    """Return whether two texts are the same; None if only their case differs: who reads them may not mind it."""
    return True if left == right else None if left.casefold() == right.casefold() else False


def number(text: str) -> int | None:
    """Return an integer as either language writes it; None for any other text."""
    try:
        return None if len(text) > _MAX_DIGITS else int(text.replace("_", ""), 0)
    except ValueError:
        return None


def as_number(value: Value) -> int | None:
    """Return a value as a number: 0 if it is absent, None if it is not a number."""
    if isinstance(value, str):
        return number(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else 0 if value is False else None


def decided(outcomes: Iterable[bool | None], *, by: bool) -> bool | None:
    """Return whether alternatives hold, of which one that is ``by`` decides; None if one that is not known may."""
    known = list(outcomes)
    if by in known:
        return by
    return None if None in known else not by


def option_value(value: str) -> Outcome:
    """Return what an option is that is given a value."""
    return 0 if value == "0" else False if value.lower() in NO else value
