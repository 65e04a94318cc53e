"""Lines that something points at beside what differs: what ran and is odd, what did not run, and what led to a crash."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from extractor.languages.common.syntax import line_of, text_of
from extractor.languages.registry import syntax_tree
from harness.judge.blame.code import Code, CodeFile
from harness.judge.blame.crash_code import led_to, lines_before_error
from harness.judge.blame.evidence import Evidence
from harness.judge.blame.flow import Flow
from harness.judge.blame.indifferent import indifferent
from harness.judge.blame.not_reached import kept_from, lacking
from harness.judge.blame.odd_code import falls_off, misspelled
from harness.judge.blame.overriding import bases_of, in_effect, overriding, set_anew
from harness.judge.blame.pointers import About, pointers
from harness.judge.blame.suspects import Suspect
from harness.judge.blame.tokens import Tokens
from harness.model import LogLine, TracedExchange
from harness.profiles.registry import MCP
from tests.support.broken_code import bundle_of, exchange, transcript_of, violation
from tests.support.processor import processor_time_below

MARK = re.compile(r"\s*(?:#|//) ran$", re.MULTILINE)


def flow_of(text: str, path: str = "server.py") -> Flow:
    """A page of which the lines that are marked ran."""
    lines = text.split("\n")
    ran = [number for number, line in enumerate(lines, 1) if MARK.search(line)]
    plain = [MARK.sub("", line) for line in lines]
    places = frozenset((number, column) for number in ran for column in range(len(plain[number - 1])) if plain[number - 1][column] != " ")  # fmt: skip
    bundle = bundle_of("\n".join(plain), path)
    root = syntax_tree(path, bundle.files[0].text)
    assert root is not None
    code = Code((CodeFile(bundle.files[0], root),))
    return Flow(code, [TracedExchange(1, 0, {path: tuple(ran)}, {}, places={path: places})])


def lines(suspects: list[Suspect]) -> list[int]:
    return [line_of(one.node) for one in suspects]


def having(flow: Flow, part: str) -> list[Suspect]:
    return [
        Suspect(one.file, node)
        for one in flow.code.files
        for node in one.statements
        if part in text_of(node) and not flow.ran(one.file, node)
    ]


IDLE = """\
def verify(token):
    return True  # ran


def tools():
    return []  # ran


def audit(entry):
    pass


def serve(request):
    if request.kind == "call":  # ran
        pass  # ran
    verify(request.token)  # ran
    return tools()  # ran
"""
EXPRESS = """\
const checkOrigin = (request) => {}; // ran
const known = (id) => sessions.has(id); // ran
app.post("/mcp", (request, response) => {
  checkOrigin(request); // ran
  if (known(request.id)) { // ran
  } // ran
  response.json(answer(request)); // ran
});
"""


SILENCED = """\
class Handler:
    def log_message(self, *args):
        pass  # ran

    def login(self, user):
        pass  # ran

    def log_in(self, user):
        pass  # ran

    def _logInfo(self, user):
        pass  # ran

    def logOut_all(self, user):
        pass  # ran
"""


def test_a_log_that_is_silenced_is_no_check() -> None:
    assert lines(indifferent(flow_of(SILENCED))) == [6, 9, 15]


def test_what_ran_and_does_nothing() -> None:
    assert lines(indifferent(flow_of(IDLE))) == [2, 15], "without a parameter, a constant is what it is for"
    assert lines(indifferent(flow_of(EXPRESS, "server.mjs"))) == [1, 5]


FIELDS = """\
def fields(method):
    return {"resultType": "complete", "ttlMs": 0}


def refuse(reply):
    reply.send(404)


def respond(found, reply):
    if found:  # ran
        return reply.json(found)  # ran
    return reply.json({**fields("x")})


def post(request, reply):
    check_accept(request)
    find(request, reply)
    check_version(request)


def get(request, reply):
    check_accept(request)  # ran
    check_version(request)  # ran
    if request.old:  # ran
        found = fields("y")
    listen(reply)  # ran


def find(request, reply):
    if request.id not in SESSIONS:
        refuse(reply)
"""


def test_the_branch_that_kept_the_program_from_what_is_missing() -> None:
    flow = flow_of(FIELDS)
    assert lines(kept_from(flow, having(flow, "ttlMs"))) == [10, 24], "what left before, and the branch around"


def test_where_a_handler_lacks_a_call_that_others_make() -> None:
    flow = flow_of(FIELDS)
    assert lines(lacking(flow, having(flow, "404"))) == [23, 22]
    assert lacking(flow, having(flow, "listen")) == []


REPLACED = """\
class Base:
    shown = {"a": 1}
    kind = "x"

    def result(self, task):
        return {"content": task}


