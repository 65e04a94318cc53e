"""Patches proved by real runs: ``docprobe fix`` and ``docprobe check --prove-fixes`` on the sample docs."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from subprocess import CompletedProcess

pytestmark = [pytest.mark.engine, pytest.mark.registry]

SAMPLE = Path(__file__).parents[3] / "docs-snapshot" / "sample"
ID = "docs/2025-11-25/tutorials/session-map#typescript"
RULE = "session.terminated-404"
TIMEOUT_S = 900


@pytest.fixture(scope="module")
def docs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with the sample docs in a folder of it."""
    root = tmp_path_factory.mktemp("repository")
    shutil.copytree(SAMPLE, root / "sample")
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    return root / "sample"


@pytest.fixture(scope="module")
def fixed(docs: Path) -> CompletedProcess[str]:
    return _docprobe(docs, "fix", ID, "--docs", "sample")


def _docprobe(docs: Path, *arguments: str) -> CompletedProcess[str]:
    state = docs.parent.parent / "state"
    return subprocess.run(
        [sys.executable, "-m", "harness.cli", *arguments, "--state", str(state)],
        cwd=docs.parent, capture_output=True, text=True, timeout=TIMEOUT_S, check=False,
    )  # fmt: skip


def _sarif_results(docs: Path, *arguments: str) -> list[dict[str, Any]]:
    file = docs.parent.parent / "out.sarif"
    done = _docprobe(docs, "check", "sample", "--baseline", "none", "--format", f"sarif:{file}", *arguments)
    assert done.returncode == 1, done.stderr
    log = json.loads(file.read_text())
    return [result for result in log["runs"][0]["results"] if result["ruleId"] == RULE]


def test_a_patch_is_proved_and_can_be_applied(docs: Path, fixed: CompletedProcess[str]) -> None:
    assert fixed.returncode == 0, fixed.stderr
    assert f"fixed: {RULE}" in fixed.stderr
    # the page as it is, then the change that is tried
    assert fixed.stderr.count("1 example to run") == 1
    assert f"{ID}: trying a change of {ID.partition('#')[0]}.mdx:63 for {RULE}" in fixed.stderr
    assert f"{ID} (changed): " in fixed.stderr
    # from the folder in which it was asked for
    subprocess.run(
        ["git", "apply", "--check", "-"], cwd=docs.parent, input=fixed.stdout, text=True, check=True, timeout=60
    )


def test_a_proved_patch_is_in_the_next_report(docs: Path, fixed: CompletedProcess[str]) -> None:
    assert fixed.returncode == 0, fixed.stderr
    (result,) = _sarif_results(docs, "--select", ID)
    (change,) = result["fixes"][0]["artifactChanges"]
    assert change["artifactLocation"]["uri"] == f"sample/{ID.partition('#')[0]}.mdx"


def test_check_proves_what_it_reports(docs: Path) -> None:
    page = "docs/2025-06-18/tutorials/session-map.mdx"
    text = docs / page
    # another text than the one that was proved before
    text.write_text(text.read_text().replace("no valid session id was given", "no session id of ours was given"))
    assert all("fixes" not in result for result in _sarif_results(docs, "--select", page))
    (result,) = _sarif_results(docs, "--select", page, "--prove-fixes")
    assert result["fixes"]
