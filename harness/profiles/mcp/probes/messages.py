"""Make the JSON-RPC messages that MCP sends. Reading replies is :mod:`harness.base.jsonrpc`."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from harness.base.jsonrpc import Message

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