class Own(Base):
    shown = {"b": 2}

    def result(self, task):
        return self.show(task)  # ran

    def show(self, task):
        return task  # ran
"""


def test_what_took_the_place_of_a_function_or_a_constant() -> None:
    flow = flow_of(REPLACED)
    assert lines(kept_from(flow, having(flow, "content"))) == [13]
    (one,) = flow.code.files
    settings = [Suspect(one.file, node) for node in one.constants]
    assert lines(in_effect(settings, bases_of(flow.code))) == [3, 10]
    anew = set_anew(settings, bases_of(flow.code))
    assert [line_of(one.node) for one in settings if one.node.id in anew] == [10]
    assert len(overriding(flow.code)) == 1, "show replaces nothing"


FALLS = """\
def answer(message):
    if message["method"] == "ping":  # ran
        return {}


def serve(message):
    answer(message)  # ran
    return route(message, "server/discoverx")  # ran


def route(message, name):
    raise NotFound(name)  # ran
"""


def test_functions_that_return_nothing_and_names_that_are_almost_right() -> None:
    flow = flow_of(FALLS)
    assert lines(list(falls_off(flow))) == [3]
    assert lines(list(misspelled(flow, {"server/discover"}, set()))) == [8]
    assert list(misspelled(flow, {"server/discover"}, {"server/discoverx"})) == [], "another request says it"
    assert list(misspelled(flow, {"tools/list", "ping"}, set())) == []


def test_pointers_of_a_missing_check() -> None:
    fault = exchange(1, 200)
    finding = replace(violation("http.origin-validate", fault), expected={"1": "404"})
    about = About(MCP.catalogue.requirement("http.origin-validate"), finding, Tokens(transcript_of(fault)), (fault,))
    assert lines(pointers(flow_of(FIELDS), about, is_missing_check=True)) == [23, 22]
    assert lines(pointers(flow_of(IDLE), about, is_missing_check=True)) == [2, 15]
    missing = replace(finding, summary="The result has no `ttlMs`.", expected={})
    about = replace(about, finding=missing)
    assert lines(pointers(flow_of(FIELDS), about, is_missing_check=False)) == [10, 24]


CRASH = """\
def find(id):
    session = SESSIONS.get(id)  # ran
    return session  # ran


def post(request):
    session = find(request.id)  # ran
    if "id" in request.message or request.old:  # ran
        return answer(session, request)  # ran
    return None


def answer(session, request):
    stream = session.streams  # ran
    return request.message["id"]


def get(request):
    where = find(request.id)
    check(request)


def delete(request):
    check(request)
    where.close()
"""


@pytest.mark.parametrize(
    ("error", "stack", "expected"),
    [
        ("AttributeError: 'NoneType' object has no attribute 'streams'", (14, 9), [2]),
        ("KeyError: 'id'", (15, 9), [8]),
        ("KeyError: 'other'", (9,), [8]),
        ("NameError: name 'where' is not defined", (25,), [24]),
        ("ValueError: odd", (7,), []),
    ],
)
def test_what_led_to_an_error(error: str, stack: tuple[int, ...], expected: list[int]) -> None:
    flow = flow_of(CRASH)
    assert lines(led_to(flow, error, [(flow.code.files[0].file, line) for line in stack])) == expected


def test_lines_before_an_error_that_a_log_shows() -> None:
    bundle = bundle_of(MARK.sub("", CRASH), "server.py")
    log = [
        LogLine(0.0, "stderr", text)
        for text in ('  File "/app/server.py", line 9, in post', '  File "/app/server.py", line 14, in answer')
    ]
    error = "AttributeError: 'NoneType' object has no attribute 'streams'"
    spans = lines_before_error(error, log, violation("server.survives"), Evidence(transcript_of(), bundle))
    assert [span.first for span in spans] == [2]
    assert lines_before_error("KeyError: 'x'", [], violation("server.survives"), Evidence(transcript_of(), bundle)) == ()


def test_a_large_page_takes_no_longer_than_its_size() -> None:
    """Many functions that did not run call each other: each is looked at once, and so is what ran."""
    idle = "".join(
        f"def idle{at}():\n    note({at})\n    idle{(at + 1) % 180}()\n    idle{(at + 7) % 180}()\n    answer()\n\n\n"
        for at in range(180)
    )
    called = "".join(f"def called{at}():\n    note({at})  # ran\n    answer()  # ran\n\n\n" for at in range(180))
    flow = flow_of(idle + called)
    wanted = having(flow, "note(")
    assert len(wanted) == 180
    with processor_time_below(2.0):
        lacking(flow, wanted)
