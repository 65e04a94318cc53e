"""Read JSON-RPC 2.0 messages out of text. What is read is hostile: any shape may turn up, and none raises.

The one reader of probes, rules and reports, which ask for the same messages many times: what is returned is shared, and
is not to be changed. Source: the JSON-RPC 2.0 specification, sections 4 to 6.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable

Message: TypeAlias = dict[str, Any]

METHOD_NOT_FOUND: Final = -32601
_INVALID: Final = object()
"""What is not JSON, or is nested too deeply to be read."""
_SHORT: Final = 2048
"""Characters up to which a text that was read is kept: most are far shorter, and all kept ones are a few MiB."""


def _read(text: str | bytes) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return _INVALID


_kept = lru_cache(maxsize=2048)(_read)


def _value(text: str | bytes) -> Any:
    return _kept(text) if len(text) <= _SHORT else _read(text)


def parse(text: str | bytes) -> Any:
    """Return the JSON value of ``text``; None if it is not JSON, or nested too deeply to be read."""
    value = _value(text)
    return None if value is _INVALID else value


def message(text: str | bytes) -> Message | None:
    """Return the one message that ``text`` holds; None for a batch and for anything else that is not an object."""
    value = parse(text)
    return value if isinstance(value, dict) else None


def messages(text: str | bytes) -> tuple[Message, ...] | None:
    """Return the messages of ``text``: one, or those of a batch; None if it is not JSON.

    Items of a batch that are not objects are left out.
    """
    value = _value(text)
    if value is _INVALID:
        return None
    values = value if isinstance(value, list) else [value]
    return tuple(item for item in values if isinstance(item, dict))


def is_response(message: Message) -> bool:
    """Return whether ``message`` answers a request: it has a result or an error, and no method."""
    return "method" not in message and ("result" in message or "error" in message)


def response_to(messages: Iterable[Message], id: object) -> Message | None:
    """Return the first response among ``messages`` that carries ``id``; None if there is none."""
    for candidate in messages:
        # in Python True equals 1; a boolean is not a valid id
        if candidate.get("id") == id and not isinstance(candidate.get("id"), bool) and is_response(candidate):
            return candidate
    return None


def error_code(response: Message | None) -> int | None:
    """Return the code of a response's error; None if it is not an error, or the code is not an integer."""
    error = (response or {}).get("error")
    code = error.get("code") if isinstance(error, dict) else None
    return code if isinstance(code, int) and not isinstance(code, bool) else None


def methods(text: str | bytes) -> str:
    """Return the methods that a request body names: ``list``, ``[list, ping]``; empty if it names none."""
    value = parse(text)
    if isinstance(value, list):
        return f"[{', '.join(str(item.get('method', '?')) for item in value if isinstance(item, dict))}]"
    return str(value.get("method", "")) if isinstance(value, dict) else ""
