"""Standard streams that are closed, full or gone: an error of stdout is told as one, and never as an internal error."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.docprobe_process import write_docs

pytestmark = pytest.mark.processes

SHORT = ("--version",)
LONG = ("blocks", "docs", "--format", "json")


def ended(folder: Path, words: tuple[str, ...], redirections: str) -> tuple[int, list[str]]:
    """Run docprobe as a shell does, and return its exit code and what it said on stderr."""
    write_docs(folder / "docs", 3)
    command = f'exec "$0" -m harness.cli "$@" {redirections}'
    done = subprocess.run(
        ["sh", "-c", command, sys.executable, *words], cwd=folder, stderr=subprocess.PIPE, text=True, check=False,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(Path(__file__).parents[3]), "HOME": str(folder)}, timeout=60,
    )  # fmt: skip
    return done.returncode, done.stderr.splitlines()


@pytest.mark.parametrize("words", [SHORT, LONG], ids=["short", "long"])
def test_a_full_disk_behind_stdout(tmp_path: Path, words: tuple[str, ...]) -> None:
    code, said = ended(tmp_path, (*words, "-q"), ">/dev/full")
    assert said == [
        "error: stdout cannot be written: No space left on device",
        "hint: free space on that disk, then run docprobe again",
    ]
    assert code == 3


@pytest.mark.parametrize("words", [SHORT, LONG], ids=["short", "long"])
def test_a_closed_stdout(tmp_path: Path, words: tuple[str, ...]) -> None:
    code, said = ended(tmp_path, (*words, "-q"), ">&-")
    assert said == [
        "error: stdout cannot be written: Bad file descriptor",
        "hint: choose a place that this user may write to",
    ]
    assert code == 2


@pytest.mark.parametrize("pages", [3, 300], ids=["at the end", "in the middle"])
def test_a_reader_that_ends_first(tmp_path: Path, pages: int) -> None:
    write_docs(tmp_path / "docs", pages)
    with subprocess.Popen(
        [sys.executable, "-m", "harness.cli", *LONG, "-q"], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(Path(__file__).parents[3]), "HOME": str(tmp_path)},
    ) as process:  # fmt: skip
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        said = process.stderr.read()
    # as shells say it, and not the 1 of a finding
    assert (process.returncode, said) == (141, b"")


@pytest.mark.parametrize("redirections", ["<&-", "2>&-", "<&- 2>&-"])
def test_other_streams_that_are_closed(tmp_path: Path, redirections: str) -> None:
    code, said = ended(tmp_path, LONG, f"{redirections} >out.json")
    assert code == 0
    assert [line for line in said if "rror" in line] == []
    assert (tmp_path / "out.json").read_text().startswith('{\n  "schema": "docprobe-blocks/1"')


def test_no_file_takes_the_number_of_a_closed_stream(tmp_path: Path) -> None:
    code, said = ended(tmp_path, ("merge", "none.json", "--format", "json:out.json"), "<&- >&-")
    assert code == 2
    assert said[0].startswith("error: none.json")
