"""What a request looks like on the wire: its JSON-RPC message, its headers, and where it goes.

Reading replies is :mod:`harness.base.jsonrpc`.
"""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from harness.base.jsonrpc import METHOD_NOT_FOUND

if TYPE_CHECKING:
    from harness.base.jsonrpc import Message

ACCEPT_BOTH: Final = "application/json, text/event-stream"
ACCEPT_STREAM: Final = "text/event-stream"
SESSION_HEADER: Final = "Mcp-Session-Id"
VERSION_HEADER: Final = "MCP-Protocol-Version"
METHOD_HEADER: Final = "Mcp-Method"
NAME_HEADER: Final = "Mcp-Name"
EVENT_HEADER: Final = "Last-Event-ID"
FOREIGN_ORIGIN: Final = "http://evil.example"
LOCAL_LOOKING_ORIGINS: Final = {
    "localhost": "http://localhost.evil.example",
    "address": "http://127.0.0.1.evil.example",
    "null": "null",
}
"""By leg of ``origin.local-looking``: foreign origins that pass a search for "localhost" or "127.0.0.1", and the origin
of sandboxed frames and local files (RFC 6454, section 6.1)."""
UNSUPPORTED_VERSION: Final = "1999-01-01"
"""A version that no revision ever had."""
NAMED_BY: Final = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}
"""By method: the parameter that ``Mcp-Name`` repeats."""
MISSING_RESOURCE: Final = "file:///docprobe/no-such-resource"
"""An address that no server has a resource for."""
MISSING_NAME: Final = "docprobe-no-such-name"
"""A prompt, a cursor and a log level that no server has."""
UNKNOWN_METHOD: Final = "docprobe/no-such-method"
RESOURCE_METADATA: Final = re.compile(r'resource_metadata="?([^",\s]+)"?')
"""Where a challenge (WWW-Authenticate) says that the metadata of the resource is (RFC 9728, section 5.1)."""
META: Final = "io.modelcontextprotocol/"
"""Prefix of the per-request fields of 2026-07-28."""
EVERY_INPUT: Final[Message] = {"elicitation": {"form": {}, "url": {}}, "sampling": {}, "roots": {}}
"""Capabilities of a client that can give every kind of input."""
_SENTINEL: Final = re.compile(r"=\?base64\?.*\?=")
_CLIENT_INFO: Final = {"name": "docprobe", "version": "1"}

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class EndpointAddress:
    """Where requests go, and under which name."""

    ip: str
    """IP address to connect to, IPv6 in brackets."""
    port: int
    target: str
    """Path and query."""
    host: str = "localhost:*"
    """Host that requests name; ``*`` stands for the port."""

    @property
    def url(self) -> str:
        """Where connections go."""
        return f"http://{self.ip}:{self.port}{self.target}"

    @property
    def authority(self) -> str:
        """The Host header: ``localhost`` always with its port, since SDKs on a loopback bind refuse it bare."""
        return self.host.replace("*", str(self.port))

    @property
    def origin(self) -> str:
        """The origin of the server's own pages."""
        return f"http://{self.authority}"

    @property
    def public_url(self) -> str:
        """The URL that a client would be given."""
        return f"http://{self.authority}{self.target}"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sends a request. A fault is ``replace(caller, …)`` of exactly one field, the rest stays as in its control."""

    revision: str | None
    version: str | None = None
    """MCP-Protocol-Version header; None for none (initialize)."""
    id: str | None = None
    """Session id."""
    label: str | None = None
    """Label of the session, ``unknown`` for a made-up id."""
    token: str | None = None
    """Label of the token; None for no Authorization header."""
    origin: str | None = None


def headers(address: EndpointAddress, caller: Caller, *, accept: str | None, body: bool, bearer: str | None) -> Headers:
    """Return all headers but Content-Length: what a careful client sends, and nothing else.

    Each request has a connection of its own, which the transport closes; ``Connection: close`` would say so, and some
    servers then close it before they answer (Ktor's CIO engine, where the body comes in a packet of its own).

    Args:
        address: gives the Host.
        caller: gives session id, version and Origin.
        accept: value of Accept; None for none (DELETE).
        body: whether a JSON body follows.
        bearer: the token itself.
    """
    pairs: list[tuple[str, str | None]] = [
        ("Host", address.authority),
        ("Accept", accept),
        ("Content-Type", "application/json" if body else None),
        (SESSION_HEADER, caller.id),
        (VERSION_HEADER, caller.version),
        ("Authorization", f"Bearer {bearer}" if bearer else None),
        ("Origin", caller.origin),
    ]
    return tuple((name, value) for name, value in pairs if value is not None)


def request(rpc_id: int, method: str, params: Message | None = None) -> Message:
    """Make a JSON-RPC request."""
    message: Message = {"jsonrpc": "2.0", "id": rpc_id, "method": method}
    return message if params is None else {**message, "params": params}


def notification(method: str) -> Message:
    """Make a JSON-RPC notification."""
    return {"jsonrpc": "2.0", "method": method}


def response_to_server(request: Message) -> Message | None:
    """Make the response to a request that a server sent to a client without capabilities; None to another message.

    A ping MUST be answered promptly, or the server may take the connection for dead (ping page). Everything else needs
    a capability that docprobe does not declare.
    """
    if not isinstance(request.get("method"), str) or request.get("id") is None:
        return None
    answer: Message = {"jsonrpc": "2.0", "id": request["id"]}
    if request["method"] == "ping":
        return {**answer, "result": {}}
    return {**answer, "error": {"code": METHOD_NOT_FOUND, "message": "docprobe declared no such capability"}}


def initialize(rpc_id: int, version: str) -> Message:
    """Make an initialize request that offers ``version`` and no capabilities (lifecycle page, "Initialization")."""
    params = {"protocolVersion": version, "capabilities": {}, "clientInfo": dict(_CLIENT_INFO)}
    return request(rpc_id, "initialize", params)


def request_meta(version: str, capabilities: Message | None = None) -> Message:
    """Make the ``_meta`` of a sessionless request (2026-07-28, basic/index, "Per-request protocol fields")."""
    return {
        f"{META}protocolVersion": version,
        f"{META}clientInfo": dict(_CLIENT_INFO),
        f"{META}clientCapabilities": capabilities or {},
    }


def mirrored_headers(method: str, params: Message) -> Headers:
    """Return the headers that repeat a sessionless request's body (2026-07-28, "Standard Request Headers")."""
    field = NAMED_BY.get(method)
    name = params.get(field) if field is not None else None
    return ((METHOD_HEADER, method), *(((NAME_HEADER, header_value(name)),) if isinstance(name, str) else ()))


def header_value(text: str, *, encoded: bool = False) -> str:
    """Return a value for ``Mcp-Name`` (2026-07-28, "Value Encoding").

    Args:
        text: the value.
        encoded: in base64 also where plain ASCII would do, as any client may.
    """
    plain = text.isascii() and text.isprintable() and text == text.strip() and not _SENTINEL.fullmatch(text)
    if plain and not encoded:
        return text
    return f"=?base64?{base64.b64encode(text.encode()).decode()}?="


def encode(message: Message | list[Message]) -> bytes:
    """Encode a message, or a batch, as compact UTF-8 JSON."""
    return json.dumps(message, separators=(",", ":"), ensure_ascii=False).encode()


def initialize_version(response: Message | None) -> str | None:
    """Return ``protocolVersion`` of an InitializeResult (lifecycle page); None if the message is something else."""
    result = (response or {}).get("result")
    version = result.get("protocolVersion") if isinstance(result, dict) else None
    return version if isinstance(version, str) else None


def strange_version(version: str) -> str:
    """Return half a sentence on a ``protocolVersion`` that no revision of the docs has; it is a server's own text."""
    return f"initialize was answered with the protocolVersion {version[:100]!r}, which no revision of the docs has"
