"""What the bindings leave open of the real MCP docs, and which printed messages their schemas refuse."""

from __future__ import annotations

import ast
import os
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.judge.results import Ruleset, result_of_printed
from harness.load import classify_statements, load_examples, load_normative_text
from harness.profiles.mcp.catalogue import FAMILIES
from harness.settings import load_config
from harness.spec.classification import coverage
from tests.real_docs.run import docs_root

if TYPE_CHECKING:
    from types import ModuleType

    from harness.config import Config

pytestmark = [
    pytest.mark.real_docs,
    pytest.mark.skipif("DOCPROBE_REAL_DOCS" not in os.environ, reason="DOCPROBE_REAL_DOCS is not set"),
]
MESSAGES = "printed.message-schema"


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return load_config(docs_root(Path(os.environ["DOCPROBE_REAL_DOCS"])), environ={}, state=tmp_path)


def test_nothing_is_open(config: Config) -> None:
    entries = classify_statements(config, load_normative_text(config))
    counts = coverage(entries, config.layout.revisions)
    assert len(counts) >= 6
    assert {count.revision: count.open for count in counts if count.open} == {}


def words_quoted(family: ModuleType) -> set[str]:
    """The words by which the rules of a family choose among the sentences of a requirement."""
    tree = ast.parse(Path(str(family.__file__)).read_text(encoding="utf-8"))
    named = {
        node.target.id: node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
    }
    chosen: list[ast.expr] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            chosen += [keyword.value for keyword in node.keywords if keyword.arg == "quoting"]
            if isinstance(node.func, ast.Name) and node.func.id == "Fault":
                chosen += node.args[1:]
        if isinstance(node, ast.Assign) and any(isinstance(to, ast.Name) and to.id == "quoting" for to in node.targets):
            chosen.append(node.value)
    chosen += [value for name, table in named.items() if name.startswith("_SAID_OF") and isinstance(table, ast.Dict)
               for value in table.values]  # fmt: skip
    words: set[str] = set()
    for value in chosen:
        parts = (value.body, value.orelse) if isinstance(value, ast.IfExp) else (value,)
        known = (named.get(part.id) if isinstance(part, ast.Name) else part for part in parts)
        words |= {part.value for part in known if isinstance(part, ast.Constant) and isinstance(part.value, str)}
    return words - {""}


def test_the_words_by_which_sentences_are_chosen_are_in_them(config: Config) -> None:
    bound = load_normative_text(config).bound
    said = {
        family: [
            statement.text.lower()
            for (id, _), row in bound.requirements.items()
            if id in {rule.requirement.id for rule in family.RULES}
            for statement in (row.statement, *row.others)
            if statement is not None
        ]
        for family in FAMILIES
    }
    missing = {
        (family.__name__, words)
        for family in FAMILIES
        for words in words_quoted(family)
        if not any(words.lower() in text for text in said[family])
    }
    assert sum(len(words_quoted(family)) for family in FAMILIES) > 50
    assert missing == set()


def test_two_printed_messages_are_not_valid(config: Config) -> None:
    rules = Ruleset(config.profile, load_normative_text(config).bound)
    found = [result_of_printed(p.example, p.transcript, (), rules) for p in load_examples(config).printed]
    verdicts = Counter(f.verdict.value for result in found for f in result.findings if f.requirement == MESSAGES)
    wrong = [
        str(f.blame[0]) for result in found for f in result.findings
        if f.requirement == MESSAGES and f.verdict == "violated"
    ]  # fmt: skip
    assert wrong == ["specification/2026-07-28/basic/index.mdx:432", "specification/draft/basic/index.mdx:432"]
    assert verdicts["satisfied"] > 60
