"""``--format github``: annotations on the blamed lines, as workflow commands on stdout. Pure.

The forge shows ten annotations of a type for a step. The most severe findings come first, one copy of each text before
the second of any; the rest is counted in a plain line and stands in the job summary (``--format markdown``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from extractor.base.text import one_line
from extractor.model import Span
from harness.base.escape import defused, github_data, github_property
from harness.judge.exit_code import unchecked_programs
from harness.model import BaselineKind, Basis, FindingChange, Status
from harness.report.change_wording import (
    change_lines,
    drift_sentence,
    lost_sentence,
    not_compared_sentences,
    rejudged_sentences,
    text_change_sentence,
    unchecked_sentence,
)
from harness.report.exit_wording import exit_sentence
from harness.report.locations import forge_path, primary, start_of
from harness.report.views import ReportView
from harness.report.wording import baseline_sentence, figures, plural, settings_sentence
from harness.results.severity import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.model import Report
    from harness.report.views import FindingView

LIMIT: Final = 10
"""Annotations of one type that are shown for a step."""
TYPES: Final = {Severity.BLOCKING: "error", Severity.WARNING: "warning", Severity.ADVISORY: "notice"}
"""Severities that annotate. Of advisory findings only interpretations of the page's own revision do: what no sentence
requires, and what another revision requires, would be shown on every change of a page."""


@dataclass(frozen=True, slots=True)
class Annotation:
    """One annotation."""

    kind: str
    """``error``, ``warning`` or ``notice``."""
    place: Span | None
    """None: on no file."""
    title: str
    message: str
    turn: int = 0
    """0 for the first copy of a text, 1 for the second, …: earlier turns are shown first."""


def render(report: Report) -> str:
    """Return workflow commands, at most ten of a type, and plain lines that say what the run was."""
    lines = []
    annotations = list(_annotations(report))
    for kind in ("error", "warning", "notice"):
        chosen = sorted((a for a in annotations if a.kind == kind), key=lambda a: a.turn)
        lines += [_command(report, annotation) for annotation in chosen[:LIMIT]]
        if len(chosen) > LIMIT:
            lines.append(f"docprobe: {plural(len(chosen) - LIMIT, f'more {kind}')} in the job summary")
    changes = change_lines(report, ReportView.of(report).groups)
    lines += [defused(f"docprobe: {word}: {one_line(sentence)}") for word, sentence in changes]
    beside = (*not_compared_sentences(report), *rejudged_sentences(report))
    lines += [defused(f"docprobe: {one_line(sentence)}") for sentence in beside]
    lines += [defused(f"docprobe: {one_line(text_change_sentence(one))}") for one in report.text_changes]
    lines.append(defused(f"docprobe: {one_line(figures(report))}"))
    if settings := settings_sentence(report):
        lines.append(defused(f"docprobe: {one_line(settings)}"))
    lines.append(defused(f"docprobe: {one_line(exit_sentence(report))}"))
    return "\n".join(lines) + "\n"


def _command(report: Report, annotation: Annotation) -> str:
    properties = []
    if annotation.place is not None:
        place = annotation.place
        file = github_property(forge_path(report, place.file))
        properties += [f"file={file}", f"line={place.first}", f"endLine={place.last}"]
    properties.append(f"title={github_property(annotation.title)}")
    return f"::{annotation.kind} {','.join(properties)}::{github_data(annotation.message)}"


def _annotations(report: Report) -> Iterator[Annotation]:
    yield from _of_findings(ReportView.of(report))
    for example in report.examples:
        if example.status is Status.BLOCKED and not example.interrupted:
            yield Annotation("warning", start_of(example), "not checked", f"{example.id}: {example.reason or ''}")
    unchecked = unchecked_programs(report)
    for entry in unchecked:
        if entry.example.status is not Status.BLOCKED and entry.flaky is None:
            yield Annotation("warning", start_of(entry.example), "not checked", unchecked_sentence(entry))
    for example in report.examples:
        for finding in example.findings:
            if finding.flaky:
                title = f"{finding.requirement}: two runs differ"
                yield Annotation("warning", start_of(example), title, finding.summary)
    for lost in report.lost:
        yield Annotation("warning", Span(lost.page, lost.line, lost.line), "no longer checked", lost_sentence(lost))
    for drift in report.drift:
        if drift.change is FindingChange.UNCHANGED and not drift.gates:
            continue
        # in another tree: no line of these docs is meant
        span = (drift.nearest.span if drift.nearest else Span(drift.page, 1, 1)) if report.rules_root is None else None
        title = f"{drift.requirement}: the specification changed"
        yield Annotation("error" if drift.gates else "warning", span, title, drift_sentence(drift))
    for note in report.baseline:
        if note.kind is not BaselineKind.KNOWN:
            yield Annotation("error" if note.gates else "warning", None, "baseline", baseline_sentence(note))
    for problem in report.problems:
        title = "problem" if problem.span is None else "problem in the docs"
        yield Annotation("warning", problem.span, title, problem.message)


def _of_findings(view: ReportView) -> Iterator[Annotation]:
    for _, groups in view.distinct:
        for group in groups:
            if group.severity not in TYPES:
                continue
            members = [view.finding(finding, example) for example, finding in group.members]
            # what was there before is not about this change, unless it fails the check (--gate all)
            members = [one for one in members if one.finding.gates or one.finding.change is not FindingChange.UNCHANGED]
            if group.severity is Severity.ADVISORY:
                members = [one for one in members if _is_own_interpretation(one)]
            for turn, one in enumerate(members):
                title = f"{one.level} {one.finding.requirement}{f': {one.title}' if one.title else ''}"
                place = primary(one.finding, one.example)
                yield Annotation(TYPES[group.severity], place, title, _message(one), turn)


def _is_own_interpretation(view: FindingView) -> bool:
    return view.finding.basis is Basis.INTERPRETATION and view.finding.revision == view.example.revision


def _message(view: FindingView) -> str:
    finding = view.finding
    lines = [finding.summary]
    if finding.statement is not None:
        lines.append(f"{finding.statement.span} says: {one_line(finding.statement.text)}")
    if view.fix:
        lines.append(f"Fix: {view.fix}")
    if view.avoid:
        lines.append(f"Avoid: {view.avoid}")
    if finding.patch is not None:
        lines.append("A fix was proved by running it; it is in the job summary.")
    return "\n".join(lines)
