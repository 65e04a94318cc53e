"""A repository that was made to run something, or to show another's files, when git is asked about it."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from harness.base.checkout import FilesAt
from harness.base.errors import LinkError, UsageError
from harness.base.git import Repository
from harness.base.host import HostEnvironment
from harness.cli.main import cli
from harness.run.source import describe_source
from harness.selection.changed import find_change
from harness.settings import load_config
from tests.support.figures import FIGURES

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.processes

NAMES = ("a\x1b[2J.md", "a\nb.md", "-rf.md", "--help.md", "$(touch x).md", "a\u202eb.md", "a\tb.md", "'.md", '".md')
SECRET = "s3cret-of-another-folder"


def git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.invalid")
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """A checkout whose configuration, attributes and hooks all want to run ``trap``."""
    repo, trap = tmp_path / "repo", tmp_path / "trap"
    docs = repo / "docs"
    (docs / "docs").mkdir(parents=True)
    (docs / "specification").mkdir()
    (docs / "docs" / "page.md").write_text("# Page\n")
    git(repo, "init", "-q", "-b", "main", "--template=")
    git(repo, "add", "-A")
    git(repo, "commit", "-qm", "base")
    git(repo, "checkout", "-qb", "change")
    trap.write_text(f"#!/bin/sh\ntouch {tmp_path}/sprung\ncat\n")
    trap.chmod(0o755)
    for hook in ("post-checkout", "pre-commit", "post-index-change", "reference-transaction"):
        (repo / ".git" / "hooks").mkdir(exist_ok=True)
        (repo / ".git" / "hooks" / hook).write_text(trap.read_text())
        (repo / ".git" / "hooks" / hook).chmod(0o755)
    (docs / ".gitattributes").write_text("* filter=evil diff=evil merge=evil\n")
    for key, value in (
        ("core.fsmonitor", str(trap)), ("diff.external", str(trap)), ("diff.evil.textconv", str(trap)),
        ("diff.evil.command", str(trap)), ("core.pager", str(trap)), ("core.editor", str(trap)),
        ("core.sshCommand", str(trap)), ("credential.helper", str(trap)), ("uploadpack.packObjectsHook", str(trap)),
    ):  # fmt: skip
        git(repo, "config", key, value)
    return repo


def untouched(tmp_path: Path) -> None:
    assert not (tmp_path / "sprung").exists(), "git ran what the repository names"


def test_nothing_that_a_repository_names_is_run(repo: Path, tmp_path: Path) -> None:
    docs, host = repo / "docs", HostEnvironment.of(os.environ)
    (docs / "docs" / "page.md").write_text("# Page\n\n```python server.py\nfrom fastmcp import FastMCP\n```\n")
    (docs / "docprobe.toml").write_text("timeout-s = 99\n")
    with FIGURES.attack("git repositories", "traps"):
        for trust in ("head", "base"):
            config = load_config(docs, environ=os.environ, state=tmp_path / "state", changed_since="main", trust=trust)
            assert find_change(config, "main").files
            describe_source(docs, None, host)
        for command in (("check", str(docs), "--changed-since", "main"), ("snapshot", "diff", str(docs), str(docs))):
            environment = {"DOCKER_HOST": "unix:///nonexistent.sock", "DOCPROBE_STATE": str(tmp_path / "state")}
            CliRunner().invoke(cli, list(command), env=environment)
        untouched(tmp_path)


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_a_name(repo: Path, tmp_path: Path, name: str) -> None:
    docs = repo / "docs"
    (docs / "docs" / name).write_text("# x\n\n```python\nfrom fastmcp import FastMCP\n```\n")
    with FIGURES.attack("git repositories", repr(name)):
        config = load_config(docs, environ={}, state=tmp_path / "state", changed_since="main")
        assert f"docs/{name}" in find_change(config, "main").files
        done = CliRunner().invoke(cli, ["examples", str(docs), "--state", str(tmp_path / "state")])
        assert {char for char in done.output if not char.isprintable()} <= {"\n"}
        untouched(tmp_path)
        assert not (repo / "x").exists()


@pytest.mark.parametrize("ref", ["--output=/tmp/x", "-x", "main\x00", "main --x", "$(touch x)", "../..", "x" * 10_000])
def test_a_ref_is_a_ref(repo: Path, tmp_path: Path, ref: str) -> None:
    with FIGURES.attack("git repositories", ref[:20]):
        for trust in ("head", "base"):
            with pytest.raises((UsageError, ValueError)):
                find_change(
                    load_config(repo / "docs", environ={}, state=tmp_path / "s", changed_since=ref, trust=trust), ref
                )
        untouched(tmp_path)


def test_what_a_commit_holds_is_no_way_to_other_files(repo: Path, tmp_path: Path) -> None:
    """Links, submodules and names with ``..`` in a commit: a settings file is what the commit says, or none."""
    docs, host = repo / "docs", HostEnvironment.of(os.environ)
    (tmp_path / "secret.toml").write_text(SECRET)
    (docs / "docprobe.toml").symlink_to(tmp_path / "secret.toml")
    git(repo, "-c", "core.fsmonitor=false", "add", "docs/docprobe.toml")
    git(repo, "-c", "core.hooksPath=/dev/null", "commit", "-qm", "a link")
    (tmp_path / "sprung").unlink(missing_ok=True)  # by the line above
    with FIGURES.attack("git repositories", "a link in a commit"):
        with pytest.raises(LinkError, match="points outside the repository") as refused:
            FilesAt.of(docs, "change", tmp_path / "copies", host).copy(docs / "docprobe.toml")
        assert SECRET not in str(refused.value)
        for trust in ("head", "base"):
            with pytest.raises(LinkError, match=r"docprobe\.toml .*points outside the repository"):
                load_config(docs, environ={}, state=tmp_path / "s", changed_since="change", trust=trust)
        files = Repository(repo, host).files(Repository(repo, host).commit("change"), ".")
        assert "docs/docprobe.toml" not in {file.path for file in files}
    untouched(tmp_path)
