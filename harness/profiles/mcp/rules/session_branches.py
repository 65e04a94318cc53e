"""What the branch around a line of code shows about the request's session id: was there one, was it looked up in vain?

Read from the conditions around the line, in Python, JavaScript, TypeScript, Go, Java, Kotlin and Rust. What they leave
open stays open.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from extractor.languages.common.syntax import CALLS, FUNCTIONS, arguments_of, callee_of, enclosing, text_of, walk
from harness.profiles.mcp.rules.branches import chains, left_behind
from harness.profiles.mcp.rules.session_names import (
    EQUAL,
    NOTHING,
    SESSION_HEADER,
    UNEQUAL,
    function_name,
    header_read,
    is_id,
    lookups,
    negated,
    operator_of,
    parameters_of,
    unwrapped,
    variables,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

    from harness.profiles.mcp.rules.session_names import SessionNames


def looked_up_in_vain(node: Node, names: SessionNames) -> bool:
    """Return whether ``node`` runs where a lookup of the session id found nothing."""
    nearest = next(chains(node), None)
    if nearest and any(negated(lookup) == holds for test, holds in nearest for lookup in lookups(test, names)):
        return True
    handler = enclosing(node, frozenset({"except_clause"}) | FUNCTIONS)
    if handler is not None and handler.type == "except_clause" and "KeyError" in text_of(handler).split(":")[0]:
        return handler.parent is not None and any(lookups(handler.parent, names))
    return any(not negated(lookup) for test in left_behind(node) for lookup in lookups(test, names))


def id_is_given(node: Node, names: SessionNames) -> bool | None:
    """Return whether a request that gets to ``node`` has a session id; None if the conditions leave that open."""
    for chain in chains(node):
        for test, holds in chain:
            for part in _parts(test, holds=holds):
                shown = _shows_an_id(part, names)
                if shown is not None:
                    return shown == holds
    here: Node | None = node
    while here is not None and here.type not in FUNCTIONS:
        for test in left_behind(here):
            for part in _parts(test, holds=False):
                shown = _shows_an_id(part, names)
                if shown is not None:
                    return not shown
        here = here.parent
    return None


def _shows_an_id(test: Node, names: SessionNames) -> bool | None:
    """True if ``test`` holds where there is an id, False where there is none, None if it is about something else."""
    test = unwrapped(test)
    if is_id(test, names):
        return True
    if test.type == "not_operator" or (test.type == "unary_expression" and text_of(test).startswith("!")):
        inner = test.child_by_field_name("argument") or test.child_by_field_name("operand")
        return False if inner is not None and is_id(inner, names) else None
    operator, operands = operator_of(test), test.named_children
    if len(operands) != 2:
        return None
    if test.type == "let_condition":
        given = {"Some": True, "None": False}.get(text_of(operands[0]).partition("(")[0])
        return given if is_id(operands[1], names) else None
    if operands[0].type == "string" and SESSION_HEADER.search(text_of(operands[0])):
        return {"in": True, "not in": False}.get(operator)
    if is_id(operands[0], names) and text_of(operands[1]) in NOTHING:
        return False if operator in EQUAL else True if operator in UNEQUAL else None
    return None


def _parts(test: Node, *, holds: bool) -> Iterator[Node]:
    """Yield the parts of a condition that all hold with it (``and``), or all fail with it (``or``)."""
    test = unwrapped(test)
    if test.type in {"boolean_operator", "binary_expression"} and operator_of(test) in (
        {"and", "&&"} if holds else {"or", "||"}
    ):
        for side in test.named_children:
            yield from _parts(side, holds=holds)
    else:
        yield test


def id_expression(answer: Node, names: SessionNames, root: Node) -> str | None:
    """Return code that has the request's session id at an answer: a variable, a parameter, else the header again.

    Args:
        answer: in the function that answers, or in one that it calls.
        names: of the file.
        root: of the file.
    """
    around = [node for node in _ancestors(answer) if node.type in FUNCTIONS]
    for function in around:
        set_before = [name for name, value in variables(function) if value.start_byte < answer.start_byte]
        of_function = (*set_before, *(name for name, _ in parameters_of(function)))
        if id := next((name for name in of_function if name in names.ids), None):
            return id
    for function in around:
        if read := header_read(function, names):
            return text_of(read)
    functions = {function_name(node): node for node in walk(root) if node.type in FUNCTIONS}
    for test in (*(test for chain in chains(answer) for test, _ in chain), *left_behind(answer)):
        for call in (node for node in walk(test) if node.type in CALLS):
            asked = functions.get(callee_of(call).rpartition(".")[2])
            read = header_read(asked, names) if asked is not None else None
            request = next(iter(parameters_of(asked)), ("", None))[0] if asked is not None else ""
            given = arguments_of(call)
            if read is not None and given and request and text_of(read).startswith(f"{request}."):
                return text_of(given[0]) + text_of(read)[len(request) :]
    return None


def _ancestors(node: Node) -> Iterator[Node]:
    here = node.parent
    while here is not None:
        yield here
        here = here.parent
