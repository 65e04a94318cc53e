"""What a request looks like on the wire: everything that a fault may change, in one value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

ACCEPT_BOTH: Final = "application/json, text/event-stream"
ACCEPT_STREAM: Final = "text/event-stream"
SESSION_HEADER: Final = "Mcp-Session-Id"
VERSION_HEADER: Final = "MCP-Protocol-Version"
FOREIGN_ORIGIN: Final = "http://evil.example"

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Where the endpoint is."""

    address: str
    """IP address to connect to, IPv6 in brackets."""
    port: int
    target: str
    """Path and query."""
    host: str = "localhost:*"
    """Host that requests name; ``*`` stands for the port."""

    @property
    def url(self) -> str:
        """Where connections go."""
        return f"http://{self.address}:{self.port}{self.target}"

    @property
    def authority(self) -> str:
        """The Host header: ``localhost`` always with its port, since SDKs on a loopback bind refuse it bare."""
        return self.host.replace("*", str(self.port))

    @property
    def public_url(self) -> str:
        """The URL a client would be given."""
        return f"http://{self.authority}{self.target}"


def loopback_for(bound: str) -> str:
    """The loopback address that reaches a socket bound to ``bound`` (any address for the wildcards)."""
    if bound == "::":
        return "[::1]"
    if bound in ("0.0.0.0", ""):
        return "127.0.0.1"
    return f"[{bound}]" if ":" in bound else bound


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is asking. A fault is ``replace(caller, …)`` of exactly one field, the rest stays as in its control."""

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


def headers(place: Place, caller: Caller, *, accept: str | None, body: bool, bearer: str | None) -> Headers:
    """All headers but Content-Length: what a careful client sends, and nothing else.

    Args:
        place: gives the Host.
        caller: gives id, version and Origin.
        accept: value of Accept; None for none (DELETE).
        body: whether a JSON body follows.
        bearer: the token itself.
    """
    pairs: list[tuple[str, str | None]] = [
        ("Host", place.authority),
        ("Accept", accept),
        ("Content-Type", "application/json" if body else None),
        (SESSION_HEADER, caller.id),
        (VERSION_HEADER, caller.version),
        ("Authorization", f"Bearer {bearer}" if bearer else None),
        ("Origin", caller.origin),
        ("Connection", "close"),
    ]
    return tuple((name, value) for name, value in pairs if value is not None)
