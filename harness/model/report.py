"""What a run reports of each example, and the report on all of them. Published as ``docprobe/1``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Annotated, Final

from msgspec import Meta

from extractor.model import DocsPath, ExampleKind, Note, Span
from harness.model.comparison import Compared, NoLongerRunnable
from harness.model.conversation import Transcript
from harness.model.described import Packages, Revision, Seconds, Shard
from harness.model.drift import Drift, TextChange
from harness.model.findings import Finding, Verdict
from harness.model.packed import unpack
from harness.model.requirements import Basis, Requirement
from harness.model.running import LogLine, Lookup, TracedExchange, TypeCheck
from harness.model.terms import FailOn, Resolve, SettingsSource, StartOutcome


class Status(StrEnum):
    """An example's status in the report."""

    JUDGED = "judged"
    NOT_RUNNING = "not-running"
    BLOCKED = "blocked"
    FRAGMENT = "fragment"
    UNSUPPORTED = "unsupported"
    SKIPPED = "skipped"


class DateSource(StrEnum):
    """Where the date of dated packages comes from, if not from the page's revision or the configuration."""

    COMMIT = "commit"
    """The last commit that touched the example."""


NAMED_SERVER: Final = "server"
"""Takes the place of the page of a server that somebody named: it is on no page of any docs."""


@dataclass(frozen=True, slots=True)
class Run:
    """One attempt to run an example with one set of packages."""

    resolve: Resolve
    date: Annotated[str | None, Meta(description="ISO date up to whose end packages were resolved.")]
    packages: Packages
    outcome: StartOutcome
    sentence: Annotated[str, Meta(description="What happened, and the cause.")] = ""
    logs: Annotated[tuple[LogLine, ...], Meta(description="Last lines of a run that did not serve.")] = ()
    duration_s: Seconds = 0.0
    guesses: Annotated[
        tuple[Note, ...],
        Meta(description="What docprobe inferred, or lacked, and the failure may come from; empty if all was stated."),
    ] = ()
    date_source: Annotated[
        DateSource | None,
        Meta(description="Where the date comes from; null for that of the revision or the configuration."),
    ] = None
    refused: Annotated[
        tuple[str, ...], Meta(description="host:port that installing asked for and docprobe did not connect to.")
    ] = ()
    tools: Annotated[
        Mapping[str, str],
        Meta(description="Versions of interpreter and package client by name; image: what the base image is made of."),
    ] = field(default_factory=dict)
    lock: str | None = None
    """The resolved packages as a lock that can be replayed. Not published."""
    endpoint: str | None = None
    """Where a first request was answered as it should be by an example that then did not serve: observed, and so not a
    guess. Not published: the sentence says it."""

    @property
    def when(self) -> str:
        """With which packages it was, in words: ``with the packages of 2025-11-25``."""
        if self.date is None:
            return "with today's packages"
        source = ", the day of the last commit that touched the example" if self.date_source else ""
        return f"with the packages of {self.date}{source}"


@dataclass(frozen=True, slots=True)
class Recording:
    """What was learnt by running one distinct text: enough to judge every copy of it again."""

    runs: tuple[Run, ...]
    transcript: Transcript | None
    """None if it did not serve."""
    blocked: str | None = None
    """Why the example could not be checked; None if the outcome is its own."""
    lasting: bool = False
    """Whether that is the same all day: the packages, or one of docprobe's limits, are the cause."""
    imports: tuple[Lookup, ...] = ()
    """Of a fragment: with today's packages, then with those of its date if something is missing today."""
    types: TypeCheck | None = None
    """Of a program that runs, in a language whose types have to be checked apart."""
    traced: tuple[TracedExchange, ...] = ()
    """What the program executed for requests that violate something; empty where that was not traced."""
    asked: tuple[int, ...] = ()
    """Numbers of the exchanges that were to be traced, whether that could be done or not."""
    asked_by: str = ""
    """Digest of the rules by which they were chosen; empty: none were."""
    commit_day: str | None = None
    """Day (ISO) of the last commit that touched the text, as git said then; empty if it knew none, None if the outcome
    does not depend on it."""


