"""``docprobe baseline update``: the findings of the last run become entries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.baseline.file import parse_baseline
from tests.support.command import refused, run

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
    assert "the results are of the docs 'docs'" in refused(
        run("baseline", "update", "--docs", other, "--state", state)
    ).message  # fmt: skip
    assert list(other.glob("*.toml")) == []
