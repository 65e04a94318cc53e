"""One definition of the figures: progress, summary and what the terminal lists say the same."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import pytest
from rich.console import Console

from harness.baseline.apply import apply_baseline
from harness.baseline.file import parse_baseline
from harness.baseline.update import update_baseline
from harness.cli.progress import LiveProgress
from harness.model import Status, Verdict
from harness.report.formats import render
from harness.report.wording import judged_as, violations
from harness.results.counts import count
from tests.support.report_pieces import ROWS
from tests.support.reports import quiet_report, rich_report


def _progress(index: int) -> str:
    sink = io.StringIO()
    with LiveProgress(Console(file=sink, width=200), ROWS) as live:
        live.finished(rich_report().examples[index])
    return sink.getvalue().strip().rpartition(": ")[2]


def test_a_warning_counts_by_its_level() -> None:
    dated = replace(rich_report(), examples=(rich_report().examples[2],), drift=(), baseline=())
    assert "! MUST example.runs" in render("terminal", dated)
    assert violations(dated) == "Violations: 1 MUST (1 warning), 0 SHOULD."
    assert _progress(2) == "1 MUST violated, cached"


def test_progress_counts_as_the_summary_does() -> None:
    report = rich_report()
    one = replace(report, examples=(report.examples[0],), drift=(), baseline=())
    assert violations(one) == "Violations: 3 MUST, 1 SHOULD. 1 advisory finding."
    assert _progress(0) == "3 MUST, 1 SHOULD violated"
    assert _progress(3) == "conforms"


def test_an_example_that_nothing_satisfies_does_not_conform() -> None:
    example = quiet_report().examples[0]
    unclear = tuple(replace(finding, verdict=Verdict.INCONCLUSIVE) for finding in example.findings)
    assert judged_as(replace(example, findings=unclear), {}) == "nothing violated"


def test_what_becomes_known_is_counted_as_before() -> None:
    before = replace(rich_report(), drift=(), baseline=())
    after = apply_baseline(before, parse_baseline(update_baseline("", before, reason="the first look").text, "b.toml"))
    assert violations(before) == "Violations: 8 MUST (1 warning), 2 SHOULD. 1 advisory finding."
    assert violations(after) == "Violations: 8 MUST (1 warning, 7 in baseline), 2 SHOULD. 1 advisory finding."
    assert count(after).known == 7


@pytest.mark.parametrize("revisions", [("2025-11-25",), ("2025-11-25", "2025-06-18")])
def test_there_are_as_many_advisory_lines_as_the_summary_says(revisions: tuple[str, ...]) -> None:
    report = rich_report()
    chosen = tuple(e for e in report.examples if e.revision in revisions or e.status is Status.NOT_RUNNING)
    # one that only another revision is violated by: it is listed, so it is counted
    only = replace(
        chosen[0],
        findings=tuple(
            replace(f, verdict=Verdict.SATISFIED, gates=False) if f.revision == "2025-11-25" else f
            for f in chosen[0].findings
        ),
        digest="9" * 64,
    )
    shown = replace(report, examples=(*chosen[1:], only), drift=(), baseline=())
    lines = re.findall(r"^ +\S+ \S+ \(advisory\b", render("terminal", shown), re.MULTILINE)
    assert len(lines) == count(shown).advisory > 1
