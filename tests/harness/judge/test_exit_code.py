from __future__ import annotations

from dataclasses import replace

import pytest

from extractor.model import ExampleKind, Level, Subject
from harness.judge.exit_code import apply_fail_on, with_exit_code
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


def test_drift_and_stale_baseline_entries_gate() -> None:
    base = _report(_example(Status.JUDGED))
    drift = Drift("r", "2025-11-25", DriftKind.VANISHED, "p", "a", "f", None, gates=True)
    assert with_exit_code(replace(base, drift=(drift,))).exit_code == 1
    assert with_exit_code(replace(base, drift=(drift,), fail_on="never")).exit_code == 0
    assert with_exit_code(replace(base, drift=(replace(drift, gates=False),))).exit_code == 0
    assert (
        with_exit_code(replace(base, baseline=(BaselineNote(BaselineKind.STALE, "e", "r", "why", gates=True),))).exit_code == 1
    )
