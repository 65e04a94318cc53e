"""A report as the document of the result format. Pure."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any, Final, TypeVar

from harness.model import Status
from harness.report import document as d
from harness.report.weigh import count

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from _typeshed import DataclassInstance

    import extractor.model as docs_model
    from harness import model

    T = TypeVar("T", bound=DataclassInstance)

CONTEXT_LINES: Final = 3
"""Lines of a page kept around those that a finding points at."""


def to_document(report: model.Report) -> d.Document:
    """The report as a document."""
    figures = count(report)
    status = figures.by_status
    return d.Document(
        schema="docprobe/1",
        docprobe=report.version,
        started=report.started,
        duration_s=report.duration_s,
        docs=d.Docs(report.docs_root, report.commit, report.snapshot, report.root_in_repository, report.rules_root),
        drift=[same(d.Drift, entry, nearest=_statement(entry.nearest)) for entry in report.drift],
        examples=[_example(example) for example in sorted(report.examples, key=lambda example: example.id)],
        summary=d.Summary(
            examples=figures.examples,
            distinct=figures.distinct,
            judged=status.get(Status.JUDGED, 0),
            blocked=status.get(Status.BLOCKED, 0),
            violated=d.Violated(figures.violated_must, figures.violated_should),
            gating=figures.gating,
            exit_code=report.exit_code,  # type: ignore[arg-type]
            not_running=status.get(Status.NOT_RUNNING, 0),
            fragments=status.get(Status.FRAGMENT, 0),
            unsupported=status.get(Status.UNSUPPORTED, 0),
            skipped=status.get(Status.SKIPPED, 0),
            advisory=figures.advisory,
            known=figures.known,
            strict=report.strict,
            fail_on=report.fail_on,  # type: ignore[arg-type]
            narrowed=report.narrowed,
        ),
        baseline=[same(d.BaselineNote, note) for note in report.baseline],
        problems=list(report.problems),
        requirements=[
            same(d.Requirement, row, levels=dict(row.levels), basis=dict(row.basis)) for row in report.requirements
        ],
        lost=[same(d.Lost, entry) for entry in report.lost],
        shards=list(report.shards),
        missing_shards=list(report.missing_shards),
        sources=_excerpts(report),
    )


def same(kind: type[T], value: Any, **changed: Any) -> T:
    """``value`` as a ``kind``: fields of the same name, except for those ``changed``; the rest take their defaults."""
    theirs = {field.name for field in fields(value)}
    taken = {f.name: getattr(value, f.name) for f in fields(kind) if f.name in theirs and f.name not in changed}
    return kind(**taken, **changed)


def _place(span: docs_model.Span) -> d.Place:
    return d.Place(span.file, span.first, span.last)


def _statement(statement: docs_model.Statement | None) -> d.Statement | None:
    if statement is None:
        return None
    span = statement.span
    return same(d.Statement, statement, file=span.file, first=span.first, last=span.last)


def _patch(patch: model.Patch | None) -> d.Patch | None:
    if patch is None:
        return None
    edits = [d.Edit(edit.span.file, edit.span.first, edit.span.last, edit.text) for edit in patch.edits]
    return d.Patch(patch.description, edits)


def _finding(finding: model.Finding) -> d.Finding:
    return same(
        d.Finding,
        finding,
        statement=_statement(finding.statement),
        blame=[_place(span) for span in finding.blame],
        evidence=list(finding.evidence),
        patch=_patch(finding.patch),
    )


def _run(run: model.Run) -> d.Run:
    logs = [same(d.LogLine, line) for line in run.logs]
    return same(d.Run, run, packages=dict(run.packages), logs=logs)


def _example(example: model.ExampleResult) -> d.Example:
    return same(
        d.Example,
        example,
        spans=[_place(span) for span in example.spans],
        copies=list(example.copies),
        added=list(example.added),
        packages=dict(example.packages),
        runs=[_run(run) for run in example.runs],
        negotiated=list(example.negotiated),
        findings=[_finding(finding) for finding in example.findings],
        transcript=example.transcript_file,
        notes=[d.Note(note.what, note.origin, note.confidence) for note in example.notes],
    )


def _excerpts(report: model.Report) -> dict[str, list[d.Excerpt]]:
    """The lines that findings blame, with context, and the whole code of examples that were run."""
    wanted: dict[str, set[int]] = {}

    def want(spans: Iterable[docs_model.Span]) -> None:
        for span in spans:
            numbers = range(span.first - CONTEXT_LINES, span.last + CONTEXT_LINES + 1)
            wanted.setdefault(span.file, set()).update(numbers)

    for example in report.examples:
        if example.status in {Status.JUDGED, Status.NOT_RUNNING}:
            want(example.spans)
        for finding in example.findings:
            want(finding.blame)
    found = {}
    for file, numbers in sorted(wanted.items()):
        lines = report.sources.get(file, ())
        if runs := _runs(lines, sorted(number for number in numbers if 1 <= number <= len(lines))):
            found[file] = runs
    return found


def _runs(lines: Sequence[str], numbers: Sequence[int]) -> list[d.Excerpt]:
    runs: list[d.Excerpt] = []
    for number in numbers:
        if runs and runs[-1].first + len(runs[-1].lines) == number:
            runs[-1].lines.append(lines[number - 1])
        else:
            runs.append(d.Excerpt(number, [lines[number - 1]]))
    return runs
