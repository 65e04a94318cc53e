"""The wall clock may jump: it dates reports, tokens and caches, and no duration or deadline is read from it."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]
DATES = {
    "harness/services/minting.py",  # iat and exp of tokens
    "harness/cli/judge.py",  # the report's date
    "harness/run.py",  # the report's date
}
WALL = {"time.time", "time.time_ns", "datetime.now", "datetime.utcnow", "datetime.datetime.now", "date.today"}


def wall_clock_calls(path: Path) -> list[int]:
    tree = ast.parse(path.read_text("utf-8"))
    return [node.lineno for node in ast.walk(tree) if isinstance(node, ast.Call) and ast.unparse(node.func) in WALL]


def test_no_duration_is_read_from_the_wall_clock() -> None:
    files = [*(ROOT / "harness").rglob("*.py"), *(ROOT / "extractor").rglob("*.py")]
    assert len(files) > 100
    found = {path.relative_to(ROOT).as_posix(): lines for path in files if (lines := wall_clock_calls(path))}
    assert set(found) == DATES, found
    # where the run is dated, once, its length is not told from the date
    assert len(found["harness/run.py"]) == 1
