"""Many changed sentences, as from a text that the requirements are not bound to, are told in few lines."""

from __future__ import annotations

from dataclasses import replace

from harness.judge.judge import changed_rule
from harness.model import Drift, DriftKind, Verdict
from harness.report import markdown
from harness.report.change_wording import drift_entries, gone_sentence
from harness.report.terminal import render as terminal
from tests.support.reports import rich_report


def gone(page: str, number: int, *, gates: bool = True, requirement: str = "") -> Drift:
    name = requirement or f"row.{number:02}"
    return Drift(name, "2025-11-25", DriftKind.VANISHED, page, "", f"{number:064}", None, gates=gates)


def test_what_a_page_lost_is_one_entry_and_blocking_ones_come_first() -> None:
    few, many = [gone("a.mdx", n, gates=False) for n in range(2)], [gone("b.mdx", n) for n in range(3)]
    changed = rich_report().drift[0]
    assert drift_entries([*few, *many, *many, changed]) == [tuple(many), (changed,), (few[0],), (few[1],)]
    assert gone_sentence([*many, gone("b.mdx", 2, requirement="row.01")]) == (
        "3 sentences of b.mdx are gone; bound to them: row.00, row.01, row.02"
    )


def test_reports_list_no_more_than_a_reader_takes_in() -> None:
    report = replace(rich_report(), drift=tuple(gone(f"{n}.mdx", n) for n in range(200)))
    shown = terminal(report)
    assert shown.count(".mdx is gone") == 30
    assert "and 170 more (--format json lists all)" in shown
    listed = markdown.render(report)
    assert listed.count(".mdx is gone") == 50
    assert "and 150 more changed sentences" in listed
    together = replace(report, drift=tuple(gone("a.mdx", n) for n in range(200)))
    assert "200 sentences of a.mdx are gone" in " ".join(terminal(together).split())
    assert "200 sentences of a.mdx are gone" in markdown.render(together)


def test_requirements_that_wait_for_changed_sentences_share_a_line() -> None:
    report = rich_report()
    example = next(one for one in report.examples if one.findings)
    one = example.findings[0]
    for number in (2, 3, 70):
        drifts = tuple(gone("a.mdx", n) for n in range(number))
        waiting = tuple(
            replace(
                one, requirement=drift.requirement, revision=drift.revision, verdict=Verdict.INCONCLUSIVE,
                summary=changed_rule(drift), gates=False,
            )
            for drift in drifts
        )  # fmt: skip
        revised = replace(example, findings=waiting, revision="2025-11-25")
        shown = " ".join(terminal(replace(report, examples=(revised,), drift=drifts)).split())
        assert shown.count("no longer contains the sentence") == (number if number == 2 else 0)
        assert (f"{number} requirements (inconclusive)" in shown) is (number > 2)
        assert ("row.00, row.01, row.02 and 67 more" in shown) is (number == 70)
