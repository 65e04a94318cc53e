from __future__ import annotations

import mimetypes
import os
import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from harness.base.errors import UsageError
from harness.base.git import Repository, is_media, is_ref, repository_at, resolve_inside
from harness.base.host import HostEnvironment

if TYPE_CHECKING:
    from pathlib import Path

HOST = HostEnvironment.of(os.environ)
FAKE_GIT = """#!/bin/sh
echo "$@"
env
"""


@pytest.fixture
def fake(tmp_path: Path) -> Path:
    """A folder with a git that prints its arguments and its environment."""
    program = tmp_path / "bin" / "git"
    program.parent.mkdir()
    program.write_text(FAKE_GIT)
    program.chmod(0o755)
    return program.parent


@pytest.mark.processes
def test_git_is_run_hardened_in_the_environment_that_was_given(
    tmp_path: Path, fake: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SET_LATER", "1")
    host = HostEnvironment(
        {"PATH": f"{fake}:/usr/bin:/bin", "GIVEN": "1", "GIT_DIR": "/elsewhere", "GIT_WORK_TREE": "/"}
    )
    first, *rest = Repository(tmp_path, host).git("status").decode().splitlines()
    environment = dict(line.split("=", 1) for line in rest)
    assert first.endswith(f"-C {tmp_path} status")
    for setting in ("core.hooksPath=/dev/null", "core.fsmonitor=false", "protocol.allow=never"):
        assert f"-c {setting}" in first
    assert environment["GIT_TERMINAL_PROMPT"] == "0"
    assert environment["GIVEN"] == "1"
    assert not {"SET_LATER", "GIT_DIR", "GIT_WORK_TREE"} & environment.keys()


@pytest.mark.processes
def test_failures_are_errors_with_gits_own_words(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="git rev-parse failed: fatal: not a git repository"):
        Repository(tmp_path, HOST).git("rev-parse", "HEAD")
    with pytest.raises(UsageError, match="not installed"):
        Repository(tmp_path, HostEnvironment({"PATH": str(tmp_path)})).git("status")


@pytest.mark.processes
@pytest.mark.parametrize("command", ["status", "fetch"])
def test_git_that_hangs_is_ended_whatever_it_started(tmp_path: Path, fake: Path, command: str) -> None:
    (fake / "git").write_text("#!/bin/sh\nsleep 60\necho done\n")
    began = time.monotonic()
    with pytest.raises(UsageError, match="took longer"):
        Repository(tmp_path, HostEnvironment({"PATH": f"{fake}:/usr/bin:/bin"})).git(command, timeout_s=0.1)
    assert time.monotonic() - began < 50


@pytest.mark.processes
def test_without_knowing_the_filters_nothing_is_compared(tmp_path: Path, fake: Path) -> None:
    (fake / "git").write_text('#!/bin/sh\ncase "$*" in *get-regexp*) echo "bad config" >&2; exit 3;; esac\necho compared\n')
    with pytest.raises(UsageError, match="git config failed: bad config"):
        Repository(tmp_path, HostEnvironment({"PATH": f"{fake}:/usr/bin:/bin"})).git("diff")


@pytest.mark.parametrize("ref", ["--upload-pack=x", "a b", "a\nb", "-"])
def test_what_is_not_a_ref_never_reaches_git(ref: str, tmp_path: Path) -> None:
    assert not is_ref(ref)
    with pytest.raises(UsageError), repository_at(str(tmp_path), ref, HOST):
        pass


@pytest.mark.processes
def test_files_of_a_commit_are_written_as_they_are_in_git(tmp_path: Path) -> None:
    root = tmp_path / "repository"
    (root / "docs").mkdir(parents=True)
    (root / "docs" / "a.md").write_bytes(b"one\r\n")
    (root / "docs" / "link.md").symlink_to("/etc/passwd")
    identity = ("-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "core.autocrlf=false")
    for arguments in (("init", "--quiet"), ("add", "."), ("commit", "--quiet", "-m", "first")):
        subprocess.run(["git", *identity, *arguments], cwd=root, check=True)
    with repository_at(str(root), "HEAD", HOST) as (repository, commit):
        files = repository.files(commit, "docs")
        assert [file.path for file in files] == ["a.md"]
        repository.write(files, tmp_path / "copy")
    assert (tmp_path / "copy" / "a.md").read_bytes() == b"one\r\n"


def test_media_are_known_by_name() -> None:
    assert is_media("a/b.png")
    assert is_media("a/B.WOFF2")
    assert not is_media("a/b.md")


def test_code_is_no_film_whatever_the_machine_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables of media types call ``.ts`` and ``.mts`` an MPEG stream: a changed file with code must not be left out."""
    monkeypatch.setitem(mimetypes.types_map, ".ts", "video/mp2t")
    assert not is_media("snippets/server.ts")
    assert not is_media("snippets/server.mts")


@pytest.mark.processes
def test_a_path_is_no_pattern(tmp_path: Path) -> None:
    """A page may be called as git calls a pattern."""
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.invalid")
    (tmp_path / "page.md").write_text("one")
    (tmp_path / "*.md").write_text("two")
    for arguments in (("init", "--quiet"), ("add", "."), ("commit", "--quiet", "-m", "first")):
        subprocess.run(["git", *identity, *arguments], cwd=tmp_path, check=True)
    assert Repository(tmp_path, HOST).git("ls-files", "--", "*.md") == b"*.md\n"


def test_a_folder_named_in_a_checkout_must_lie_in_it(tmp_path: Path) -> None:
    checkout, elsewhere = tmp_path / "checkout", tmp_path / "elsewhere"
    (checkout / ".git").mkdir(parents=True)
    (checkout / "website" / "docs").mkdir(parents=True)
    (elsewhere / "docs").mkdir(parents=True)
    (elsewhere / ".git").write_text("gitdir: of a worktree")
    (checkout / "docs").symlink_to(elsewhere / "docs")
    (checkout / "inner").symlink_to(checkout / "website")
    (checkout / "deep").symlink_to(elsewhere)
    (tmp_path / "shortcut").symlink_to(checkout)

    assert resolve_inside(checkout / "website" / "docs") == checkout / "website" / "docs"
    assert resolve_inside(checkout / "inner" / "docs") == checkout / "website" / "docs"
    assert resolve_inside(tmp_path / "shortcut" / "website") == checkout / "website"
    assert resolve_inside(checkout) == checkout
    for named in (checkout / "docs", checkout / "deep" / "docs", checkout / "inner" / ".." / "docs"):
        with pytest.raises(UsageError, match="leads out of its working tree") as refused:
            resolve_inside(named)
        assert refused.value.hint


def test_a_folder_named_outside_any_checkout_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "docs")
    assert resolve_inside(tmp_path / "link") == tmp_path / "docs"
