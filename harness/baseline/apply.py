"""A baseline applied to a report: known findings do not block, stale entries do. Pure."""

from __future__ import annotations

import datetime
from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final, assert_never

from harness.baseline.file import NOT_RUNNING
from harness.model import BaselineKind, BaselineNote, Status, Verdict
from harness.results.severity import is_own

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.baseline.file import AcceptedDrift, Baseline, Known
    from harness.model import Drift, ExampleResult, Finding, Report

GONE: Final = BaselineKind.UNKNOWN_ID
"""Kind of the note on an entry whose page is not in the docs."""
UNRUN: Final = frozenset({Status.FRAGMENT, Status.UNSUPPORTED})
"""Statuses that ``--strict`` fails on, and that a ``[[not-runnable]]`` entry accepts."""


class Occurs(StrEnum):
    """Whether a run shows what an entry of the baseline lists."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"
    """Not selected, blocked or inconclusive: the entry stays as it is."""


def apply_baseline(report: Report, baseline: Baseline) -> Report:
    """Return the report in which known findings and accepted drift do not block, with a note on each entry.

    An entry is stale only if its example was selected and judged by its requirement and the finding did not occur, or
    if its page is gone. Whether it is expired is decided by the day of the run.
    """
    notes: list[BaselineNote] = []
    accepted: set[tuple[str, str]] = set()
    for entry in baseline.findings:
        kind = GONE if entry.example in baseline.gone else _kind(entry, report)
        if kind is not None:
            gates = kind in {BaselineKind.STALE, GONE}
            notes.append(BaselineNote(kind, entry.example, entry.requirement, entry.reason, gates=gates))
        if kind is BaselineKind.KNOWN:
            accepted.add((entry.example, entry.requirement))
    listed_as = {new: old for old, new in baseline.renamed.items()}
    for entry in baseline.findings:
        if entry.example in listed_as:
            old = listed_as[entry.example]
            notes.append(
                BaselineNote(BaselineKind.RENAMED, entry.example, entry.requirement, entry.reason, listed_as=old)
            )
    accepted_changes: set[tuple[str, str, str, str]] = set()
    for accepted_drift in baseline.drift:
        occurs = drift_occurs(accepted_drift, report)
        if occurs is Occurs.UNKNOWN:
            continue
        known = occurs is Occurs.YES
        if known:
            accepted_changes.add(accepted_drift.identity)
        name = f"{accepted_drift.requirement} {accepted_drift.revision}"
        kind = BaselineKind.KNOWN if known else BaselineKind.STALE
        notes.append(BaselineNote(kind, "normative text", name, accepted_drift.reason, gates=not known))

    def example(result: ExampleResult) -> ExampleResult:
        return replace(result, findings=tuple(finding(result.id, one) for one in result.findings))

    def finding(example_id: str, one: Finding) -> Finding:
        return replace(one, gates=False) if (example_id, one.requirement) in accepted else one

    def drift(entry: Drift) -> Drift:
        return replace(entry, gates=False) if entry.identity in accepted_changes else entry

    return replace(
        report,
        examples=tuple(example(result) for result in report.examples),
        drift=tuple(drift(entry) for entry in report.drift),
        baseline=(*report.baseline, *notes),
    )


def _kind(entry: Known, report: Report) -> BaselineKind | None:
    match finding_occurs(entry, report):
        case Occurs.UNKNOWN:
            return None
        case Occurs.NO:
            return BaselineKind.STALE
        case Occurs.YES:
            today = datetime.date.fromisoformat(report.started[:10])
            expired = entry.expires is not None and today > entry.expires
            return BaselineKind.EXPIRED if expired else BaselineKind.KNOWN
        case other:
            assert_never(other)


def finding_occurs(entry: Known, report: Report) -> Occurs:
    """Return whether the finding that an entry lists is in the report; it is not if its page is gone."""
    if any((note.kind, note.example, note.requirement) == (GONE, entry.example, entry.requirement)
           for note in report.baseline):  # fmt: skip
        return Occurs.NO
    if any(lost.example == entry.example for lost in report.lost):
        # the example could not be checked: nothing is known of the finding
        return Occurs.UNKNOWN
    example = next((example for example in report.examples if example.id == entry.example), None)
    if example is None or entry.requirement not in {row.id for row in report.requirements}:
        return Occurs.UNKNOWN
    if example.status is Status.BLOCKED:
        return Occurs.UNKNOWN
    if example.status in UNRUN:
        return Occurs.YES if entry.requirement == NOT_RUNNING else Occurs.NO
    verdicts = {finding.verdict for finding in _findings(entry, example)}
    if Verdict.VIOLATED in verdicts:
        return Occurs.YES
    if not verdicts and any(drift.requirement == entry.requirement for drift in report.drift):
        # a sentence that changed judges nothing
        return Occurs.UNKNOWN
    unasked = example.status is Status.NOT_RUNNING and entry.requirement != NOT_RUNNING
    undecided = verdicts & {Verdict.INCONCLUSIVE, Verdict.BLOCKED}
    return Occurs.UNKNOWN if unasked or undecided else Occurs.NO


def _findings(entry: Known, example: ExampleResult) -> Iterator[Finding]:
    """Return the findings under the page's own revision: those under others never block, and need no entry."""
    return (f for f in example.findings if f.requirement == entry.requirement and is_own(f, example))


def drift_occurs(entry: AcceptedDrift, report: Report) -> Occurs:
    """Return whether the sentence still reads as it did when its change was accepted."""
    if entry.requirement not in {row.id for row in report.requirements}:
        return Occurs.UNKNOWN
    return Occurs.YES if any(drift.identity == entry.identity for drift in report.drift) else Occurs.NO
