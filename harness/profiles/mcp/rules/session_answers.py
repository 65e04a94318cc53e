"""Where the code of an example answers a request with a wrong status: the blame of several rules."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from extractor.languages.common.syntax import CALLS, FUNCTIONS, enclosing, statement, text_of, walk
from harness.profiles.mcp.rules.session_branches import SESSION_HEADER, id_is_given, looked_up_in_vain, names_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

    from harness.model import Finding, Transcript

_ANSWERING: Final = re.compile(
    r"(?:\.|\b)(status|sendStatus|writeHead|Response|JSONResponse|PlainTextResponse|HTTPException|send_response"
    r"|send_error|json|text|end|send|abort|make_response|NextResponse)$"
)
"""Callables that answer an HTTP request, in the common frameworks of the three languages."""


def wrong_statuses(finding: Finding, transcript: Transcript) -> set[str]:
    """Return the error statuses that the finding's own requests got, controls left out."""
    exchanges = [exchange for exchange in transcript.exchanges if exchange.number in finding.evidence]
    controls = {exchange.control for exchange in exchanges}
    return {
        str(exchange.status)
        for exchange in exchanges
        if exchange.number not in controls and exchange.status is not None and exchange.status >= 400
    }


def session_answers(root: Node, finding: Finding, transcript: Transcript) -> Iterator[Node]:
    """Yield the answers with a wrong status in functions that read the session header."""
    for node in _answers(root, wrong_statuses(finding, transcript)):
        function = enclosing(node, FUNCTIONS)
        if SESSION_HEADER.search(text_of(function if function is not None else node)):
            yield node


def dead_session_answers(root: Node, finding: Finding, transcript: Transcript) -> Iterator[Node]:
    """Yield those of :func:`session_answers` that a request with a dead id gets.

    Where the code shows which ones follow a lookup of the id in vain, only those; else all but the ones that a request
    without any id gets.
    """
    names = names_in(root)
    answers = session_answers(root, finding, transcript)
    possible = [node for node in answers if id_is_given(node, names) is not False]
    yield from [node for node in possible if looked_up_in_vain(node, names)] or possible


def _answers(root: Node, statuses: set[str]) -> Iterator[Node]:
    """Yield the statements that answer with one of the literal ``statuses``."""
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
            if callee is not None and _ANSWERING.search(text_of(callee)):
                yield statement(call)
                break
            call = enclosing(call, CALLS)
