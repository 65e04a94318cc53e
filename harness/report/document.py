"""The result format ``docprobe/1``: what ``--format json`` writes, field by field.

These types are the format: :func:`schema` derives the published JSON Schema from them, so the two cannot differ.
Conversion from and to a :class:`harness.model.Report` is in :mod:`harness.report.json`. Within a major number fields
are only added; a reader skips what it does not know.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from extractor.model import ExampleKind, Level, Origin, Subject
from harness.model import Basis, DriftKind, Side, StartOutcome, Status, Verdict

SCHEMA: Final = "docprobe/1"

Path = Annotated[str, Meta(description="Path relative to the docs root, POSIX separators.")]
Line = Annotated[int, Meta(ge=1, description="Line of the file, 1-based, inclusive.")]
Seconds = Annotated[float, Meta(ge=0, description="Seconds, from a monotonic clock.")]
Revision = Annotated[str, Meta(description="A revision of the docs; empty for none.")]
Shard = Annotated[str, Meta(pattern=r"^[1-9]\d{0,3}/[1-9]\d{0,3}$")]
Packages = Annotated[dict[str, str], Meta(description="Resolved package versions by name, transitive ones included.")]


@dataclass(frozen=True, slots=True)
class Place:
    """Lines of a file."""

    file: Path
    first: Line
    last: Line


@dataclass(frozen=True, slots=True)
class Statement:
    """A normative sentence as it stands in the docs that were checked."""

    file: Path
    first: Line
    last: Line
    text: str
    level: Level
    keyword: Annotated[str, Meta(description="The keyword as written.")]
    anchor: Annotated[str, Meta(description="Anchor of its section; empty before the first heading.")]
    revision: Revision | None
    subject: Subject
    fingerprint: Annotated[str, Meta(description="SHA-256 of the normalised text.")]
    line: Annotated[int, Meta(description="Line of the keyword, 1-based; 0 if not known.")] = 0


@dataclass(frozen=True, slots=True)
class Edit:
    """Whole lines of a page and what stands there instead."""

    file: Path
    first: Line
    last: Line
    text: Annotated[str, Meta(description="The new lines, each with its line end; empty to delete.")]


@dataclass(frozen=True, slots=True)
class Patch:
    """A change of the docs that was proven by running it."""

    description: str
    edits: list[Edit]


@dataclass(frozen=True, slots=True)
class Finding:
    """One verdict on one requirement by the text of one revision."""

    requirement: Annotated[str, Meta(description="Id of the requirement; the same for pass and fail.")]
    level: Level
    basis: Basis
    verdict: Verdict
    gates: Annotated[bool, Meta(description="Whether this finding makes the exit code 1.")]
    revision: Revision
    statement: Annotated[
        Statement | None, Meta(description="Null for advice, readings without a sentence, and example-level outcomes.")
    ]
    blame: Annotated[list[Place], Meta(description="Lines of the docs that cause it; empty where no line is to blame.")]
    evidence: Annotated[list[int], Meta(description="Numbers of the transcript's exchanges that decide.")]
    summary: str
    fix: str | None
    patch: Patch | None = None


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line that an example or its installer wrote."""

    at_s: Annotated[float, Meta(description="Seconds since the start of the run.")]
    source: str
    text: str


@dataclass(frozen=True, slots=True)
class Run:
    """One attempt to run an example with one set of packages."""

    resolve: Literal["today", "dated"]
    date: Annotated[str | None, Meta(description="ISO date up to whose end packages were resolved.")]
    packages: Packages
    outcome: StartOutcome
    sentence: Annotated[str, Meta(description="What happened, and the cause.")] = ""
    logs: Annotated[list[LogLine], Meta(description="Last lines of a run that did not serve.")] = field(
        default_factory=list
    )
    duration_s: Seconds = 0.0


@dataclass(frozen=True, slots=True)
class Note:
    """Something about an example that was stated by the docs or had to be inferred."""

    what: str
    origin: Origin
    confidence: Annotated[float, Meta(ge=0, le=1)] = 1.0


