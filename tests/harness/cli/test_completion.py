"""What a shell is offered."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from click.shell_completion import ShellComplete

from harness.cli.main import cli

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def docs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DOCPROBE_STATE", str(tmp_path / "state"))
    root = tmp_path / "root"
    (root / "docs").mkdir(parents=True)
    (root / "docprobe.toml").write_text('[layout]\nrevisions = ["1.0", "1.1"]\n')
    (root / "docs" / "a.md").write_text('```python server.py\nfrom fastmcp import FastMCP\n\nFastMCP("x").run()\n```\n')
    monkeypatch.chdir(root)
    return root


def offered(*words: str) -> list[str]:
    *before, incomplete = words
    return [item.value for item in ShellComplete(cli, {}, "docprobe", "_X").get_completions(list(before), incomplete)]


def test_ids_of_examples(docs: Path) -> None:
    for before in (("run",), ("fix",), ("check", "--select"), ("examples", str(docs), "--select")):
        assert offered(*before, "docs/") == ["docs/a#python"]
    assert offered("run", "x") == []


def test_requirements_revisions_formats_and_commands(docs: Path) -> None:
    assert "session.terminated-404" in offered("check", "--requirement", "session.")
    assert offered("explain", "session.terminated-4") == ["session.terminated-404"]
    assert offered("explain", "docs/a") == ["docs/a#python"]
    assert offered("check", "--revision", "1") == ["1.0", "1.1"]
    assert offered("check", "--format", "j") == ["json", "junit"]
    assert offered("check", "--format", "json:ou") == ["json:ou"]
    assert offered("exam") == ["examples"]


def test_docs_that_cannot_be_read_complete_nothing(docs: Path) -> None:
    (docs / "docprobe.toml").write_text("wrong = \n")
    assert offered("run", "") == []
    assert offered("check", "--revision", "") == []
