"""Files, stdout and the exit code say the same, also where something cannot be written or drawn."""

from __future__ import annotations

import errno
import io
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from rich.console import Console

from harness.base.errors import StorageError
from harness.model import Report, Status
from harness.report import markdown
from harness.results.result_files import last_run
from harness.run import saving
from harness.run.saving import save
from harness.settings import load_config
from tests.support.docprobe_process import write_docs
from tests.support.reports import rich_report

if TYPE_CHECKING:
    from pathlib import Path


def console() -> Console:
    return Console(file=io.StringIO(), highlight=False)


@pytest.mark.parametrize(("decided", "stated"), [(0, 3), (1, 1), (3, 3), (130, 130)])
def test_what_cannot_be_written_is_in_what_can_with_the_exit_code_of_the_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, decided: int, stated: int
) -> None:
    def full(path: Path, data: bytes) -> None:
        if path.suffix == ".md":
            raise StorageError(f"{path} cannot be written: No space left on device", "free space")
        path.write_bytes(data)

    monkeypatch.setattr(saving, "write_atomically", full)
    out = console()
    outputs = [("terminal", None), ("json", tmp_path / "o.json"), ("markdown", tmp_path / "o.md")]
    saved = save(replace(rich_report(), exit_code=decided), outputs, console=out)
    assert [error.message for error in saved.errors] == [f"{tmp_path}/o.md cannot be written: No space left on device"]
    assert saved.report.exit_code == stated
    document = json.loads((tmp_path / "o.json").read_bytes())
    assert document["summary"]["exit_code"] == stated
    assert "No space left on device" in str(document["problems"])
    assert isinstance(out.file, io.StringIO)
    assert "No space left on device" in out.file.getvalue().replace("\n", " ")


def test_a_stdout_that_is_full_is_in_the_files(tmp_path: Path) -> None:
    class Full(io.StringIO):
        def write(self, text: str) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    outputs = [("terminal", None), ("json", tmp_path / "o.json")]
    saved = save(replace(rich_report(), exit_code=0), outputs, console=Console(file=Full()))
    assert [error.message for error in saved.errors] == ["stdout cannot be written: No space left on device"]
    assert saved.report.exit_code == json.loads((tmp_path / "o.json").read_bytes())["summary"]["exit_code"] == 3


def test_an_example_that_a_format_cannot_draw_costs_only_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn, spoiled = markdown.render, rich_report().examples[0].id

    def broken(report: Report, *rest: Any) -> str:
        if any(example.id == spoiled and example.findings for example in report.examples):
            raise ZeroDivisionError("ours")
        return drawn(report, *rest)

    monkeypatch.setattr(markdown, "render", broken)
    outputs = [("markdown", tmp_path / "o.md"), ("json", tmp_path / "o.json")]
    saved = save(replace(rich_report(), exit_code=0), outputs, console=console())
    by_id = {example.id: example for example in saved.report.examples}
    assert (by_id[spoiled].status, by_id[spoiled].reason) == (
        Status.BLOCKED,
        "internal error (please report): ZeroDivisionError: ours",
    )
    assert saved.report.exit_code == 3
    others = [example for example in rich_report().examples if example.id != spoiled]
    assert [by_id[example.id] for example in others] == others
    assert "ZeroDivisionError" in (tmp_path / "o.md").read_text()
    entries = json.loads((tmp_path / "o.json").read_bytes())["examples"]
    assert next(entry for entry in entries if entry["id"] == spoiled)["status"] == "blocked"


@pytest.mark.parametrize("lasting", [False, True])
def test_an_example_that_the_console_cannot_draw_costs_only_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lasting: bool
) -> None:
    drawn, spoiled = markdown.render, rich_report().examples[0].id

    def broken(report: Report, *rest: Any) -> str:
        if any(example.id == spoiled and (example.findings or lasting) for example in report.examples):
            raise ZeroDivisionError("ours")
        return drawn(report, *rest)

    monkeypatch.setattr(markdown, "render", broken)
    shown = io.StringIO()
    outputs = [("markdown", None), ("json", tmp_path / "o.json")]
    (waiting := tmp_path / "waiting.json").write_text("{}")
    first, *others = rich_report().examples
    examples = (replace(first, whole_transcript=str(waiting)), *others)
    saved = save(replace(rich_report(), examples=examples, exit_code=0), outputs, console=Console(file=shown))
    assert not waiting.exists(), "nothing waits in the state folder"
    stated = json.loads((tmp_path / "o.json").read_bytes())["summary"]["exit_code"]
    assert saved.report.exit_code == stated == 3
    assert ("ZeroDivisionError" in shown.getvalue()) is not lasting
    messages = ["the markdown report: internal error"] if lasting else []
    assert [error.message for error in saved.errors] == messages


def test_a_format_that_always_fails_is_an_error_that_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(report: Report) -> str:
        raise ZeroDivisionError("ours")

    monkeypatch.setattr(markdown, "render", broken)
    saved = save(
        replace(rich_report(), exit_code=0),
        [("markdown", tmp_path / "o.md"), ("json", tmp_path / "o.json")],
        console=console(),
    )
    assert [error.message for error in saved.errors] == [
        "the markdown report: internal error (please report): ZeroDivisionError: ours"
    ]
    assert saved.report.exit_code == 3


def test_an_interrupted_run_replaces_no_last_run(tmp_path: Path) -> None:
    config = load_config(write_docs(tmp_path / "docs"), environ={}, state=tmp_path / "state")
    whole, half = replace(rich_report(), exit_code=0), replace(rich_report(), exit_code=130, examples=())
    save(whole, (), console=console(), config=config)
    save(half, [("json", tmp_path / "o.json")], console=console(), config=config)
    assert last_run(config.state, (), config.docs).examples
    assert json.loads((tmp_path / "o.json").read_bytes())["examples"] == []
