"""What a second run confirms of the findings that a change seems to introduce, and what it does not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from extractor.model import Level
from harness.model import ExampleResult, Finding, FindingChange, Status, Verdict
from harness.run.confirm import introduced, texts_of, with_second_run
from tests.support.report_pieces import finding
from tests.support.reports import rich_report

KEY = ("session.terminated-404", "2025-11-25")
FAILS = replace(finding(KEY[0], Level.MUST, Verdict.VIOLATED, KEY[1], "400."), gates=True)
LEFT = replace(FAILS, gates=False, summary="only of GET")
HOLDS = finding(KEY[0], Level.MUST, Verdict.SATISFIED, KEY[1], "404.")


def result(*findings: Finding, status: Status = Status.JUDGED, reason: str | None = None) -> ExampleResult:
    ran = next(one for one in rich_report().examples if one.runs)
    return replace(ran, findings=findings, status=status, reason=reason)


@pytest.mark.parametrize(
    ("second", "confirmed", "verdict", "gates", "said"),
    [
        (result(FAILS), True, Verdict.VIOLATED, True, "400."),
        (result(HOLDS), False, Verdict.INCONCLUSIVE, False, "In the first: 400. But in the second it is satisfied: 404."),
        (result(LEFT), False, Verdict.VIOLATED, False, "In both: only of GET In the first, more failed: 400."),
        (result(), False, Verdict.INCONCLUSIVE, False, "But the second run has no result for it"),
        (
            result(status=Status.NOT_RUNNING, reason="exited with code 1"),
            False, Verdict.INCONCLUSIVE, False, "But the second run did not get that far: exited with code 1",
        ),
        (
            result(status=Status.BLOCKED, reason="no registry."),
            False, Verdict.VIOLATED, True, "400. A second run to confirm this was not possible: no registry.",
        ),
        (None, False, Verdict.VIOLATED, True, "400."),
    ],
)  # fmt: skip
def test_only_what_two_runs_show_blocks(
    second: ExampleResult | None, confirmed: bool, verdict: Verdict, gates: bool, said: str
) -> None:
    first = result(FAILS)
    key = (first.id, *KEY)
    again = {} if second is None else {first.id: second}
    (settled,) = with_second_run([first], again, {key}, {key} if confirmed else ())
    (one,) = settled.findings
    assert (one.verdict, one.gates, one.flaky) == (verdict, gates, "wo runs differ" in one.summary)
    assert one.summary.endswith(said)


def test_of_a_fault_in_part_the_legs_of_both_runs_are_left_with_the_exchanges_of_the_first() -> None:
    first = replace(FAILS, legs={"GET": Verdict.VIOLATED, "POST": Verdict.VIOLATED}, evidence=(3, 4))
    second = replace(LEFT, legs={"GET": Verdict.VIOLATED, "POST": Verdict.SATISFIED}, evidence=(7,))
    ran = result(first)
    (settled,) = with_second_run([ran], {ran.id: result(second)}, {(ran.id, *KEY)}, ())
    (one,) = settled.findings
    assert (one.failing_legs, one.evidence, one.gates, one.flaky) == ({"GET"}, (3, 4), False, True)


def test_what_was_there_before_is_left_alone() -> None:
    first = result(FAILS)
    assert with_second_run([first], {first.id: result(HOLDS)}, set(), set()) == [first]


def test_only_programs_that_were_run_are_run_again() -> None:
    new = replace(FAILS, change=FindingChange.INTRODUCED)
    ran, printed = result(new), replace(result(new), id="docs/a#printed", runs=(), digest="p")
    old = replace(result(replace(new, change=FindingChange.UNCHANGED)), id="docs/b#python", digest="b")
    report = replace(rich_report(), examples=(ran, printed, old))
    found = introduced(report)
    assert {id for id, _, _ in found} == {ran.id, printed.id}
    assert texts_of(report, found) == {ran.digest}
