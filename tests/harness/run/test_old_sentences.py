"""The words of a changed sentence come from the docs' history, and from nowhere else."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from harness.load import load_statements
from harness.model import DriftKind
from harness.profiles.registry import MCP
from harness.run.old_sentences import old_sentences
from harness.run.planning import make_plan
from harness.settings import load_config
from harness.spec.bindings_file import binding_at, to_toml

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from harness.config import Config

pytestmark = pytest.mark.processes

PAGE = "specification/2025-11-25/basic/transports.mdx"
RULE = "Whoever names a session that ended **MUST** be answered with 404 Not Found, whatever was asked.\n"
PROGRAM = """\
```python server.py
from mcp.server.fastmcp import FastMCP

mcp = FastMCP("demo")
mcp.run(transport="streamable-http")
```
"""


def _git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.invalid")
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def docs(tmp_path: Path) -> Callable[..., Config]:
    """Docs whose one rule is bound to a sentence; then each version of the page is committed in turn."""
    root = tmp_path / "docs"

    def make(*versions: str, tracked: bool = True) -> Config:
        (root / PAGE).parent.mkdir(parents=True)
        (root / "guide.md").write_text(PROGRAM)
        (root / "docprobe.toml").write_text('bindings = "bindings.toml"\n')
        (root / "bindings.toml").write_text("")
        (root / PAGE).write_text(f"## Sessions\n\n{RULE}")
        config = load_config(root, environ={}, state=tmp_path / "state", jobs=1)
        row = MCP.catalogue.requirement("session.terminated-404")
        (root / "bindings.toml").write_text(to_toml([binding_at(row, PAGE, 3, load_statements(config))]))
        if tracked:
            _git(root, "init", "-q", "-b", "main", "--template=")
        for text in (RULE, *versions):
            (root / PAGE).write_text(f"## Sessions\n\n{text}")
            if tracked:
                _git(root, "add", "-A")
                _git(root, "commit", "-qm", "version", "--allow-empty")
        return config

    return make


GONE = RULE.replace("404 Not Found", "410 Gone")


def test_the_words_of_a_sentence_that_changed_some_commits_ago(docs: Callable[..., Config]) -> None:
    (drift,) = make_plan(docs(GONE, GONE + "\nAnother paragraph.\n")).bound.drift
    assert drift.kind is DriftKind.CHANGED
    assert drift.old is not None
    assert "404 Not Found" in drift.old
    assert "[-404 Not Found,-] {+410 Gone,+}" in drift.words


def test_a_sentence_that_is_gone_is_shown_as_it_was(docs: Callable[..., Config]) -> None:
    (drift,) = make_plan(docs("Nothing is asked here, and streams **MAY** end.\n")).bound.drift
    assert (drift.kind, drift.nearest) == (DriftKind.VANISHED, None)
    assert drift.words.startswith("[-Whoever names")


def test_outside_git_the_new_words_alone_are_known(docs: Callable[..., Config]) -> None:
    config = docs(GONE, tracked=False)
    (drift,) = make_plan(config).bound.drift
    assert drift.old is None
    assert "{+410 Gone,+}" in drift.words
    assert "404" not in drift.words
    assert old_sentences([drift], config) == {}
