"""What a run says of each example, and the report of it all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from extractor.model import ExampleKind, Note, Span
from harness.model.conversation import Transcript
from harness.model.judging import Drift, Finding, Requirement
from harness.model.running import LogLine, StartOutcome


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
class Lost:
    """An example of a changed page that could be run before the change and cannot any more."""

    example: str
    page: str
    line: int
    """Where it stands, 1-based; 1 if it is gone from the page."""
    ref: str
    """What the change is held against, as given."""
    reason: str
    """What it is now, and why."""


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
    lost: tuple[Lost, ...] = ()
    """What a change took from being checked at all: the run is incomplete."""
    shards: tuple[str, ...] = ()
    """``I/N`` of every part of a run that is in here; empty for a whole run."""
    missing_shards: tuple[str, ...] = ()
    """``I/N`` of the parts that a joined report lacks."""
    rules_root: str | None = None
    """The normative text's root as seen from the top of the docs' repository; empty if it is in no such place, None if
    it is in the docs themselves."""
    exit_code: int = 0
    root_in_repository: str | None = None
    """The docs root as seen from the top of its git repository (POSIX, "." for the top itself), for formats that a
    forge reads; None outside a repository."""
