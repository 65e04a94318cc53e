"""The wall clock may jump: it dates reports, tokens and caches, and no duration or deadline is read from it."""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.docprobe_process import ENDS_S, left_in, report, start, unfinished

if TYPE_CHECKING:
    import docker

ROOT = Path(__file__).parents[2]
DATES = {
    "extractor/base/kept.py",  # today, for all that is kept until the day ends
    "harness/profiles/mcp/services/issuer.py",  # iat and exp of tokens
    "harness/cli/change.py",  # the report's date
    "harness/cli/judge.py",  # the report's date
    "harness/cli/probe.py",  # the report's date
    "harness/run/execute.py",  # the report's date
}
WALL = {"time.time", "time.time_ns", "datetime.now", "datetime.utcnow", "datetime.datetime.now", "date.today"}


def wall_clock_calls(path: Path) -> list[int]:
    text = path.read_text("utf-8")
    if not any(f".{call.rpartition('.')[2]}(" in text for call in WALL):
        return []
    tree = ast.parse(text)
    return [node.lineno for node in ast.walk(tree) if isinstance(node, ast.Call) and ast.unparse(node.func) in WALL]


def test_no_duration_is_read_from_the_wall_clock() -> None:
    files = [*(ROOT / "harness").rglob("*.py"), *(ROOT / "extractor").rglob("*.py")]
    assert len(files) > 100
    found = {path.relative_to(ROOT).as_posix(): lines for path in files if (lines := wall_clock_calls(path))}
    assert set(found) == DATES, found
    # where the run is dated, once, its length is not told from the date
    assert len(found["harness/run/execute.py"]) == 1


JUMPING = """
import itertools, time
really, days = time.time, itertools.cycle([0, 1, -1, 400, -400])
time.time = lambda: really() + 86400 * next(days)
from harness.cli.main import main
main()
"""
"""docprobe in a process whose clock is another day's at every look."""


@pytest.mark.engine
def test_a_run_while_the_clock_jumps(raw: docker.APIClient, docs: Path, state: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    with start(docs, state, out, program=(sys.executable, "-c", JUMPING)) as process:
        said = process.communicate(timeout=ENDS_S)[0]
    assert process.returncode in {0, 1}, said
    document = report(out)
    assert {example["status"] for example in document["examples"]} == {"judged"}
    assert 0 < document["duration_s"] < ENDS_S
    assert all(0 < example["duration_s"] < ENDS_S for example in document["examples"])
    assert left_in(raw, state) == []
    assert unfinished(state) == []
