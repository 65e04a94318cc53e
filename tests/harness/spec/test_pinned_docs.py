"""Pinning docs from git: exact bytes, nothing run, and a pin that says when it is not met."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from harness.base.errors import UsageError
from harness.base.host import HostEnvironment
from harness.spec.pinned_docs import SnapshotManifest, read_manifest, sync, to_toml, verify

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.processes

HOST = HostEnvironment.of(os.environ)


def git(repository: Path, *arguments: str) -> str:
    identity = {f"GIT_{who}_{what}": "x@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    environment = {"PATH": os.environ["PATH"], "HOME": str(repository), **identity}
    vector = ("git", "-C", str(repository), *arguments)
    return subprocess.run(vector, check=True, capture_output=True, text=True, env=environment).stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with docs, one commit, and traps."""
    root = tmp_path / "upstream-repository"
    (root / "docs" / "sub").mkdir(parents=True)
    (root / "docs" / "a.mdx").write_bytes(b"one\r\n")
    (root / "docs" / "sub" / "b ü.md").write_text("two\n", encoding="utf-8")
    (root / "docs" / "docs.json").write_text("{}", encoding="utf-8")
    (root / "docs" / "link.md").symlink_to("/etc/passwd")
    (root / "code.py").write_text("no docs", encoding="utf-8")
    (root / ".gitattributes").write_text("*.mdx filter=evil text eol=lf\n*.md export-ignore\n", encoding="utf-8")
    git(root, "init", "--quiet", "-b", "main")
    git(root, "add", ".")
    git(root, "-c", "core.autocrlf=false", "commit", "--quiet", "-m", "first")
    trap = tmp_path / "trap"
    git(root, "config", "filter.evil.smudge", f"touch {trap}; cat")
    git(root, "config", "core.fsmonitor", f"touch {trap}")
    (root / ".git" / "hooks" / "post-checkout").write_text(f"#!/bin/sh\ntouch {trap}\n", encoding="utf-8")
    (root / ".git" / "hooks" / "post-checkout").chmod(0o755)
    return root


def test_sync_copies_the_commit_and_runs_nothing(repository: Path, tmp_path: Path) -> None:
    (repository / "docs" / "a.mdx").write_text("not committed", encoding="utf-8")
    manifest, moved = sync(str(repository), None, tmp_path / "snap", HOST)
    copy = tmp_path / "snap" / "upstream"
    assert moved
    assert sorted(str(path.relative_to(copy)) for path in copy.rglob("*") if path.is_file()) == [
        "a.mdx",
        "docs.json",
        "sub/b ü.md",
    ]
    assert (copy / "a.mdx").read_bytes() == git(repository, "cat-file", "blob", "HEAD:docs/a.mdx").encode() + b"\n"
    assert set(manifest.pages) == {"a.mdx", "sub/b ü.md"}
    assert manifest.commit == git(repository, "rev-parse", "HEAD")
    assert manifest.repository == "upstream-repository"
    assert not (tmp_path / "trap").exists()
    assert read_manifest(tmp_path / "snap" / "snapshot.toml") == manifest
    assert verify(copy, manifest).whole
    assert sorted(path.name for path in (tmp_path / "snap").iterdir()) == ["snapshot.toml", "upstream"]


def test_sync_from_the_docs_folder_of_a_checkout(repository: Path, tmp_path: Path) -> None:
    manifest, _ = sync(str(repository / "docs"), None, tmp_path / "snap", HOST)
    assert set(manifest.pages) == {"a.mdx", "sub/b ü.md"}


def test_without_ref_the_pin_is_rebuilt_and_with_ref_it_moves(repository: Path, tmp_path: Path) -> None:
    first, _ = sync(str(repository), None, tmp_path / "snap", HOST)
    (repository / "docs" / "c.md").write_text("three\n", encoding="utf-8")
    git(repository, "add", "docs/c.md")
    git(repository, "commit", "--quiet", "-m", "second")
    written = (tmp_path / "snap" / "snapshot.toml").read_bytes()

    again, moved = sync(str(repository), None, tmp_path / "snap", HOST)
    assert (again, moved) == (first, False)
    assert (tmp_path / "snap" / "snapshot.toml").read_bytes() == written

    later, moved = sync(str(repository), "main", tmp_path / "snap", HOST)
    assert moved
    assert "c.md" in later.pages
    assert (tmp_path / "snap" / "upstream" / "c.md").is_file()
    assert read_manifest(tmp_path / "snap" / "snapshot.toml").commit == later.commit != first.commit


