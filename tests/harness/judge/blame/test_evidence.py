"""What blame reads of an example is read once, however many findings there are: calls are counted, not seconds."""

from __future__ import annotations

import importlib
import pkgutil
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

import harness.judge
from extractor.languages import registry
from extractor.languages.registry import syntax_tree
from extractor.model import Example, ExampleStatus
from harness.judge import results
from harness.judge.blame.blame import blame
from harness.judge.blame.code import Code, CodeFile
from harness.judge.blame.evidence import Evidence
from harness.judge.blame.said import said_in
from harness.model import Recording, Run, StartOutcome, TracedExchange, Verdict
from harness.profiles.registry import MCP
from harness.rule import Rule
from tests.support.broken_code import bundle_of, exchange, transcript_of, violation

if TYPE_CHECKING:
    from collections.abc import Callable

    from tree_sitter import Node

    from harness.model import Exchange, Finding

TEXT = """\
LIMIT = 4


class Base:
    shown = {"ttl": 1}


class Own(Base):
    shown = {"ttl": 2}

    def result(self, message):
        if message["method"] == "tools/list":
            return {"tools": [], "nextCursor": "x"}
        return self.created(message)

    def created(self, message):
        if message:
            pass
        task = {"status": "working", "createdAt": "25 Nov 2025", **self.shown}
        return {"task": task}
"""
PATH = "server.py"
RULE = Rule(MCP.catalogue.requirement("content.embedded-resource"))
PLACES = ((13, 8, 0), (14, 8, 0), (17, 12, 0), (18, 8, 0), (19, 8, 0))
RAN = tuple(line for line, _, _ in PLACES)
SUMMARIES = (
    "A task has no ISO 8601 time in createdAt.",
    "The result has no `nextCursorx`.",
    "A task has no status.",
    "It is said in a strange way.",
)


def answered(number: int, method: str, body: str, control: int | None = None) -> Exchange:
    one = exchange(number, 200, control=control)
    assert one.reply is not None
    return replace(one, body=f'{{"id": {number}, "method": "{method}"}}', reply=replace(one.reply, body=body))


SERVED = tuple(answered(number, f"tools/list-{number}", f'{{"result": {{"a": {number}}}}}') for number in range(1, 30))
CALLED = answered(30, "tools/call", '{"result": {"task": {"status": "working", "createdAt": "25 Nov 2025"}}}')
LISTED = answered(31, "tools/list-1", '{"result": {"tools": []}}', control=1)
TRANSCRIPT = transcript_of(*SERVED, CALLED, LISTED)
TRACED = (
    TracedExchange(
        30, 0, {PATH: RAN}, {}, kinds={PATH: PLACES}, places={PATH: frozenset((line, at) for line, at, _ in PLACES)}
    ),
    TracedExchange(31, 1, {PATH: RAN}, {PATH: ((13, 12),)}, places={PATH: frozenset({(13, 12)})}),
)


def findings(count: int) -> list[Finding]:
    """Different ones, about two exchanges by turns."""
    return [
        replace(violation(f"x.{at}", (CALLED, LISTED)[at % 2]), summary=f"{SUMMARIES[at % len(SUMMARIES)]} ({at})")
        for at in range(count)
    ]


def counted(monkeypatch: pytest.MonkeyPatch, count: int) -> Counter[str]:
    """How often blame reads for a number of findings, by what it reads."""
    calls: Counter[str] = Counter()

    def count_calls(module: Any, name: str, is_read: Callable[..., bool] = lambda *_: True) -> None:
        real = getattr(module, name)

        def counting(*given: Any) -> Any:
            calls[f"{module.__name__}.{name}"] += is_read(*given)
            return real(*given)

        patch.setattr(module, name, counting)

    def is_whole(node: Node) -> bool:
        return node.parent is None

    with monkeypatch.context() as patch:
        for found in pkgutil.walk_packages(harness.judge.__path__, "harness.judge."):
            module = importlib.import_module(found.name)
            if hasattr(module, "walk"):
                count_calls(module, "walk", is_whole)
        count_calls(registry, "syntax_tree")
        for name in ("tokens_of_reply", "names_of_request"):
            count_calls(importlib.import_module("harness.judge.blame.tokens"), name)
        count_calls(importlib.import_module("harness.judge.blame.executed"), "statements_at")
        evidence = Evidence(TRANSCRIPT, bundle_of(TEXT, PATH), TRACED)
        lines = [blame(RULE, finding, evidence).lines for finding in findings(count)]
    assert any(lines), "something is read that can be blamed"
    return calls


