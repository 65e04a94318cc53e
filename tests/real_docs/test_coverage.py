"""What the bindings leave open of the real MCP docs, and which printed messages their schemas refuse."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.judge.results import Ruleset, result_of_printed
from harness.load import classify_statements, load_examples, load_normative_text
from harness.settings import load_config
from harness.spec.classification import coverage
from tests.real_docs.run import docs_root

if TYPE_CHECKING:
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
