"""Blocking findings that a change seems to introduce, confirmed by a second run of the same text. Pure.

A program that is flaky can fail in one run by chance, which is not to be put down to the change.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from harness.model import FindingChange, Status, Verdict

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from harness.model import ExampleResult, Finding, Report

FindingKey = tuple[str, str, str]
"""Names a finding of a report: example, requirement, revision."""


def introduced(report: Report) -> frozenset[FindingKey]:
    """Return the findings that fail a concluded report and that the change introduces."""
    return frozenset(
        (example.id, finding.requirement, finding.revision)
        for example in report.examples
        for finding in example.findings
        if finding.gates and finding.change is FindingChange.INTRODUCED
    )


def texts_of(report: Report, findings: Collection[FindingKey]) -> frozenset[str]:
    """Return the digests of the texts that were run and have some of the findings."""
    found = {id for id, _, _ in findings}
    ran = (example for example in report.examples if example.runs)
    return frozenset(example.digest for example in ran if example.id in found)


def with_second_run(
    results: Sequence[ExampleResult],
    again: Mapping[str, ExampleResult],
    findings: Collection[FindingKey],
    confirmed: Collection[FindingKey],
) -> list[ExampleResult]:
    """Return results whose findings a second run did not confirm are inconclusive, or what they were before the change.

    Args:
        results: of the first run.
        again: of the second run, by id; an example that is missing was not run again.
        findings: of the first run, that fail it and that the change introduces.
        confirmed: the same of the second run.
    """

    def settled(finding: Finding, result: ExampleResult) -> Finding:
        key = (result.id, finding.requirement, finding.revision)
        second = again.get(result.id)
        if key not in findings or key in confirmed or second is None:
            return finding
        if second.status is Status.BLOCKED:
            # what cannot be run again is not thereby in order
            why = (second.reason or "no reason given").rstrip(".")
            return replace(finding, summary=f"{finding.summary} A second run to confirm this was not possible: {why}.")
        return _settled(finding, second)

    return [replace(one, findings=tuple(settled(finding, one) for finding in one.findings)) for one in results]


def _settled(finding: Finding, second: ExampleResult) -> Finding:
    """Return a finding that a second run has otherwise."""
    name = (finding.requirement, finding.revision)
    other = next((one for one in second.findings if (one.requirement, one.revision) == name), None)
    if other is not None and other.verdict is Verdict.VIOLATED:
        # what is left of it was there before the change; numbers of exchanges are those of the first run
        return replace(
            finding,
            legs=other.legs,
            gates=other.gates,
            flaky=True,
            summary=f"Two runs differ. In both: {other.summary} In the first, more failed: {finding.summary}",
        )
    if other is not None:
        what = f"in the second it is {other.verdict.value.replace('_', ' ')}: {other.summary}"
    elif second.status is Status.NOT_RUNNING:
        what = f"the second run did not get that far: {second.reason or 'it did not start'}"
    else:
        what = "the second run has no result for it"
    return replace(
        finding,
        verdict=Verdict.INCONCLUSIVE,
        gates=False,
        flaky=True,
        summary=f"Two runs differ. In the first: {finding.summary} But {what}".strip(),
        blame=(),
        blame_basis=None,
        fix=None,
        patch=None,
        legs={},
        expected={},
    )
