"""Where the code of an example answers a request with a wrong status: the blame of several rules."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from extractor.languages.common.syntax import (
    CALLS,
    FUNCTIONS,
    arguments_of,
    callee_of,
    enclosing,
    statement,
    text_of,
    walk,
)
from harness.profiles.mcp.rules.branches import chains, last_statement
from harness.profiles.mcp.rules.session_branches import id_is_given, looked_up_in_vain
from harness.profiles.mcp.rules.session_names import SessionNames, names_in, parameters_of, variables
from harness.profiles.mcp.rules.statuses import constants_of, is_error_class, status_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

    from harness.model import Finding, Transcript
    from harness.rule import BlameRule

_ANSWERING: Final = re.compile(
    r"(?:\.|\b)(status|sendStatus|writeHead|\w*Response|\w*Exception|send_response|json_response"
    r"|send_error|json|text|end|send|abort|make_response|NextResponse|Error|WriteHeader|AbortWithStatus|JSON"
    r"|sendError|setStatus|sendResponseHeaders|respond|respondText|ResponseEntity|into_response)$"
)
"""Callables that answer an HTTP request, in the common frameworks of the languages."""
_STATUS_MEMBER: Final = re.compile(r"\.(?:status|statusCode|status_code)$")
_RETURNING: Final = frozenset({"tuple_expression", "assignment_expression", "return_expression", "match_arm"})
"""What makes a status an answer in Rust without a call: `return (StatusCode::NOT_FOUND, "…")`."""
_BLOCKS: Final = frozenset({"block", "statement_block", "statement_list"})
_IS_GET: Final = re.compile(r"""method\s*===?\s*["']GET["']|["']GET["']\s*===?\s*\S*method""")
_GET_ROUTE: Final = re.compile(
    r"""^\w*\.get\(\s*(?:["'`][/"'`]|$)|^get\(\s*"/|^(?:\w+\.)*(?:app|router|server|mcp|api)\w*\.get\b|\.route\(.*\.get\(""",
    re.I | re.S,
)
"""The call that gives a handler to GET: of a router by its name, or by a path as first argument."""
_TO_GET: Final = re.compile(r"(?:^|[.:])get$")
_GET_NAMES: Final = frozenset({"do_GET", "doGet", "GET", "get"})
"""Of functions and methods that handle GET, in the standard library, Next.js and classes of endpoints."""
_TERNARIES: Final = frozenset({"ternary_expression", "conditional_expression", "parenthesized_expression"})
_CASES: Final = frozenset(
    {"switch_case", "case_clause", "expression_case", "switch_block_statement_group", "switch_rule", "when_entry",
     "match_arm"}
)  # fmt: skip
_OF_GET: Final = re.compile(r"""(?:case\s+)?(?:["'`]GET["'`]|(?:\w+[.:]+)*(?:Method)?(?:Get|GET))""")
"""The value of a branch for GET, as the languages write it."""
_SHORTHAND: Final = "shorthand_property_identifier_pattern"
_ENDS: Final = frozenset({"return_statement", "expression_statement", "raise_statement", "throw_statement"})
_IS_NOTIFICATION: Final = re.compile(
    r"""["']id["']\s+not\s+in\b|\.get\(["']id["']\)\s+is\s+None|\.id\s*===?\s*(?:undefined|null)|!\s*\(?\s*["']id["']\s+in\b"""
    r"""|starts_?[wW]ith\(["']notifications/|===?\s*["']notifications/initialized["']|[iI]sJSONRPCNotification\("""
)
"""Conditions that hold for a notification."""
_NO_ID: Final = re.compile(
    r"""(?i)\.id\s*==\s*(?:nil|null)\b|get\("id"\)\.is_none\(\)|!\s*\w+\.(?:containsKey|has|contains)\("id"\)|"id"\s*!in\b"""
)
"""The same in Go, Rust, Java and Kotlin."""
_ID_OF_MESSAGE: Final = re.compile(r"""\.get\(["']id["']\)$|\.id$|\[["']id["']\]$""")


def wrong_statuses(finding: Finding, transcript: Transcript) -> set[str]:
    """Return the error statuses that the finding's own requests got, controls left out.

    What a request got like its control is not about the fault: the server answers every such request so.
    """
    return {status for status in all_statuses(finding, transcript) if status >= "400"}


