"""What pages are called and say, in what commands print while CI reads along: nothing of it is a command to CI."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from harness.cli.context import Cli, print_error
from harness.cli.main import cli
from harness.cli.progress import LiveProgress
from harness.model import Status
from tests.harness.selection.repositories import CODE, TUTORIAL, check, talk, write_docs
from tests.support.github_runner import obeys
from tests.support.reports import rich_report

if TYPE_CHECKING:
    from pathlib import Path

NAMES = ("::error::x", "##[error]x", "ſ::warning file=x::y", "a\u202eb", "a\x1b[2Jb")
RULE = "specification/2025-11-25/::error::rule.mdx"


def inert(output: str) -> None:
    for line in output.splitlines():
        assert not obeys(line), line
        assert line.isprintable(), line


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    docs = write_docs(tmp_path, {TUTORIAL: CODE})
    for name in NAMES:
        text = CODE.replace("```bash", "```bash ::error::y ##[error]y\n::error::z", 1).replace("sessions", name)
        (docs / f"{name}.mdx").write_text(text)
    (docs / RULE).write_text("::error::z It **MUST** do ##[error]z.\n\n::error::It **MUST** not.\n")
    return docs


@pytest.mark.processes
@pytest.mark.parametrize(
    "command", [["examples"], ["blocks"], ["statements"], ["statements", "--unbound"], ["statements", "--coverage"]]
)
def test_lists_of_docs_command_nothing(docs: Path, tmp_path: Path, command: list[str]) -> None:
    done = CliRunner().invoke(cli, [*command, str(docs), "--state", str(tmp_path / "state")])
    assert done.exit_code == 0
    inert(done.stdout)
    inert(done.stderr)


@pytest.mark.processes
def test_a_run_commands_nothing(docs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    check(docs, tmp_path / "state", monkeypatch, talk)
    arguments = ["check", str(docs), "--state", str(tmp_path / "state"), "--changed-since", "main", "--no-trace"]
    done = CliRunner().invoke(cli, arguments)
    assert "# #[error]x#typescript" in done.stderr
    inert(done.stdout)
    inert(done.stderr)


@pytest.mark.parametrize("text", ["::error::x", "x\n  ::error::x", "x ##[error]x", "x\x1b[2J\u202ex"])
def test_an_error_and_a_note_command_nothing(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    print_error(text, text)
    Cli().note(text)
    LiveProgress(Cli().err(), ()).note(text)
    LiveProgress(Cli().err(), ()).finished(replace(rich_report().examples[0], id=text, status=Status.BLOCKED))
    said = capsys.readouterr().err
    assert said.count("x") >= 4
    inert(said)

