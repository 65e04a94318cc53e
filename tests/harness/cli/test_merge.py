"""``docprobe merge``: the results of shards become one."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from harness.results.result_files import read, write
from tests.support.command import refused, run
from tests.support.reports import quiet_report, rich_report

if TYPE_CHECKING:
    from pathlib import Path

TYPESCRIPT = "docs/2025-11-25/tutorials/security/authorization#typescript"


def test_shards_become_one_result_and_decide_the_exit_code(tmp_path: Path) -> None:
    report = rich_report()
    write(replace(report, examples=report.examples[:3], baseline=()), tmp_path / "1.json")
    write(replace(report, examples=report.examples[3:]), tmp_path / "2.json")
    out = tmp_path / "joined" / "out.json"
    done = run("merge", tmp_path / "1.json", tmp_path / "2.json", "--format", f"json:{out}", "--format", "terminal")
    assert done.exit_code == 1
    assert "10 examples" in done.output
    joined = read(out, ())
    assert {e.id: e.transcript for e in joined.examples} == {e.id: e.transcript for e in report.examples}


def test_a_missing_shard_is_named_and_the_result_is_incomplete(tmp_path: Path) -> None:
    report = replace(quiet_report(), exit_code=0)
    for number in (1, 2, 3):
        write(replace(report, shards=(f"{number}/3",)), tmp_path / f"{number}.json")
    out = tmp_path / "out.json"
    done = run("merge", tmp_path / "3.json", "--format", f"json:{out}", "--format", "terminal")
    assert done.exit_code == 3
    assert "Exit code 3: incomplete. Shards 1/3 and 2/3 are missing." in done.output
    assert json.loads(out.read_text())["missing_shards"] == ["1/3", "2/3"]
    assert "Shard 2/3 is missing" in run("merge", out, tmp_path / "1.json").output
    whole = run("merge", *(tmp_path / f"{number}.json" for number in (1, 2, 3)))
    assert whole.exit_code == 0
    write(replace(report, shards=("1/2",)), tmp_path / "other.json")
    assert "shard 1 of 3 and shard 1 of 2" in refused(run("merge", tmp_path / "1.json", tmp_path / "other.json")).message


def test_conflicts_are_named_and_nothing_is_written(tmp_path: Path) -> None:
    report = rich_report()
    other = replace(report, examples=(replace(report.examples[0], reason="else"), *report.examples[1:]))
    write(report, tmp_path / "1.json")
    write(other, tmp_path / "2.json")
    done = run("merge", tmp_path / "1.json", tmp_path / "2.json", "--format", f"json:{tmp_path / 'out.json'}")
    assert TYPESCRIPT in refused(done).message
    assert not (tmp_path / "out.json").exists()


def test_what_is_not_a_result_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "1.json").write_text("{}")
    assert "1.json" in refused(run("merge", tmp_path / "1.json")).message
