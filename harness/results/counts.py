"""The figures of a report: one definition for the summary, the progress lines and the site. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.model import MUST_LIKE, SHOULD_LIKE, FailOn, FindingChange, Status, Verdict
from harness.results.distinct import advised, distinct_examples
from harness.results.severity import MOST_SEVERE_FIRST, ReportIndex, Severity, counts_as_violated, is_own

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from extractor.model import Level
    from harness.model import ExampleResult, Finding, Report, Requirement


@dataclass(frozen=True, slots=True)
class Counts:
    """The figures of a report's summary."""

    examples: int
    distinct: int
    """Distinct texts that were run."""
    by_status: Mapping[Status, int]
    violated_must: int
    """Requirements violated by the page's own revision, each once per example; warnings and known ones included."""
    violated_should: int
    warning_must: int
    """Of ``violated_must``, those that are neither blocking nor known."""
    known_must: int
    """Of ``violated_must``, those that the baseline accepts."""
    known_should: int
    introduced: int
    """Of the violated, those that a change introduces."""
    unchanged: int
    """Of the violated, those that were there before a change."""
    advisory: int
    """As many as the terminal lists: once per distinct text, without what repeats a violation of its own revision."""
    blocking: int
    """Findings, drift and baseline entries that make the exit code 1."""

    @property
    def known(self) -> int:
        """Violated requirements that the baseline accepts, of every level."""
        return self.known_must + self.known_should


def violated_by_own(example: ExampleResult, rows: Mapping[str, Requirement]) -> Mapping[str, tuple[Finding, ...]]:
    """Return what counts as violated of one example: by requirement, the findings by the page's own revision.

    Interpretations and advice do not count (see :func:`harness.results.severity.counts_as_violated`).

    Args:
        example: the example.
        rows: the catalogue's rows by id.
    """
    violated: dict[str, tuple[Finding, ...]] = {}
    for finding in example.findings:
        if finding.verdict is Verdict.VIOLATED and counts_as_violated(finding, rows) and is_own(finding, example):
            violated[finding.requirement] = (*violated.get(finding.requirement, ()), finding)
    return violated


def count(report: Report) -> Counts:
    """Count a report."""
    index = ReportIndex.of(report)
    violated: Counter[tuple[Level, Severity]] = Counter()
    changes: Counter[FindingChange | None] = Counter()
    for example in report.examples:
        for findings in violated_by_own(example, index.rows).values():
            severities = [index.severity(finding, example) for finding in findings]
            violated[findings[0].level, min(severities, key=MOST_SEVERE_FIRST.index)] += 1
            changes[findings[0].change] += findings[0].level in {*MUST_LIKE, *SHOULD_LIKE}

    def number(levels: Collection[Level], *severities: Severity) -> int:
        return sum(n for (level, one), n in violated.items() if level in levels and one in (severities or Severity))

    run = [e for e in report.examples if e.status in {Status.JUDGED, Status.NOT_RUNNING}]
    return Counts(
        examples=len(report.examples),
        distinct=len({example.digest for example in run}),
        by_status=Counter(example.status for example in report.examples),
        violated_must=number(MUST_LIKE),
        violated_should=number(SHOULD_LIKE),
        warning_must=number(MUST_LIKE, Severity.WARNING),
        known_must=number(MUST_LIKE, Severity.KNOWN),
        known_should=number(SHOULD_LIKE, Severity.KNOWN),
        introduced=changes[FindingChange.INTRODUCED],
        unchanged=changes[FindingChange.UNCHANGED],
        advisory=sum(len(advised(one, index)) for one in distinct_examples(report)),
        blocking=_blocking(report),
    )


def _blocking(report: Report) -> int:
    findings = sum(finding.gates for example in report.examples for finding in example.findings)
    drift = sum(entry.gates for entry in report.drift) if report.fail_on is not FailOn.NEVER else 0
    return findings + drift + sum(note.gates for note in report.baseline)
