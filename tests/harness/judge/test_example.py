"""example.runs: what a start that failed says of the docs."""

from __future__ import annotations

import pytest

from extractor.model import Bundle, Example, ExampleKind, ExampleStatus, Manager
from harness.judge.example import judge_example
from harness.model import Recording, Run, StartOutcome, Verdict
from harness.profiles.registry import MCP


def example(left: tuple[str, ...]) -> Example:
    bundle = Bundle("p#python", "python", ExampleKind.HTTP_SERVER, "python", (), Manager.PYPI, (), ("python",),
                    left_to_reader=left)  # fmt: skip
    return Example(
        "p#python", "p.md", None, "python", bundle.kind, ExampleStatus.RUNNABLE, None, (), "d", bundle=bundle
    )


def failed() -> Recording:
    run = Run("today", None, {}, StartOutcome.EXITED, "exited with code 1: KeyError: 'KEY'")
    return Recording((run,), None)


@pytest.mark.parametrize(
    ("left", "verdict", "gates"),
    [((), Verdict.VIOLATED, True), (("the variable KEY",), Verdict.INCONCLUSIVE, False)],
)
def test_what_is_left_to_the_reader_is_not_the_docs_fault(left: tuple[str, ...], verdict: Verdict, gates: bool) -> None:
    finding = judge_example(example(left), failed(), MCP.catalogue)[0]
    assert finding.verdict is verdict
    assert finding.gates is gates
    assert all(part in finding.summary for part in left)
    assert "exited with code 1" in finding.summary.lower()
