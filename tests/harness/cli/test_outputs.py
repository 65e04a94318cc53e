"""Where output goes is settled before anything runs."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from harness.base.errors import UsageError
from harness.cli.main import cli
from harness.cli.outputs import outputs_of
from harness.results.result_files import read

if TYPE_CHECKING:
    from pathlib import Path


def test_names_and_files(tmp_path: Path) -> None:
    assert outputs_of([]) == (("terminal", None),)
    file = tmp_path / "a:b.json"
    assert outputs_of(["terminal", "github", f"json:{file}"]) == (("terminal", None), ("github", None), ("json", file))


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["jsn"], "'jsn'"),
        (["sarif:"], "has no file name"),
        (["json:{}/a", "sarif:{}/a"], "json and sarif cannot both go to"),
        (["json:{}/a", "json:{}/../{name}/a"], "json and json cannot both go to"),
        (["json", "sarif"], "json and sarif cannot both go to stdout"),
        (["terminal", "json"], "terminal and json cannot both go to stdout"),
    ],
)
def test_what_cannot_work_is_an_error_with_a_hint(tmp_path: Path, texts: list[str], message: str) -> None:
    def filled(text: str) -> str:
        return text.replace("{name}", tmp_path.name).replace("{}", str(tmp_path))

    with pytest.raises(UsageError) as caught:
        outputs_of([filled(text) for text in texts])
    assert filled(message) in caught.value.message
    assert caught.value.hint


def test_a_stream_may_take_several() -> None:
    texts = ["terminal:/dev/stderr", "github:/dev/stderr", "terminal", "github"]
    assert len(outputs_of(texts)) == 4


@pytest.mark.processes
def test_nothing_to_check_still_gives_the_files(tmp_path: Path) -> None:
    root = tmp_path / "docs"
    root.mkdir()
    (root / "docprobe.toml").write_text("")
    git = ["git", "-C", str(root), "-c", "user.name=t", "-c", "user.email=t@example.invalid"]
    for arguments in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "base"]):
        subprocess.run([*git, *arguments], check=True)
    files = {name: tmp_path / f"out.{name}" for name in ("json", "sarif", "junit", "markdown", "html")}
    formats = [word for name, path in files.items() for word in ("--format", f"{name}:{path}")]
    state = tmp_path / "state"
    done = CliRunner().invoke(
        cli, ["check", str(root), "--changed-since", "HEAD", "--format", "terminal", "--state", str(state), *formats]
    )
    assert done.exit_code == 0
    assert done.stdout == ""
    assert "nothing to check" in done.stderr
    assert read(files["json"], ()).examples == ()
    assert json.loads(files["sarif"].read_text())["runs"][0]["results"] == []
    assert "there was nothing to check" in files["markdown"].read_text()
    assert not (state / "last-run.json").exists(), "the last run is the one that ran"