def test_more_findings_read_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    few, many = counted(monkeypatch, 8), counted(monkeypatch, 80)
    assert many == few
    assert many["harness.judge.blame.code.walk"] == 1, "the one file, once"
    assert many["extractor.languages.registry.syntax_tree"] == 1
    assert many["harness.judge.blame.tokens.tokens_of_reply"] == len(TRANSCRIPT.exchanges)
    assert many["harness.judge.blame.tokens.names_of_request"] == len(TRANSCRIPT.exchanges)
    assert many["harness.judge.blame.executed.statements_at"] == len(PLACES) + 1


def test_each_reader_is_asked_once_for_a_file_and_once_for_all() -> None:
    code = Code.of(bundle_of(TEXT, PATH))
    asked: list[object] = []

    def size(of: CodeFile | Code) -> int:
        asked.append(of)
        return len(asked)

    (one,) = code.files
    assert [one.read(size), one.read(size), code.read(size), code.read(size)] == [1, 1, 2, 2]
    assert asked == [one, code]


def test_what_was_read_for_others_changes_no_finding() -> None:
    shared = Evidence(TRANSCRIPT, bundle_of(TEXT, PATH), TRACED)
    for finding in findings(24):
        alone = Evidence(TRANSCRIPT, bundle_of(TEXT, PATH), TRACED)
        assert blame(RULE, finding, shared) == blame(RULE, finding, alone)


def test_all_findings_about_an_example_share_what_is_known_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[Evidence] = []

    def with_blame(finding: Finding, evidence: Evidence, catalogue: object) -> Finding:
        given.append(evidence)
        return finding

    bundle = bundle_of(TEXT, PATH)
    status = ExampleStatus.RUNNABLE
    example = Example("p#python", "p.mdx", "2025-11-25", "python", bundle.kind, status, None, (), "1", bundle=bundle)

    class Rules:
        """Judges nothing, and finds three things."""

        profile = MCP

        def judge(self, transcript: object, revision: object) -> tuple[Finding, ...]:
            return tuple(findings(3))

        def deciding_revision(self, revision: str, transcript: object) -> str:
            return revision

        def asked(self, found: tuple[Finding, ...]) -> tuple[Finding, ...]:
            return found

    monkeypatch.setattr(results, "with_blame", with_blame)
    recording = Recording((Run("today", None, {}, StartOutcome.SERVING, "it starts"),), TRANSCRIPT, traced=TRACED)
    result = results.result_of_recording(example, (example,), recording, Rules(), cached=False)  # type: ignore[arg-type]
    assert len([one for one in result.findings if one.verdict is Verdict.VIOLATED]) >= 3
    assert len(given) == 3
    assert {id(one) for one in given} == {id(given[0])}
    assert (given[0].bundle, given[0].traced) == (bundle, TRACED)


def test_what_is_kept_of_code_is_bounded() -> None:
    """A page may be large: only short pieces are kept, and no more than a thousand."""
    long = "call(" + "1, " * 500 + ")"
    text = "def serve():\n" + f"    {long}\n" + "".join(f"    call({at})\n" for at in range(1500))
    root = syntax_tree(PATH, text)
    assert root is not None
    one = CodeFile(bundle_of(text, PATH).files[0], root)
    said = Code((one,)).read(said_in)
    whole, *short = one.statements
    assert said(whole) is not said(whole)
    assert said(short[0]) is said(short[0])
    before = said(short[0])
    assert [said(node).names for node in short] == [("call",)] * 1500
    assert said(short[0]) is not before
