"""A repository with the sample docs, in which a branch is checked out."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.harness.selection.repositories import SAMPLE, git
from tests.support.caches import warm_state

NOT_NEEDED = (
    "2026-07-28", "package.mdx", "pieces.mdx", "resumable.mdx", "sessions-on-the-wire.mdx", "stateless.mdx",
    "step-by-step.mdx",
)  # fmt: skip
"""Pages of the sample that no test here is about: each would be read several times in each test."""


@pytest.fixture(scope="module")
def committed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ``repo``, where the sample is committed."""
    folder = tmp_path_factory.mktemp("committed")
    root = folder / "repo" / "docs-root"
    shutil.copytree(SAMPLE, root, ignore=shutil.ignore_patterns(*NOT_NEEDED))
    git(root.parent, "init", "-q", "-b", "main", "--template=")
    git(root.parent, "add", "-A")
    git(root.parent, "commit", "-qm", "base")
    git(root.parent, "checkout", "-qb", "pull-request")
    git(root.parent, "gc", "-q")  # few files to copy
    return folder


@pytest.fixture
def docs(committed: Path, tmp_path: Path) -> Path:
    """The docs root in a repository of the test's own; only the caches of what is read from docs are shared."""
    shutil.copytree(committed / "repo", tmp_path / "repo", symlinks=True)
    warm_state(tmp_path)
    return tmp_path / "repo" / "docs-root"
