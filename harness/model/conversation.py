"""The exchanges of a conversation and the transcript that holds them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Literal

from extractor.model import Example, ExampleKind, Note, Span
from harness.model.running import ListeningSocket, LogLine

TRANSCRIPT_FORMAT: Final = "docprobe-transcript/2"
"""Format of the transcripts that this version writes and reads."""

KEPT_BYTES: Final = 64 * 1024
"""Bytes of a body, and of one event's data, that a transcript keeps."""


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

    def header(self, name: str) -> str | None:
        """Return the first header of that name, case-insensitive; None if there is none."""
        wanted = name.lower()
        for key, value in self.headers:
            if key.lower() == wanted:
                return value
        return None

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
    """Why there is no reply; None if there is one, or if none is due (stdio notifications)."""
    started_s: float
    duration_s: float
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
    def timed_out(self) -> bool:
        """Whether no reply came in time."""
        return self.failure is not None and self.failure.kind is FailureKind.TIMEOUT


@dataclass(frozen=True, slots=True)
class Session:
    """A session that the server issued."""

    label: str
    id: str
    """The real id: it is evidence, and ends with the pod."""
    revision: str
    process: int
    exchange: int
    """Number of the exchange that issued it."""


class Transport(StrEnum):
    """How a server or a client speaks, where its kind does not say it."""

    STREAMABLE_HTTP = "streamable-http"
    HTTP_SSE = "http+sse"
    """The transport of 2024-11-05."""
    STDIO = "stdio"
    """Of a client that starts its server."""


@dataclass(frozen=True, slots=True)
class Incident:
    """Something that ended the example, or the conversation with it, before its time."""

    exchange: int
    """Number of the last exchange that was sent when it was noticed; 0 if there was none."""
    sentence: str
    """What happened, in words that follow "the server"/"the conversation": ``exited with code 1``, ``out of time``."""

    def __str__(self) -> str:
        return f"before {self.exchange}: {self.sentence}" if self.exchange else self.sentence


@dataclass(frozen=True, slots=True)
class RevisionFacts:
    """What the prober learned about one revision that the server negotiates."""

    not_served: str | None = None
    """Why the baseline of this revision was not served; None if it was."""
    method: str | None = None
    """Method of every ``*-request`` step."""
    tool: str | None = None
    """Name of the tool that ``baseline.tool`` called."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the prober learned and no single exchange shows."""

    not_served: str | None = None
    """Why nothing could be asked; None if the baseline of one revision at least was served."""
    revisions: Mapping[str, RevisionFacts] = field(default_factory=dict)
    """By revision; those that the server negotiates and whose baseline was tried."""
    transport: Transport | None = None
    """None for examples that are not HTTP servers; of clients, the transport of 2024-11-05 only."""
    audience: str | None = None
    """``aud`` of the tokens that the server accepts; None if it demands none."""
    introspects: bool | None = None
    """Whether the example asks its authorization server about tokens (RFC 7662); None if it never talked to one.

    A server that only verifies signatures cannot know that a token was revoked before it expires.
    """
    single_session: bool = False
    """Whether the process serves one client in its life: it was restarted for every further session."""
    refused_for_load: bool = False
    """Whether a server that had served a request answered a step of a baseline 429 or 503: it runs, and is full."""
    crashed: Incident | None = None
    """The first time the process was found to have ended by itself."""
    died: Incident | None = None
    """The first time the process lived and served no further client, and did after a restart."""
    failed_when_gone: Incident | None = None
    """How a client's process ended, with an error, in the run in which its session was gone; None if it did not."""
    stopped: Incident | None = None
    """Why the conversation ended before its plan did (out of time, too many restarts)."""
    stated_headers: tuple[str, ...] = ()
    """Names of the headers that every ordinary request carried because the page states them."""
    guesses: tuple[Note, ...] = ()
    """What docprobe guessed or lacked in the conversation, where a failure of it may come from that."""
    given_tokens: tuple[str, ...] | None = None
    """Labels of the tokens that a user gave for a server that is running already (``docprobe probe``): there are no
    others. None where docprobe's own authorization server issues them."""
    unknown_version: str | None = None
    """A protocolVersion that the server answered and no revision of the docs has. Untrusted."""
    listens_as_added: str | None = None
    """What docprobe added that decides on which addresses the server listens; None if the page decides it."""

    def why_not_served(self, revision: str) -> str | None:
        """Give the reason why the baseline of ``revision`` was not served; None if it was."""
        known = self.revisions.get(revision)
        return known.not_served if known is not None else self.not_served


class Shortening(StrEnum):
    """How a page says that a message is not printed whole."""

    DOTS = "dots"
    """By dots in the message."""
    STATED = "stated"
    """In its prose: fields that are missing were left out."""


@dataclass(frozen=True, slots=True)
class PrintedJson:
    """One JSON-RPC message, or an array of them, that a page prints."""

    span: Span
    """Its first line."""
    text: str
    """JSON, without comments."""
    shortening: Shortening | None = None
    """None if it claims to be whole."""


@dataclass(frozen=True, slots=True)
class Transcript:
    """A whole conversation. Judging needs nothing else: no engine, no docs."""

    example_id: str
    kind: ExampleKind
    exchanges: tuple[Exchange, ...]
    sessions: tuple[Session, ...] = ()
    negotiated: tuple[str, ...] = ()
    """Revisions the server really negotiates, oldest first (by a handshake, or by discovery)."""
    modern: tuple[str, ...] = ()
    """Those of ``negotiated`` that it serves without a handshake."""
    sockets: tuple[ListeningSocket, ...] = ()
    endpoint: str | None = None
    """Full URL of the endpoint inside the pod."""
    demands_token: bool = False
    logs: tuple[LogLine, ...] = ()
    packages: Mapping[str, str] = field(default_factory=dict)
    facts: Facts = field(default_factory=Facts)
    printed: tuple[PrintedJson, ...] = ()
    """Messages that a page prints, of a transcript that is made of a page; exchanges that it prints among them."""
    format: Literal["docprobe-transcript/2"] = TRANSCRIPT_FORMAT


@dataclass(frozen=True, slots=True)
class PrintedExample:
    """Exchanges that one page prints, as an example that is judged without being run."""

    example: Example
    transcript: Transcript
    """The exchanges, as if they had been held."""
