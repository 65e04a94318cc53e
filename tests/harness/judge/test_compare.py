"""Findings compared with those at the merge base: identity, legs, the own revision, and what is not known."""

from __future__ import annotations

from dataclasses import replace

import pytest

from extractor.model import ExampleKind, Level
from harness.judge.compare import BaseState, compare
from harness.judge.exit_code import apply_gate
from harness.judge.results import Ruleset
from harness.model import (
    BaselineKind,
    BaselineNote,
    Basis,
    Compared,
    Drift,
    DriftKind,
    ExampleResult,
    Finding,
    FindingChange,
    FixedFinding,
    Gate,
    NotCompared,
    Report,
    Status,
    Transcript,
    Verdict,
)
from harness.profiles.registry import MCP
from harness.spec.bind import bind
from tests.support.transcripts import lived
from tests.support.verdicts import NEWEST

ID = "docs/page#typescript"
OLDER = "2025-06-18"


def judged(transcript: Transcript, id: str = ID, revision: str | None = NEWEST) -> ExampleResult:
    rules = Ruleset(MCP, bind((), (), MCP.catalogue.requirements))
    # bound to no corpus, nothing blocks: mark what would
    findings = tuple(
        replace(f, gates=f.verdict is Verdict.VIOLATED and f.basis is Basis.TEXT and f.level is Level.MUST)
        if f.revision == revision
        else f
        for f in rules.judge(transcript, revision)
    )
    return result(*findings, id=id, revision=revision)


def result(*findings: Finding, id: str = ID, revision: str | None = NEWEST, status: Status = Status.JUDGED,
           reason: str | None = None) -> ExampleResult:  # fmt: skip
    return ExampleResult(
        id=id, page="docs/page.mdx", revision=revision, language="typescript", kind=ExampleKind.HTTP_SERVER,
        status=status, reason=reason, spans=(), findings=findings, judged_under=revision,
    )  # fmt: skip


def finding(
    verdict: Verdict = Verdict.VIOLATED, revision: str = NEWEST, *, gates: bool = True, **legs: Verdict
) -> Finding:
    return Finding(
        requirement="some.rule", level=Level.MUST, basis=Basis.TEXT, verdict=verdict, gates=gates, revision=revision,
        summary="", legs=legs,
    )  # fmt: skip


def compared(
    now: ExampleResult, before: ExampleResult | None, accepted: frozenset[tuple[str, str]] = frozenset(),
    reasons: dict[str, str] | None = None,
) -> tuple[dict[str, FindingChange], Compared]:  # fmt: skip
    results = {now.id: before} if before is not None else {}
    base = BaseState("b" * 40, "main", results, reasons or {}, accepted, ())
    (example,), _, made = compare([now], (), base, Gate.NEW)
    return {f.requirement: f.change for f in example.findings if f.change is not None}, made


def test_the_one_word_fix_introduces_one_fault_fixes_two_legs_and_leaves_two() -> None:
    """400 became 404 in a branch that handles POST with a missing and with an unknown id together."""
    before = judged(lived(terminated=(400, 400, 400, 400)).transcript())
    after = judged(lived(terminated=(404, 404, 400, 400), missing=(404, 404, 400, 400)).transcript())
    changes, made = compared(after, before)
    assert changes["session.missing-400"] is FindingChange.INTRODUCED
    assert changes["session.terminated-404"] is FindingChange.UNCHANGED
    assert list(made.fixed) == [
        FixedFinding(
            ID, "session.terminated-404", NEWEST, Level.MUST, ("POST request", "POST notification"), whole=False
        )
    ]
    kept = next(f for f in after.findings if f.requirement == "session.terminated-404")
    assert kept.failing_legs == {"GET", "DELETE"}


def test_a_whole_fix_is_said_with_its_legs() -> None:
    before, after = judged(lived(terminated=(400, 400, 400, 400)).transcript()), judged(lived().transcript())
    changes, made = compared(after, before)
    assert FindingChange.INTRODUCED not in changes.values()
    (fixed,) = made.fixed
    assert (fixed.requirement, fixed.whole, len(fixed.legs)) == ("session.terminated-404", True, 4)


