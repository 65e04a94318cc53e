"""What the page and the attempts to start an example decide."""

from __future__ import annotations

from dataclasses import replace

import pytest

from extractor.model import (
    Bundle,
    Dependency,
    Example,
    ExampleKind,
    ExampleStatus,
    LeftKind,
    LeftToReader,
    Manager,
    Note,
    NoteKind,
    Origin,
    Span,
    UnlistedImport,
)
from harness.judge.example import judge_example
from harness.judge.example_rules import example_rules
from harness.model import Basis, DateSource, Finding, LogLine, Recording, Run, Stage, StartOutcome, Verdict
from harness.rule import Catalogue
from tests.support.transcripts import Talk
from tests.support.verdicts import NEWEST

S, V, I = Verdict.SATISFIED, Verdict.VIOLATED, Verdict.INCONCLUSIVE  # noqa: E741
CATALOGUE = Catalogue(example_rules(("2025-06-18", NEWEST)))


def example(*added: str, left: tuple[str, ...] = (), revision: str | None = NEWEST) -> Example:
    bundle = Bundle(
        example_id="p#x",
        language="python",
        kind=ExampleKind.HTTP_SERVER,
        toolchain="python",
        files=(),
        manager=Manager.PYPI,
        dependencies=(Dependency("mcp"),),
        command=("python", "server.py"),
        notes=tuple(Note(NoteKind.REMARK, Origin.INFERRED, detail=what) for what in added),
        left_to_reader=tuple(LeftToReader(LeftKind.VALUE, text, text) for text in left),
    )
    return Example(
        "p#x", "p.mdx", revision, "python", bundle.kind, ExampleStatus.RUNNABLE, None, (), "d", bundle=bundle
    )


def attempt(outcome: StartOutcome, date: str | None = None) -> Run:
    return Run("dated" if date else "today", date, {}, outcome, f"it was {outcome.value}")


def finding(id: str, example: Example, *runs: Run) -> Finding:
    serves = bool(runs) and runs[-1].outcome is StartOutcome.SERVING
    recording = Recording(runs, Talk().transcript() if serves else None)
    return next(f for f in judge_example(example, recording, CATALOGUE) if f.requirement == id)


def test_an_example_that_runs() -> None:
    found = finding("example.runs", example(), attempt(StartOutcome.SERVING))
    assert (found.verdict, found.gates) == (S, False)


@pytest.mark.parametrize("revision", [NEWEST, None, "draft", "v3"])
def test_an_example_that_runs_with_neither_set_of_packages_blocks(revision: str | None) -> None:
    runs = (attempt(StartOutcome.EXITED), attempt(StartOutcome.EXITED, "2025-11-25"))
    found = finding("example.runs", example(revision=revision), *runs)
    assert (found.verdict, found.gates, found.basis) == (V, True, Basis.INTERPRETATION)
    assert "2025-11-25" in found.summary


def test_an_example_that_runs_with_the_packages_of_its_date_only_warns() -> None:
    runs = (attempt(StartOutcome.EXITED), attempt(StartOutcome.SERVING, "2025-11-25"))
    found = finding("example.runs", example(), *runs)
    assert (found.verdict, found.gates) == (V, False)


def test_what_is_left_to_the_reader_is_not_the_docs_fault() -> None:
    found = finding("example.runs", example(left=("the variable KEY",)), attempt(StartOutcome.EXITED))
    assert (found.verdict, found.gates) == (I, False)
    assert "the variable KEY" in found.summary
    assert StartOutcome.EXITED.value in found.summary


def test_a_placeholder_does_not_excuse_an_import_that_is_gone() -> None:
    page = example(left=("the variable KEY",))
    gone = replace(
        attempt(StartOutcome.EXITED),
        logs=(LogLine(0.0, "stderr", "ImportError: cannot import name 'FastMCP' from 'mcp.server'"),),
    )
    found = finding("example.runs", page, gone)
    assert (found.verdict, found.gates) == (V, True)
    # with the packages of its date it fails for want of what the reader has: then today's failure warns
    found = finding("example.runs", page, gone, attempt(StartOutcome.EXITED, "2025-11-25"))
    assert (found.verdict, found.gates) == (V, False)


def test_what_docprobe_added_is_listed() -> None:
    assert finding("example.complete", example()).verdict is S
    found = finding("example.complete", example("file name server.ts", "dependency express"))
    assert (found.verdict, found.basis, found.gates) == (V, Basis.ADVICE, False)
    assert "file name server.ts and dependency express" in found.summary


def test_an_example_that_was_not_run_has_no_finding_on_its_start() -> None:
    found = judge_example(example(), Recording((), None), CATALOGUE)
    assert [finding.requirement for finding in found] == ["example.complete", "example.packages"]


