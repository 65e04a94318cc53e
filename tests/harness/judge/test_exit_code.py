from __future__ import annotations

from dataclasses import replace

import pytest

from extractor.model import ExampleKind, Level, Subject
from harness.judge.exit_code import apply_fail_on, unchecked_programs, with_exit_code
from harness.model import (
    BaselineKind,
    BaselineNote,
    Basis,
    Citation,
    Drift,
    DriftKind,
    ExampleResult,
    Finding,
    Report,
    Status,
    Verdict,
)


def _example(status: Status, *findings: Finding, revision: str | None = "2025-11-25") -> ExampleResult:
    return ExampleResult(
        id=f"page#{status}", page="page.mdx", revision=revision, language="python", kind=ExampleKind.HTTP_SERVER,
        status=status, reason=None, spans=(), digest="d", findings=findings,
    )  # fmt: skip


def _report(*examples: ExampleResult, fail_on: str = "must", strict: bool = False) -> Report:
    return Report("0", "", 0.0, "docs", None, None, examples, fail_on=fail_on, strict=strict)


def _finding(level: Level, *, gates: bool = False, revision: str = "2025-11-25", basis: Basis = Basis.TEXT) -> Finding:
    sentence = Citation("p", 1, 1, "t", level, level.value, "a", revision, Subject.SERVER, "f")
    return Finding(
        requirement="session.missing-400", level=level, basis=basis, verdict=Verdict.VIOLATED, revision=revision,
        summary="", statement=sentence, gates=gates,
    )  # fmt: skip


GATING = _finding(Level.MUST, gates=True)
SHOULD = _finding(Level.SHOULD)


@pytest.mark.parametrize(
    ("report", "code"),
    [
        (_report(_example(Status.JUDGED)), 0),
        (_report(_example(Status.JUDGED, GATING)), 1),
        (_report(_example(Status.JUDGED, GATING), _example(Status.BLOCKED)), 1),
        (_report(_example(Status.JUDGED), _example(Status.BLOCKED)), 3),
        (_report(_example(Status.FRAGMENT)), 3),
        (_report(), 3),
        (_report(_example(Status.JUDGED), _example(Status.FRAGMENT)), 0),
        (_report(_example(Status.JUDGED), _example(Status.UNSUPPORTED), strict=True), 3),
        (_report(_example(Status.JUDGED, SHOULD)), 0),
        (_report(_example(Status.JUDGED, SHOULD), fail_on="should"), 1),
        (_report(_example(Status.JUDGED, _finding(Level.SHOULD, revision="2025-06-18")), fail_on="should"), 0),
        (_report(_example(Status.JUDGED, _finding(Level.SHOULD, basis=Basis.ADVICE)), fail_on="should"), 0),
        (_report(_example(Status.JUDGED, replace(SHOULD, statement=None)), fail_on="should"), 0),
        (_report(_example(Status.JUDGED, GATING), fail_on="never"), 0),
    ],
)
def test_exit_codes(report: Report, code: int) -> None:
    assert with_exit_code(apply_fail_on(report)).exit_code == code


def test_a_change_that_concerns_nothing_runnable_is_no_incomplete_run() -> None:
    fragments = _report(_example(Status.FRAGMENT), _example(Status.UNSUPPORTED))
    assert with_exit_code(replace(fragments, narrowed=True)).exit_code == 0
    assert with_exit_code(replace(fragments, narrowed=True, strict=True)).exit_code == 3
    assert with_exit_code(replace(_report(_example(Status.BLOCKED)), narrowed=True)).exit_code == 3


RUNS = Finding(requirement="example.runs", level=Level.MUST, basis=Basis.INTERPRETATION, verdict=Verdict.VIOLATED,
               revision="2025-11-25", summary="")  # fmt: skip
GUESSED = replace(RUNS, verdict=Verdict.INCONCLUSIVE, summary="It may come from a guess.")


@pytest.mark.parametrize(
    ("example", "why"),
    [
        (_example(Status.JUDGED), None),
        (_example(Status.NOT_RUNNING, RUNS), None),
        (_example(Status.NOT_RUNNING, GUESSED), "It may come from a guess."),
        (replace(_example(Status.UNSUPPORTED), reason="is a client of a model"), "is a client of a model"),
        (replace(_example(Status.FRAGMENT), reason="uses `x`"), "uses `x`"),
        (_example(Status.SKIPPED), None),
    ],
)
def test_a_program_of_the_change_that_was_not_checked_makes_the_run_incomplete(
    example: ExampleResult, why: str | None
) -> None:
    judged = replace(_example(Status.JUDGED), id="page#other")
    report = replace(_report(example, judged), narrowed=True)
    edited = replace(report, edited=(example.id, judged.id))
    assert with_exit_code(report).exit_code == 0
    assert with_exit_code(edited).exit_code == (0 if why is None else 3)
    assert [entry.why for entry in unchecked_programs(edited)] == ([] if why is None else [why])
    accepted = BaselineNote(BaselineKind.KNOWN, example.id, "example.runs", "waits")
    assert with_exit_code(replace(edited, baseline=(accepted,))).exit_code == 0


def test_drift_and_stale_baseline_entries_gate() -> None:
    base = _report(_example(Status.JUDGED))
    drift = Drift("r", "2025-11-25", DriftKind.VANISHED, "p", "a", "f", None, gates=True)
    assert with_exit_code(replace(base, drift=(drift,))).exit_code == 1
    assert with_exit_code(replace(base, drift=(drift,), fail_on="never")).exit_code == 0
    assert with_exit_code(replace(base, drift=(replace(drift, gates=False),))).exit_code == 0
    assert (
        with_exit_code(
            replace(base, baseline=(BaselineNote(BaselineKind.STALE, "e", "r", "why", gates=True),))
        ).exit_code
        == 1
    )


@pytest.mark.parametrize(("accepted", "code"), [("http.origin-validate", 3), ("session.missing-400", 0), (None, 3)])
def test_a_baseline_entry_accepts_its_own_flaky_finding_only(accepted: str | None, code: int) -> None:
    flaky = replace(_finding(Level.MUST), verdict=Verdict.INCONCLUSIVE, flaky=True)
    example = _example(Status.JUDGED, flaky)
    notes = (BaselineNote(BaselineKind.KNOWN, example.id, accepted, "known"),) if accepted else ()
    report = replace(_report(example), edited=frozenset({example.id}), baseline=notes)
    assert with_exit_code(report).exit_code == code
