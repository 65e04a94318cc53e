"""Values to JSON and back, by their type hints: the one serialiser for transcripts, caches and history."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from harness.errors import UsageError

T = TypeVar("T")


def to_json(value: Any) -> bytes:
    """``value`` (any frozen dataclass of the models) as JSON, keys in the order of the fields."""
    return msgspec.json.encode(value, order="deterministic")


def from_json(data: bytes | str, kind: type[T]) -> T:
    """Read back what :func:`to_json` wrote.

    Raises UsageError if ``data`` is not JSON of that kind; the message says where it differs.
    """
    try:
        return msgspec.json.decode(data, type=kind)
    except msgspec.DecodeError as error:
        raise UsageError(f"not a docprobe {kind.__name__.lower()}: {error}") from error
