"""What a fix breaks, and what nobody could judge before it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from extractor.model import Level
from harness.model import ExampleResult, Status, Verdict
from harness.repair.attempts import new_violations
from tests.support.report_pieces import finding
from tests.support.reports import quiet_report


def judged(*violated: tuple[str, str], negotiated: tuple[str, ...], status: Status = Status.JUDGED) -> ExampleResult:
    findings = tuple(finding(name, Level.MUST, Verdict.VIOLATED, revision, "") for name, revision in violated)
    return replace(quiet_report().examples[0], findings=findings, negotiated=negotiated, status=status)


@pytest.mark.parametrize(
    ("before", "runs", "broken", "shown"),
    [
        (judged(("a", "old"), negotiated=("old",)), True, ("b",), ("a", "c")),
        (judged(("a", "old"), negotiated=("old",)), False, ("a", "b", "c"), ()),
        (judged(("a", "old"), negotiated=("old", "new")), True, ("a", "b", "c"), ()),
        (judged(negotiated=(), status=Status.NOT_RUNNING), True, (), ("a", "b", "c")),
    ],
    ids=["runs with other packages", "was run before", "negotiated it before", "did not run"],
)
def test_what_nobody_could_judge_is_not_broken(
    before: ExampleResult, runs: bool, broken: tuple[str, ...], shown: tuple[str, ...]
) -> None:
    after = judged(("a", "old"), ("a", "new"), ("b", "old"), ("c", "new"), negotiated=("old", "new"))
    assert new_violations(before, after, runs=runs) == (broken, shown)
