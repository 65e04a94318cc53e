"""The extractor against positions found by hand in the real MCP docs (DOCPROBE_REAL_DOCS: a checkout)."""

from __future__ import annotations

import os
import tomllib
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from extractor.normative.statement_reader import statements_of
from harness.profiles.registry import MCP
from tests.real_docs.run import docs_root
from tests.support.docs_tree import read_page

if TYPE_CHECKING:
    from extractor.model import Layout, Statement

pytestmark = [
    pytest.mark.real_docs,
    pytest.mark.skipif("DOCPROBE_REAL_DOCS" not in os.environ, reason="DOCPROBE_REAL_DOCS is not set"),
]

EXPECTED: dict[str, Any] = tomllib.loads(
    (Path(__file__).parents[1] / "fixtures" / "real_docs" / "statements.toml").read_text(encoding="utf-8")
)
LAYOUT: Layout = MCP.layout


@cache
def statements(page: str) -> tuple[Statement, ...]:
    return statements_of(read_page(docs_root(Path(os.environ["DOCPROBE_REAL_DOCS"])), page, LAYOUT))


def test_every_known_statement_is_found_at_its_place_and_level() -> None:
    missed = [
        (id, revision, f"{page}:{line}", level)
        for id, revision, page, line, level in EXPECTED["known"]
        if not any((s.line, s.level, s.revision) == (line, level, revision) for s in statements(page))
    ]
    assert missed == []


def test_fully_listed_pages_have_no_miss_and_no_extra() -> None:
    listed: dict[str, set[int]] = {page: set(lines) for page, lines in EXPECTED["listed"]}
    mentions: dict[str, set[int]] = {page: set(lines) for page, lines in EXPECTED["mentions"]}
    known = defaultdict(set)
    for _, _, page, line, _ in EXPECTED["known"]:
        known[page].add(line)
    differences = {}
    for page, lines in listed.items():
        found = {s.line for s in statements(page)}
        inherited = {s.line for s in statements(page) if s.lead_in and s.keyword not in line_text(page, s.line)}
        misses = (lines | known[page]) - mentions.get(page, set()) - found
        extras = found - lines - known[page] - inherited
        if misses or extras:
            differences[page] = {"misses": sorted(misses), "extras": sorted(extras)}
    assert differences == {}


def line_text(page: str, line: int) -> str:
    lines = (docs_root(Path(os.environ["DOCPROBE_REAL_DOCS"])) / page).read_text(encoding="utf-8").split("\n")
    return "\n".join(lines[line - 1 : line + 1])
