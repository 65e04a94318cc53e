"""Made-up input for a tool that asks for some, and a ``requestState`` that somebody tampered with (2026-07-28)."""

from __future__ import annotations

import base64
import binascii
import json
from typing import TYPE_CHECKING, Any, Final

from harness.profiles.mcp.probes.tools import made_up_value

if TYPE_CHECKING:
    from harness.base.jsonrpc import Message

_SAMPLED: Final = {"role": "assistant", "content": {"type": "text", "text": "docprobe"}, "model": "docprobe"}
_MOST_DEPTH: Final = 8


def made_up_answers(requests: Any) -> Message:
    """Return an answer to each of a result's ``inputRequests``; empty if it has none."""
    if not isinstance(requests, dict):
        return {}
    return {key: _answer(request) for key, request in requests.items() if isinstance(request, dict)}


def _answer(request: Message) -> Message:
    match request.get("method"):
        case "sampling/createMessage":
            return dict(_SAMPLED)
        case "roots/list":
            return {"roots": []}
        case _:
            params = request.get("params")
            schema = params.get("requestedSchema") if isinstance(params, dict) else None
            if schema is None:
                return {"action": "accept"}
            content = made_up_value(schema)
            return {"action": "accept", "content": content} if isinstance(content, dict) else {"action": "decline"}


def changed_state(state: str) -> str:
    """Return a state that an attacker would send: of readable JSON, also in base64, one value is another one.

    In anything else one character in the middle is. What a signature protects is changed, and not the signature.
    """
    plain = _changed_json(state)
    if plain is not None:
        return plain
    parts = state.split(".")
    for number, part in enumerate(parts):
        for decode, encode in (
            (base64.urlsafe_b64decode, base64.urlsafe_b64encode),
            (base64.b64decode, base64.b64encode),
        ):
            padding = "=" * (-len(part) % 4)
            try:
                changed = _changed_json(decode(part + padding).decode())
            except (ValueError, binascii.Error):
                continue
            if changed is not None:
                code = encode(changed.encode()).decode()
                parts[number] = code.rstrip("=") if padding else code
                return ".".join(parts)
    middle = len(state) // 2
    return f"{state[:middle]}{'A' if state[middle : middle + 1] != 'A' else 'B'}{state[middle + 1 :]}"


def _changed_json(text: str) -> str | None:
    """Return JSON with its first value changed; None if the text is not an object or a list with a value."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, (dict, list)):
        return None
    changed, done = _change(value, 0)
    return json.dumps(changed, separators=(",", ":")) if done else None


def _change(value: Any, depth: int) -> tuple[Any, bool]:
    if depth < _MOST_DEPTH and isinstance(value, (dict, list)):
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        for key, inner in pairs:
            changed, done = _change(inner, depth + 1)
            if done:
                copy = value.copy()
                copy[key] = changed
                return copy, True
        return value, False
    if isinstance(value, bool):
        return not value, True
    if isinstance(value, (int, float)):
        return value + 1, True
    return (f"{value}x", True) if isinstance(value, str) else (value, False)
