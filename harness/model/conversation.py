"""What was said: exchanges and the transcript that holds them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from extractor.model import ExampleKind
from harness.model.running import ListeningSocket, LogLine


@dataclass(frozen=True, slots=True)
class SseEvent:
    """One server-sent event."""

    event: str
    data: str
    id: str | None = None
    retry_ms: int | None = None
    at_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: str
    """Decoded with ``backslashreplace``; at most 64 KiB, ``truncated`` says if more came."""
    body_bytes: int
    """Bytes received (counted up to the cap of the probe)."""
    events: tuple[SseEvent, ...] = ()
    complete: bool = True
    """False if the body was still open, or was cut, when the probe stopped reading."""
    truncated: bool = False
    fault: str | None = None
    """Why the body was not read to its end, if so: ``timeout``, ``reset``, ``too-large``, ``bad-chunk``, …"""

    def header(self, name: str) -> str | None:
        """First header of that name, case-insensitive."""
        for key, value in self.headers:
            if key.lower() == name.lower():
                return value
        return None

    @property
    def media_type(self) -> str:
        """Content-Type without parameters, lower case; empty if none."""
        return (self.header("content-type") or "").split(";")[0].strip().lower()


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and what came back. The checks find it by its step only (``profiles.mcp.probes.steps``)."""

    number: int
    """1-based, in order of sending."""
    step: str
    revision: str | None
    """Revision this part of the conversation speaks; None before it is known."""
    process: int
    """Which start of the server process, 0-based: fresh processes give higher numbers."""
    method: str
    """HTTP method, or ``STDIN`` for stdio and ``SPAWN``/``CLOSE`` for process events."""
    target: str
    """Path and query as sent."""
    headers: tuple[tuple[str, str], ...]
    """As sent, secrets redacted to ``<token:user1>`` and the like."""
    body: str
    reply: Reply | None
    failure: str | None
    """Why there is no reply: ``timeout``, ``refused``, ``reset``, ``closed``, ``malformed: …``."""
    started_s: float
    duration_s: float
    session: str | None = None
    """Label of the session the request was meant for: ``A``, ``B``, … ``unknown``; None if none."""
    token: str | None = None
    """Label of the token sent: ``user1``, ``user2``, ``expired``, …; None if none."""
    control: int | None = None
    """Number of the exchange that differs from this one by exactly the fault under test."""
    note: str | None = None

    @property
    def status(self) -> int | None:
        """Reply's status; None without a reply."""
        return self.reply.status if self.reply else None


@dataclass(frozen=True, slots=True)
class Session:
    """A session the server gave us."""

    label: str
    id: str
    """The real id: ids are evidence (they are dead when the pod is)."""
    revision: str
    process: int
    exchange: int
    """Number of the initialize exchange that issued it."""


@dataclass(frozen=True, slots=True)
class Transcript:
    """Everything that was said. Judging needs nothing else: no engine, no docs."""

    example_id: str
    kind: ExampleKind
    exchanges: tuple[Exchange, ...]
    sessions: tuple[Session, ...] = ()
    negotiated: tuple[str, ...] = ()
    """Revisions the server really negotiates, oldest first (legacy by initialize, modern by discovery)."""
    modern: tuple[str, ...] = ()
    """Those of ``negotiated`` that it serves without initialize (2026-07-28 on)."""
    sockets: tuple[ListeningSocket, ...] = ()
    endpoint: str | None = None
    """Full URL of the endpoint inside the pod."""
    demands_token: bool = False
    logs: tuple[LogLine, ...] = ()
    packages: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, str] = field(default_factory=dict)
    """What the prober established and checks may need: ``baseline`` (``ok`` or the reason), ``stopped``, …"""
