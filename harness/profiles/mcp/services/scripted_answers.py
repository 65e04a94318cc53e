"""What the scripted server answers: results, errors, and what is special about the sessionless revisions. Pure.

A client's faults are recorded and judged, and not refused: one that forgets a header is served as if it were there, so
that the rest of its conversation can be watched.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from harness.profiles.mcp.messages import META, METHOD_HEADER, VERSION_HEADER
from harness.profiles.mcp.revisions import FIRST_SESSIONLESS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.base.jsonrpc import Message

NEWEST_WITH_HANDSHAKE: Final = "2025-11-25"
WITH_HANDSHAKE: Final = ("2024-11-05", "2025-03-26", "2025-06-18", NEWEST_WITH_HANDSHAKE)
SESSIONLESS: Final = (FIRST_SESSIONLESS,)
METHOD_NOT_FOUND: Final = -32601
UNSUPPORTED_VERSION: Final = -32022
"""Codes of JSON-RPC, and of basic/index, "Error Codes", of 2026-07-28."""
LISTEN: Final = "subscriptions/listen"
MAY_ASK_FOR_INPUT: Final = frozenset({"tools/call", "prompts/get", "resources/read"})
"""Requests that may be answered by an InputRequiredResult (basic/patterns/mrtr, "Supported Requests")."""
REQUEST_STATE: Final = "docprobe state: ä /+= {not JSON}"
"""An opaque string: a client that parses or rewrites it does not echo it."""
_SERVER: Final = {"name": "docprobe-scripted", "version": "1"}
_TEXT: Final = {"content": [{"type": "text", "text": "ok"}]}
_ECHO: Final = {
    "type": "object",
    "properties": {"text": {"type": "string", "x-mcp-header": "Text"}, "times": {"type": "integer"}},
}
"""Clients of the sessionless revisions repeat ``text`` in a header; to others the annotation means nothing."""
_RESULTS: Final[Mapping[str, Any]] = {
    "tools/list": {"tools": [{"name": "echo", "description": "Says ok.", "inputSchema": _ECHO}]},
    "tools/call": _TEXT,
    "resources/list": {"resources": [{"uri": "docprobe://text", "name": "text"}]},
    "resources/templates/list": {"resourceTemplates": []},
    "resources/read": {"contents": [{"uri": "docprobe://text", "mimeType": "text/plain", "text": "ok"}]},
    "prompts/list": {"prompts": [{"name": "hello"}]},
    "prompts/get": {"messages": [{"role": "user", "content": {"type": "text", "text": "ok"}}]},
    "completion/complete": {"completion": {"values": [], "hasMore": False}},
}
_WITH_SESSIONS: Final[Mapping[str, Any]] = {
    "ping": {},
    "logging/setLevel": {},
    "resources/subscribe": {},
    "resources/unsubscribe": {},
}
"""Requests that the sessionless revisions removed."""
_CAPABILITIES: Final[Message] = {"tools": {}, "resources": {}, "prompts": {}, "logging": {}, "completions": {}}
_CACHEABLE: Final = re.compile(r"server/discover|(tools|prompts|resources|resources/templates)/list|resources/read")
_SESSIONLESS_VERSION: Final = re.compile(r"20\d\d-\d\d-\d\d")


def initialized(version: str) -> Message:
    """Return the InitializeResult that agrees to ``version``."""
    return {"protocolVersion": version, "capabilities": _CAPABILITIES, "serverInfo": _SERVER}


def result_in_session(method: str) -> Message | None:
    """Return the result of a request in a session; None for a method that is not served."""
    found: Message | None = _RESULTS.get(method, _WITH_SESSIONS.get(method))
    return found


def reply_in_session(message: Message, method: str) -> Message:
    """Return the response to a request of a revision with a handshake, the initialize included."""
    if method == "initialize":
        params = message.get("params")
        asked = params.get("protocolVersion") if isinstance(params, dict) else None
        return reply_to(message, result=initialized(asked if asked in WITH_HANDSHAKE else NEWEST_WITH_HANDSHAKE))
    result = result_in_session(method)
    if result is None:
        return reply_to(message, error={"code": METHOD_NOT_FOUND, "message": "no such method"})
    return reply_to(message, result=result)


def sessionless_result(method: str) -> Message | None:
    """Return the result of a sessionless request, complete with type, caching hints and server; None as above."""
    found: Message | None = _RESULTS.get(method)
    if method == "server/discover":
        found = {"supportedVersions": list(SESSIONLESS), "capabilities": _CAPABILITIES}
    if found is None:
        return None
    hints = {"ttlMs": 0, "cacheScope": "private"} if _CACHEABLE.fullmatch(method) else {}
    return {"resultType": "complete", **found, **hints, "_meta": {f"{META}serverInfo": _SERVER}}


def input_required() -> Message:
    """Return an InputRequiredResult that asks for no input: a client without any capability can retry it."""
    return {"resultType": "input_required", "requestState": REQUEST_STATE}


def acknowledged(message: Message) -> Message:
    """Return the first message on the stream of a subscription: nothing of what was asked for will be sent."""
    params = {"_meta": {f"{META}subscriptionId": message.get("id")}, "notifications": {}}
    return {"jsonrpc": "2.0", "method": "notifications/subscriptions/acknowledged", "params": params}


def unsupported(message: Message, version: str) -> Message:
    """Return the error of a server that speaks no sessionless revision and says which ones it speaks."""
    data = {"supported": list(WITH_HANDSHAKE), "requested": version}
    error = {"code": UNSUPPORTED_VERSION, "message": "Unsupported protocol version", "data": data}
    return reply_to(message, error=error)


def reply_to(message: Message, **answer: Any) -> Message:
    """Return a response to ``message``."""
    return {"jsonrpc": "2.0", "id": message.get("id"), **answer}


def sessionless_version(message: Message | None, headers: Mapping[str, str]) -> str | None:
    """Return the version of a request that belongs to a sessionless revision; None for one that belongs to a session.

    The body's version counts, then the header's. Without either, a request that has anything else of these revisions
    belongs to the first of them: what it lacks is its fault.
    """
    if message is not None and message.get("method") == "initialize":
        return None
    params = message.get("params") if message is not None else None
    meta = params.get("_meta") if isinstance(params, dict) else None
    fields = [key for key in meta if key.startswith(META)] if isinstance(meta, dict) else []
    stated = meta.get(f"{META}protocolVersion") if isinstance(meta, dict) else None
    for version in (stated, headers.get(VERSION_HEADER)):
        if isinstance(version, str) and _SESSIONLESS_VERSION.fullmatch(version) and version not in WITH_HANDSHAKE:
            return version
    method = message.get("method") if message is not None else None
    return FIRST_SESSIONLESS if fields or headers.get(METHOD_HEADER) or method == "server/discover" else None
