"""How the suite's results are read, and what the tables make of them. The comparison itself is run by hand."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from harness.run.planning import make_plan
from harness.settings import load_config
from tests.peers import suite
from tests.peers.conformance import MODERN, RIGHT, WRONG, Probed, Row, Subject, summary, table
from tests.peers.pages import write_docs


def outcome(*failed: str) -> suite.Outcome:
    return suite.Outcome(Counter(failed), passed=5, features_failed=1, features=2, seconds=2.0)


def test_results_of_the_suite_are_read_by_scenario(tmp_path: Path) -> None:
    checks = {
        "server-server-session-lifecycle-2026-11-22T13-44-39-403Z": ["SUCCESS", "FAILURE"],
        "server-ping-2026-11-22T13-44-39-555Z": ["SUCCESS", "WARNING", "SKIPPED"],
        "server-prompts-list-2026-11-22T13-44-39-555Z": ["FAILURE"],
        "server-resources-list-2026-11-22T13-44-39-555Z": ["SUCCESS"],
    }
    for name, statuses in checks.items():
        (tmp_path / name).mkdir()
        found = [{"id": f"{status.lower()}-check", "status": status} for status in statuses]
        (tmp_path / name / "checks.json").write_text(json.dumps(found))
    read = suite.read(tmp_path, seconds=1.5)
    assert read == suite.Outcome(Counter({"failure-check": 1, "warning-check (warning)": 1}), 2, 1, 2, 1.5)


def test_what_the_suite_says_of_the_right_server_too_is_not_found_in_the_wrong_one() -> None:
    right = Subject("ours", Path("docs"), "docs/right#python", "2025-11-25")
    rows = [Row(right, (), 1.0, outcome("always"))]
    for name, failed in (("a", ("always",)), ("b", ("always", "new")), ("c", ("always", "always"))):
        subject = Subject("ours", Path("docs"), f"docs/{name}#python", "2025-11-25", "get.sse-or-405", right.example)
        rows.append(Row(subject, ("get.sse-or-405",), 1.0, outcome(*failed)))
    rows.append(
        Row(Subject("sample", Path("docs"), "docs/s#python", "2025-11-25"), (), 1.0, "cannot be asked: a token")
    )
    rows[2] = replace(rows[2], probed=Probed(("get.sse-or-405", "x"), 3.0))
    told = summary(rows)
    assert "| wrong servers found, of 3 | 3 | 2 | 1 |" in told
    assert "| right servers accused, of 1 | 0 | 1 | 0 |" in told
    assert "always (1)" in told
    lines = table(rows).splitlines()
    assert "| nothing (5 pass) |" in lines[3]
    assert "| new (5 pass) |" in lines[4]
    assert lines[4].endswith("| get.sse-or-405, x | 3.0 |")
    assert "| cannot be asked: a token |" in lines[6]


@pytest.mark.processes
def test_every_server_of_the_comparison_is_a_runnable_example(tmp_path: Path) -> None:
    servers = [*RIGHT, *(server for servers in WRONG.values() for server in servers)]
    write_docs(tmp_path / "docs", servers)
    todo = make_plan(load_config(tmp_path / "docs", environ={}, state=tmp_path / "state"))
    assert {example.id for example in todo.examples if example.bundle is not None} == {s.example for s in servers}
    assert {server.revision for server in servers} == {"2025-11-25", MODERN}
