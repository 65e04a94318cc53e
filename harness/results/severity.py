"""How severe a finding is to the person who reads the report. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final, assert_never

from harness.model import BaselineKind, Basis, FindingChange, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.model import ExampleResult, Finding, Report, Requirement


class Severity(StrEnum):
    """What a finding means to the person who reads the report, most severe first."""

    BLOCKING = "blocking"
    """Violated, and makes the exit code 1."""
    WARNING = "warning"
    """Violated by the text of the page's own revision, and does not decide the exit code."""
    UNCHANGED = "unchanged"
    """Violated by the text of the page's own revision, as it was before the change that is checked."""
    KNOWN = "known"
    """Violated, and accepted in the baseline."""
    ADVISORY = "advisory"
    """Violated as an interpretation or advice, or by the text of another revision."""
    INCONCLUSIVE = "inconclusive"
    NOT_CHECKED = "not checked"
    """docprobe could not ask."""
    NOT_APPLICABLE = "not applicable"
    SATISFIED = "satisfied"


MOST_SEVERE_FIRST: Final = tuple(Severity)
SHOWN_IN_FULL: Final = frozenset({Severity.BLOCKING, Severity.WARNING})


def own_revision(example: ExampleResult) -> str | None:
    """Return the revision whose text decides (:func:`harness.judge.judge.deciding_revision`).

    Documents of older versions do not say it of a page without a revision: then it is the newest that is negotiated.
    """
    newest = example.negotiated[-1] if example.negotiated else None
    return example.revision or example.judged_under or newest


def is_own(finding: Finding, example: ExampleResult) -> bool:
    """Return whether a finding is about the page's own revision, or about the example apart from any revision."""
    return finding.revision in {own_revision(example), ""}


@dataclass(frozen=True, slots=True)
class ReportIndex:
    """The rows and the baseline of a report, found by name. Made once for a report."""

    rows: Mapping[str, Requirement]
    """By requirement id."""
    places: Mapping[str, int]
    """By requirement id, its place in the catalogue's order."""
    accepted: Mapping[tuple[str, str], str]
    """By example id and requirement id, the reason why the baseline accepts a finding that still occurs."""

    @classmethod
    def of(cls, report: Report) -> ReportIndex:
        """Index a report."""
        return cls(
            {row.id: row for row in report.requirements},
            {row.id: place for place, row in enumerate(report.requirements)},
            {
                (note.example, note.requirement): note.reason
                for note in report.baseline
                if note.kind is BaselineKind.KNOWN
            },
        )

    def place(self, requirement: str) -> tuple[int, str]:
        """Return the sort key of a requirement: the catalogue's order, unknown ids last and by name."""
        return self.places.get(requirement, len(self.places)), requirement

    def severity(self, finding: Finding, example: ExampleResult) -> Severity:
        """Return the severity of a finding of ``example``."""
        match finding.verdict:
            case Verdict.SATISFIED:
                return Severity.SATISFIED
            case Verdict.NOT_APPLICABLE:
                return Severity.NOT_APPLICABLE
            case Verdict.INCONCLUSIVE:
                return Severity.INCONCLUSIVE
            case Verdict.BLOCKED:
                return Severity.NOT_CHECKED
            case Verdict.VIOLATED:
                return self._of_violation(finding, example)
            case _:
                assert_never(finding.verdict)

    def _of_violation(self, finding: Finding, example: ExampleResult) -> Severity:
        if finding.gates:
            return Severity.BLOCKING
        if not is_own(finding, example):
            return Severity.ADVISORY
        if (example.id, finding.requirement) in self.accepted:
            return Severity.KNOWN
        counts = counts_as_violated(finding, self.rows)
        if finding.change is FindingChange.UNCHANGED and (counts or finding.basis is Basis.INTERPRETATION):
            return Severity.UNCHANGED
        return Severity.WARNING if counts else Severity.ADVISORY


def counts_as_violated(finding: Finding, rows: Mapping[str, Requirement]) -> bool:
    """Return whether a violation is more than advice: by the text, blocking, or of a row that always warns."""
    row = rows.get(finding.requirement)
    return finding.basis is Basis.TEXT or finding.gates or (row is not None and row.always_warns)
