"""The transcript of a conversation: its exchanges, sessions and logs, and what the prober learned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Literal

from extractor.model import Example, ExampleKind, Note, Span
from harness.model.exchange import Exchange
from harness.model.running import ListeningSocket, LogLine

TRANSCRIPT_FORMAT: Final = "docprobe-transcript/2"
"""Format of the transcripts that this version writes and reads."""


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