INTERRUPTED_REASON: Final = "interrupted before it was judged (hint: run docprobe again; what was judged is kept)"
"""Reason of an example that a run did not come to, since the user ended it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExampleResult:
    """One example; identical copies have an entry each."""

    id: str
    page: DocsPath
    revision: Revision | None
    language: str
    kind: ExampleKind
    status: Status
    reason: Annotated[str | None, Meta(description="Why it was not judged, or does not run.")]
    spans: Annotated[tuple[Span, ...], Meta(description="The blocks it is made of.")]
    copies: Annotated[tuple[str, ...], Meta(description="Ids of other examples with the same text.")] = ()
    added: Annotated[tuple[str, ...], Meta(description="What docprobe had to add to run it.")] = ()
    packages: Packages = field(default_factory=dict)
    runs: tuple[Run, ...] = ()
    negotiated: Annotated[tuple[str, ...], Meta(description="Revisions that the server negotiates, oldest first.")] = ()
    judged_under: Annotated[
        Revision | None,
        Meta(
            description="Revision whose text decides: the page's; of a page without one, the newest of the docs at "
            "hand that is negotiated."
        ),
    ] = None
    duration_s: Seconds = 0.0
    cached: Annotated[bool, Meta(description="Whether the conversation is from an earlier run.")] = False
    findings: tuple[Finding, ...] = ()
    transcript_file: Annotated[
        str | None, Meta(description="File with the conversation, relative to this document, or null.")
    ] = None
    """Published as ``transcript``."""
    digest: Annotated[str, Meta(description="SHA-256 over everything that runs; equal for copies.")] = ""
    notes: tuple[Note, ...] = ()
    transcript: Transcript | None = None
    """The conversation. Not published here: it has a file of its own. Reports read :attr:`conversation`."""
    packed: bytes = b""
    """The same, by :func:`harness.model.packed.pack`, where a run has too many to hold them as they are."""
    whole_transcript: str | None = None
    """File with the transcript as it was held, where ``packed`` has the beginnings of bodies and logs only."""

    @property
    def conversation(self) -> Transcript | None:
        """The transcript, unpacked if need be; None without a conversation, or if it is not at hand."""
        if not self.packed:
            return self.transcript
        transcript = unpack(self.packed)
        return transcript if transcript.example_id == self.id else replace(transcript, example_id=self.id)

    @property
    def interrupted(self) -> bool:
        """Whether the user ended the run before it."""
        return self.status is Status.BLOCKED and self.reason == INTERRUPTED_REASON

    @property
    def checked(self) -> bool:
        """Whether there is a verdict on it: it was judged, or it does not run and nothing but its page can be why."""
        failed = any(f.verdict is Verdict.VIOLATED and f.basis is not Basis.ADVICE for f in self.findings)
        return self.status is Status.JUDGED or (self.status is Status.NOT_RUNNING and failed)


class BaselineKind(StrEnum):
    """What became of an entry of the baseline in a run."""

    KNOWN = "known"
    """The finding occurs, and is accepted for now."""
    STALE = "stale"
    """The finding no longer occurs."""
    EXPIRED = "expired"
    """The finding occurs, and the date up to which it was accepted has passed."""
    RENAMED = "renamed"
    """The entry names an id that the example no longer has: it is followed, until the file is updated."""
    UNKNOWN_ID = "unknown-id"
    """The docs no longer have the example's page."""


@dataclass(frozen=True, slots=True)
class BaselineNote:
    """What became of one entry of the baseline in this run."""

    kind: BaselineKind
    example: str
    requirement: str
    reason: str
    gates: bool = False
    listed_as: Annotated[str | None, Meta(description="Id in the file, where the example has another one now.")] = None


@dataclass(frozen=True, slots=True)
class ReportProblem:
    """Something in the docs that was skipped, or a remark on the run as a whole. Published as one line of text."""

    message: str
    span: Span | None = None
    """None for a remark on the whole run."""

    def __str__(self) -> str:
        return self.message if self.span is None else f"{self.span}: {self.message}"


@dataclass(frozen=True, slots=True)
class Report:
    """All of a run. Each output format is a pure function of it."""

    version: str
    """Of docprobe."""
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
    problems: tuple[ReportProblem, ...] = ()
    requirements: tuple[Requirement, ...] = ()
    """The rows that were selected, for titles and effects."""
    sources: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Lines of each page that a finding or example of this report points at (for context in reports)."""
    strict: bool = False
    fail_on: FailOn = FailOn.MUST
    narrowed: bool = False
    """Whether only what a change affects was selected: then it is fine that none of it can run."""
    compared: Compared | None = None
    """With what the findings were compared; None if nothing was to compare."""
    lost: tuple[NoLongerRunnable, ...] = ()
    """Examples that a change left unchecked: the run is incomplete."""
    text_changes: tuple[TextChange, ...] = ()
    """What a change does to the normative text, by revision."""
    edited: tuple[str, ...] = ()
    """Ids of the whole programs that a change adds or edits, in order: the run is incomplete unless each is checked."""
    shards: tuple[Shard, ...] = ()
    """``I/N`` of every part of a run that is in here; empty for a whole run."""
    missing_shards: tuple[Shard, ...] = ()
    """``I/N`` of the parts that a joined report lacks."""
    division: str | None = None
    """Of a shard: digest of the run's filters and of its plan. Parts of one run have the same."""
    rules_root: str | None = None
    """The normative text's root as seen from the top of the docs' repository; empty if it is not in that repository,
    None if it is in the docs themselves."""
    settings: SettingsSource = field(default_factory=SettingsSource)
    exit_code: int = 0
    root_in_repository: str | None = None
    """The docs root as seen from the top of its git repository (POSIX, "." for the top itself), for formats that a
    forge reads; None outside a repository."""

    @property
    def is_partial(self) -> bool:
        """Whether examples of the docs may be absent: the run was about a part of them, or a shard is missing."""
        count = int(self.shards[0].rpartition("/")[2]) if self.shards else 0
        return self.narrowed or bool(self.missing_shards) or len(self.shards) < count
