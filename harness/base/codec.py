"""Values to JSON and back, by their type hints: the one serialiser for transcripts, caches and history."""

from __future__ import annotations

from typing import Any, Literal, TypeVar

import msgspec

from harness.base.errors import UsageError
from harness.base.escape import json_text

T = TypeVar("T")
Order = Literal["deterministic"] | None


def to_json(value: Any) -> bytes:
    r"""``value`` (any frozen dataclass of the models) as JSON, keys in the order of the fields.

    Lone surrogates, which a reply's JSON escapes can bring and UTF-8 cannot hold, are spelt out (``\\udcff``).
    """
    return _encoded(value, "deterministic")


def to_document(value: Any, *, order: Order = None) -> str:
    r"""Return ``value`` as an indented JSON document to be printed, with what a terminal or CI would obey escaped.

    Args:
        value: plain values and frozen dataclasses, as for :func:`to_json`.
        order: of the keys of dicts; None keeps theirs.
    """
    return json_text(msgspec.json.format(_encoded(value, order), indent=2).decode()) + "\n"


def _encoded(value: Any, order: Order) -> bytes:
    try:
        return msgspec.json.encode(value, order=order)
    except UnicodeEncodeError:
        return msgspec.json.encode(encodable(msgspec.to_builtins(value, order=order)))


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