def test_a_further_leg_is_introduced() -> None:
    before = judged(lived(terminated=(400, 404, 404, 404)).transcript())
    after = judged(lived(terminated=(400, 404, 400, 404)).transcript())
    changes, made = compared(after, before)
    assert changes["session.terminated-404"] is FindingChange.INTRODUCED
    assert made.fixed == ()


@pytest.mark.parametrize(
    ("now", "fixed"),
    [(Verdict.SATISFIED, 1), (Verdict.NOT_APPLICABLE, 1), (Verdict.INCONCLUSIVE, 0), (Verdict.BLOCKED, 0)],
)
def test_only_a_verdict_shows_that_something_is_fixed(now: Verdict, fixed: int) -> None:
    changes, made = compared(result(finding(now, gates=False)), result(finding()))
    assert (changes, len(made.fixed)) == ({}, fixed)


def test_a_leg_that_was_not_decided_is_not_fixed() -> None:
    before = finding(a=Verdict.VIOLATED, b=Verdict.VIOLATED)
    _, made = compared(result(finding(a=Verdict.VIOLATED)), result(before))
    assert made.fixed == ()


@pytest.mark.parametrize("verdict", [Verdict.SATISFIED, Verdict.INCONCLUSIVE, Verdict.NOT_APPLICABLE])
def test_what_was_not_violated_before_is_introduced(verdict: Verdict) -> None:
    assert compared(result(finding()), result(finding(verdict)))[0] == {"some.rule": FindingChange.INTRODUCED}


def test_what_the_base_could_not_decide_is_introduced_with_the_reason() -> None:
    before = replace(finding(Verdict.INCONCLUSIVE, gates=False), summary="No answer in 10 s.")
    _, made = compared(result(finding()), result(before))
    reason = "it was inconclusive at the merge base (No answer in 10 s)"
    assert made.not_compared == (NotCompared(ID, reason, "some.rule"),)
    assert compared(result(finding(Verdict.SATISFIED)), result(before))[1].not_compared == ()


def test_what_could_not_fail_the_check_before_and_can_now_is_introduced() -> None:
    """A SHOULD that became a MUST, or a baseline entry that the change removes."""
    weaker = result(finding(gates=False))
    assert compared(result(finding()), weaker)[0] == {"some.rule": FindingChange.INTRODUCED}
    accepted = frozenset({(ID, "some.rule")})
    assert compared(result(finding()), result(finding()), accepted)[0] == {"some.rule": FindingChange.INTRODUCED}
    assert compared(result(finding(gates=False)), result(finding()))[0] == {"some.rule": FindingChange.UNCHANGED}


def test_a_copy_in_the_folder_of_a_new_revision_is_compared_by_the_own_revision_of_each() -> None:
    before = result(finding(revision=OLDER), id="docs/old#typescript", revision=OLDER)
    changes, made = compared(result(finding(revision=NEWEST)), before)
    assert changes == {"some.rule": FindingChange.UNCHANGED}
    assert made.origins == {ID: "docs/old#typescript"}
    # by a revision that is not its own, a finding is compared with the same revision
    changes, _ = compared(result(finding(revision="2025-03-26")), before)
    assert changes == {"some.rule": FindingChange.INTRODUCED}


@pytest.mark.parametrize(
    ("status", "says"),
    [
        (Status.BLOCKED, "it could not be checked at the merge base: no registry"),
        (Status.NOT_RUNNING, "it did not run at the merge base"),
        (Status.FRAGMENT, "it was fragment at the merge base: no registry"),
    ],
)
def test_where_the_base_has_no_verdict_all_is_introduced_and_the_reason_is_given(status: Status, says: str) -> None:
    changes, made = compared(result(finding()), result(status=status, reason="no registry"))
    assert changes == {"some.rule": FindingChange.INTRODUCED}
    assert made.not_compared == (NotCompared(ID, says),)
    assert compared(result(), result(status=status, reason="no registry"))[1].not_compared == ()


def test_a_new_example_needs_no_reason() -> None:
    changes, made = compared(result(finding()), None)
    assert (changes, made.not_compared) == ({"some.rule": FindingChange.INTRODUCED}, ())
    assert compared(result(finding()), None, reasons={ID: "not run"})[1].not_compared == (NotCompared(ID, "not run"),)


