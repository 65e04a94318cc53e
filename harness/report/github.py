"""``--format github``: annotations on the blamed lines, as workflow commands on stdout. Pure.

The forge shows ten annotations of a type for a step. The heaviest findings come first, one copy of each text before
the second of any; the rest is counted in a plain line and stands in the job summary (``--format markdown``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from extractor.base.text import one_line
from extractor.model import Span
from harness.base.escape import defused, github_data, github_property
from harness.model import Basis, Status
from harness.report.places import forge_path, primary
from harness.report.wording import (
    baseline_sentence,
    drift_sentence,
    exit_sentence,
    figures,
    lost_sentence,
    plural,
    rows,
)
from harness.results.distinct import distinct_examples, finding_groups
from harness.results.severity import ReportIndex, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.model import ExampleResult, Finding, Report

LIMIT: Final = 10
"""Annotations of one type that are shown for a step."""
TYPES: Final = {Severity.BLOCKING: "error", Severity.WARNING: "warning", Severity.ADVISORY: "notice"}
"""Weights that annotate. Of advisory findings only readings of the page's own revision do: what no sentence asks for,
and what another revision says, would stand beside every change of a page."""


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
    """Workflow commands, at most ten of a type, and plain lines that say what the run was."""
    lines = []
    for kind in ("error", "warning", "notice"):
        found = sorted((a for a in _annotations(report) if a.kind == kind), key=lambda a: a.turn)
        lines += [_command(report, annotation) for annotation in found[:LIMIT]]
        if len(found) > LIMIT:
            lines.append(f"docprobe: {plural(len(found) - LIMIT, f'more {kind}')} in the job summary")
    lines.append(defused(f"docprobe: {one_line(figures(report))}"))
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
    for text in distinct_examples(report):
        for case in finding_groups(text, ReportIndex.of(report)):
            if case.severity in TYPES:
                own = [
                    (e, f) for e, f in case.members if case.severity is not Severity.ADVISORY or _is_own_reading(f, e)
                ]
                for turn, (example, finding) in enumerate(own):
                    row = rows(report).get(finding.requirement)
                    about = f": {row.title}" if row else ""
                    title = f"{finding.level.value} {finding.requirement}{about}"
                    message = _message(report, finding)
                    yield Annotation(TYPES[case.severity], primary(finding, example), title, message, turn)
    for example in report.examples:
        if example.status is Status.BLOCKED:
            yield Annotation("warning", _start(example), "not judged", f"{example.id}: {example.reason or ''}")
    for lost in report.lost:
        yield Annotation("warning", Span(lost.page, lost.line, lost.line), "not checked any more", lost_sentence(lost))
    for entry in report.drift:
        # in another tree: no line of these docs is meant
        its = (entry.nearest.span if entry.nearest else Span(entry.page, 1, 1)) if report.rules_root is None else None
        title = f"{entry.requirement}: the specification changed"
        yield Annotation("error" if entry.gates else "warning", its, title, drift_sentence(entry))
    for note in report.baseline:
        if note.kind != "known":
            yield Annotation("error" if note.gates else "warning", None, "baseline", baseline_sentence(note))
    for problem in report.problems:
        yield Annotation("warning", problem.span, "stepped over", problem.message)


def _is_own_reading(finding: Finding, example: ExampleResult) -> bool:
    return finding.basis is Basis.INTERPRETATION and finding.revision == example.revision


def _start(example: ExampleResult) -> Span:
    return (
        Span(example.page, example.spans[0].first, example.spans[0].first)
        if example.spans
        else Span(example.page, 1, 1)
    )


def _message(report: Report, finding: Finding) -> str:
    row = rows(report).get(finding.requirement)
    lines = [finding.summary]
    if finding.statement is not None:
        lines.append(f"{finding.statement.span} says: {one_line(finding.statement.text)}")
    if fix := finding.fix or (row.fix if row else ""):
        lines.append(f"Fix: {fix}")
    if row is not None and row.avoid:
        lines.append(f"Avoid: {row.avoid}")
    if finding.patch is not None:
        lines.append("A patch was proved by running it: it is in the job summary.")
    return "\n".join(lines)
