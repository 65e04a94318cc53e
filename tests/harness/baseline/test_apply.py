"""What the entries of a baseline do to a report."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.judge.exit_code import with_exit_code
from harness.model import DriftKind, Status, Verdict
from tests.harness.baseline.entries import (
    BUILD,
    OLDER,
    TYPESCRIPT,
    applied,
    finding,
    fresh,
    known_entry,
    with_verdict,
)


def test_a_known_finding_does_not_gate_and_is_still_there() -> None:
    report = applied(known_entry())
    found = finding(report, TYPESCRIPT, "session.terminated-404")
    assert (found.verdict, found.gates) == (Verdict.VIOLATED, False)
    assert [(n.kind, n.example, n.gates) for n in report.baseline] == [("known", TYPESCRIPT, False)]


def test_only_the_listed_copy_is_known() -> None:
    assert finding(applied(known_entry()), OLDER, "session.terminated-404").gates


def test_all_gating_findings_known_is_exit_code_0() -> None:
    report = replace(fresh(), drift=(), examples=tuple(e for e in fresh().examples if e.status is not Status.BLOCKED))
    text = "".join(known_entry(e.id, f.requirement) for e in report.examples for f in e.findings if f.gates)
    assert with_exit_code(report).exit_code == 1
    assert with_exit_code(applied(text, report)).exit_code == 0


@pytest.mark.parametrize("verdict", [Verdict.SATISFIED, Verdict.NOT_APPLICABLE])
def test_an_entry_whose_finding_no_longer_occurs_is_stale_and_blocks(verdict: Verdict) -> None:
    report = applied(known_entry(), with_verdict(verdict))
    assert [(n.kind, n.gates) for n in report.baseline] == [("stale", True)]
    assert with_exit_code(report).exit_code == 1


@pytest.mark.parametrize("verdict", [Verdict.INCONCLUSIVE, Verdict.BLOCKED])
def test_an_undecided_finding_leaves_its_entry_alone(verdict: Verdict) -> None:
    assert applied(known_entry(), with_verdict(verdict)).baseline == ()


def test_a_sentence_that_is_gone_leaves_the_entry_alone_and_one_that_is_there_does_not() -> None:
    report = with_verdict(Verdict.SATISFIED)
    without = tuple(
        replace(e, findings=tuple(f for f in e.findings if f.requirement != "session.terminated-404"))
        for e in report.examples
    )
    gone = replace(report.drift[0], requirement="session.terminated-404", kind=DriftKind.VANISHED)
    assert applied(known_entry(), replace(report, examples=without, drift=(gone,))).baseline == ()
    assert [n.kind for n in applied(known_entry(), replace(report, examples=without, drift=())).baseline] == ["stale"]


def test_an_example_that_was_not_selected_leaves_its_entry_alone() -> None:
    report = replace(fresh(), examples=fresh().examples[2:])
    assert applied(known_entry(), report).baseline == ()


def test_a_requirement_that_was_not_asked_for_leaves_its_entry_alone() -> None:
    rows = tuple(row for row in fresh().requirements if row.id != "session.terminated-404")
    assert applied(known_entry(), replace(with_verdict(Verdict.SATISFIED), requirements=rows)).baseline == ()


def test_a_blocked_example_leaves_its_entry_alone() -> None:
    assert applied(known_entry("docs/sdk/remote#python", "session.missing-400")).baseline == ()


def test_an_example_that_is_no_longer_run_makes_its_entry_stale() -> None:
    report = applied(known_entry("docs/learn/handlers#typescript"))
    assert [note.kind for note in report.baseline] == ["stale"]


@pytest.mark.parametrize(
    ("expires", "kind", "gates"), [("2026-11-22", "known", False), ("2026-11-21", "expired", True)]
)
def test_an_entry_counts_up_to_its_last_day(expires: str, kind: str, gates: bool) -> None:
    report = applied(known_entry(more=f"expires = {expires}"))
    assert [note.kind for note in report.baseline] == [kind]
    assert finding(report, TYPESCRIPT, "session.terminated-404").gates is gates


def test_a_known_not_runnable() -> None:
    report = applied(f'[[not-runnable]]\nexample = "{BUILD}"\nreason = "needs a browser"\n')
    assert not finding(report, BUILD, "example.runs").gates


def test_a_not_runnable_that_runs_is_stale() -> None:
    report = applied(f'[[not-runnable]]\nexample = "{TYPESCRIPT}"\nreason = "needs a browser"\n')
    assert [note.kind for note in report.baseline] == ["stale"]


def test_strict_accepts_fragments_that_are_listed() -> None:
    report = replace(fresh(), strict=True, drift=(), examples=fresh().examples[3:4] + fresh().examples[7:8])
    entry = '[[not-runnable]]\nexample = "docs/learn/handlers#typescript"\nreason = "a piece"\n'
    assert with_exit_code(report).exit_code == 3
    assert with_exit_code(applied(entry, report)).exit_code == 0


def drift_entry(new: str) -> str:
    return (
        '[[drift]]\nrequirement = "session.missing-400"\nrevision = "2025-06-18"\nreason = "same meaning"\n'
        f'old = "{"9" * 64}"\nnew = "{new}"\n'
    )


def test_accepted_drift_does_not_gate() -> None:
    report = applied(drift_entry(f"{186:064x}"))
    assert [entry.gates for entry in report.drift] == [False]
    assert [note.kind for note in report.baseline] == ["known"]


@pytest.mark.parametrize("gone", [False, True])
def test_a_sentence_that_changed_again_or_back_makes_its_entry_stale(gone: bool) -> None:
    report = replace(fresh(), drift=()) if gone else fresh()
    after = applied(drift_entry("f" * 64), report)
    assert [note.kind for note in after.baseline] == ["stale"]
    assert all(entry.gates for entry in after.drift)