@pytest.mark.parametrize(
    ("before", "legs", "blocks"),
    [
        (finding(Verdict.SATISFIED, gates=False), {"a": Verdict.VIOLATED}, True),
        (finding(gates=False, a=Verdict.VIOLATED), {"a": Verdict.VIOLATED, "b": Verdict.VIOLATED}, True),
        (finding(gates=False, a=Verdict.VIOLATED), {"a": Verdict.VIOLATED}, False),
        (finding(Verdict.INCONCLUSIVE, gates=False), {"a": Verdict.VIOLATED}, False),
    ],
)
def test_a_failure_that_the_change_brings_blocks_although_older_packages_would_do(
    before: Finding, legs: dict[str, Verdict], blocks: bool
) -> None:
    now = result(finding(gates=False, **legs))
    base = BaseState("b" * 40, "main", {ID: result(before)}, {}, frozenset(), ())
    (example,), _, _ = compare([now], (), base, Gate.NEW, {"some.rule"})
    assert example.findings[0].gates is blocks
    (example,), _, _ = compare([now], (), base, Gate.NEW)
    assert example.findings[0].gates is False


@pytest.mark.parametrize(
    ("added_before", "added_now", "blocks"),
    [
        ((), ("dependency sdk",), False),
        (("file name a.py",), ("dependency sdk", "file name a.py"), False),
        (("dependency sdk",), ("dependency sdk",), True),
        (("dependency sdk",), (), True),
    ],
    ids=["guessed now", "guessed more", "guessed before too", "stated now"],
)
def test_a_failure_that_a_new_guess_may_bring_does_not_block(
    added_before: tuple[str, ...], added_now: tuple[str, ...], blocks: bool
) -> None:
    now = replace(result(finding(gates=False)), added=added_now)
    before = replace(result(finding(Verdict.SATISFIED)), added=added_before)
    base = BaseState("b" * 40, "main", {ID: before}, {}, frozenset(), ())
    (example,), _, _ = compare([now], (), base, Gate.NEW, {"some.rule"})
    assert [(one.gates, one.change) for one in example.findings] == [(blocks, FindingChange.INTRODUCED)]


def test_drift_is_compared_by_the_sentence_as_it_is_now() -> None:
    old = Drift("some.rule", NEWEST, DriftKind.VANISHED, "page.mdx", "a", "e" * 64, None)
    other = replace(old, requirement="other.rule")
    base = BaseState("b" * 40, "main", {}, {}, frozenset(), (old,))
    _, drift, _ = compare((), (old, other), base, Gate.NEW)
    assert [entry.change for entry in drift] == [FindingChange.UNCHANGED, FindingChange.INTRODUCED]


def _report(gate: Gate) -> Report:
    findings = [replace(finding(), change=change) for change in (FindingChange.INTRODUCED, FindingChange.UNCHANGED)]
    drift = Drift("some.rule", NEWEST, DriftKind.VANISHED, "page.mdx", "a", "e" * 64, None, gates=True)
    return Report(
        version="", started="", duration_s=0, docs_root="docs", commit=None, snapshot=None,
        examples=(result(*findings),),
        drift=(replace(drift, change=FindingChange.INTRODUCED), replace(drift, change=FindingChange.UNCHANGED)),
        baseline=(BaselineNote(BaselineKind.STALE, ID, "some.rule", "why", gates=True),),
        compared=Compared("b" * 40, "main", gate),
    )  # fmt: skip


@pytest.mark.parametrize(("gate", "old"), [(Gate.NEW, False), (Gate.ALL, True)])
def test_only_what_is_introduced_blocks_unless_all_shall(gate: Gate, old: bool) -> None:
    report = apply_gate(_report(gate))
    assert [f.gates for f in report.examples[0].findings] == [True, old]
    assert [entry.gates for entry in report.drift] == [True, old]
    assert [note.gates for note in report.baseline] == [old]


def test_without_a_change_everything_blocks() -> None:
    report = apply_gate(replace(_report(Gate.NEW), compared=None))
    assert all(f.gates for f in report.examples[0].findings)
