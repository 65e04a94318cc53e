"""Which statements build a wrong reply: by what ran for it and the names and values that are wrong in it."""

from __future__ import annotations

from dataclasses import replace

from extractor.model import Bundle, Dependency
from harness.judge.blame.blame import blame
from harness.judge.blame.evidence import Evidence
from harness.judge.blame.reply_values import values_of
from harness.judge.blame.tokens import Tokens, members
from harness.model import BlameSource, Certainty, Exchange, Finding, TracedExchange
from harness.profiles.registry import MCP
from harness.rule import Rule
from tests.support.broken_code import bundle_of, exchange, transcript_of, violation

TEXT = """\
import json

TOOLS = [{"name": "echo", "inputSchema": {"type": "object"}}]
GUIDE = {"uri": "tea", "mimeType": "text/markdown", "text": "# Tea"}


def result_of(message):
    if message["method"] == "tools/list":
        return {"tools": TOOLS}
    if message["method"] == "prompts/get":
        content = {"type": "resource", "resource": GUIDE}
        return {"messages": [{"role": "user", "content": content}]}
    return created(message)


def created(message):
    task = {"status": "working", "createdAt": "25 Nov 2025", "ttl": 4}
    return {"task": task}


def deliver(message, reply):
    return reply.json(200, result_of(message))
"""
RULE = Rule(replace(MCP.catalogue.requirement("content.embedded-resource"), title="Replies are right"))
GUIDE = '{"result": {"messages": [{"content": {"resource": {"uri": "tea", "text": "# Tea"}}}]}}'
TASK = '{"result": {"task": {"status": "working", "createdAt": "25 Nov 2025", "ttl": 4}}}'


def answered(number: int, method: str, body: str) -> Exchange:
    one = exchange(number, 200)
    assert one.reply is not None
    return replace(one, body=f'{{"id": {number}, "method": "{method}"}}', reply=replace(one.reply, body=body))


LISTED = answered(1, "tools/list", '{"result": {"tools": [{"name": "echo"}]}}')
PROMPT = answered(2, "prompts/get", GUIDE)
CALLED = answered(3, "tools/call", TASK)
TRANSCRIPT = transcript_of(LISTED, PROMPT, CALLED)
PROMPTED = TracedExchange(
    2, 0, {"server.py": (8, 10, 11, 12, 22)}, {}, kinds={"server.py": ((11, 8, 0), (12, 8, 0), (10, 7, 1))}
)
CREATED = TracedExchange(
    3, 0, {"server.py": (8, 10, 13, 17, 18, 22)}, {}, kinds={"server.py": ((13, 4, 0), (17, 4, 0), (18, 4, 0))}
)


def found(summary: str, fault: Exchange, traced: TracedExchange | None, bundle: Bundle | None = None) -> list[int]:
    finding = replace(violation("content.embedded-resource", fault), summary=summary)
    known = (traced,) if traced is not None else ()
    said = blame(RULE, finding, Evidence(TRANSCRIPT, bundle or bundle_of(TEXT, "server.py"), known))
    if said.lines:
        assert said.basis is not None
        by = BlameSource.EXECUTION if traced else BlameSource.READING
        assert (said.basis.by, said.basis.certainty) == (by, Certainty.POSSIBLE)
    return [span.first for span in said.lines]


def test_a_value_that_travels_from_a_constant() -> None:
    lines = found("A resource in a prompt has no valid `uri`.", PROMPT, PROMPTED)
    assert 4 in lines, "where the value stands"
    assert 3 not in lines, "no other constant"


def test_a_value_in_the_function_that_is_called() -> None:
    assert found("A task has no ISO 8601 time in createdAt.", CALLED, CREATED)[:1] == [17]


def test_what_did_not_run_is_not_blamed() -> None:
    assert 17 not in found("A task has no ISO 8601 time in createdAt.", PROMPT, PROMPTED)


def test_without_a_trace_only_what_names_it() -> None:
    assert 17 in found("A task has no ISO 8601 time in createdAt.", CALLED, None)
    assert found("It is said in a strange way.", CALLED, None) == []


def test_words_alone_say_nothing_where_a_package_may_answer() -> None:
    words = "What is given to its user is odd."
    assert 12 in found(words, PROMPT, PROMPTED)
    packaged = replace(bundle_of(TEXT, "server.py"), dependencies=(Dependency("some-sdk"),))
    assert found(words, PROMPT, PROMPTED, packaged) == []


def test_names_and_values_that_tell() -> None:
    def subject(summary: str, fault: Exchange, **changed: object) -> frozenset[str]:
        finding: Finding = replace(violation("x", fault), summary=summary, **changed)  # type: ignore[arg-type]
        return values_of(finding, [fault], Tokens(TRANSCRIPT), "").subject

    assert {"createdAt", "25 Nov 2025"} <= subject("A task has no time in createdAt.", CALLED)
    assert subject("tools/call returned something.", CALLED) == frozenset(), "the method is in every request"
    named = subject("It has no `io.modelcontextprotocol/serverInfo`.", CALLED)
    assert "serverInfo" in named
    # what a request that should have been refused was served with is not what is wrong
    assert subject("A task in createdAt was served.", CALLED, expected={"3": "a refusal"}) == frozenset()


def test_members_of_hostile_json() -> None:
    deep: object = "x"
    for _ in range(200):
        deep = [deep]
    assert list(members(deep)) == []
    assert list(members({"a": [1, True, None, {"b": "c"}]})) == [("a", ""), ("a", "1"), ("b", ""), ("b", "c")]
