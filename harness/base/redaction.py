"""Take tokens out of what is recorded: every text of a transcript, wherever it came from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from typing import Any, TypeVar

T = TypeVar("T")


def redact_texts(value: T, redact: Callable[[str], str]) -> T:
    """Return ``value`` with ``redact`` applied to every text in it.

    Headers, bodies, targets, event data and ids, session ids, facts and logs are all texts inside frozen dataclasses,
    tuples and mappings, so a field that is added to a transcript later is covered too.

    Args:
        value: frozen dataclasses, tuples and mappings of plain values. Keys of mappings are texts too.
        redact: from a text to what may be recorded of it.
    """
    changed: Any = value
    if isinstance(value, Enum):
        return value
    if isinstance(value, str):
        changed = redact(value)
    elif isinstance(value, tuple):
        changed = tuple(redact_texts(item, redact) for item in value)
    elif isinstance(value, Mapping):
        changed = {redact_texts(key, redact): redact_texts(item, redact) for key, item in value.items()}
    elif is_dataclass(value) and not isinstance(value, type):
        changed = replace(value, **{f.name: redact_texts(getattr(value, f.name), redact) for f in fields(value)})
    result: T = changed
    return result
