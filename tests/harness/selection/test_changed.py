"""``--changed-since``: git decides what a change concerns."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.run import plan
from harness.selection.changed import change, relevant
from harness.settings import load_config

SAMPLE = Path(__file__).parents[3] / "docs-snapshot" / "sample"
PAGE = "docs/2025-11-25/tutorials/session-map.mdx"
RULES = "specification/2025-11-25/basic/transports.mdx"


def _git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.invalid")
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    root = tmp_path / "repo" / "docs-root"
    shutil.copytree(SAMPLE, root)
    _git(root.parent, "init", "-q", "-b", "main")
    _git(root.parent, "add", "-A")
    _git(root.parent, "commit", "-qm", "base")
    _git(root.parent, "checkout", "-qb", "pull-request")
    return root


def _selected(docs: Path, tmp_path: Path) -> set[str]:
    config = load_config(docs, environ={}, state=tmp_path / "state", changed_since="main", jobs=1)
    since = change(config, "main")
    return {example.id for example in plan(config, since=since).examples} if relevant(since) else set()


def _edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_nothing_changed_is_not_relevant(docs: Path, tmp_path: Path) -> None:
    (docs.parent / "elsewhere.md").write_text("# not in the docs root\n")
    assert _selected(docs, tmp_path) == set()


def test_prose_around_an_example_does_not_select_it(docs: Path, tmp_path: Path) -> None:
    page = docs / PAGE
    page.write_text(page.read_text() + "\nMore words at the end, and lines that shift nothing.\n")
    assert _selected(docs, tmp_path) == set()


def test_a_changed_block_selects_its_example_only(docs: Path, tmp_path: Path) -> None:
    _edit(docs / PAGE, "400", "404")
    assert _selected(docs, tmp_path) == {"docs/2025-11-25/tutorials/session-map#typescript"}


def test_a_committed_change_counts_like_an_uncommitted_one(docs: Path, tmp_path: Path) -> None:
    _edit(docs / PAGE, "400", "404")
    _git(docs, "commit", "-qam", "change")
    assert _selected(docs, tmp_path) == {"docs/2025-11-25/tutorials/session-map#typescript"}


def test_a_reworded_sentence_selects_what_it_judges_in_its_revision(docs: Path, tmp_path: Path) -> None:
    _edit(docs / RULES, "status 404", "status 410")
    selected = _selected(docs, tmp_path)
    assert "docs/2025-11-25/tutorials/session-map#typescript" in selected
    assert all("/2025-11-25/" in id for id in selected), selected


def test_a_changed_configuration_selects_everything(docs: Path, tmp_path: Path) -> None:
    config = docs / "docprobe.toml"
    config.write_text(config.read_text() + "\n# a word\n")
    whole = load_config(docs, environ={}, state=tmp_path / "state", jobs=1)
    assert _selected(docs, tmp_path) == {example.id for example in plan(whole).examples}


@pytest.mark.parametrize("ref", ["no-such-branch", "--output=x"])
def test_a_ref_that_is_none(docs: Path, tmp_path: Path, ref: str) -> None:
    with pytest.raises(UsageError):
        change(load_config(docs, environ={}, state=tmp_path), ref)


def test_outside_git(tmp_path: Path) -> None:
    (tmp_path / "docprobe.toml").write_text("")
    with pytest.raises(UsageError, match="git merge-base failed"):
        change(load_config(tmp_path, environ={}, state=tmp_path), "main")
