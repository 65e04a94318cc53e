"""The second specification from page to verdict: agents of docs-snapshot/a2a, in containers."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.model import Verdict
from harness.profiles.registry import all_requirements
from harness.results import result_files
from harness.run.planning import make_plan
from harness.settings import load_config

if TYPE_CHECKING:
    from harness.model import Report

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "docs-snapshot" / "a2a"


def test_the_pages_are_bound_and_whole(tmp_path: Path) -> None:
    plan = make_plan(load_config(PAGES, environ={}, state=tmp_path, jobs=1))
    assert [example.id for example in plan.examples if example.bundle is not None] == [
        "docs/right#javascript",
        "docs/wrong#javascript",
    ]
    assert plan.bound.drift == ()
    assert plan.bound.unbound == ()


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """One run over both."""
    folder = tmp_path_factory.mktemp("a2a")
    done = subprocess.run(
        [sys.executable, "-c", "from harness.cli.main import main; main()", "check", PAGES,
         "--state", folder / "state", "--format", f"json:{folder / 'a2a.json'}"],
        cwd=ROOT, capture_output=True, text=True, timeout=1800, check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stdout[-4000:] + done.stderr[-4000:]
    return result_files.read(folder / "a2a.json", all_requirements())


@pytest.mark.engine
@pytest.mark.parametrize(("page", "violated"), [("right", set()), ("wrong", {"task.cancel-finished"})])
def test_each_agent_is_judged(report: Report, page: str, violated: set[str]) -> None:
    (example,) = (example for example in report.examples if example.id == f"docs/{page}#javascript")
    assert {f.requirement for f in example.findings if f.verdict is Verdict.VIOLATED} == violated
    assert len([f for f in example.findings if f.verdict is Verdict.SATISFIED and f.statement is not None]) >= 15
    assert {f.requirement for f in example.findings if f.gates} == violated
