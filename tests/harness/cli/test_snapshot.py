"""``docprobe snapshot`` as a user meets it."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import pytest

from harness.base.errors import UsageError
from harness.spec.pinned_docs import SnapshotManifest, to_toml
from tests.harness.cli.two_revisions import NEW, OLD, TEXT, write_two_revisions
from tests.support.command import run_or_raise

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def docs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DOCPROBE_STATE", str(tmp_path / "state"))
    return write_two_revisions(tmp_path / "docs-root")


def test_diff_of_two_revisions(docs: Path) -> None:
    result = run_or_raise("snapshot", "diff", str(docs), "--revision", "2025-06-18", "2025-11-25")
    assert result.stdout == (
        "2025-06-18 -> 2025-11-25: 1 strengthened\n"
        "requirements affected: session.terminated-404\n"
        "\n"
        "STRENGTHENED (1)\n"
        f"  SHOULD -> MUST  {OLD}:3 -> {NEW}:3  [session.terminated-404]\n"
        "      After its end a session's id [-SHOULD-] {+MUST+} be answered with status 404 by the server.\n"
    )


def test_diff_of_two_trees_and_its_filters(docs: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    (other / "docs").mkdir(parents=True)
    for page, text in ((OLD, TEXT), (NEW, TEXT.replace("quick", "swift"))):
        (other / page).parent.mkdir(parents=True)
        (other / page).write_text(text, encoding="utf-8")
    document = json.loads(run_or_raise("snapshot", "diff", str(docs), str(other), "--format", "json").stdout)
    assert document["summary"] == {"strengthened": 1, "reworded": 1}
    for pattern in ("**/2025-11-25/**", "2025-11-25", f"/{NEW}", NEW.rpartition("specification/")[2]):
        only = run_or_raise("snapshot", "diff", str(docs), str(other), "--select", pattern).stdout
        assert "1 reworded" in only
        assert "strengthened" not in only
    assert "no changes" in run_or_raise("snapshot", "diff", str(docs), str(other), "--touching").stdout


@pytest.mark.parametrize("pattern", ["nowhere", "2024-11-05/*", "ecification/"])
def test_diff_refuses_a_pattern_that_matches_no_compared_page(docs: Path, pattern: str) -> None:
    (docs / "specification" / "2024-11-05").mkdir(parents=True)
    (docs / "specification" / "2024-11-05" / "other.mdx").write_text("Text.\n", encoding="utf-8")
    revisions = ("--revision", "2025-06-18", "2025-11-25")
    with pytest.raises(UsageError) as caught:
        run_or_raise("snapshot", "diff", str(docs), *revisions, "--select", "2025-11-25", "--select", pattern)
    assert pattern in caught.value.message


def test_diff_needs_two_states(docs: Path) -> None:
    with pytest.raises(UsageError, match="nothing to compare with"):
        run_or_raise("snapshot", "diff", str(docs))
    with pytest.raises(UsageError, match="2024-01-01"):
        run_or_raise("snapshot", "diff", str(docs), "--revision", "2024-01-01", "2025-11-25")


@pytest.mark.processes
@pytest.mark.parametrize(
    ("words", "option"),
    [
        (("snapshot", "diff", "DOCS", "--since", "HEAD"), "--since"),
        (("check", "DOCS", "--changed-since", "HEAD"), "--changed-since"),
        (("check", "DOCS", "--pre-commit"), "--pre-commit"),
    ],
)
def test_without_git_the_option_is_named_that_was_given(docs: Path, words: tuple[str, ...], option: str) -> None:
    with pytest.raises(UsageError, match=f"^{option} needs git: docs-root is not in a git checkout") as caught:
        run_or_raise(*(str(docs) if word == "DOCS" else word for word in words))
    assert caught.value.hint == f"name docs in a git checkout, or leave {option} out"


def test_verify_exit_codes(tmp_path: Path) -> None:
    (tmp_path / "upstream").mkdir()
    (tmp_path / "upstream" / "a.md").write_text("a", encoding="utf-8")
    pages = {"a.md": hashlib.sha256(b"a").hexdigest()}
    (tmp_path / "snapshot.toml").write_text(to_toml(SnapshotManifest("o/n", "c", "docs", pages)), encoding="utf-8")
    assert run_or_raise("snapshot", "verify", "--folder", str(tmp_path)).exit_code == 0
    (tmp_path / "upstream" / "b.md").write_text("b", encoding="utf-8")
    result = run_or_raise("snapshot", "verify", "--folder", str(tmp_path))
    assert result.exit_code == 1
    assert result.stdout == "extra  b.md\n"


def test_verify_without_a_copy_comes_with_how_to_get_one(tmp_path: Path) -> None:
    (tmp_path / "snapshot.toml").write_text(to_toml(SnapshotManifest("o/n", "c", "docs", {})), encoding="utf-8")
    with pytest.raises(UsageError, match="does not exist") as error:
        run_or_raise("snapshot", "verify", "--folder", str(tmp_path))
    assert "docprobe snapshot sync" in (error.value.hint or "")
