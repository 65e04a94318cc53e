"""The date of dated packages: stated, of a revision, or of the last commit that touched the blocks."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from extractor.model import Example, ExampleKind, ExampleStatus, Span
from harness.run.dates import cutoff_date, last_commit_date
from tests.support.host import HOST

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.processes

PAGE = "guide/rooms.md"
LINES = [f"line {number}" for number in range(1, 31)]


def example(*spans: tuple[int, int], revision: str | None = None) -> Example:
    places = tuple(Span(PAGE, first, last) for first, last in spans)
    status = ExampleStatus.RUNNABLE
    return Example("guide/rooms#python", PAGE, revision, "python", ExampleKind.HTTP_SERVER, status, None, places, "d")


def git(root: Path, *arguments: str, date: str = "2024-01-01") -> None:
    environment = {
        "PATH": "/usr/bin:/bin:/usr/local/bin", "HOME": str(root),
        "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@x", "GIT_COMMITTER_NAME": "c", "GIT_COMMITTER_EMAIL": "c@x",
        "GIT_AUTHOR_DATE": f"{date}T12:00:00Z", "GIT_COMMITTER_DATE": f"{date}T12:00:00Z",
    }  # fmt: skip
    subprocess.run(["git", *arguments], cwd=root, env=environment, check=True, capture_output=True)


def write(docs: Path, lines: list[str]) -> None:
    (docs / PAGE).parent.mkdir(parents=True, exist_ok=True)
    (docs / PAGE).write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    """A docs root inside a repository: lines 5 to 7 were touched later than the rest."""
    root = tmp_path / "repository" / "docs"
    write(root, LINES)
    git(root.parent, "init", "-q", "-b", "main", "--template=")
    git(root.parent, "add", ".")
    git(root.parent, "commit", "-q", "-m", "one", date="2023-05-01")
    write(root, [f"{line} again" if 5 <= number <= 7 else line for number, line in enumerate(LINES, 1)])
    git(root.parent, "commit", "-q", "-a", "-m", "two", date="2024-09-30")
    return root


@pytest.mark.parametrize(
    ("spans", "day"), [(((10, 12),), "2023-05-01"), (((1, 20),), "2024-09-30"), (((10, 12), (6, 6)), "2024-09-30")]
)
def test_the_last_commit_that_touched_the_blocks(docs: Path, spans: tuple[tuple[int, int], ...], day: str) -> None:
    assert last_commit_date(example(*spans), docs, HOST) == day


def test_the_lines_of_an_earlier_commit_have_the_day_that_they_had_then(docs: Path) -> None:
    assert last_commit_date(example((6, 6)), docs, HOST, "HEAD~1") == "2023-05-01"
    write(docs, ["changed", *LINES])
    assert last_commit_date(example((6, 6)), docs, HOST, "HEAD") == "2024-09-30"


def test_a_page_of_a_revision_has_the_revision_s_date(docs: Path) -> None:
    assert last_commit_date(example((1, 5), revision="2025-11-25"), docs, HOST) is None


def test_a_version_number_is_no_date(docs: Path) -> None:
    versioned = example((1, 5), revision="1.0")
    assert cutoff_date((versioned,), ("draft",)) is None
    assert last_commit_date(versioned, docs, HOST, drafts=("draft",)) == "2024-09-30"
    assert last_commit_date(replace(versioned, revision="draft"), docs, HOST, drafts=("draft",)) is None


def test_no_date_where_the_working_tree_has_changes_there(docs: Path) -> None:
    write(docs, [*LINES[:9], "changed", *LINES[10:]])
    assert last_commit_date(example((10, 12)), docs, HOST) is None
    assert last_commit_date(example((20, 22)), docs, HOST) == "2023-05-01"


def test_no_date_outside_git_or_for_what_is_not_in_it(docs: Path, tmp_path: Path) -> None:
    write(tmp_path / "elsewhere", LINES)
    assert last_commit_date(example((1, 5)), tmp_path / "elsewhere", HOST) is None
    untracked = replace(example((1, 5)), spans=(Span("guide/new.md", 1, 5),))
    (docs / "guide" / "new.md").write_text("\n" * 9)
    assert last_commit_date(untracked, docs, HOST) is None


def test_no_date_of_today(docs: Path) -> None:
    write(docs, [*LINES, "new"])
    git(docs.parent, "commit", "-q", "-a", "-m", "today", date=datetime.now(UTC).date().isoformat())
    assert last_commit_date(example((31, 31)), docs, HOST) is None


def test_a_shallow_clone_hides_the_date_of_what_is_older(docs: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{docs.parent}", "shallow")
    assert last_commit_date(example((10, 12)), tmp_path / "shallow" / "docs", HOST) is None


def test_what_is_configured_comes_first_then_the_newest_revision() -> None:
    old, new, draft = (example((1, 2), revision=revision) for revision in ("2025-03-26", "2025-11-25", "draft"))
    assert cutoff_date((old, new, draft), ("draft",)) == "2025-11-25"
    assert cutoff_date((new, replace(old, resolve_date="2025-06-01")), ("draft",)) == "2025-06-01"
    assert cutoff_date((draft, example((1, 2))), ("draft",)) is None
