"""The values that travel from an image to a report. All frozen; every one can be written to JSON and read back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from extractor.model import ExampleKind, Level, Note, Span, Statement

# --- running -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Image:
    """A bundle's dependencies, installed."""

    tag: str
    """``docprobe/deps:<key>``."""
    key: str
    """Content key: base image, platform, installer version and flags, index, cutoff, lock, dependencies."""
    packages: Mapping[str, str]
    """Resolved versions of everything installed, direct and transitive."""
    cutoff: str | None = None
    """ISO date up to whose end (UTC) packages were resolved; None for today's."""
    lock: str | None = None
    """Text of the resolved lock, replayable offline."""
    skipped_scripts: tuple[str, ...] = ()
    """Packages whose install scripts were not run."""


@dataclass(frozen=True, slots=True)
class ListeningSocket:
    """A TCP socket that listens inside the pod."""

    address: str
    """Textual IP address: ``127.0.0.1``, ``::1``, ``0.0.0.0``, ``::``."""
    port: int

    @property
    def loopback(self) -> bool:
        """Whether only this host can reach it."""
        return self.address.startswith("127.") or self.address == "::1"


class StartOutcome(StrEnum):
    """How starting an example ended."""

    SERVING = "serving"
    EXITED = "exited"
    NEVER_LISTENED = "never-listened"
    NO_INITIALIZE = "no-initialize"
    INSTALL_FAILED = "install-failed"
    BUILD_FAILED = "build-failed"
    KILLED = "killed"
    """By a limit; the sentence says which."""


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line the example, its services or its installer wrote."""

    at_s: float
    """Seconds since the conversation's start, monotonic."""
    source: str
    """``stdout``, ``stderr``, ``authorization``, ``docprobe``."""
    text: str
    """Without line end, at most 2,000 characters, secrets redacted, otherwise as written (hostile)."""


# --- the conversation ----------------------------------------------------------------------------------------


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
    """One request and what came back. The step names (``harness.probes.steps``) are the checks' only key."""

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


# --- judging -------------------------------------------------------------------------------------------------


class Basis(StrEnum):
    """How firmly a requirement stands on the text (requirements catalogue, "Basis")."""

    TEXT = "text"
    INTERPRETATION = "interpretation"
    ADVICE = "advice"


class Verdict(StrEnum):
    """The verdict vocabulary. Never a silent skip."""

    SATISFIED = "satisfied"
    VIOLATED = "violated"
    NOT_APPLICABLE = "not_applicable"
    INCONCLUSIVE = "inconclusive"
    BLOCKED = "blocked"


class Side(StrEnum):
    """Whose behaviour a requirement is about."""

    SERVER = "server"
    CLIENT = "client"
    STDIO = "stdio"
    EXAMPLE = "example"


@dataclass(frozen=True, slots=True)
class Requirement:
    """One row of the catalogue. The id is the same for pass and fail."""

    id: str
    title: str
    """One line, for tables."""
    side: Side
    levels: Mapping[str, Level]
    """Level per revision; a revision that is no key does not have the requirement."""
    basis: Mapping[str, Basis]
    """Basis per revision (same keys as ``levels``)."""
    effect: str
    """What a violation does to a client or user, one sentence."""
    fix: str
    """What to do, one or two sentences."""
    avoid: str = ""
    """What not to do: the tempting wrong fix."""


@dataclass(frozen=True, slots=True)
class BoundRequirement:
    """A requirement in one revision, with the sentence it stands on in the docs in hand."""

    requirement: Requirement
    revision: str
    level: Level
    basis: Basis
    statement: Statement | None
    """None for advice and interpretation without a sentence, and where the binding drifted away."""


@dataclass(frozen=True, slots=True)
class Edit:
    """Whole lines of a page and what stands there instead."""

    span: Span
    text: str
    """The new lines, each with its line end; empty to delete."""


