"""Which lines of the page cause a violation: an honest guess from the syntax of the code, or none.

Each rule looks for what the exchange shows: the literal status that came back, the wildcard that let an origin pass,
the lookup that never asks who owns a session. Lines that docprobe added are never blamed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from extractor.languages.common.syntax import CALLS, FUNCTIONS, enclosing, lines_of, statement, text_of, walk
from extractor.languages.registry import syntax_tree
from extractor.model import Span
from harness.model import Verdict
from harness.repair.guards import SESSION_HEADER, id_is_given, looked_up_in_vain, names_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tree_sitter import Node

    from extractor.model import Bundle, SourceFile
    from harness.model import Finding, Transcript

    Rule = Callable[[Node, Finding, Transcript], Iterator[Node]]

ANSWERING: Final = re.compile(
    r"(?:\.|\b)(status|sendStatus|writeHead|Response|JSONResponse|PlainTextResponse|HTTPException|send_response"
    r"|send_error|json|text|end|send|abort|make_response|NextResponse)$"
)
"""Callables that answer an HTTP request, in the common frameworks of the three languages."""
LOOKUP: Final = re.compile(r"\.(get|has)$")
AUDIENCE_TEST: Final = re.compile(
    r"audiences?\b|allowed|\baud\w*\.(some|includes|every)|\baud\w*\s*[!=]=", re.IGNORECASE
)
"""A test of the audience's value; ``!data.aud`` only asks whether there is one."""
REFUSED_BY: Final = {
    "inactive": re.compile(r"\bactive\b"),
    "expired": re.compile(r"\bactive\b|\bexp(ires)?", re.IGNORECASE),
    "wrong-audience": AUDIENCE_TEST,
    "audience-list": AUDIENCE_TEST,
}
"""What a verifier's condition names when it refuses a token of that label."""
MAX_SPANS: Final = 6


def blame(finding: Finding, transcript: Transcript, bundle: Bundle) -> tuple[Span, ...]:
    """Docs lines that cause a violated finding; empty if it is not violated or no honest guess is possible."""
    rule = RULES.get(finding.requirement)
    if finding.verdict is not Verdict.VIOLATED or rule is None:
        return ()
    spans: dict[Span, None] = {}
    for file in bundle.files:
        root = syntax_tree(file.path, file.text)
        if root is None:
            continue
        for node in rule(root, finding, transcript):
            if (span := _docs_span(file, *lines_of(node))) is not None:
                spans[span] = None
    return tuple(sorted(spans))[:MAX_SPANS]


def _docs_span(file: SourceFile, first: int, last: int) -> Span | None:
    """Lines of a file as lines of its page; None if any of them was added by docprobe."""
    start, end = file.docs_line(first), file.docs_line(last)
    if start is None or end is None or start.file != end.file:
        return None
    return Span(start.file, start.first, end.last)


def _wrong_statuses(finding: Finding, transcript: Transcript) -> set[str]:
    """The statuses that the finding's own requests got, controls left out."""
    controls = {e.control for e in transcript.exchanges if e.number in finding.evidence and e.control}
    return {
        str(e.status)
        for e in transcript.exchanges
        if e.number in finding.evidence and e.number not in controls and e.status and e.status >= 400
    }


def _answers(root: Node, statuses: set[str]) -> Iterator[Node]:
    """Statements that answer with one of the literal ``statuses``."""
    for node in walk(root):
        if node.type not in {"number", "integer"} or text_of(node) not in statuses:
            continue
        call = enclosing(node, CALLS)
        if call is not None and node.parent == call.child_by_field_name("arguments"):
            # a helper of the page's own: refuse(res, 400, "…")
            yield statement(call)
            continue
        while call is not None:
            callee = call.child_by_field_name("function") or call.child_by_field_name("constructor")
            if callee is not None and ANSWERING.search(text_of(callee)):
                yield statement(call)
                break
            call = enclosing(call, CALLS)


def session_answers(root: Node, finding: Finding, transcript: Transcript) -> Iterator[Node]:
    """Answers with the wrong status in functions that read the session header."""
    for node in _answers(root, _wrong_statuses(finding, transcript)):
        function = enclosing(node, FUNCTIONS)
        if SESSION_HEADER.search(text_of(function if function is not None else node)):
            yield node


