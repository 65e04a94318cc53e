"""``docprobe explain``: a finding of the last run, with its exchange and its fix."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from typing import TYPE_CHECKING

from harness.results.result_files import write
from tests.support.command import refused, run
from tests.support.hostile_report import hostile_report

if TYPE_CHECKING:
    from pathlib import Path

TYPESCRIPT = "docs/2025-11-25/tutorials/security/authorization#typescript"


def test_an_example_from_the_last_run(state: Path) -> None:
    done = run("explain", TYPESCRIPT, "--state", state)
    assert done.exit_code == 0
    for text in ("session.terminated-404", "Once it has ended", "#15", "▸ 20", "session.unknown-404", "2025-06-18"):
        assert text in done.output
    assert "curl" not in done.output


def test_in_full_it_shows_requests_replies_and_curl(state: Path) -> None:
    done = run("explain", TYPESCRIPT, "--state", state, "--full")
    assert "> mcp-session-id: 5f0c2f0e" in done.output
    assert "< 400" in done.output
    assert "curl -i -N -X DELETE http://localhost:3000/" in done.output
    commands = [line for line in done.output.splitlines() if line.startswith("curl ")]
    words = [shlex.split(line) for line in commands]
    assert max(map(len, commands)) > 80
    assert all(word[word.index("--data-binary") + 1] for word in words if "--data-binary" in word)


def test_a_terminal_that_lacks_a_character_gets_the_rest(state: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "harness.cli", "explain", TYPESCRIPT, "--state", str(state)],
        env={**os.environ, "PYTHONIOENCODING": "latin1"}, capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert b"\\u25b8 20" in done.stdout


def test_a_requirement_names_every_example_it_judged(state: Path) -> None:
    done = run("explain", "session.terminated-404", "--state", state)
    assert done.output.startswith("session.terminated-404  An ended session is not found")
    assert TYPESCRIPT in done.output
    assert "authorization#python  satisfied" in done.output


def test_a_requirement_that_judged_nothing_is_explained_as_such(state: Path) -> None:
    assert "version.unsupported-400 applied to no example" in run(
        "explain", "version.unsupported-400", "--state", state
    ).output  # fmt: skip


def test_a_glob_names_examples_at_any_folder_boundary(state: Path) -> None:
    done = run("explain", "learn/handlers*", "--state", state)
    assert "docs/learn/handlers#typescript-2" in done.output
    assert "uses `app`" in done.output


def test_an_unknown_name_gets_the_nearest(state: Path) -> None:
    assert "session.terminated-404" in (refused(run("explain", "sesion.terminated", "--state", state)).hint or "")


def test_without_a_last_run_there_is_a_hint(tmp_path: Path) -> None:
    assert "docprobe check" in (refused(run("explain", "x", "--state", tmp_path)).hint or "")


def test_hostile_results_steer_nothing(tmp_path: Path) -> None:
    write(hostile_report(), tmp_path / "out.json")
    for full in ((), ("--full",)):
        done = run("explain", "*", "--results", tmp_path / "out.json", *full)
        assert done.exit_code == 0
        assert {char for char in done.output if not char.isprintable()} == {"\n"}