def all_statuses(finding: Finding, transcript: Transcript) -> set[str]:
    """Return the statuses as :func:`wrong_statuses`, with those of requests that were served."""
    exchanges = {exchange.number: exchange for exchange in transcript.exchanges if exchange.number in finding.evidence}
    controls = {exchange.control for exchange in exchanges.values()}
    of_control = {number: exchanges[number].status for number in controls if number in exchanges}
    return {
        str(exchange.status)
        for number, exchange in exchanges.items()
        if number not in controls and exchange.status is not None
        if exchange.control is None or exchange.status < 400 or of_control.get(exchange.control) != exchange.status
    }


def session_answers(root: Node, finding: Finding, transcript: Transcript, right: str) -> Iterator[Node]:
    """Yield the answers with a wrong status in functions that read the session header, or are given the id."""
    names = names_in(root)
    for node in answers_with(root, wrong_statuses(finding, transcript) - {right}):
        function = enclosing(node, FUNCTIONS)
        of_id = function is not None and any(name in names.ids for name, _ in parameters_of(function))
        if of_id or names.reads_header(function if function is not None else node):
            yield node


def missing_id_answers(root: Node, finding: Finding, transcript: Transcript) -> Iterator[Node]:
    """Yield those of :func:`session_answers` that a request without an id gets.

    Where the code shows which ones only such a request gets, those; else all but the ones that follow an id.
    """
    names = names_in(root)
    given = [(node, id_is_given(node, names)) for node in session_answers(root, finding, transcript, "400")]
    without = [node for node, has_id in given if has_id is False]
    yield from without or [node for node, has_id in given if has_id is None]


def dead_session_answers(root: Node, finding: Finding, transcript: Transcript) -> Iterator[Node]:
    """Yield the answers that a request with a dead id gets.

    Where the code shows what follows a lookup of the id in vain, only that: an answer with a wrong status, else
    whatever ends the branch without another status. Where it shows no such lookup, all of :func:`session_answers` but
    the ones that a request without any id gets.
    """
    names = names_in(root)
    answers = session_answers(root, finding, transcript, "404")
    possible = [node for node in answers if id_is_given(node, names) is not False]
    in_vain = [node for node in possible if looked_up_in_vain(node, names)]
    yield from in_vain or _ends_in_vain(root, names, all_statuses(finding, transcript) - {"404"}) or possible


def answers_about(header: re.Pattern[str], right: str) -> BlameRule:
    """Return the blame of a rule about a header: answers with a wrong status in branches that look at it.

    Args:
        header: the header's name, in lower case; code writes it as it likes.
        right: the status that is right there.
    """
    written = re.compile(header.pattern, re.IGNORECASE)

    def blame(root: Node, finding: Finding, transcript: Transcript) -> Iterator[Node]:
        names = {re.escape(name) for name, value in variables(root) if written.search(text_of(value))}
        looks = re.compile("|".join([header.pattern, *(rf"(?<![\w.]){name}\b" for name in names)]), re.IGNORECASE)
        for node in answers_with(root, wrong_statuses(finding, transcript) - {right}):
            nearest = next(chains(node), [])
            if any(looks.search(text_of(test)) for test, _ in nearest):
                yield node

    return blame


def get_answers(root: Node, finding: Finding, transcript: Transcript) -> Iterator[Node]:
    """Yield the answers with a wrong status that only a GET gets to: by its handler, its route or a condition."""
    for node in answers_with(root, wrong_statuses(finding, transcript) - {"405"}):
        function = enclosing(node, FUNCTIONS)
        name = text_of(function.child_by_field_name("name")) if function is not None else ""
        above = function.parent if function is not None else None
        if function is not None and above is not None and above.type == "decorated_definition":
            routed = [text_of(part).removeprefix("@") for part in above.children if part.type == "decorator"]
        else:
            route = enclosing(function, CALLS) if function is not None else None
            routed = [text_of(route)] if route is not None else []
        tested = any(holds and _IS_GET.search(text_of(test)) for chain in chains(node) for test, holds in chain)
        if (
            tested
            or name in _GET_NAMES
            or _is_case_of_get(node)
            or any(map(_GET_ROUTE.search, routed))
            or _is_given_to_get(root, name)
        ):
            yield node


def _is_given_to_get(root: Node, name: str) -> bool:
    """Return whether a function is given to a router by its name: ``.route("/mcp", post(handle).get(listen))``."""
    calls = (node for node in walk(root) if node.type in CALLS and name)
    return any(
        _TO_GET.search(callee_of(call)) and [text_of(argument) for argument in arguments_of(call)][-1:] == [name]
        for call in calls
    )


