"""Docs without the sentences that a finding is based on: it is reported, does not block, and a remark says why."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from extractor.model import NAMED_PARTS, Example, ExampleKind, ExampleStatus, Note, NoteKind, Origin
from harness.base.errors import UsageError
from harness.cli.main import cli
from harness.judge import results
from harness.judge.findings import REFUSAL
from harness.judge.judge import judge
from harness.model import Recording, ReportProblem, Run, StartOutcome, TracedExchange, Transcript, Verdict
from harness.profiles.registry import MCP
from harness.results import result_files
from harness.results.result_files import LAST_RUN
from harness.spec.bind import bind
from tests.support.broken_code import bundle_of, exchange, violation

if TYPE_CHECKING:
    from harness.model import Exchange, Finding, Report

SAMPLE = Path(__file__).parents[3] / "docs-snapshot" / "sample"
PAGE = "docs/2025-11-25/learn/a-lost-session.mdx"
NOTE = "no normative text found: no finding about a sentence can be blocking; give --spec DIR"


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    """One page that prints a wrong exchange, and no specification."""
    page = tmp_path / "docs" / PAGE
    page.parent.mkdir(parents=True)
    shutil.copy(SAMPLE / PAGE, page)
    (tmp_path / "docs" / "docprobe.toml").write_text('profile = "mcp"\nbindings = "bindings.toml"\n')
    shutil.copy(SAMPLE / "bindings.toml", tmp_path / "docs")
    return tmp_path / "docs"


def check(docs: Path, *arguments: str) -> tuple[Report, str]:
    state = docs.parent / "state"
    done = CliRunner().invoke(cli, ["check", str(docs), "--state", str(state), "--baseline", "none", *arguments])
    report = result_files.read(state / LAST_RUN, ())
    assert done.exit_code == report.exit_code
    assert [f.requirement for e in report.examples for f in e.findings if f.verdict is Verdict.VIOLATED] == [
        "session.terminated-404"
    ]
    return report, " ".join(done.output.split())


@pytest.mark.processes
@pytest.mark.parametrize("fail_on", ["must", "should"])
def test_nothing_gates_without_a_sentence(docs: Path, fail_on: str) -> None:
    report, output = check(docs, "--fail-on", fail_on)
    assert report.exit_code == 0
    assert report.problems == (ReportProblem(NOTE),)
    assert NOTE in output


def test_an_empty_folder_of_rules_is_refused(docs: Path) -> None:
    (docs.parent / "rules").mkdir()
    rules = str(docs.parent / "rules")
    done = CliRunner().invoke(cli, ["check", str(docs), "--state", str(docs.parent / "state"), "--spec", rules])
    assert isinstance(done.exception, UsageError)
    assert "holds no specification" in done.exception.message


@pytest.mark.processes
def test_with_the_rules_it_gates_and_there_is_no_note(docs: Path) -> None:
    report, _ = check(docs, "--spec", str(SAMPLE))
    assert report.exit_code == 1
    assert report.problems == ()


def test_a_conversation_is_judged_once_for_all_copies_of_a_text(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str | None] = []

    def counted(*arguments: object, page_revision: str | None, **more: object) -> tuple[Finding, ...]:
        asked.append(page_revision)
        return judge(*arguments, page_revision=page_revision, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(results, "judge", counted)
    rules = results.Ruleset(MCP, bind((), (), MCP.catalogue.requirements))
    held = Transcript("a", ExampleKind.HTTP_SERVER, (), negotiated=("2025-11-25",))
    first = rules.judge(held, "2025-11-25")
    assert rules.judge(replace(held, example_id="b"), "2025-11-25") == first
    assert asked == ["2025-11-25"]
    rules.judge(held, None)
    assert asked == ["2025-11-25", None]
    other = replace(held, negotiated=("2025-06-18",))
    assert rules.judge(other, "2025-11-25") != first
    assert rules.judge(held, "2025-11-25") == first
    assert asked == ["2025-11-25", None, "2025-11-25", "2025-11-25"]


def test_conversations_that_are_in_hand_at_once_are_judged_once_each(monkeypatch: pytest.MonkeyPatch) -> None:
    judged: list[str] = []

    def counted(transcript: Transcript, *arguments: object, **more: object) -> tuple[Finding, ...]:
        judged.append(transcript.example_id)
        return judge(transcript, *arguments, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(results, "judge", counted)
    rules = results.Ruleset(MCP, bind((), (), MCP.catalogue.requirements))
    held = [Transcript(name, ExampleKind.HTTP_SERVER, (exchange(1, 200),), negotiated=("2025-11-25",)) for name in "ab"]
    for transcript in (*held, *held):
        rules.judge(transcript, "2025-11-25")
    assert judged == ["a", "b"]


CODE = """app.post("/mcp", (req, res) => {
  if (!sessions[req.headers["mcp-session-id"]]) {
    res.status(400).end();
    return;
  }
  serve(req, res);
});
"""
JOINED = Note(NoteKind.JOINED, Origin.INFERRED, "1-2, 5-6", " are one file", 0.6)
CUT = Note(NoteKind.WHOLE_PROGRAM, Origin.INFERRED, "", " although it leaves lines out (line 6 of the page)")
ANSWERED = TracedExchange(2, 1, {"server.ts": (1, 2, 3, 4)}, {"server.ts": ((3, 4), (4, 4))})
"""The statements that refuse."""
SERVED = TracedExchange(2, 1, {"server.ts": (1, 2, 6)}, {"server.ts": ((6, 2),)})


def blocks(note: Note, second: Exchange, *traced: TracedExchange, expected: str = "404") -> bool:
    """Whether a finding about the second of two exchanges blocks, for a program that has a note."""
    exchanges = (exchange(1, 200), replace(second, control=1))
    found = replace(violation("session.terminated-404", exchanges[1]), gates=True, expected={"2": expected})
    rules = SimpleNamespace(
        profile=MCP, judge=lambda *_: (found,), asked=lambda findings: findings, deciding_revision=lambda *_: None
    )
    bundle = replace(bundle_of(CODE), notes=(note,))
    example = Example(
        "a", "a.md", None, "typescript", ExampleKind.HTTP_SERVER, ExampleStatus.RUNNABLE, None, (), "", bundle=bundle
    )
    held = Transcript("a", ExampleKind.HTTP_SERVER, exchanges, negotiated=("2025-11-25",))
    recording = Recording((Run("today", None, {}, StartOutcome.SERVING, "serves"),), held, traced=traced)
    judged = results.result_of_recording(example, (example,), recording, rules, cached=False)  # type: ignore[arg-type]
    (one,) = (finding for finding in judged.findings if finding.requirement == "session.terminated-404")
    assert one.verdict is Verdict.VIOLATED
    assert one.gates or "guess" in one.summary or "does not show all" in one.summary
    return one.gates


@pytest.mark.parametrize(("confidence", "expected"), [(0.6, False), (NAMED_PARTS, True)])
def test_what_a_program_does_whose_parts_are_one_by_a_guess_never_blocks(confidence: float, expected: bool) -> None:
    assert blocks(replace(JOINED, confidence=confidence), exchange(2, 400)) is expected


def test_of_a_program_that_leaves_lines_out_what_the_others_answer_blocks() -> None:
    assert blocks(CUT, exchange(2, 400), ANSWERED)
    # whole by the page, or with all its lines, it blocks in any case
    assert blocks(replace(CUT, origin=Origin.STATED), exchange(2, 400))
    assert blocks(replace(JOINED, confidence=NAMED_PARTS), exchange(2, 400))


def test_what_a_program_lacks_that_leaves_lines_out_does_not_block() -> None:
    # no line of the page answered
    assert not blocks(CUT, exchange(2, 400))
    # a check that it does not have
    assert blocks(CUT, exchange(2, 200), SERVED, expected="a result")
    assert not blocks(CUT, exchange(2, 200), SERVED, expected=REFUSAL)
