"""JSON-RPC messages as MCP uses them: made for requests, recognised in replies."""

from __future__ import annotations

import json
import re
from typing import Any, Final, TypeAlias

Message: TypeAlias = dict[str, Any]

FIRST_SESSIONLESS: Final = "2026-07-28"
"""From this revision on there is no initialize, no session, no GET and no DELETE (its Streamable HTTP page)."""
UNSUPPORTED_VERSION: Final = "1999-01-01"
"""A version that no revision ever had."""
CLIENT_INFO: Final = {"name": "docprobe", "version": "1"}
META: Final = "io.modelcontextprotocol/"
_DATED: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


def legacy(revisions: tuple[str, ...]) -> tuple[str, ...]:
    """The revisions with an initialize handshake, newest first. Undated names (``draft``) are no wire versions."""
    return tuple(sorted((r for r in revisions if _DATED.fullmatch(r) and r < FIRST_SESSIONLESS), reverse=True))


def sessionless(revisions: tuple[str, ...]) -> tuple[str, ...]:
    """The revisions without a handshake, newest first."""
    return tuple(sorted((r for r in revisions if _DATED.fullmatch(r) and r >= FIRST_SESSIONLESS), reverse=True))


def request(rpc_id: int, method: str, params: Message | None = None) -> Message:
    """A JSON-RPC request."""
    message: Message = {"jsonrpc": "2.0", "id": rpc_id, "method": method}
    return message if params is None else {**message, "params": params}


def notification(method: str) -> Message:
    """A JSON-RPC notification."""
    return {"jsonrpc": "2.0", "method": method}


def initialize(rpc_id: int, version: str) -> Message:
    """An initialize request that offers ``version`` and no capabilities."""
    return request(
        rpc_id, "initialize", {"protocolVersion": version, "capabilities": {}, "clientInfo": dict(CLIENT_INFO)}
    )


def modern_meta(version: str) -> Message:
    """The per-request fields of 2026-07-28 (basic/index, "Per-request protocol fields")."""
    return {
        f"{META}protocolVersion": version,
        f"{META}clientInfo": dict(CLIENT_INFO),
        f"{META}clientCapabilities": {},
    }


def encode(message: Message | list[Message]) -> bytes:
    """Compact UTF-8 JSON."""
    return json.dumps(message, separators=(",", ":"), ensure_ascii=False).encode()


def decode(text: str | bytes) -> tuple[Message, ...] | None:
    """The JSON-RPC messages of a body or event: one, or those of a batch; None if it is not JSON.

    Safe for hostile text: depth and huge numbers end as None too.
    """
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    values = value if isinstance(value, list) else [value]
    return tuple(v for v in values if isinstance(v, dict))


def response_to(messages: tuple[Message, ...], rpc_id: int | None) -> Message | None:
    """The result or error that answers ``rpc_id``, if it is there."""
    for message in messages:
        if message.get("id") == rpc_id and not isinstance(message.get("id"), bool) and is_response(message):
            return message
    return None


def is_response(message: Message) -> bool:
    """Whether it is a JSON-RPC response: a result or an error and no method."""
    return ("result" in message or "error" in message) and "method" not in message


def initialize_version(response: Message | None) -> str | None:
    """``protocolVersion`` of an InitializeResult; None if the message is none."""
    result = (response or {}).get("result")
    version = result.get("protocolVersion") if isinstance(result, dict) else None
    return version if isinstance(version, str) else None


def error_code(response: Message | None) -> int | None:
    """``code`` of a JSON-RPC error; None if the message is none."""
    error = (response or {}).get("error")
    code = error.get("code") if isinstance(error, dict) else None
    return code if isinstance(code, int) else None
