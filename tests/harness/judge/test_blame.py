"""From the parts of a syntax tree that a rule blames to lines of the page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from tree_sitter import Node

from extractor.languages.common.syntax import walk
from extractor.model import Segment, Span
from harness.judge.blame import MAX_SPANS, blame
from harness.model import Finding, Transcript, Verdict
from harness.profiles.registry import MCP
from harness.rule import Rule
from tests.support.broken_code import bundle_of, transcript_of, violation

ID = "session.terminated-404"
FINDING = violation(ID)
TEXT = "one();\ntwo(\n);\nthree();\n"


def calls(root: Node, finding: Finding, transcript: Transcript) -> Iterator[Node]:
    return (node for node in walk(root) if node.type == "call_expression")


RULE = Rule(MCP.catalogue.requirement(ID), blame=calls)


def test_the_lines_of_the_page_that_the_rule_blames() -> None:
    spans = blame(RULE, FINDING, transcript_of(), bundle_of(TEXT)).lines
    assert spans == (Span("p.mdx", 1, 1), Span("p.mdx", 2, 3), Span("p.mdx", 4, 4))


@pytest.mark.parametrize("verdict", [verdict for verdict in Verdict if verdict is not Verdict.VIOLATED])
def test_what_is_not_violated_blames_nothing(verdict: Verdict) -> None:
    assert blame(RULE, replace(FINDING, verdict=verdict), transcript_of(), bundle_of(TEXT)).lines == ()


def test_a_rule_without_blame_and_a_file_without_a_grammar() -> None:
    assert blame(replace(RULE, blame=None), FINDING, transcript_of(), bundle_of(TEXT)).lines == ()
    assert blame(RULE, FINDING, transcript_of(), bundle_of(TEXT, "server.cfg")).lines == ()


def test_lines_that_docprobe_added_are_never_blamed() -> None:
    segments = (Segment(1, 1, None), Segment(2, 1, Span("p.mdx", 7, 7)), Segment(3, 2, None))
    assert blame(RULE, FINDING, transcript_of(), bundle_of(TEXT, segments=segments)).lines == ()


def test_no_more_places_than_a_reader_can_use() -> None:
    spans = blame(RULE, FINDING, transcript_of(), bundle_of("call();\n" * 50)).lines
    assert spans == tuple(Span("p.mdx", line, line) for line in range(1, MAX_SPANS + 1))