def _is_case_of_get(node: Node) -> bool:
    """Return whether a branch of a ``switch`` or a ``match`` that is taken for GET only has ``node`` in it."""
    case = enclosing(node, _CASES | FUNCTIONS)
    if case is None or case.type not in _CASES:
        return False
    value = case.child_by_field_name("value") or case.named_children[0]
    return _OF_GET.fullmatch(text_of(value)) is not None


def notification_answers(root: Node, finding: Finding, transcript: Transcript) -> Iterator[Node]:
    """Yield what ends a branch that only notifications take, if it is not an answer with 202."""
    branches = list(notification_branches(root))
    for _, branch in branches:
        if "202" not in text_of(branch):
            last = last_statement(branch)
            yield last if last.type in _ENDS else branch
    for node in answers_with(root, all_statuses(finding, transcript) - {"202"}) if not branches else ():
        nearest = next(chains(node), [])
        if any(holds and _NO_ID.search(text_of(test)) for test, holds in nearest):
            yield node


def notification_branches(root: Node) -> Iterator[tuple[Node, Node]]:
    """Yield each branch that only notifications take, behind its condition."""
    ids = {name for name, value in variables(root) if _ID_OF_MESSAGE.search(text_of(value))}
    # `const { id, method } = request.body`
    ids |= {text_of(node) for node in walk(root) if node.type == _SHORTHAND and text_of(node) == "id"}
    for node in walk(root):
        condition = node.child_by_field_name("condition") if node.type in {"if_statement", "elif_clause"} else None
        branch = node.child_by_field_name("consequence")
        if condition is None or branch is None:
            continue
        test = text_of(condition)
        absent = any(
            re.search(rf"(?<![\w.]){re.escape(id)}\s*(?:is\s+None|===?\s*(?:undefined|null))", test) for id in ids
        )
        if absent or _IS_NOTIFICATION.search(test):
            yield condition, branch


def _ends_in_vain(root: Node, names: SessionNames, statuses: set[str]) -> list[Node]:
    """Return what ends each branch that follows a lookup in vain: its answer, or its last statement if it has none.

    An answer whose status is in the code and not one of ``statuses`` is another one.
    """
    constants = constants_of(root)
    found = []
    for node in walk(root):
        if node.type not in _ENDS or node.parent is None or not looked_up_in_vain(node, names):
            continue
        siblings = node.parent.named_children if node.parent.type in _BLOCKS else [node]
        if siblings[-1] != node or id_is_given(node, names) is False:
            continue
        answers = [each for each in siblings if each.type in _ENDS and any(_is_answer(part) for part in walk(each))]
        end = answers[-1] if answers else node
        written = {status for part in walk(end) if (status := status_of(part, constants)) and len(status) == 3}
        if not written or written & statuses:
            found.append(end)
    return found


def _is_returned_or_set(node: Node) -> bool:
    """Return whether a status is an answer without a call: Flask's `return "…", 400`, Koa's `ctx.status = 400`."""
    above = node.parent
    if above is None:
        return False
    if above.type in {"expression_list", "tuple"}:
        return above.parent is not None and above.parent.type == "return_statement" and above.named_children[0] != node
    left = above.child_by_field_name("left") if above.type in {"assignment", "assignment_expression"} else None
    return left is not None and left != node and _STATUS_MEMBER.search(text_of(left)) is not None


def _is_answer(node: Node) -> bool:
    return node.type in CALLS and _ANSWERING.search(callee_of(node)) is not None


def answers_with(root: Node, statuses: set[str]) -> Iterator[Node]:
    """Yield the statements that answer with one of the ``statuses``."""
    constants = constants_of(root)
    for node in walk(root):
        if status_of(node, constants) not in statuses:
            continue
        call, whole = enclosing(node, CALLS), node
        while whole.parent is not None and whole.parent.type in _TERNARIES:
            whole = whole.parent
        if is_error_class(node) or (call is not None and whole in arguments_of(call)):
            # `raise web.HTTPBadRequest()`; a helper of the page's own: refuse(res, 400, "…")
            yield statement(node)
            continue
        if _is_returned_or_set(whole):
            yield statement(node)
            continue
        if node.type == "scoped_identifier" and node.parent is not None and node.parent.type in _RETURNING:
            yield statement(node)
            continue
        while call is not None:
            if _is_answer(call):
                yield statement(call)
                break
            call = enclosing(call, CALLS)