def test_a_pin_that_is_not_met_changes_nothing(repository: Path, tmp_path: Path) -> None:
    manifest, _ = sync(str(repository), None, tmp_path / "snap", HOST)
    forged = SnapshotManifest(
        manifest.repository, manifest.commit, manifest.root, {**manifest.pages, "a.mdx": "0" * 64}
    )
    (tmp_path / "snap" / "snapshot.toml").write_text(to_toml(forged), encoding="utf-8")
    (tmp_path / "snap" / "upstream" / "mark").write_text("kept", encoding="utf-8")
    with pytest.raises(UsageError, match="other pages for commit"):
        sync(str(repository), None, tmp_path / "snap", HOST)
    assert (tmp_path / "snap" / "upstream" / "mark").exists()
    assert sorted(path.name for path in (tmp_path / "snap").iterdir()) == ["snapshot.toml", "upstream"]


@pytest.mark.parametrize(
    ("source", "ref", "message"),
    [
        ("nowhere", None, "neither a folder nor"),
        ("ext::sh -c 'touch trap'", None, "neither a folder nor"),
        ("file:///tmp", None, "neither a folder nor"),
        (None, "nosuch", "no such ref"),
        (None, "--upload-pack=touch trap", "is not a git ref"),
        (None, "a b", "is not a git ref"),
    ],
)
def test_wrong_sources_and_refs(repository: Path, tmp_path: Path, source: str | None, ref: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        sync(source or str(repository), ref, tmp_path / "snap", HOST)
    assert not (tmp_path / "snap" / "upstream").exists()


def test_a_folder_that_cannot_be_written_is_wrong_use(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "a-file").write_text("")
    with pytest.raises(UsageError, match="a-file/snap cannot be written: Not a directory"):
        sync(str(repository), None, tmp_path / "a-file" / "snap", HOST)


def test_no_docs_below_the_root(repository: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no files below elsewhere/") as error:
        sync(str(repository), None, tmp_path / "snap", HOST, root="elsewhere")
    assert error.value.hint == "name the folder of the docs: --root"


def test_the_repository_itself_as_root(repository: Path, tmp_path: Path) -> None:
    manifest, _ = sync(str(repository), None, tmp_path / "snap", HOST, root=".")
    assert set(manifest.pages) == {"docs/a.mdx", "docs/sub/b ü.md"}
    assert (tmp_path / "snap" / "upstream" / "code.py").is_file()


def test_a_git_environment_of_the_caller_is_not_used(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "other"))
    assert sync(str(repository), None, tmp_path / "snap", HOST)[0].pages


def test_verify_reports_missing_changed_and_extra(repository: Path, tmp_path: Path) -> None:
    manifest, _ = sync(str(repository), None, tmp_path / "snap", HOST)
    copy = tmp_path / "snap" / "upstream"
    (copy / "a.mdx").write_text("changed", encoding="utf-8")
    (copy / "sub" / "b ü.md").unlink()
    (copy / "new.md").write_text("new", encoding="utf-8")
    result = verify(copy, manifest)
    assert (result.missing, result.changed, result.extra) == (("sub/b ü.md",), ("a.mdx",), ("new.md",))
    assert not result.whole


def test_a_link_with_the_right_bytes_is_a_change(repository: Path, tmp_path: Path) -> None:
    manifest, _ = sync(str(repository), None, tmp_path / "snap", HOST)
    page = tmp_path / "snap" / "upstream" / "a.mdx"
    page.rename(tmp_path / "elsewhere.mdx")
    page.symlink_to(tmp_path / "elsewhere.mdx")
    assert verify(tmp_path / "snap" / "upstream", manifest).changed == ("a.mdx",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("schema = 'other/1'", "snapshot.toml:1: the schema"),
        ("schema = 'docprobe-snapshot/1'", "repository"),
        ("schema = 'docprobe-snapshot/1'\npages = 3\nrepository=''\ncommit=''\nroot=''", ":2: pages"),
        ("= broken", "snapshot.toml:1: "),
    ],
)
def test_wrong_manifests(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "snapshot.toml").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=message):
        read_manifest(tmp_path / "snapshot.toml")


def test_a_missing_manifest_comes_with_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as error:
        read_manifest(tmp_path / "snapshot.toml")
    assert "docprobe snapshot sync" in (error.value.hint or "")
