"""From the parts of a syntax tree that a rule blames to lines of the page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from tree_sitter import Node

from extractor.languages.common.syntax import walk
from extractor.model import Dependency, Segment, Span
from harness.judge.blame.blame import blame
from harness.judge.blame.evidence import Evidence
from harness.judge.blame.faults import pairs_to_trace
from harness.judge.blame.shown_lines import MAX_LINES
from harness.model import Finding, LibraryFunction, TracedExchange, Transcript, Verdict
from harness.profiles.registry import MCP
from harness.rule import Rule
from tests.support.broken_code import bundle_of, exchange, transcript_of, violation

ID = "session.terminated-404"
FINDING = violation(ID)
TEXT = "one();\ntwo(\n);\nthree();\n"


def calls(root: Node, finding: Finding, transcript: Transcript) -> Iterator[Node]:
    return (node for node in walk(root) if node.type == "call_expression")


RULE = Rule(MCP.catalogue.requirement(ID), blame=calls)


def test_the_lines_of_the_page_that_the_rule_blames() -> None:
    spans = blame(RULE, FINDING, Evidence(transcript_of(), bundle_of(TEXT))).lines
    assert spans == (Span("p.mdx", 1, 1), Span("p.mdx", 2, 3), Span("p.mdx", 4, 4))


@pytest.mark.parametrize("verdict", [verdict for verdict in Verdict if verdict is not Verdict.VIOLATED])
def test_what_is_not_violated_blames_nothing(verdict: Verdict) -> None:
    assert blame(RULE, replace(FINDING, verdict=verdict), Evidence(transcript_of(), bundle_of(TEXT))).lines == ()


def test_a_rule_without_blame_and_a_file_without_a_grammar() -> None:
    assert blame(replace(RULE, blame=None), FINDING, Evidence(transcript_of(), bundle_of(TEXT))).lines == ()
    assert blame(RULE, FINDING, Evidence(transcript_of(), bundle_of(TEXT, "server.cfg"))).lines == ()


def test_lines_that_docprobe_added_are_never_blamed() -> None:
    segments = (Segment(1, 1, None), Segment(2, 1, Span("p.mdx", 7, 7)), Segment(3, 2, None))
    assert blame(RULE, FINDING, Evidence(transcript_of(), bundle_of(TEXT, segments=segments))).lines == ()


def test_no_more_places_than_a_reader_can_use() -> None:
    spans = blame(RULE, FINDING, Evidence(transcript_of(), bundle_of("call();\n" * 50))).lines
    assert spans == tuple(Span("p.mdx", line, line) for line in range(1, MAX_LINES + 1))


FIRST = replace(exchange(1, 200), body='{"jsonrpc": "2.0", "id": 1, "method": "initialize"}')
SERVED = replace(exchange(4, 200), body='{"jsonrpc": "2.0", "id": 4, "method": "ping"}')
REFUSED = replace(exchange(5, 404), method="GET")
SDK = LibraryFunction("some-sdk", "1.0.0", "createErrorResponse")


def test_a_request_that_is_served_beside_the_wrong_one_is_not_wrong() -> None:
    transcript = transcript_of(FIRST, replace(SERVED, number=3), SERVED, REFUSED)
    finding = violation(ID, SERVED, REFUSED)
    assert pairs_to_trace([finding], transcript) == {5: 4}
    # what answered the right request is not said to answer the wrong one
    page = replace(bundle_of("x = 1;\n"), dependencies=(Dependency("some-sdk"),))
    traced = (TracedExchange(4, 3, {}, {}, (SDK,)), TracedExchange(5, 4, {}, {}))
    assert blame(replace(RULE, blame=None), finding, Evidence(transcript, page, traced)).basis is None
    wrong = (traced[0], replace(traced[1], library=(SDK,)))
    named = blame(replace(RULE, blame=None), finding, Evidence(transcript, page, wrong)).basis
    assert named is not None
    assert named.library == SDK


def test_requests_that_should_not_be_served_are_wrong_ones() -> None:
    transcript = transcript_of(FIRST, SERVED, replace(SERVED, number=6, control=4), replace(REFUSED, control=4))
    assert pairs_to_trace([violation(ID, *transcript.exchanges[2:])], transcript) == {6: 4, 5: 4}
    served = replace(SERVED, number=7)
    assert pairs_to_trace([violation(ID, served)], transcript_of(FIRST, SERVED, served)) == {7: 4}


def test_a_package_is_not_said_to_answer_what_only_differs_in_what_was_asked_for() -> None:
    transcript = transcript_of(FIRST, SERVED, replace(SERVED, number=5))
    page = replace(bundle_of("x = 1;\n"), dependencies=(Dependency("some-sdk"),))
    traced = (TracedExchange(5, 4, {}, {}, (SDK,)),)
    finding = violation(ID, transcript.exchanges[2])
    assert blame(replace(RULE, blame=None), finding, Evidence(transcript, page, traced)).basis is None
    linked = transcript_of(FIRST, SERVED, replace(REFUSED, control=4))
    found = blame(replace(RULE, blame=None), violation(ID, linked.exchanges[2]), Evidence(linked, page, traced))
    assert found.basis is not None
    assert found.basis.library == SDK


def test_what_only_carries_requests_is_not_said_to_answer_them() -> None:
    linked = transcript_of(FIRST, SERVED, replace(REFUSED, control=4))
    page = replace(bundle_of("x = 1;\n"), dependencies=(Dependency("uvicorn"), Dependency("some-sdk")))
    carrier = LibraryFunction("uvicorn", "0.30.0", "RequestResponseCycle.handle")
    traced = TracedExchange(5, 4, {}, {}, (carrier, SDK))
    rule = replace(RULE, blame=None)
    found = blame(rule, violation(ID, linked.exchanges[2]), Evidence(linked, page, (traced,))).basis
    assert found is not None
    assert found.library == SDK
    alone = replace(traced, library=(carrier,))
    assert blame(rule, violation(ID, linked.exchanges[2]), Evidence(linked, page, (alone,))).basis is None
