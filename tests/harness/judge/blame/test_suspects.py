"""Which of some statements cause a violation."""

from __future__ import annotations

from extractor.languages.common.syntax import lines_of, text_of, walk
from extractor.languages.registry import syntax_tree
from harness.judge.blame.code import Code, CodeFile
from harness.judge.blame.suspects import (
    Hints,
    Suspect,
    bound_name,
    checks,
    decided_by,
    named,
    narrow,
    through,
)
from tests.support.broken_code import bundle_of

TEXT = """
LIMIT = 4
SCHEME = "my_logo://a"


def check_origin(request):
    return None


def is_valid(token):
    return token in KNOWN


def handle(request, reply):
    if not is_valid(request.token):
        log.info("refused")
        return reply.send(403)
    cursor = request.cursor
    page = request.page
    total = request.total
    size = request.size
    return reply.send(200)
"""
FILE = bundle_of(TEXT, "server.py").files[0]
ROOT = syntax_tree("server.py", TEXT)
assert ROOT is not None
READ = CodeFile(FILE, ROOT)
CODE = Code((READ,))
ALL = [Suspect(FILE, node) for node in READ.statements]
RAN = {"server.py": set(range(1, 30))}
NONE = Hints(values=(), read=(), words=())


def lines(suspects: list[Suspect]) -> list[str]:
    return [text_of(one.node) for one in suspects]


def test_the_status_of_the_wrong_answer_tells_first() -> None:
    chosen, is_sure = narrow(ALL, Hints(values=("403",), read=(), words=()), linked=True)
    assert (lines(chosen), is_sure) == (["return reply.send(403)"], True)


def test_what_other_right_requests_run_too_is_left_out_where_much_ran() -> None:
    shared = [Suspect(FILE, one.node, 0 if "403" in text_of(one.node) else 3) for one in ALL]
    first = [*shared[:1], *shared[2:], *(Suspect(FILE, node, 2) for node in READ.constants)]
    assert lines(narrow(first, NONE, linked=True)[0]) == ["return reply.send(403)"]


def test_a_value_behind_a_constant() -> None:
    settings = [Suspect(FILE, node) for node in READ.constants]
    for name, statement in (("LIMIT", "LIMIT = 4"), ("SCHEME", 'SCHEME = "my_logo://a"')):
        assert [text_of(one.node) for one in settings if bound_name(one.node) == name] == [statement]
    text = """
STATUS = 401
DENIED = STATUS


def refuse(reply, request):
    return reply.send(DENIED)


def other(reply, DENIED):
    return reply.send(DENIED)


def spoken(reply):
    return reply.say("DENIED")
"""
    file = bundle_of(text, "server.py").files[0]
    root = syntax_tree("server.py", text)
    assert root is not None
    read = CodeFile(file, root)
    every = [Suspect(file, node) for node in read.statements]
    known = tuple(Suspect(file, node) for node in read.constants)
    chosen, is_sure = narrow(every, Hints(("401",), (), (), known), linked=True)
    assert [lines_of(one.node)[0] for one in chosen] == [3, 7], "by way of another constant; a parameter is none"
    assert is_sure
    assert through(every, known, "403") == []


def test_rare_words_tell_more_than_common_ones() -> None:
    assert lines(named(ALL, ["A request with an invalid cursor was served"], ALL)) == ["cursor = request.cursor"]
    assert named(ALL, ["nothing of that kind"], ALL) == []


def test_the_only_check_that_ran_and_is_named_for_it() -> None:
    assert lines(checks(CODE, "http.origin-validate", RAN)) == ["return None"]
    assert checks(CODE, "http.origin-validate", {}) == [], "it did not run"
    assert checks(CODE, "cursor.total", RAN) == []


def test_what_a_condition_calls_decides() -> None:
    condition = next(node for node in walk(ROOT) if node.type == "if_statement").child_by_field_name("condition")
    assert condition is not None
    found = decided_by(condition, CODE, RAN)
    assert [(lines_of(one.node)[0], text_of(one.node)) for one in found] == [(11, "return token in KNOWN")]
