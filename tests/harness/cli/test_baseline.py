"""``docprobe baseline update``: the findings of the last run become entries."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from harness.baseline.file import parse_baseline
from harness.results.result_files import write_last_run
from tests.support.command import refused, run
from tests.support.reports import rich_report

if TYPE_CHECKING:
    from pathlib import Path

TYPESCRIPT = "docs/2025-11-25/tutorials/security/authorization#typescript"


def test_a_first_file(state: Path, tmp_path: Path) -> None:
    path = tmp_path / "docprobe-baseline.toml"
    done = run("baseline", "update", "--file", path, "--state", state, "--reason", "the first look")
    assert done.exit_code == 0
    assert f"+ {TYPESCRIPT} session.terminated-404" in done.output
    assert len(parse_baseline(path.read_text(), path.name).known) == 6


def test_reasons_stay_and_missing_ones_are_counted(state: Path, tmp_path: Path) -> None:
    path = tmp_path / "docprobe-baseline.toml"
    entry = f'[[known]]\nexample = "{TYPESCRIPT}"\nrequirement = "auth.invalid-401"\nreason = "waits"\n'
    path.write_text(entry)
    done = run("baseline", "update", "--file", path, "--state", state)
    assert "7 need a reason" in done.output
    assert path.read_text().startswith(entry)


def test_nothing_to_do_touches_nothing(state: Path, tmp_path: Path) -> None:
    path = tmp_path / "docprobe-baseline.toml"
    run("baseline", "update", "--file", path, "--state", state, "--reason", "x")
    before = path.stat()
    done = run("baseline", "update", "--file", path, "--state", state)
    assert "is up to date" in done.output
    assert path.stat().st_mtime_ns == before.st_mtime_ns
    assert path.stat().st_ino == before.st_ino, "not even by an equal file in its place"


def test_results_of_other_docs_are_refused(state: Path, tmp_path: Path) -> None:
    other = tmp_path / "handbook"
    (other / "docs").mkdir(parents=True)
    (other / "specification").mkdir()
    assert "the results are for the docs 'docs'" in refused(
        run("baseline", "update", "--docs", other, "--state", state)
    ).message  # fmt: skip
    assert list(other.glob("*.toml")) == []


def test_the_last_run_of_docs_of_the_same_name_is_not_taken(tmp_path: Path) -> None:
    state = tmp_path / "state"
    trees = [tmp_path / name / "docs" for name in ("ours", "theirs")]
    for tree in trees:
        (tree / "specification").mkdir(parents=True)
        (tree / "docs").mkdir()
    write_last_run(replace(rich_report(), examples=(), drift=()), state, trees[0])
    write_last_run(rich_report(), state, trees[1])
    done = run("baseline", "update", "--docs", trees[0], "--state", state)
    assert "is up to date" in done.output
    done = run("baseline", "update", "--docs", trees[1], "--state", state, "--reason", "x")
    assert f"+ {TYPESCRIPT} session.terminated-404" in done.output
    assert TYPESCRIPT in run("explain", "session.terminated-404", "--docs", trees[1], "--state", state).output
    assert TYPESCRIPT not in run("explain", "session.terminated-404", "--docs", trees[0], "--state", state).output