def dead_session_answers(root: Node, finding: Finding, transcript: Transcript) -> Iterator[Node]:
    """Those of :func:`session_answers` that a request with a dead id gets.

    Where the code shows which ones follow a lookup of the id in vain, only those; else all but the ones that a request
    without any id gets.
    """
    names = names_in(root)
    answers = session_answers(root, finding, transcript)
    possible = [node for node in answers if id_is_given(node, names) is not False]
    yield from [node for node in possible if looked_up_in_vain(node, names)] or possible


def session_lookups(root: Node, finding: Finding, transcript: Transcript) -> Iterator[Node]:
    """Where a session is looked up by its id alone (``map[id]``, ``map.get(id)``), or users are not told apart."""
    for function in walk(root):
        if function.type not in FUNCTIONS or not SESSION_HEADER.search(text_of(function)):
            continue
        for node in walk(function):
            if node.type in {"subscript_expression", "subscript"}:
                key = node.child_by_field_name("index") or node.child_by_field_name("subscript")
                assigned = node.parent is not None and node.parent.child_by_field_name("left") == node
            elif node.type in CALLS and LOOKUP.search(text_of(node.child_by_field_name("function") or node)):
                arguments = node.child_by_field_name("arguments")
                key = arguments.named_child(0) if arguments is not None and arguments.named_child_count else None
                assigned = False
            else:
                continue
            if key is None or assigned or not re.fullmatch(r"\w*[sS]ession\w*|sid|id", text_of(key)):
                continue
            holder = enclosing(node, frozenset({"if_statement"}))
            condition = holder.child_by_field_name("condition") if holder is not None else None
            if condition is not None and _within(node, condition):
                yield condition
    yield from _identities_without_subject(root)


def _identities_without_subject(root: Node) -> Iterator[Node]:
    """A verifier's result that names the client and not the user, so that no SDK can tell two users apart."""
    for node in walk(root):
        callee = node.child_by_field_name("function") if node.type == "call" else None
        if callee is not None and text_of(callee).rsplit(".", 1)[-1] == "AccessToken":
            arguments = text_of(node)
            if "client_id" in arguments and "subject" not in arguments:
                yield node


def open_origins(root: Node, finding: Finding, transcript: Transcript) -> Iterator[Node]:
    """Middleware that lets every origin pass, and else nothing: where a check is missing, no line is to blame."""
    for node in walk(root):
        if node.type in CALLS:
            callee = text_of(node.child_by_field_name("function") or node)
            text = text_of(node)
            wildcard = re.search(r"""(origin|allow_origins)['"]?\s*[:=]\s*\[?\s*(['"]\*['"]|true)""", text)
            if re.fullmatch(r"cors|add_middleware|.*\.add_middleware|CORSMiddleware", callee) and (
                wildcard or text == "cors()"
            ):
                yield statement(node)


def verifier_errors(root: Node, finding: Finding, transcript: Transcript) -> Iterator[Node]:
    """Plain errors thrown by a token verifier for a token that is only invalid: the middleware answers them by 500."""
    if "500" not in _wrong_statuses(finding, transcript):
        return
    sent = {e.token for e in transcript.exchanges if e.number in finding.evidence}
    tested = [pattern for label, pattern in REFUSED_BY.items() if label in sent]
    for node in walk(root):
        if node.type not in {"throw_statement", "raise_statement"}:
            continue
        if not re.search(r"(new\s+Error|raise\s+(Exception|ValueError|RuntimeError))\s*\(", text_of(node)):
            continue
        # what is thrown inside a catch is trouble with the authorization server, not a bad token
        if enclosing(node, frozenset({"catch_clause", "except_clause"})) is not None:
            continue
        guard = enclosing(node, frozenset({"if_statement"}))
        condition = guard.child_by_field_name("condition") if guard is not None else None
        if condition is not None and any(pattern.search(text_of(condition)) for pattern in tested):
            yield node


def _within(node: Node, outer: Node) -> bool:
    return outer.start_byte <= node.start_byte and node.end_byte <= outer.end_byte


RULES: Final[Mapping[str, Rule]] = {
    "session.terminated-404": dead_session_answers,
    "session.missing-400": session_answers,
    "session.unknown-404": dead_session_answers,
    "hijack.bind-user": session_lookups,
    "auth.invalid-401": verifier_errors,
    "auth.audience-list": verifier_errors,
    "http.origin-validate": open_origins,
    "http.origin-403": open_origins,
}
"""Requirement to rule. A requirement without a rule blames nothing."""
