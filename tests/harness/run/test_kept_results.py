"""Results kept by what was recorded and by all that judges it."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from extractor.model import Example, ExampleKind, ExampleStatus, Level, Span, Statement
from harness.judge.results import Ruleset, result_of_recording
from harness.model import Recording, Run, StartOutcome, Status
from harness.profiles.registry import MCP
from harness.run import kept_results
from harness.run.kept_results import KeptResults, rules_digest
from harness.spec.bind import bind
from tests.support.transcripts import lived

if TYPE_CHECKING:
    from pathlib import Path

    from harness.model import ExampleResult

RULES = Ruleset(MCP, bind((), (), MCP.catalogue.requirements))
TRANSCRIPT = lived(terminated=(400, 404, 404, 404), missing=(400, 400, 400, 400)).transcript()
RECORDING = Recording((Run("today", None, {"a": "1"}, StartOutcome.SERVING, "it starts"),), TRANSCRIPT)
EXAMPLE = Example(
    "docs/a#python", "docs/a.mdx", "2025-11-25", "python", ExampleKind.HTTP_SERVER, ExampleStatus.RUNNABLE, None,
    (Span("docs/a.mdx", 3, 9),), "d" * 64,
)  # fmt: skip
SENTENCE = Statement(
    "specification/2025-11-25/a.mdx", "2025-11-25", "x", Level.MUST, "MUST", "A server MUST hum.", "server",
    Span("specification/2025-11-25/a.mdx", 1, 1), "f" * 64, frozenset({"0123456789ab"}),
)  # fmt: skip


class Judge:
    """Judges and counts."""

    def __init__(self, rules: Ruleset = RULES, recording: Recording = RECORDING) -> None:
        self.rules, self.recording, self.times = rules, recording, 0

    def __call__(self) -> ExampleResult:
        self.times += 1
        return result_of_recording(EXAMPLE, (EXAMPLE,), self.recording, self.rules, cached=True)


def test_a_kept_result_is_the_one_that_was_judged(tmp_path: Path) -> None:
    judge = Judge()
    first = KeptResults(tmp_path, RULES).result(EXAMPLE, (EXAMPLE,), "r", TRANSCRIPT, judge)
    again = KeptResults(tmp_path, RULES).result(EXAMPLE, (EXAMPLE,), "r", TRANSCRIPT, judge)
    assert (again, judge.times) == (first, 1)
    assert again.findings
    assert again.transcript is not None
    assert again.transcript.example_id == EXAMPLE.id


@pytest.mark.parametrize(
    "change",
    [
        {"example": replace(EXAMPLE, spans=(Span("docs/a.mdx", 4, 10),))},
        {"example": replace(EXAMPLE, revision="2025-06-18")},
        {"copies": (EXAMPLE, replace(EXAMPLE, id="docs/b#python"))},
        {"recorded": "another recording"},
        {"rules": replace(RULES, only=("session.terminated-404",))},
        {"rules": replace(RULES, bound=bind((SENTENCE,), (), MCP.catalogue.requirements))},
        {"rules": replace(RULES, profile=replace(MCP, name="other"))},
    ],
    ids=lambda change: next(iter(change)),
)
def test_each_input_of_a_verdict_is_in_the_key(tmp_path: Path, change: dict[str, object]) -> None:
    judge = Judge()
    KeptResults(tmp_path, RULES).result(EXAMPLE, (EXAMPLE,), "r", TRANSCRIPT, judge)
    given = {"example": EXAMPLE, "copies": (EXAMPLE,), "recorded": "r", "rules": RULES, **change}
    rules, example, copies = given["rules"], given["example"], given["copies"]
    KeptResults(tmp_path, rules).result(example, copies, given["recorded"], TRANSCRIPT, judge)  # type: ignore[arg-type]
    assert judge.times == 2


@pytest.mark.parametrize("what", ["code", "interpreter", "library"])
def test_the_code_that_judges_is_in_the_key(monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    before = rules_digest(RULES)
    match what:
        case "code":
            monkeypatch.setattr(kept_results, "docprobe_digest", lambda: "other")
        case "interpreter":
            monkeypatch.setattr(sys, "version", "4.0")
        case _:
            monkeypatch.setattr(kept_results, "library_version", lambda name: "99")
    assert rules_digest(RULES) != before


def test_what_could_not_be_checked_is_not_kept(tmp_path: Path) -> None:
    judge = Judge(recording=Recording((), None, blocked="no registry"))
    for _ in range(2):
        result = KeptResults(tmp_path, RULES).result(EXAMPLE, (EXAMPLE,), "r", None, judge)
        assert result.status is Status.BLOCKED
    assert judge.times == 2
