"""Files and folders that cannot be used are told in one line, with the next step, and before anything runs."""

from __future__ import annotations

import json
import os
import re
import resource
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.cli import main
from tests.support.docprobe_process import write_docs

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[3]


@dataclass
class Ended:
    """How the command ended."""

    code: int
    err: str


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    return write_docs(tmp_path / "docs", 1)


@pytest.fixture
def ended(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Callable[..., Ended]:
    """Run the command as its users do, with no engine and ``tmp_path`` as the current folder."""

    def run(*arguments: str) -> Ended:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("DOCKER_HOST", "unix:///nonexistent/engine.sock")
        monkeypatch.setattr(sys, "argv", ["docprobe", *arguments])
        with pytest.raises(SystemExit) as exit_:
            main.main()
        assert isinstance(exit_.value.code, int)
        return Ended(exit_.value.code, capsys.readouterr().err)

    return run


def told(ended: Ended, *said: str) -> None:
    """One line that names the file, one that names the next step, and nothing else: nothing was run."""
    lines = ended.err.splitlines()
    assert len(lines) == 2, ended.err
    assert lines[0].startswith("error: ")
    assert lines[1].startswith("hint: ")
    assert all(part in lines[0] for part in said), lines[0]


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--state", "/sys/docprobe", "cannot be written"),
        ("--state", "a-file/state", "cannot be written: Not a directory"),
        ("--lock", "a-file/lock", "cannot be written: Not a directory"),
        ("--lock", "a-file", "is not a lock file"),
        ("--lock", "list.json", "is not a lock file"),
        ("--lock", "empty.json", "is not a lock file: it lacks the key 'schema'"),
        ("--lock", "numbers.json", "is not a lock file"),
        ("--lock", "bytes", "is not a lock file"),
        ("--lock", "digits.json", "is not a lock file"),
        ("--baseline", "digits.toml", "digits.toml:2: A number has more than 4,300 digits"),
        ("--history", "a-file", "is not a docprobe history"),
        ("--history", "a-file/history", "cannot be written: Not a directory"),
        ("--format", "json:a-file/out.json", "cannot be written: Not a directory"),
        ("--format", "html:docs", "cannot be written: Is a directory"),
        ("--baseline", "bytes", "bytes:1: byte 0xFF is not UTF-8"),
        ("--baseline", "a-folder", "is not a readable file"),
    ],
)
def test_what_cannot_be_used_is_reported_before_anything_runs(
    ended: Callable[..., Ended], docs: Path, tmp_path: Path, option: str, value: str, said: str
) -> None:
    (tmp_path / "a-file").write_text("hello\n")
    (tmp_path / "a-folder").mkdir()
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "list.json").write_text('{"schema": "docprobe-lock/1", "locks": []}')
    (tmp_path / "numbers.json").write_text('{"schema": "docprobe-lock/1", "locks": {"x": {"today": 3}}}')
    (tmp_path / "empty.json").write_text("{}")
    state = () if option == "--state" else ("--state", "state")
    (tmp_path / "digits.json").write_text(
        '{"schema": "docprobe-lock/1", "locks": {"x": {"today": %s}}}' % ("9" * 5_000)
    )
    (tmp_path / "digits.toml").write_text("[[known]]\nexpires = " + "9" * 5_000 + "\n")
    result = ended("check", "docs", option, value, *state)
    assert result.code == 2
    told(result, value.rpartition(":")[2], said)


def test_a_configuration_in_another_encoding(ended: Callable[..., Ended], docs: Path, tmp_path: Path) -> None:
    (docs / "docprobe.toml").write_bytes(b"\xff\xfe")
    result = ended("check", "docs", "--state", "state")
    assert result.code == 2
    told(result, "docprobe.toml:1: byte 0xFF is not UTF-8")


def test_numbers_of_thousands_of_digits_in_settings_and_results(
    ended: Callable[..., Ended], docs: Path, tmp_path: Path
) -> None:
    digits = "9" * 5_000
    (tmp_path / "results.json").write_text(f'{{"schema": "docprobe/1", "duration_s": {digits}}}')
    for command in (("explain", "x", "--results"), ("report", "--out", "site"), ("merge",), ("judge",)):
        result = ended(*command, "results.json")
        assert result.code == 2
        told(result, "results.json", "not a docprobe")
    (docs / "docprobe.toml").write_text(f"timeout-s = {digits}\n")
    result = ended("check", "docs", "--state", "state")
    assert result.code == 2
    told(result, "docprobe.toml:1: A number has more than 4,300 digits")


def test_no_page_can_be_read(ended: Callable[..., Ended], tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "page.md").symlink_to("/etc/hostname")
    result = ended("check", "docs", "--state", "state")
    assert result.code == 2
    told(result, "page.md")


@pytest.mark.processes
def test_broken_files_of_ours_are_made_anew(ended: Callable[..., Ended], docs: Path, tmp_path: Path) -> None:
    """What docprobe keeps for itself may be damaged: nobody has to mend a cache."""
    assert ended("check", "docs", "--state", "state").code == 3
    kept = [path for path in (tmp_path / "state").rglob("*") if path.is_file()]
    assert kept
    for path in kept:
        path.write_bytes(b"\x00garbage")
    result = ended("check", "docs", "--state", "state")
    assert result.code == 3
    assert "Traceback" not in result.err
    assert json.loads((tmp_path / "state" / "last-run.json").read_bytes())["schema"] == "docprobe/1"


@pytest.mark.processes
def test_a_full_disk_costs_only_what_does_not_fit(docs: Path, tmp_path: Path) -> None:
    """A limit on the size of files stands for a full disk: the big result does not fit, the small one does."""
    # -B: Python cuts off bytecode files at that limit, without an error, and nobody could import those modules any more
    out = tmp_path / "out"
    done = subprocess.run(
        [sys.executable, "-B", "-c", "from harness.cli.main import main; main()", "check", str(docs), "--no-cache",
         "--state", str(tmp_path / "state"), "--format", f"html:{out}.html", "--format", f"junit:{out}.xml",
         "--format", "terminal"],
        capture_output=True, text=True, cwd=ROOT, check=False,
        env={**os.environ, "DOCKER_HOST": "unix:///nonexistent/engine.sock"},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)),
    )  # fmt: skip
    assert done.returncode == 3
    # the report breaks a long path where the line ends
    assert "out.htmlcannotbewritten:Filetoolarge" in "".join(done.stdout.split()), "the report does not say so"
    assert "requires all" not in done.stdout
    assert "Traceback" not in done.stderr
    assert f"{out}.html cannot be written: File too large" in done.stderr
    assert re.search(rf"{tmp_path}/state/last-runs/\w+/last-run.json cannot be written: File too large", done.stderr)
    assert "hint: free space on that disk" in done.stderr
    assert Path(f"{out}.xml").read_text().startswith("<?xml")
    assert [path.name for path in tmp_path.rglob("*.tmp")] == []


def test_any_other_file_is_reported_by_its_name(
    monkeypatch: pytest.MonkeyPatch, ended: Callable[..., Ended], docs: Path
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", "/somewhere/file")

    monkeypatch.setattr("harness.settings.load_config", fail)
    monkeypatch.setattr("harness.cli.check.load_config", fail)
    result = ended("check", "docs")
    assert result.code == 3
    told(result, "/somewhere/file: Permission denied")
