"""Which statements give a wrong answer, by what ran for it, for its control, and for other kinds of requests."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest

from extractor.languages.common.syntax import lines_of
from extractor.languages.registry import syntax_tree
from harness.judge.blame.answer_code import WrongAnswer, different
from harness.judge.blame.blame import blame
from harness.judge.blame.code import Code, CodeFile
from harness.judge.blame.evidence import Evidence
from harness.judge.blame.executed import Executed
from harness.judge.blame.faults import changer_of, pairs_to_trace
from harness.judge.blame.suspects import Hints, Suspect
from harness.model import BlameSource, Certainty, Exchange, TracedExchange
from harness.profiles.registry import MCP
from harness.rule import Rule
from tests.support.broken_code import bundle_of, exchange, transcript_of, violation

TEXT = """\
def handle(request, reply):
    if request.method == "DELETE":
        return end(request, reply)
    if request.token is None:
        return serve(reply)
    session = SESSIONS.get(request.id)
    if session is None:
        return reply.send(404)
    return serve(reply)


def end(request, reply):
    check(request)
    SESSIONS.clear()
    return reply.send(200)


def serve(reply):
    return reply.send(200)
"""
FILE = bundle_of(TEXT, "server.py").files[0]
ROOT = syntax_tree("server.py", TEXT)
assert ROOT is not None
CODE = Code((CodeFile(FILE, ROOT),))
RULE = Rule(MCP.catalogue.requirement("session.isolation"))
ASKED = '{"jsonrpc": "2.0", "id": %d, "method": "tools/list"}'


def asking(number: int, status: int, control: int | None = None, **changed: object) -> Exchange:
    one = replace(exchange(number, status, control=control), body=ASKED % number, session="B")
    return replace(one, **changed)  # type: ignore[arg-type]


SERVED = asking(1, 200)
ENDED = replace(exchange(2, 200), method="DELETE", session="A")
REFUSED = asking(3, 404, control=1)
ENDING = TracedExchange(
    2, 0, {"server.py": (2, 3, 13, 14, 15)}, {}, kinds={"server.py": ((3, 8, 0), (13, 4, 0), (14, 4, 0), (15, 4, 0))}
)
REFUSING = TracedExchange(3, 1, {"server.py": (6, 7, 8)}, {"server.py": ((8, 8),)})


def lines(suspects: Iterable[Suspect]) -> list[int]:
    return [lines_of(one.node)[0] for one in suspects]


def test_a_request_that_is_refused_since_another_one_ended_its_session() -> None:
    transcript = transcript_of(SERVED, ENDED, REFUSED)
    finding = violation("session.isolation", SERVED, ENDED, REFUSED)
    assert changer_of(REFUSED, finding, transcript) == ENDED
    assert pairs_to_trace([finding], transcript) == {3: 1, 2: 0}, "what it did is traced too"
    found = blame(RULE, finding, Evidence(transcript, bundle_of(TEXT, "server.py"), (ENDING, REFUSING)))
    assert [(span.first, span.last) for span in found.lines] == [(14, 14)], "not the line that refuses"
    assert found.basis is not None
    assert (found.basis.by, found.basis.certainty) == (BlameSource.EXECUTION, Certainty.LIKELY)


def test_a_request_that_should_have_been_refused_otherwise_is_not_the_other_ones_doing() -> None:
    transcript = transcript_of(SERVED, ENDED, REFUSED)
    due = replace(violation("session.terminated-404", SERVED, REFUSED), expected={"3": "410"})
    assert changer_of(REFUSED, due, transcript) is None
    otherwise = asking(3, 404, control=1, headers=(("origin", "null"),))
    other = violation("session.isolation", SERVED, ENDED, otherwise)
    assert changer_of(otherwise, other, transcript_of(SERVED, ENDED, otherwise)) is None, "it is not the same request"


def test_what_ends_a_session_and_removes_nothing_is_shown_where_it_ends() -> None:
    text = TEXT.replace("    SESSIONS.clear()\n", "    log(request)\n")
    root = syntax_tree("server.py", text)
    assert root is not None
    changed = Code((CodeFile(replace(FILE, text=text), root),))
    assert lines(Executed(changed, ENDING).removing) == [15]
    assert lines(Executed(CODE, ENDING).removing) == [14]


@pytest.mark.parametrize(("due", "chosen"), [("a refusal", [5]), ("", [])])
def test_what_let_a_request_through_that_should_have_been_refused(due: str, chosen: list[int]) -> None:
    served = asking(3, 200, control=1)
    finding = replace(violation("hijack.bind-user", SERVED, served), expected={"3": due} if due else {})
    traced = TracedExchange(3, 1, {"server.py": (4, 5)}, {"server.py": ((5, 8),)})
    wrong = WrongAnswer(finding, served, SERVED, Executed(CODE, traced))
    assert wrong.is_served_alike is (due == "")
    found = [] if wrong.is_served_alike else different(wrong, Hints((), (), ()))[0]
    assert lines(found) == chosen


def test_a_json_rpc_error_under_200_is_a_refusal() -> None:
    refusal = '{"jsonrpc": "2.0", "id": 3, "error": {"code": -32603, "message": "no"}}'
    refused = asking(3, 200, control=1)
    assert refused.reply is not None
    refused = replace(refused, reply=replace(refused.reply, body=refusal))
    finding = replace(violation("session.missing-400", SERVED, refused), expected={"3": "400"})
    wrong = WrongAnswer(finding, refused, SERVED, Executed(CODE, REFUSING))
    assert (wrong.is_served_alike, wrong.values) == (False, ("200",))
    code = replace(finding, expected={"3": "error -32602"})
    assert WrongAnswer(code, refused, SERVED, Executed(CODE, REFUSING)).values == ("-32603",)


@pytest.mark.parametrize(
    ("due", "status", "about"),
    [
        ("404", 400, True),
        ("200 text/event-stream or 405", 404, True),
        ("200 text/event-stream or 405", 200, False),
        ("202 and no body", 202, True),
        ("a result", 404, True),
        ("an event stream or one JSON object", 200, False),
        ("a string, a number or no id", 400, False),
    ],
)
def test_whether_the_answer_is_wrong_or_what_it_holds(due: str, status: int, *, about: bool) -> None:
    fault = asking(3, status, control=1)
    finding = replace(violation("get.sse-or-405", fault), expected={"3": due})
    assert WrongAnswer(finding, fault, SERVED, Executed(CODE, REFUSING)).is_about_answer is about