@dataclass(frozen=True, slots=True)
class Example:
    """One example; identical copies have an entry each."""

    id: str
    page: Path
    revision: Revision | None
    language: str
    kind: ExampleKind
    status: Status
    reason: Annotated[str | None, Meta(description="Why it was not judged, or does not run.")]
    spans: Annotated[list[Place], Meta(description="The blocks it is made of.")]
    copies: Annotated[list[str], Meta(description="Ids of other examples with the same text.")]
    added: Annotated[list[str], Meta(description="What docprobe had to add to run it.")]
    packages: Packages
    runs: list[Run]
    negotiated: Annotated[list[str], Meta(description="Revisions the server really speaks, oldest first.")]
    duration_s: Seconds
    cached: Annotated[bool, Meta(description="Whether the conversation was kept from an earlier run.")]
    findings: list[Finding]
    transcript: Annotated[
        str | None, Meta(description="File with the conversation, relative to this document, or null.")
    ]
    digest: Annotated[str, Meta(description="SHA-256 over everything that runs; equal for copies.")] = ""
    notes: list[Note] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Drift:
    """A sentence that no longer reads as it did when a requirement was bound to it."""

    requirement: str
    revision: Revision
    kind: DriftKind
    page: Path
    anchor: str
    expected: Annotated[str, Meta(description="Fingerprint that the requirement is bound to.")]
    nearest: Annotated[Statement | None, Meta(description="The nearest sentence now.")]
    similarity: Annotated[float, Meta(ge=0, le=1)]
    gates: bool


@dataclass(frozen=True, slots=True)
class BaselineNote:
    """What the baseline said of this run."""

    kind: Literal["known", "stale", "expired", "unknown-id"]
    example: str
    requirement: str
    reason: str
    gates: bool


@dataclass(frozen=True, slots=True)
class Lost:
    """An example of a changed page that could be run before the change and cannot any more."""

    example: str
    page: Path
    line: Line
    ref: Annotated[str, Meta(description="What the change is held against.")]
    reason: Annotated[str, Meta(description="What it is now, and why.")]


@dataclass(frozen=True, slots=True)
class Docs:
    """The docs that were checked."""

    root: Annotated[str, Meta(description="For display.")]
    commit: str | None
    snapshot: str | None
    root_in_repository: Annotated[str | None, Meta(description="The docs root seen from its git repository.")] = None
    rules_root: Annotated[
        str | None,
        Meta(description="The same of the specification's root, if another; empty if it is not in that repository."),
    ] = None


@dataclass(frozen=True, slots=True)
class Requirement:
    """One row of the catalogue. The id is the same for pass and fail."""

    id: str
    title: str
    side: Side
    levels: dict[str, Level]
    basis: dict[str, Basis]
    effect: str
    fix: str
    avoid: str = ""


@dataclass(frozen=True, slots=True)
class Violated:
    """Requirements violated under the page's own revision, one per example; warnings and known ones included."""

    MUST: int
    SHOULD: int


@dataclass(frozen=True, slots=True)
class Summary:
    """Figures of the run."""

    examples: int
    distinct: Annotated[int, Meta(description="Distinct texts that were run.")]
    judged: int
    blocked: int
    violated: Violated
    gating: Annotated[int, Meta(description="Findings, drift and baseline entries that gate.")]
    exit_code: Literal[0, 1, 3, 130]
    not_running: int = 0
    fragments: int = 0
    unsupported: int = 0
    skipped: int = 0
    advisory: int = 0
    known: int = 0
    strict: bool = False
    fail_on: Literal["must", "should", "never"] = "must"
    narrowed: Annotated[bool, Meta(description="Whether only what a change concerns was selected.")] = False


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A run of lines of a page that a finding or an example points at."""

    first: Line
    lines: list[str]


@dataclass(frozen=True, slots=True)
class Document:
    """The results of one run of docprobe, or of several joined shards."""

    schema: Literal["docprobe/1"]
    docprobe: Annotated[str, Meta(description="Version of docprobe.")]
    started: Annotated[str, Meta(description="ISO 8601, UTC.", pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")]
    duration_s: Seconds
    docs: Docs
    drift: list[Drift]
    examples: Annotated[list[Example], Meta(description="In order of id.")]
    summary: Summary
    baseline: list[BaselineNote] = field(default_factory=list)
    problems: Annotated[list[str], Meta(description="Places that were stepped over: file:line: message.")] = field(
        default_factory=list
    )
    requirements: Annotated[list[Requirement], Meta(description="Catalogue rows of the run.")] = field(
        default_factory=list
    )
    lost: Annotated[list[Lost], Meta(description="What a change took from being checked at all.")] = field(
        default_factory=list
    )
    shards: Annotated[list[Shard], Meta(description="I/N of the parts that are in here; none for a whole run.")] = (
        field(default_factory=list)
    )
    missing_shards: Annotated[list[Shard], Meta(description="I/N of the parts that joined results lack.")] = field(
        default_factory=list
    )
    sources: Annotated[dict[str, list[Excerpt]], Meta(description="Excerpts of pages, by path.")] = field(
        default_factory=dict
    )


def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of :class:`Document`."""
    derived = msgspec.json.schema(Document)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:docprobe:schema:docprobe-1",
        "title": "docprobe results",
        **derived,
    }
