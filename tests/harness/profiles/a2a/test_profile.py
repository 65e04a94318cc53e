"""The protocol's docs: which page is normative, whom its sentences bind, and what the rows are bound to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.base.errors import NothingSelectedError
from harness.load import load_normative_text
from harness.model import Basis, Side
from harness.profiles.registry import A2A
from harness.run.planning import make_plan
from harness.settings import load_config
from harness.spec.bindings_file import load_bindings
from tests.support.command import run_or_raise

if TYPE_CHECKING:
    from pathlib import Path

TEXT = """\
# Agents

## Cards

An agent that is called **MUST** show its card. Clients **MUST** read it. Agents **SHOULD** be brief.

The Agent Card **MUST** be short. An implementation **MAY** sing.
"""
"""Invented, in words of our own."""


def docs(root: Path) -> Path:
    (root / "docs").mkdir()
    (root / "docs" / "specification.md").write_text(TEXT)
    (root / "docs" / "guide.md").write_text("# Guide\n\nAgents MUST be nice.\n")
    (root / "docprobe.toml").write_text('profile = "a2a"\nbindings = "own.toml"\n')
    (root / "own.toml").write_text("")
    return root


def test_every_requirement_of_the_text_is_bound() -> None:
    bound = {entry.requirement for entry in load_bindings(A2A.bindings, A2A.catalogue)}
    of_text = {row.id for row in A2A.catalogue.requirements if Basis.TEXT in row.basis.values()}
    assert of_text - bound == set()
    assert len({row.id for row in A2A.catalogue.requirements if row.side is Side.SERVER} & bound) >= 30


def test_a_tutorial_whose_code_is_elsewhere_is_said(tmp_path: Path) -> None:
    root = docs(tmp_path)
    (root / "mkdocs.yml").write_text("site_name: A\n")
    (root / "docs" / "guide.md").write_text('# Guide\n\n```python\n--8<-- "https://example.com/a2a/agent.py"\n```\n')
    (root / "docs" / "other.md").write_text("# Other\n\n<pre>\nx\n</pre>\n")
    with pytest.raises(NothingSelectedError) as caught:
        make_plan(load_config(root, environ={"DOCPROBE_STATE": str(tmp_path / "state")}))
    assert "docs/guide.md:4: include of 'https://example.com/a2a/agent.py' is not followed" in caught.value.message
    assert "(problems in all: 2)" in caught.value.message


def test_agents_are_its_servers(tmp_path: Path) -> None:
    text = load_normative_text(load_config(docs(tmp_path), environ={"DOCPROBE_STATE": str(tmp_path / "state")}))
    assert [(s.level.value, s.subject, s.revision) for s in text.statements] == [
        ("MUST", "server", "1.0"),
        ("MUST", "client", "1.0"),
        ("SHOULD", "server", "1.0"),
        ("MUST", "unknown", "1.0"),
        ("MAY", "either", "1.0"),
    ]


def test_a_row_is_bound_to_its_sentence_and_follows_it(tmp_path: Path) -> None:
    root = docs(tmp_path)
    entry = run_or_raise("statements", root, "--bind", "card.available=docs/specification.md:5").stdout
    (root / "own.toml").write_text(entry)

    def bound() -> tuple[str, list[str]]:
        text = load_normative_text(load_config(root, environ={"DOCPROBE_STATE": str(tmp_path / "state")})).bound
        statement = text.requirements["card.available", "1.0"].statement
        return statement.text if statement is not None else "", [drift.kind.value for drift in text.drift]

    assert bound() == ("An agent that is called MUST show its card.", [])
    page = root / "docs" / "specification.md"
    page.write_text(TEXT.replace("show its card", "hide its card"))
    assert bound()[1] == ["changed"]
