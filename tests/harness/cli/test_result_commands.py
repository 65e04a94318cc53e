"""explain, merge, baseline and judge: the commands that read what a run wrote."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from harness.base.codec import to_json
from harness.base.errors import UsageError
from harness.baseline.file import parse_baseline
from harness.cli.main import cli
from harness.results.files import LAST_RUN, read, write
from tests.support.reports import hostile_report, quiet_report, rich_report, transcript

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

TYPESCRIPT = "docs/2025-11-25/tutorials/security/authorization#typescript"


@pytest.fixture
def state(tmp_path: Path) -> Path:
    write(rich_report(), tmp_path / "state" / LAST_RUN)
    return tmp_path / "state"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(word) for word in arguments])


def refused(result: Result) -> UsageError:
    assert isinstance(result.exception, UsageError)
    return result.exception


class TestExplain:
    def test_an_example_from_the_last_run(self, state: Path) -> None:
        done = run("explain", TYPESCRIPT, "--state", state)
        assert done.exit_code == 0
        for text in ("session.terminated-404", "Once it has ended", "#15", "▸ 20", "session.unknown-404", "2025-06-18"):
            assert text in done.output
        assert "curl" not in done.output

    def test_in_full_it_shows_requests_replies_and_curl(self, state: Path) -> None:
        done = run("explain", TYPESCRIPT, "--state", state, "--full")
        assert "> mcp-session-id: 5f0c2f0e" in done.output
        assert "< 400" in done.output
        assert "curl -i -N -X DELETE http://localhost:3000/" in done.output
        commands = [line for line in done.output.splitlines() if line.startswith("curl ")]
        words = [shlex.split(line) for line in commands]
        assert max(map(len, commands)) > 80
        assert all(word[word.index("--data-binary") + 1] for word in words if "--data-binary" in word)

    def test_a_terminal_that_lacks_a_character_gets_the_rest(self, state: Path) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "harness.cli", "explain", TYPESCRIPT, "--state", str(state)],
            env={**os.environ, "PYTHONIOENCODING": "latin1"}, capture_output=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert b"\\u25b8 20" in done.stdout

    def test_a_requirement_names_every_example_it_judged(self, state: Path) -> None:
        done = run("explain", "session.terminated-404", "--state", state)
        assert done.output.startswith("session.terminated-404  An ended session is not found")
        assert TYPESCRIPT in done.output
        assert "authorization#python  satisfied" in done.output

    def test_a_requirement_that_judged_nothing_says_so(self, state: Path) -> None:
        assert "No example of this run was judged by version.unsupported-400" in run(
            "explain", "version.unsupported-400", "--state", state
        ).output  # fmt: skip

    def test_a_glob_names_examples_at_any_folder_boundary(self, state: Path) -> None:
        done = run("explain", "learn/handlers*", "--state", state)
        assert "docs/learn/handlers#typescript-2" in done.output
        assert "uses `app`" in done.output

    def test_an_unknown_name_gets_the_nearest(self, state: Path) -> None:
        assert "session.terminated-404" in (refused(run("explain", "sesion.terminated", "--state", state)).hint or "")

    def test_without_a_last_run_it_says_what_to_do(self, tmp_path: Path) -> None:
        assert "docprobe check" in (refused(run("explain", "x", "--state", tmp_path)).hint or "")

    def test_hostile_results_steer_nothing(self, tmp_path: Path) -> None:
        write(hostile_report(), tmp_path / "out.json")
        for full in ((), ("--full",)):
            done = run("explain", "*", "--results", tmp_path / "out.json", *full)
            assert done.exit_code == 0
            assert {char for char in done.output if not char.isprintable()} == {"\n"}


class TestMerge:
    def test_shards_become_one_result_and_decide_the_exit_code(self, tmp_path: Path) -> None:
        report = rich_report()
        write(replace(report, examples=report.examples[:3], baseline=()), tmp_path / "1.json")
        write(replace(report, examples=report.examples[3:]), tmp_path / "2.json")
        out = tmp_path / "joined" / "out.json"
        done = run("merge", tmp_path / "1.json", tmp_path / "2.json", "--format", f"json:{out}", "--format", "terminal")
        assert done.exit_code == 1
        assert "10 examples" in done.output
        joined = read(out, ())
        assert {e.id: e.transcript for e in joined.examples} == {e.id: e.transcript for e in report.examples}

    def test_a_missing_shard_is_named_and_the_result_is_incomplete(self, tmp_path: Path) -> None:
        report = replace(quiet_report(), exit_code=0)
        for number in (1, 2, 3):
            write(replace(report, shards=(f"{number}/3",)), tmp_path / f"{number}.json")
        out = tmp_path / "out.json"
        done = run("merge", tmp_path / "3.json", "--format", f"json:{out}", "--format", "terminal")
        assert done.exit_code == 3
        assert "Exit code 3: incomplete: shards 1/3 and 2/3 are missing." in done.output
        assert json.loads(out.read_text())["missing_shards"] == ["1/3", "2/3"]
        assert "shard 2/3 is missing" in run("merge", out, tmp_path / "1.json").output
        whole = run("merge", *(tmp_path / f"{number}.json" for number in (1, 2, 3)))
        assert whole.exit_code == 0
        write(replace(report, shards=("1/2",)), tmp_path / "other.json")
        assert "1/2" in refused(run("merge", tmp_path / "1.json", tmp_path / "other.json")).message

    def test_conflicts_are_named_and_nothing_is_written(self, tmp_path: Path) -> None:
        report = rich_report()
        other = replace(report, examples=(replace(report.examples[0], reason="else"), *report.examples[1:]))
        write(report, tmp_path / "1.json")
        write(other, tmp_path / "2.json")
        done = run("merge", tmp_path / "1.json", tmp_path / "2.json", "--format", f"json:{tmp_path / 'out.json'}")
        assert TYPESCRIPT in refused(done).message
        assert not (tmp_path / "out.json").exists()

    def test_what_is_no_result_is_refused_by_name(self, tmp_path: Path) -> None:
        (tmp_path / "1.json").write_text("{}")
        assert "1.json" in refused(run("merge", tmp_path / "1.json")).message


class TestBaselineUpdate:
    def test_a_first_file(self, state: Path, tmp_path: Path) -> None:
        path = tmp_path / "docprobe-baseline.toml"
        done = run("baseline", "update", "--file", path, "--state", state, "--reason", "the first look")
        assert done.exit_code == 0
        assert f"+ {TYPESCRIPT} session.terminated-404" in done.output
        assert len(parse_baseline(path.read_text(), path.name).known) == 6

    def test_reasons_stay_and_missing_ones_are_counted(self, state: Path, tmp_path: Path) -> None:
        path = tmp_path / "docprobe-baseline.toml"
        entry = f'[[known]]\nexample = "{TYPESCRIPT}"\nrequirement = "auth.invalid-401"\nreason = "waits"\n'
        path.write_text(entry)
        done = run("baseline", "update", "--file", path, "--state", state)
        assert "7 need a reason" in done.output
        assert path.read_text().startswith(entry)

    def test_nothing_to_do_touches_nothing(self, state: Path, tmp_path: Path) -> None:
        path = tmp_path / "docprobe-baseline.toml"
        run("baseline", "update", "--file", path, "--state", state, "--reason", "x")
        before = path.stat()
        done = run("baseline", "update", "--file", path, "--state", state)
        assert "is up to date" in done.output
        assert path.stat().st_mtime_ns == before.st_mtime_ns
        assert path.stat().st_ino == before.st_ino, "not even by an equal file in its place"

    def test_results_of_other_docs_are_refused(self, state: Path, tmp_path: Path) -> None:
        other = tmp_path / "handbook"
        (other / "docs").mkdir(parents=True)
        (other / "specification").mkdir()
        assert "the results are of the docs 'docs'" in refused(
            run("baseline", "update", "--docs", other, "--state", state)
        ).message  # fmt: skip
        assert list(other.glob("*.toml")) == []


class TestJudge:
    def file(self, tmp_path: Path) -> Path:
        path = tmp_path / "transcript.json"
        path.write_bytes(to_json(transcript(TYPESCRIPT)))
        return path

    def test_a_transcript_gives_findings_without_docs_or_engine(self, tmp_path: Path) -> None:
        done = run("judge", self.file(tmp_path), "--format", "json")
        found = {f["requirement"]: f for e in json.loads(done.output)["examples"] for f in e["findings"]
                 if f["revision"] == "2025-11-25"}  # fmt: skip
        assert found["session.terminated-404"]["verdict"] == "violated"
        assert found["session.terminated-404"]["gates"] is True
        assert done.exit_code == 1

    def test_the_revision_can_be_named(self, tmp_path: Path) -> None:
        done = run("judge", self.file(tmp_path), "--revision", "2026-07-28", "--format", "json")
        gating = [f for e in json.loads(done.output)["examples"] for f in e["findings"] if f["gates"]]
        assert gating == []

    @pytest.mark.parametrize("content", ["", "{}", '{"schema": "docprobe/1"}'])
    def test_what_is_no_transcript_is_refused(self, tmp_path: Path, content: str) -> None:
        path = tmp_path / "x.json"
        path.write_text(content)
        assert "x.json" in refused(run("judge", path)).message

    def test_a_transcript_of_an_older_format_is_refused_with_both_formats(self, tmp_path: Path) -> None:
        older = json.loads(to_json(transcript(TYPESCRIPT)))
        del older["format"]
        older["facts"] = {"baseline": "ok"}
        path = tmp_path / "x.json"
        path.write_text(json.dumps(older))
        error = refused(run("judge", path))
        assert "docprobe-transcript/1" in error.message
        assert "docprobe-transcript/2" in error.message
        assert "docprobe check" in (error.hint or "")
