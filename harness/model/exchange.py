"""One exchange: a request with everything that came back, or why nothing did."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

KEPT_BYTES: Final = 64 * 1024
"""Bytes of a body, and of one event's data, that a transcript keeps."""
_MOST_STALLED: Final = 0.25
"""Share of a wait in which docprobe may have stood still for its silence to say something."""


class FailureKind(StrEnum):
    """Why an exchange has no reply."""

    TIMEOUT = "timeout"
    REFUSED = "refused"
    RESET = "reset"
    CLOSED = "closed"
    MALFORMED = "malformed"
    """What came back is not HTTP."""
    NOT_SHOWN = "not shown"
    """The docs print the request without its reply."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an exchange has no reply, with what the transport reported."""

    kind: FailureKind
    detail: str = ""
    """The transport's or the engine's own message, if there is more to know than the kind. Untrusted."""

    def __str__(self) -> str:
        return f"{self.kind}: {self.detail}" if self.detail else self.kind.value


class BodyFault(StrEnum):
    """Why a reply's body was not read to its end, or is not what its headers announce."""

    OPEN = "open"
    """Reading stopped while the stream was still open: nothing is wrong."""
    TIMEOUT = "timeout"
    RESET = "reset"
    CLOSED_EARLY = "closed-early"
    """Fewer bytes than announced, or an unfinished chunk."""
    BAD_CHUNK = "bad-chunk"
    TOO_LARGE = "too-large"
    """More than the probe reads, also once decompressed."""
    BAD_ENCODING = "bad-encoding"
    INVALID_UTF8 = "invalid-utf8"
    """Read to its end."""
    INVALID_JSON = "invalid-json"
    """Read to its end; a body of media type application/json that is not JSON."""


@dataclass(frozen=True, slots=True)
class Answered:
    """The JSON-RPC response in a reply of which the transcript keeps the beginning only."""

    error: bool
    """Whether it is an error; a result otherwise."""
    code: int | None = None
    """The error's code."""


@dataclass(frozen=True, slots=True)
class SseEvent:
    """One server-sent event."""

    event: str
    """Its type; ``message`` unless the server named one."""
    data: str
    id: str | None = None
    """None where the event had no id field of its own."""
    at_s: float = 0.0
    """Seconds since the conversation's start."""
    retry_ms: int | None = None
    """What its ``retry`` field says, in milliseconds; None where it has none."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back to a request."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: str
    """Decoded with ``backslashreplace``; at most ``KEPT_BYTES``, ``truncated`` says if more came."""
    body_bytes: int
    """Bytes received (counted up to the cap of the probe)."""
    events: tuple[SseEvent, ...] = ()
    complete: bool = True
    """False if the body was still open, or was cut, when the probe stopped reading."""
    truncated: bool = False
    fault: BodyFault | None = None
    """What is wrong with the body, if anything."""
    resumed: tuple[SseEvent, ...] = ()
    """How the event stream went on after its connection was closed. The exchanges that asked for it name this one as
    their control; ``complete`` and ``fault`` are about the first connection."""

    def header(self, name: str) -> str | None:
        """Return the first header of that name, case-insensitive; None if there is none."""
        wanted = name.lower()
        for key, value in self.headers:
            if key.lower() == wanted:
                return value
        return None

    @property
    def all_events(self) -> tuple[SseEvent, ...]:
        """The events of the stream: of its own connection, and of those that resumed it."""
        return (*self.events, *self.resumed)

    @property
    def media_type(self) -> str:
        """Content-Type without parameters, lower case; empty if none."""
        return (self.header("content-type") or "").split(";")[0].strip().lower()


STDIN: Final = "STDIN"
"""Method of an exchange that is a message on standard input."""
STDOUT: Final = "STDOUT"
"""Method of an exchange that is a line on standard output which answers nothing."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and what came back. Rules find it by its step."""

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
    failure: Failure | None
    """Why no reply came; None if one did, or if none is expected (notifications over stdio)."""
    started_s: float
    duration_s: float
    stalled_s: float = field(default=0.0, kw_only=True)
    """Seconds of it in which docprobe itself stood still: what came then was not read in time."""
    session: str | None = None
    """Label of the session the request was meant for: ``A``, ``B``, … ``unknown``; None if none."""
    token: str | None = None
    """Label of the token sent: ``user1``, ``user2``, ``expired``, …; None if none."""
    control: int | None = None
    """Number of the exchange that differs from this one by exactly the fault under test."""
    answered: Answered | None = None
    """The JSON-RPC response, where the reply is ``truncated`` and so cannot be parsed again; None elsewhere."""
    handle: str | None = None
    """State handle that the tool's result gave (step ``handle.mint``)."""
    headers_complete: bool = True
    """False for a printed request that plainly does not show all of its headers: an absent one proves nothing."""
    note: str | None = None
    """A remark for readers. No code depends on it."""

    @property
    def status(self) -> int | None:
        """Reply's status; None without a reply."""
        return self.reply.status if self.reply else None

    @property
    def stood_still(self) -> bool:
        """Whether docprobe itself stood still for so much of the time that what did not come says nothing."""
        return self.stalled_s > self.duration_s * _MOST_STALLED

    @property
    def waited_s(self) -> float:
        """Seconds that the server had for its answer; 0 where docprobe itself stood still for much of the time."""
        return 0.0 if self.stood_still else self.duration_s - self.stalled_s

    @property
    def timed_out(self) -> bool:
        """Whether no reply came in time."""
        return self.failure is not None and self.failure.kind is FailureKind.TIMEOUT
