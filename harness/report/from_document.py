"""A document of the result format as a report: without transcripts, and with excerpts for pages. Pure."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import extractor.model as docs_model
from harness import model
from harness.report.to_document import same

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.report import document as d

_PACKAGE: Final = re.compile(r"@?[^\s@=<>~^!\[;]+")
"""The name in a dependency as a note writes it: ``@scope/name@5``, ``name[extra]>=1``."""


def to_report(document: d.Document) -> model.Report:
    """The document as a report."""
    return model.Report(
        version=document.docprobe,
        started=document.started,
        duration_s=document.duration_s,
        docs_root=document.docs.root,
        commit=document.docs.commit,
        snapshot=document.docs.snapshot,
        examples=tuple(_read_example(example) for example in document.examples),
        drift=tuple(same(model.Drift, entry, nearest=_read_statement(entry.nearest)) for entry in document.drift),
        baseline=tuple(same(model.BaselineNote, note) for note in document.baseline),
        problems=tuple(document.problems),
        requirements=tuple(same(model.Requirement, row) for row in document.requirements),
        sources={file: _lines(excerpts) for file, excerpts in document.sources.items()},
        strict=document.summary.strict,
        fail_on=document.summary.fail_on,
        narrowed=document.summary.narrowed,
        lost=tuple(same(model.Lost, entry) for entry in document.lost),
        shards=tuple(document.shards),
        missing_shards=tuple(document.missing_shards),
        rules_root=document.docs.rules_root,
        exit_code=document.summary.exit_code,
        root_in_repository=document.docs.root_in_repository,
    )


def _span(place: d.Place | d.Statement | d.Edit) -> docs_model.Span:
    return docs_model.Span(place.file, place.first, place.last)


def _read_statement(statement: d.Statement | None) -> docs_model.Statement | None:
    if statement is None:
        return None
    names = ("revision", "anchor", "level", "keyword", "text", "subject", "fingerprint", "line")
    same = {name: getattr(statement, name) for name in names}
    return docs_model.Statement(page=statement.file, span=_span(statement), shingles=frozenset(), **same)


def _read_finding(finding: d.Finding) -> model.Finding:
    patch = finding.patch and model.Patch(
        finding.patch.description, tuple(model.Edit(_span(edit), edit.text) for edit in finding.patch.edits)
    )
    return same(
        model.Finding,
        finding,
        statement=_read_statement(finding.statement),
        blame=tuple(_span(place) for place in finding.blame),
        evidence=tuple(finding.evidence),
        patch=patch,
    )


def _read_example(example: d.Example) -> model.ExampleResult:
    runs = tuple(
        same(model.Run, run, logs=tuple(same(model.LogLine, line) for line in run.logs)) for run in example.runs
    )
    result = same(
        model.ExampleResult,
        example,
        spans=tuple(_span(place) for place in example.spans),
        copies=tuple(example.copies),
        added=tuple(example.added),
        negotiated=tuple(example.negotiated),
        runs=runs,
        notes=tuple(_read_note(note) for note in example.notes),
        findings=tuple(_read_finding(finding) for finding in example.findings),
        transcript=None,
        transcript_file=example.transcript,
    )
    # documents of other tools may leave the digest out; examples without one are nobody's copies
    return replace(result, digest=example.digest or example.id)


def _read_note(note: d.Note) -> docs_model.Note:
    """The note of a document, which holds only its text: the kind is how that begins."""
    begins = (kind for kind in docs_model.NoteKind if f"{note.what} ".startswith(f"{kind.value} "))
    kind = max(begins, key=lambda kind: len(kind.value), default=docs_model.NoteKind.REMARK)
    rest = note.what.removeprefix(kind.value).removeprefix(" ")
    name = rest
    match kind:
        case docs_model.NoteKind.REMARK:
            name = ""
        case docs_model.NoteKind.DEPENDENCY if package := _PACKAGE.match(rest):
            name = package[0]
        case _:
            pass
    return docs_model.Note(kind, note.origin, name, rest.removeprefix(name), note.confidence)


def _lines(excerpts: Sequence[d.Excerpt]) -> tuple[str, ...]:
    """Excerpts as lines of a page, empty where nothing is known."""
    lines = [""] * max((excerpt.first + len(excerpt.lines) - 1 for excerpt in excerpts), default=0)
    for excerpt in excerpts:
        lines[excerpt.first - 1 : excerpt.first - 1 + len(excerpt.lines)] = excerpt.lines
    return tuple(lines)
