"""A baseline file after an update: what is new, what goes, and what stays as it was written."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.base.errors import UsageError
from harness.baseline.file import parse_baseline
from harness.baseline.update import update_baseline
from harness.judge.exit_code import with_exit_code
from harness.model import DriftKind, Status, Verdict
from tests.harness.baseline.entries import (
    OLDER,
    TYPESCRIPT,
    applied,
    fresh,
    known_entry,
)


def test_a_new_file_lists_what_gates_and_asks_for_reasons() -> None:
    done = update_baseline("", fresh())
    assert len(done.added) == done.unreasoned == 8
    assert "[[not-runnable]]" in done.text
    assert "[[drift]]" in done.text
    with pytest.raises(UsageError, match="has no reason"):
        parse_baseline(done.text, "b.toml")


def test_with_a_reason_the_gate_is_open() -> None:
    report = replace(fresh(), examples=tuple(e for e in fresh().examples if e.status is not Status.BLOCKED))
    done = update_baseline("", report, reason="the first look")
    assert with_exit_code(applied(done.text, report)).exit_code == 0


def test_updating_twice_changes_nothing() -> None:
    once = update_baseline("", fresh(), reason="x").text
    again = update_baseline(once, fresh())
    assert (again.text, again.added, again.removed) == (once, (), ())


def test_a_report_with_the_baseline_applied_gives_the_same_file() -> None:
    once = update_baseline("", fresh(), reason="x").text
    assert update_baseline(once, applied(once)).text == once


def test_reasons_comments_order_and_layout_stay() -> None:
    text = (
        "# our list\n\n# about the tutorial\n"
        + known_entry().replace('"waits"', '"waits for #2690"  # see there')
        + "# a paragraph\n# about the other\n"
        + known_entry(OLDER, more="expires = 2027-01-31")
        + "\n# the end\n"
    )
    done = update_baseline(text, fresh())
    assert done.text.startswith(text)
    assert done.removed == ()
    assert len(done.added) == 6


def test_a_stale_entry_goes_with_its_comments_and_nothing_else() -> None:
    first = "# head\n\n# about one\n" + known_entry()
    second = "# about two\n" + known_entry(TYPESCRIPT, "session.missing-400")
    third = "# about three\n" + known_entry(OLDER)
    done = update_baseline(first + "\n" + second + "\n" + third, fresh(), reason="x")
    assert done.removed == (f"{TYPESCRIPT} session.missing-400",)
    assert done.text.startswith(first + "\n" + third)
    assert "about two" not in done.text


def test_entries_about_what_was_not_run_stay() -> None:
    text = known_entry("docs/sdk/remote#python", "session.missing-400")
    assert update_baseline(text, fresh()).text.startswith(text.rstrip())


def test_a_header_inside_a_string_is_not_an_entry() -> None:
    text = known_entry().replace('"waits"', '"""\n[[known]]\nexample = "x"\n"""')
    done = update_baseline(text, fresh(), reason="x")
    assert done.text.startswith(text.rstrip())
    assert parse_baseline(done.text, "b.toml").known[0].reason == '[[known]]\nexample = "x"\n'


def test_a_hostile_id_stays_inside_its_string() -> None:
    report = fresh()
    bad = 'a"\n[[known]]\nexample = "b\\'
    hostile = replace(report, drift=(), examples=(replace(report.examples[0], id=bad),))
    names = {entry.example for entry in parse_baseline(update_baseline("", hostile, reason="x").text, "b.toml").known}
    assert names == {bad}


@pytest.mark.parametrize("text", ["[[known]\n", '[[known]]\nexample = 1\nrequirement = "x"\n'])
def test_what_is_not_a_baseline_is_not_touched(text: str) -> None:
    with pytest.raises(UsageError):
        update_baseline(text, fresh())


@pytest.mark.parametrize(
    ("kind", "verdict", "entries"),
    [
        (DriftKind.CHANGED, Verdict.INCONCLUSIVE, 1),
        (DriftKind.CHANGED, Verdict.SATISFIED, 0),
        (DriftKind.REWORDED, Verdict.INCONCLUSIVE, 0),
    ],
)
def test_a_changed_rule_of_a_draft_can_be_accepted_although_it_does_not_block(
    kind: DriftKind, verdict: Verdict, entries: int
) -> None:
    report = fresh()
    (drift,) = report.drift
    example = next(e for e in report.examples if e.findings)
    undecided = replace(
        example.findings[0], requirement=drift.requirement, revision=drift.revision, verdict=verdict, gates=False
    )
    only = replace(
        report, examples=(replace(example, findings=(undecided,)),), drift=(replace(drift, kind=kind, gates=False),)
    )
    assert update_baseline("", only, reason="read").text.count("[[drift]]") == entries
