"""Take tokens out of what is recorded: every text of a transcript, wherever it came from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from functools import cache
from operator import is_not
from typing import Any, TypeVar

T = TypeVar("T")


def redact_texts(value: T, redact: Callable[[str], str]) -> T:
    """Return ``value`` with ``redact`` applied to every text in it.

    Headers, bodies, targets, event data and ids, session ids, facts and logs are all texts inside frozen dataclasses,
    tuples and mappings, so a field that is added to a transcript later is covered too. What holds nothing to be
    redacted is returned as it is, not as a copy.

    Args:
        value: frozen dataclasses, tuples and mappings of plain values. Keys of mappings are texts too.
        redact: from a text to what may be recorded of it.
    """
    given: Any = value
    kind, changed = type(given), given
    if kind is str:
        changed = redact(given)
    elif kind is tuple:
        changed = _redacted(given, redact)
    elif (names := _field_names(kind)) is not None:  # type: ignore[arg-type]  # mypy: a type has no hash
        before = tuple([getattr(given, name) for name in names])
        after = _redacted(before, redact)
        if after is not before:
            changed = replace(given, **dict(zip(names, after, strict=True)))
    elif isinstance(given, Mapping):
        pairs = tuple(given.items())
        redacted = _redacted(pairs, redact)
        if redacted is not pairs:
            changed = dict(redacted)
    elif isinstance(given, (str, tuple)) and not isinstance(given, Enum):
        # of a subclass: what is redacted is a plain one
        changed = redact(given) if isinstance(given, str) else _redacted(tuple(given), redact)
    result: T = changed
    return result


def _redacted(items: tuple[Any, ...], redact: Callable[[str], str]) -> tuple[Any, ...]:
    """Return the items without what is to be redacted: the same tuple if that is nothing."""
    after = [redact_texts(item, redact) for item in items]
    return tuple(after) if any(map(is_not, after, items)) else items


@cache
def _field_names(kind: type[Any]) -> tuple[str, ...] | None:
    """Return the names of the fields of a dataclass; None for other types."""
    return tuple(field.name for field in fields(kind)) if is_dataclass(kind) else None
