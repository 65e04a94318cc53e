"""A history that a stranger wrote is named as damaged, and no value of it becomes part of a page."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from harness.base.errors import UsageError
from harness.cli.main import cli
from harness.nightly.history import record
from harness.results.result_files import write
from tests.harness.nightly.history.nights import failing, night, passing

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.attack("histories")

SCRIPT = "<script>alert(1)</script>"
CASE = "session.terminated-404 2025-11-25"
WRONG = (
    ("UPDATE night SET counts = ?", "[]"),
    ("UPDATE night SET counts = ?", "{"),
    ("UPDATE night SET counts = ?", '{"judged": "x"}'),
    ("UPDATE night SET counts = ?", "[" * 100_000),
    ("UPDATE body SET json = ? WHERE json LIKE '%satisfied%'", json.dumps({CASE: [1]})),
    ("UPDATE body SET json = ? WHERE json LIKE '%satisfied%'", json.dumps({CASE: [SCRIPT, "MUST", False, ""]})),
    ("UPDATE body SET json = ? WHERE json LIKE '%1.0.0%'", '{"sdk": {"a": 1}}'),
    ("UPDATE flip SET before = ?", SCRIPT),
    ("UPDATE flip SET causes = ?", f"docs {SCRIPT}"),
)
HARMLESS = (
    ("UPDATE example SET name = ? || id", f"{SCRIPT}/../../x"),
    ("UPDATE night SET version = ?", f'">{SCRIPT}'),
    ("UPDATE night SET commit_id = ?", SCRIPT),
    ("UPDATE flip SET requirement = ?", f"{SCRIPT}/../x"),
    ("INSERT INTO old_name VALUES (?, 1)", "../../../../owned"),
)


def reported(folder: Path, statement: str, value: str) -> BaseException | None:
    """Build a site from two nights and a third, after ``statement`` changed the history; return the exception."""
    history = folder / "history.sqlite"
    record(night(0, passing()), history)
    record(night(1, failing(packages={"sdk": "1.1.0"})), history)
    with closing(sqlite3.connect(history)) as connection, connection:
        assert connection.execute(statement, (value,)).rowcount > 0
    write(night(2, passing(packages={"sdk": "1.2.0"})), folder / "r.json")
    words = ["report", str(folder / "r.json"), "--out", str(folder / "site"), "--history", str(history)]
    return CliRunner().invoke(cli, [*words, "--no-libraries", "--state", str(folder / "state")]).exception


@pytest.mark.parametrize(("statement", "value"), WRONG)
def test_a_history_that_docprobe_did_not_write(tmp_path: Path, statement: str, value: str) -> None:
    error = reported(tmp_path, statement, value)
    assert isinstance(error, UsageError), repr(error)
    assert "history.sqlite is not a docprobe history, or is damaged: " in error.message
    assert error.hint == "name another file with --history"


@pytest.mark.parametrize(("statement", "value"), HARMLESS)
def test_a_text_of_a_history_is_a_text(tmp_path: Path, statement: str, value: str) -> None:
    assert reported(tmp_path, statement, value) is None
    pages = list((tmp_path / "site").rglob("*.html"))
    assert pages
    assert all(SCRIPT not in page.read_text("utf-8") for page in pages)
    assert {path.name for path in tmp_path.iterdir()} == {"history.sqlite", "r.json", "site"} | (
        {path.name for path in tmp_path.iterdir()} & {"state", "r-transcripts"}
    )
