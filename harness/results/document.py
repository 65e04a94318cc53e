"""The published result format ``docprobe/1``: what ``--format json`` writes, and its JSON Schema. Pure.

The values of :mod:`harness.model` are written as they are. This module adds the envelope around them; what of them
is not written is in ``DEVIATIONS``. Within a major number fields are only added; a reader skips what it does not
know. What is written is sorted and complete, so identical input gives identical text apart from times and ``cached``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from extractor.model import LineNumber, Note, NoteKind, Origin, Span
from harness.base.codec import encodable
from harness.base.errors import UsageError
from harness.base.escape import json_text
from harness.base.published import Deviations, published_type
from harness.model import (
    BaselineNote,
    Citation,
    Drift,
    ExampleResult,
    FailOn,
    Finding,
    NoLongerRunnable,
    Report,
    ReportProblem,
    Requirement,
    Run,
    Status,
)
from harness.model.described import Seconds, Shard
from harness.results.counts import count

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

SCHEMA: Final = "docprobe/1"
TIMES: Final = frozenset({"started", "duration_s", "at_s", "cached"})
"""The keys that differ between two runs over the same input."""
CONTEXT_LINES: Final = 3
"""Lines of a page written around those that a finding points at."""


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
    gating: Annotated[int, Meta(description="Blocking findings, drift and baseline entries.")]
    exit_code: Literal[0, 1, 3, 130]
    not_running: int = 0
    fragments: int = 0
    unsupported: int = 0
    skipped: int = 0
    advisory: int = 0
    known: int = 0
    strict: bool = False
    fail_on: FailOn = FailOn.MUST
    narrowed: Annotated[bool, Meta(description="Whether only what a change affects was selected.")] = False


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A run of lines of a page that a finding or an example points at."""

    first: LineNumber
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """The results of one run of docprobe, or of several joined shards."""

    schema: Literal["docprobe/1"]
    docprobe: Annotated[str, Meta(description="Version of docprobe.")]
    started: Annotated[str, Meta(description="ISO 8601, UTC.", pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")]
    duration_s: Seconds
    docs: Docs
    drift: tuple[Drift, ...]
    examples: Annotated[tuple[ExampleResult, ...], Meta(description="In order of id.")]
    summary: Summary
    baseline: tuple[BaselineNote, ...] = ()
    problems: Annotated[tuple[str, ...], Meta(description="Problems in the docs: file:line: message.")] = ()
    requirements: Annotated[tuple[Requirement, ...], Meta(description="Catalogue rows of the run.")] = ()
    lost: Annotated[tuple[NoLongerRunnable, ...], Meta(description="Examples that a change left unchecked.")] = ()
    shards: Annotated[
        tuple[Shard, ...], Meta(description="I/N of the shards in this document; empty for a whole run.")
    ] = ()
    missing_shards: Annotated[tuple[Shard, ...], Meta(description="I/N of the shards that joined results lack.")] = ()
    sources: Annotated[Mapping[str, tuple[Excerpt, ...]], Meta(description="Excerpts of pages, by path.")] = field(
        default_factory=dict
    )


class PublishedNote(msgspec.Struct):
    """Something about an example that was stated by the docs or had to be inferred."""

    what: str
    origin: Origin
    confidence: Annotated[float, Meta(ge=0, le=1)] = 1.0

    @property
    def kind(self) -> NoteKind:
        """The kind: how the text begins."""
        begins = (kind for kind in NoteKind if f"{self.what} ".startswith(f"{kind.value} "))
        return max(begins, key=lambda kind: len(kind.value), default=NoteKind.REMARK)

    @property
    def name(self) -> str:
        """What the note is about."""
        rest = self.what.removeprefix(self.kind.value).removeprefix(" ")
        if self.kind is NoteKind.DEPENDENCY and (package := _PACKAGE.match(rest)):
            return package[0]
        return "" if self.kind is NoteKind.REMARK else rest

    @property
    def detail(self) -> str:
        """The rest of the text."""
        return self.what.removeprefix(self.kind.value).removeprefix(" ").removeprefix(self.name)


_PACKAGE: Final = re.compile(r"@?[^\s@=<>~^!\[;]+")
"""The name in a dependency as a note writes it: ``@scope/name@5``, ``name[extra]>=1``."""
_PLACED: Final = re.compile(
    r"(?P<file>[^\n]+?):(?P<first>[1-9]\d{0,8})(?:-(?P<last>\d{1,9}))?: (?P<message>.*)", re.DOTALL
)
"""A problem as it is published: ``file:line: message`` or ``file:first-last: message``."""

DEVIATIONS: Final = Deviations(
    unpublished={
        ExampleResult: {"transcript"},
        Requirement: {"stage", "always_warns"},
        Run: {"lock"},
        Span: {"column"},
    },
    required={
        BaselineNote: {"gates"},
        Drift: {"similarity", "gates"},
        ExampleResult: {
            "copies", "added", "packages", "runs", "negotiated", "duration_s", "cached", "findings", "transcript_file",
        },
        Finding: {"gates", "statement", "blame", "evidence", "fix"},
    },
    renamed={ExampleResult: {"transcript_file": "transcript"}},
    titles={Citation: "Statement", ExampleResult: "Example", Span: "Place"},
    replaced={Note: PublishedNote},
)  # fmt: skip
"""What the document leaves out of the model, and how it is written where that differs."""


@cache
def _document_type() -> Any:
    return published_type(Document, DEVIATIONS)


def schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of the document."""
    derived = msgspec.json.schema(_document_type())
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:docprobe:schema:docprobe-1",
        "title": "docprobe results",
        **derived,
    }


def to_text(report: Report) -> str:
    """Return the document, indented, ending with a line feed. Nothing in it can steer a terminal or a CI runner."""
    return json_text(json.dumps(encodable(_plain(report)), indent=1, ensure_ascii=False)) + "\n"


def from_text(text: str | bytes, catalogue: Sequence[Requirement]) -> Report:
    """Read a document back: a report without transcripts, and with excerpts for pages.

    Args:
        text: the document.
        catalogue: rows that say of a requirement, by id, what a document does not (stage, whether it always warns).

    Raises:
        UsageError: it is not a document of this major version; the message names the place.
    """
    try:
        wire = msgspec.json.decode(text, type=_document_type())
    except msgspec.ValidationError as error:
        raise UsageError(f"not a {SCHEMA} document: {error}", _other_version(text)) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(f"not a {SCHEMA} document: {error}", "give a file that --format json wrote") from error
    return _report(msgspec.convert(wire, Document, from_attributes=True), catalogue)


def _other_version(text: str | bytes) -> str:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    named = value.get("schema") if isinstance(value, dict) else None
    if isinstance(named, str) and named != SCHEMA:
        return f"its schema is {named!r}: read it with the version of docprobe that wrote it"
    return "give a file that --format json wrote"


def without_times(report: Report) -> Any:
    """Return the document as plain values without what may differ between identical runs, for comparisons."""

    def strip(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: strip(item) for key, item in value.items() if key not in TIMES}
        return [strip(item) for item in value] if isinstance(value, list | tuple) else value

    return strip(_plain(report))


def _plain(report: Report) -> Any:
    wire = msgspec.convert(_document(report), _document_type(), from_attributes=True)
    return msgspec.to_builtins(wire, order="deterministic")


def _document(report: Report) -> Document:
    figures = count(report)
    status = figures.by_status
    return Document(
        schema="docprobe/1",
        docprobe=report.version,
        started=report.started,
        duration_s=report.duration_s,
        docs=Docs(report.docs_root, report.commit, report.snapshot, report.root_in_repository, report.rules_root),
        drift=report.drift,
        examples=tuple(sorted(report.examples, key=lambda example: example.id)),
        summary=Summary(
            examples=figures.examples,
            distinct=figures.distinct,
            judged=status.get(Status.JUDGED, 0),
            blocked=status.get(Status.BLOCKED, 0),
            violated=Violated(figures.violated_must, figures.violated_should),
            gating=figures.blocking,
            exit_code=report.exit_code,  # type: ignore[arg-type]
            not_running=status.get(Status.NOT_RUNNING, 0),
            fragments=status.get(Status.FRAGMENT, 0),
            unsupported=status.get(Status.UNSUPPORTED, 0),
            skipped=status.get(Status.SKIPPED, 0),
            advisory=figures.advisory,
            known=figures.known,
            strict=report.strict,
            fail_on=report.fail_on,
            narrowed=report.narrowed,
        ),
        baseline=report.baseline,
        problems=tuple(map(str, report.problems)),
        requirements=report.requirements,
        lost=report.lost,
        shards=report.shards,
        missing_shards=report.missing_shards,
        sources=_excerpts(report),
    )


def _report(document: Document, catalogue: Sequence[Requirement]) -> Report:
    known = {row.id: row for row in catalogue}
    return Report(
        version=document.docprobe,
        started=document.started,
        duration_s=document.duration_s,
        docs_root=document.docs.root,
        commit=document.docs.commit,
        snapshot=document.docs.snapshot,
        # documents of other tools may leave the digest out; an example without one is a copy of nothing
        examples=tuple(replace(example, digest=example.digest or example.id) for example in document.examples),
        drift=document.drift,
        baseline=document.baseline,
        problems=tuple(map(_problem, document.problems)),
        requirements=tuple(
            replace(row, stage=known[row.id].stage, always_warns=known[row.id].always_warns) if row.id in known else row
            for row in document.requirements
        ),
        sources={file: _lines(excerpts) for file, excerpts in document.sources.items()},
        strict=document.summary.strict,
        fail_on=document.summary.fail_on,
        narrowed=document.summary.narrowed,
        lost=document.lost,
        shards=document.shards,
        missing_shards=document.missing_shards,
        rules_root=document.docs.rules_root,
        exit_code=document.summary.exit_code,
        root_in_repository=document.docs.root_in_repository,
    )


def _problem(text: str) -> ReportProblem:
    """A problem as published, ``file:line: message`` or a remark without a place."""
    if placed := _PLACED.fullmatch(text):
        first, last = int(placed["first"]), int(placed["last"] or placed["first"])
        problem = ReportProblem(placed["message"], Span(placed["file"], first, last))
        if first <= last and str(problem) == text:
            return problem
    return ReportProblem(text)


def _excerpts(report: Report) -> dict[str, tuple[Excerpt, ...]]:
    """The lines that findings blame, with context, and the whole code of examples that were run."""
    wanted: dict[str, set[int]] = {}

    def want(spans: Iterable[Span]) -> None:
        for span in spans:
            numbers = range(span.first - CONTEXT_LINES, span.last + CONTEXT_LINES + 1)
            wanted.setdefault(span.file, set()).update(numbers)

    for example in report.examples:
        if example.status in {Status.JUDGED, Status.NOT_RUNNING}:
            want(example.spans)
        for finding in example.findings:
            want(finding.blame)
    excerpts = {}
    for file, numbers in sorted(wanted.items()):
        lines = report.sources.get(file, ())
        if runs := _runs(lines, sorted(number for number in numbers if 1 <= number <= len(lines))):
            excerpts[file] = runs
    return excerpts


def _runs(lines: Sequence[str], numbers: Sequence[int]) -> tuple[Excerpt, ...]:
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][-1] + 1 == number:
            runs[-1].append(number)
        else:
            runs.append([number])
    return tuple(Excerpt(run[0], tuple(lines[number - 1] for number in run)) for run in runs)


def _lines(excerpts: Sequence[Excerpt]) -> tuple[str, ...]:
    """Excerpts as lines of a page, empty where nothing is known."""
    lines = [""] * max((excerpt.first + len(excerpt.lines) - 1 for excerpt in excerpts), default=0)
    for excerpt in excerpts:
        lines[excerpt.first - 1 : excerpt.first - 1 + len(excerpt.lines)] = excerpt.lines
    return tuple(lines)