@dataclass(frozen=True, slots=True)
class Patch:
    """A change of the docs that was proven: with it the example runs and the finding is gone."""

    description: str
    edits: tuple[Edit, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """One verdict."""

    requirement: str
    level: Level
    basis: Basis
    verdict: Verdict
    revision: str
    summary: str
    """One or two plain sentences: what was sent, what came back, why that decides."""
    statement: Statement | None = None
    evidence: tuple[int, ...] = ()
    """Numbers of the exchanges that decide, controls included."""
    blame: tuple[Span, ...] = ()
    """Docs lines that cause it; empty where no honest guess is possible."""
    fix: str | None = None
    gates: bool = False
    patch: Patch | None = None
    """A verified fix, where ``docprobe fix`` found one."""


class DriftKind(StrEnum):
    """How a bound sentence differs from the catalogue's fingerprint."""

    CHANGED = "changed"
    MOVED = "moved"
    VANISHED = "vanished"


@dataclass(frozen=True, slots=True)
class Drift:
    """A binding that no longer finds its sentence as it was."""

    requirement: str
    revision: str
    kind: DriftKind
    page: str
    anchor: str
    expected: str
    """Fingerprint in the catalogue."""
    nearest: Statement | None
    """The nearest sentence now, if any is near."""
    similarity: float = 0.0
    """0 to 1, Jaccard over shingles."""
    gates: bool = False


class Status(StrEnum):
    """An example's status in the report."""

    JUDGED = "judged"
    NOT_RUNNING = "not-running"
    BLOCKED = "blocked"
    FRAGMENT = "fragment"
    UNSUPPORTED = "unsupported"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Run:
    """One attempt to run an example with one set of packages."""

    resolve: str
    """``today`` or ``dated``."""
    date: str | None
    """Cutoff for ``dated``."""
    packages: Mapping[str, str]
    outcome: StartOutcome
    sentence: str
    """One clear sentence: what happened and the cause."""
    logs: tuple[LogLine, ...] = ()
    """Last lines, for a run that did not serve."""
    duration_s: float = 0.0
    lock: str | None = None
    """The resolved packages as a lock that can be replayed."""


@dataclass(frozen=True, slots=True)
class Recording:
    """What was learnt by running one distinct text: enough to judge every copy of it again."""

    runs: tuple[Run, ...]
    transcript: Transcript | None
    """None if it did not serve."""
    blocked: str | None = None
    """Why we could not ask; None if the outcome is the example's own."""


@dataclass(frozen=True, slots=True)
class ExampleResult:
    """All that is known of one example (one entry per copy)."""

    id: str
    page: str
    revision: str | None
    language: str
    kind: ExampleKind
    status: Status
    reason: str | None
    spans: tuple[Span, ...]
    digest: str
    copies: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()
    added: tuple[str, ...] = ()
    packages: Mapping[str, str] = field(default_factory=dict)
    runs: tuple[Run, ...] = ()
    findings: tuple[Finding, ...] = ()
    transcript: Transcript | None = None
    transcript_file: str | None = None
    """Where the transcript was written, for ``docprobe judge``."""
    negotiated: tuple[str, ...] = ()
    duration_s: float = 0.0
    cached: bool = False


@dataclass(frozen=True, slots=True)
class BaselineNote:
    """What the baseline said of this run: used, stale, expired entries."""

    kind: str
    """``known``, ``stale``, ``expired``, ``unknown-id``."""
    example: str
    requirement: str
    reason: str
    gates: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """All of a run. Each output format is a pure function of it."""

    version: str
    started: str
    """ISO 8601, UTC, ends in Z."""
    duration_s: float
    docs_root: str
    """As given on the command line, for display; every path in the report is relative to it."""
    commit: str | None
    snapshot: str | None
    examples: tuple[ExampleResult, ...]
    drift: tuple[Drift, ...] = ()
    baseline: tuple[BaselineNote, ...] = ()
    problems: tuple[str, ...] = ()
    """Bad input that was stepped over, as ``file:line: message``."""
    requirements: tuple[Requirement, ...] = ()
    """The rows that were selected, for titles and effects."""
    sources: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Lines of each page that a finding or example of this report points at (for context in reports)."""
    strict: bool = False
    fail_on: str = "must"
    narrowed: bool = False
    """Whether only what a change concerns was selected: then it is no fault that nothing of it can run."""
    exit_code: int = 0
    root_in_repository: str | None = None
    """The docs root as seen from the top of its git repository (POSIX, "." for the top itself), for formats that a
    forge reads; None outside a repository."""
