"""Values to JSON and back, by their type hints: the one serialiser for transcripts, caches and history."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from harness.base.errors import UsageError

T = TypeVar("T")


def to_json(value: Any) -> bytes:
    r"""``value`` (any frozen dataclass of the models) as JSON, keys in the order of the fields.

    Lone surrogates, which a reply's JSON escapes can bring and UTF-8 cannot hold, are spelt out (``\\udcff``).
    """
    try:
        return msgspec.json.encode(value, order="deterministic")
    except UnicodeEncodeError:
        return msgspec.json.encode(encodable(msgspec.to_builtins(value, order="deterministic")))


def encodable(value: Any) -> Any:
    """Plain values (dicts, lists, texts, numbers) with every lone surrogate spelt out."""
    match value:
        case str():
            return value.encode("utf-8", "backslashreplace").decode("utf-8")
        case dict():
            return {encodable(key): encodable(item) for key, item in value.items()}
        case list() | tuple():
            return [encodable(item) for item in value]
        case _:
            return value


def from_json(data: bytes | str, kind: type[T], *, name: str | None = None) -> T:
    """Read back what :func:`to_json` wrote.

    Args:
        data: the JSON.
        kind: what it should be.
        name: what error messages call it; the name of ``kind`` if not given.

    Raises:
        UsageError: ``data`` is not JSON of that kind; the message says where it differs.
    """
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(f"not a docprobe {name or kind.__name__.lower()}: {error}") from error