@pytest.mark.parametrize(
    ("toolchain", "module", "package", "error"),
    [
        ("python", "yaml.loader", "pyyaml", "ModuleNotFoundError: No module named 'yaml'"),
        ("node", "zod/v4", "zod", "Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'zod'"),
        ("go", "acme.dev/sdk/mcp", "acme.dev/sdk", "no required module provides package acme.dev/sdk/mcp"),
        ("rust", "serde_json::value", "serde_json", "error[E0433]: cannot find module or crate `serde_json`"),
    ],
)
def test_an_import_that_the_page_does_not_install_warns_at_its_line(
    toolchain: str, module: str, package: str, error: str
) -> None:
    page = example()
    assert page.bundle is not None
    line = Span("p.mdx", 9, 9)
    stated = replace(
        page.bundle, toolchain=toolchain, dependencies=(Dependency("mcp", origin=Origin.STATED), Dependency(package)),
        unlisted_imports=(UnlistedImport(module, package, line, (Span("p.mdx", 4, 4),)),),
    )  # fmt: skip
    run = replace(attempt(StartOutcome.SERVING), lock="{}")
    found = finding("example.packages", replace(page, bundle=stated), run)
    assert (found.verdict, found.gates, found.basis, found.blame) == (V, False, Basis.ADVICE, (line,))
    assert error in found.summary
    assert f"docprobe added {package}" in found.summary
    listed = replace(page, bundle=replace(stated, unlisted_imports=()))
    assert finding("example.packages", listed, attempt(StartOutcome.SERVING)).verdict is S
    assert finding("example.packages", page, attempt(StartOutcome.SERVING)).verdict is Verdict.NOT_APPLICABLE
    assert next(r for r in CATALOGUE.requirements if r.id == "example.packages").always_warns


def test_a_package_that_an_installed_one_brings_is_installed_too() -> None:
    page = example()
    assert page.bundle is not None
    line, installs = Span("p.mdx", 9, 9), (Span("p.mdx", 4, 4),)
    of_agents = replace(
        page.bundle, toolchain="python", manager=Manager.PYPI,
        dependencies=(Dependency("Night.Agents", origin=Origin.STATED), Dependency("mcp"), Dependency("rich")),
        unlisted_imports=(UnlistedImport("mcp.server", "mcp", line, installs),),
    )  # fmt: skip
    lock = "mcp==2.1.1 \\\n    --hash=sha256:1a\n    # via night-agents, -r requirements.in\nnight-agents==1.0\nrich==15.0\n"
    run = replace(attempt(StartOutcome.SERVING), lock=lock)
    found = finding("example.packages", replace(page, bundle=of_agents), run)
    assert (found.verdict, found.summary) == (S, "The page installs Night.Agents, and with that mcp.")
    both = (*of_agents.unlisted_imports, UnlistedImport("rich.table", "rich", line, installs))
    found = finding("example.packages", replace(page, bundle=replace(of_agents, unlisted_imports=both)), run)
    assert found.verdict is V
    assert "imports `rich.table`" in found.summary
    assert "docprobe added rich and continued" in found.summary
    unknown = finding("example.packages", replace(page, bundle=of_agents), replace(run, lock=None))
    assert unknown.verdict is Verdict.INCONCLUSIVE


def test_a_start_that_fails_quotes_what_the_program_said_last() -> None:
    log = LogLine(0.0, "stderr", "fatal: the moon is full")
    found = finding("example.runs", example(), replace(attempt(StartOutcome.EXITED), logs=(log,)))
    assert "Its last output: “fatal: the moon is full”." in found.summary


@pytest.mark.parametrize(
    ("said", "end"),
    [
        ("NameError: name 'math' is not defined. Did you forget to import 'math'?", "'math'?"),
        ("it ended", "it ended."),
        ("it ended.", "it ended."),
    ],
)
def test_a_summary_has_one_mark_at_its_end(said: str, end: str) -> None:
    run = replace(attempt(StartOutcome.EXITED), sentence=said)
    assert finding("example.runs", example(), run).summary.endswith(f" {end}")


def test_docs_without_revisions_have_the_rules_that_need_none() -> None:
    rules = Catalogue(example_rules()).rules
    assert [rule.requirement.id for rule in rules] == [
        "example.runs",
        "example.complete",
        "example.packages",
        "example.endpoint",
        "example.imports",
        "example.types",
    ]
    assert [rule.requirement.stage for rule in rules] == [
        Stage.START,
        Stage.PAGE,
        Stage.PAGE,
        Stage.CONVERSATION,
        Stage.PAGE,
        Stage.START,
    ]
    assert all(list(rule.requirement.levels) == [""] for rule in rules)


def test_a_failure_that_a_guess_may_explain_decides_nothing() -> None:
    page = example()
    assert page.bundle is not None
    guess = Note(NoteKind.COMMAND, Origin.INFERRED, "python server.py")
    guessed = replace(page, bundle=replace(page.bundle, notes=(guess,)))
    failed = attempt(StartOutcome.EXITED)
    assert (finding("example.runs", page, failed).verdict, finding("example.runs", page, failed).gates) == (V, True)
    undecided = finding("example.runs", guessed, failed)
    assert (undecided.verdict, undecided.gates) == (I, False)
    assert "command python server.py" in undecided.summary


def test_the_date_of_a_commit_is_said_and_to_be_stated() -> None:
    dated = replace(attempt(StartOutcome.SERVING, "2024-09-30"), date_source=DateSource.COMMIT)
    found = finding("example.runs", example(), attempt(StartOutcome.EXITED), dated)
    assert (found.verdict, found.gates) == (V, False)
    assert "last commit" in found.summary
    assert 'resolve-date = "2024-09-30"' in (found.fix or "")
    assert "last commit" in dated.when


def test_a_client_that_runs_for_ever_and_calls_nobody_is_no_fault_of_its_page() -> None:
    asks = example()
    assert asks.bundle is not None
    asks = replace(asks, kind=ExampleKind.CLIENT, bundle=replace(asks.bundle, kind=ExampleKind.CLIENT))
    silent = finding("example.runs", asks, attempt(StartOutcome.NO_INITIALIZE))
    assert silent.verdict is I
    assert silent.summary.endswith("what docprobe inferred: scripted server in place of the client's own.")
    assert finding("example.runs", asks, attempt(StartOutcome.EXITED)).verdict is V
