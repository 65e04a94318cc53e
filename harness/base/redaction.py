"""Take tokens out of what is recorded: every text of a transcript, wherever it came from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from functools import cache
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
    changed: Any = given
    if isinstance(given, Enum):
        pass
    elif isinstance(given, str):
        changed = redact(given)
    elif isinstance(given, tuple):
        items = tuple(redact_texts(item, redact) for item in given)
        changed = items if _differ(items, given) else given
    elif (names := _field_names(type(given))) is not None:  # type: ignore[arg-type]  # mypy: a type has no hash
        before = [getattr(given, name) for name in names]
        after = [redact_texts(item, redact) for item in before]
        if _differ(after, before):
            changed = replace(given, **dict(zip(names, after, strict=True)))
    elif isinstance(given, Mapping):
        keys, items = redact_texts(tuple(given), redact), redact_texts(tuple(given.values()), redact)
        if _differ(keys, tuple(given)) or _differ(items, tuple(given.values())):
            changed = dict(zip(keys, items, strict=True))
    result: T = changed
    return result


def _differ(after: Sequence[object], before: Sequence[object]) -> bool:
    return any(new is not old for new, old in zip(after, before, strict=True))


@cache
def _field_names(kind: type[Any]) -> tuple[str, ...] | None:
    """Return the names of the fields of a dataclass; None for other types."""
    return tuple(field.name for field in fields(kind)) if is_dataclass(kind) else None
