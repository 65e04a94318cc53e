"""What the branch around a line of code shows about the request's session id: was there one, was it looked up in vain?

Read from the conditions around the line, in Python, JavaScript, TypeScript, Go, Java, Kotlin and Rust. What they leave
open stays open.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from extractor.languages.common.syntax import CALLS, FUNCTIONS, arguments_of, callee_of, enclosing, text_of, walk
from harness.profiles.mcp.rules.branches import chains, left_behind, matched

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

SESSION_HEADER: Final = re.compile(r"mcp-session-id", re.IGNORECASE)
FINDING: Final = re.compile(r"(get|has|find|lookup|exists|known|contains|remove|delete|pop)\w*$", re.IGNORECASE)
"""Callables that look something up by their first argument; what removes it says whether it was there."""
NOTHING: Final = frozenset({"None", "null", "undefined", "nil", '""'})
EQUAL: Final = frozenset({"is", "==", "==="})
UNEQUAL: Final = frozenset({"is not", "!=", "!=="})
_INDEXED: Final = frozenset({"subscript", "subscript_expression", "index_expression"})
_SET: Final = frozenset(
    {"variable_declarator", "assignment", "assignment_expression", "named_expression", "short_var_declaration",
     "assignment_statement", "var_spec", "property_declaration", "let_declaration", "let_condition"}
)  # fmt: skip
"""Nodes that set variables."""
_CONTAINING: Final = frozenset({"comparison_operator", "binary_expression", "in_expression"})


@dataclass(frozen=True, slots=True)
class SessionNames:
    """Variables that have to do with sessions."""

    ids: frozenset[str]
    """Hold the session id of the request."""
    sessions: frozenset[str]
    """Hold the result of a lookup by that id."""


def names_in(root: Node) -> SessionNames:
    """Return the variables of a file that are set from the session header, or by a lookup with it.

    Scopes are not distinguished. A value that is a function is not searched: what is set inside it is a variable of
    its own.
    """
    set_to = [(name, value) for name, value in variables(root) if value.type not in FUNCTIONS]
    ids = frozenset(
        name
        for name, value in set_to
        if SESSION_HEADER.search(text_of(value)) and not _lookups(value, SessionNames(frozenset(), frozenset()))
    )
    known = SessionNames(ids, frozenset())
    return SessionNames(ids, frozenset(name for name, value in set_to if name not in ids and _lookups(value, known)))


def looked_up_in_vain(node: Node, names: SessionNames) -> bool:
    """Return whether ``node`` runs where a lookup of the session id found nothing."""
    nearest = next(chains(node), None)
    if nearest and any(_negated(lookup) == holds for test, holds in nearest for lookup in _lookups(test, names)):
        return True
    handler = enclosing(node, frozenset({"except_clause"}) | FUNCTIONS)
    if handler is not None and handler.type == "except_clause" and "KeyError" in text_of(handler).split(":")[0]:
        return handler.parent is not None and any(_lookups(handler.parent, names))
    return any(not _negated(lookup) for test in left_behind(node) for lookup in _lookups(test, names))


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


def session_variable(function: Node) -> str | None:
    """Return the name of the variable in which a function keeps the request's session id; None if there is none."""
    for node in walk(function):
        if node.type in {"variable_declarator", "assignment"}:
            name = node.child_by_field_name("name") or node.child_by_field_name("left")
            value = node.child_by_field_name("value") or node.child_by_field_name("right")
            if name is not None and value is not None and SESSION_HEADER.search(text_of(value)):
                return text_of(name) if name.type == "identifier" else None
    return None


def variables(scope: Node) -> Iterator[tuple[str, Node]]:
    """Yield each variable that is set anywhere below ``scope``, with the expression that gives its value."""
    for node in walk(scope):
        if node.type in _SET:
            name = node.child_by_field_name("name") or node.child_by_field_name("left")
            name = name or node.child_by_field_name("pattern")
            value = node.child_by_field_name("value") or node.child_by_field_name("right")
            if node.type == "property_declaration" and node.named_children:
                # Kotlin's grammar has no names for these parts
                held = next((child for child in node.named_children if child.type == "variable_declaration"), None)
                name, value = (held.named_children[0] if held is not None else None), node.named_children[-1]
            if name is not None and name.type in {"tuple_struct_pattern", "mut_pattern"}:
                name = name.named_children[-1]  # Rust: `let Some(id) = …`
            # Go sets several at once: `session, ok := sessions[id]`
            several = name.named_children if name is not None and name.type == "expression_list" else [name]
            for each in several:
                if each is not None and value is not None and each.type == "identifier":
                    yield text_of(each), value
        elif node.type == "tuple_struct_pattern" and node.parent is not None and node.parent.type == "match_pattern":
            # Rust: `match id { Some(id) => … }`
            held, value = node.named_children[-1], matched(node.parent.parent)
            if held.type == "identifier" and value is not None:
                yield text_of(held), value


def _lookups(node: Node, names: SessionNames) -> list[Node]:
    """Return the expressions in ``node`` that tell whether there is a session of that id."""
    return [part for part in walk(node) if _is_lookup(part, names)]


def _is_lookup(node: Node, names: SessionNames) -> bool:
    if node.type == "identifier":
        return text_of(node) in names.sessions
    key: Node | None = None
    if node.type in _INDEXED:
        # the grammars of Kotlin and Rust have no name for it
        key = node.child_by_field_name("index") or node.child_by_field_name("subscript") or node.named_children[-1]
    elif node.type in CALLS:
        if FINDING.search(callee_of(node)):
            key = next(iter(arguments_of(node)), None)
    elif node.type in _CONTAINING and _operator(node) in {"in", "not in", "!in"}:
        key = node.named_child(0)
    return key is not None and _is_id(key, names)


def _is_id(node: Node, names: SessionNames) -> bool:
    node = _unwrapped(node)
    if node.type in {"identifier", "string"}:
        return text_of(node) in names.ids
    return node.type in {*_INDEXED, *CALLS} and bool(SESSION_HEADER.search(text_of(node)))


def _negated(node: Node) -> bool:
    """Return whether the negation next to a lookup makes the condition hold where nothing is found."""
    # Kotlin's grammar has the `!` in front of the receiver: `!sessions.contains(id)`
    if _operator(node) in {"not in", "!in"} or (node.type in CALLS and text_of(node).startswith("!")):
        return True
    here = node.parent
    while here is not None and here.type == "parenthesized_expression":
        here = here.parent
    if here is None:
        return False
    if here.type == "not_operator" or (here.type == "unary_expression" and text_of(here).startswith("!")):
        return True
    return _operator(here) in EQUAL and any(text_of(child) in NOTHING for child in here.named_children)


def _shows_an_id(test: Node, names: SessionNames) -> bool | None:
    """True if ``test`` holds where there is an id, False where there is none, None if it is about something else."""
    test = _unwrapped(test)
    if _is_id(test, names):
        return True
    if test.type == "not_operator" or (test.type == "unary_expression" and text_of(test).startswith("!")):
        inner = test.child_by_field_name("argument") or test.child_by_field_name("operand")
        return False if inner is not None and _is_id(inner, names) else None
    operator, operands = _operator(test), test.named_children
    if len(operands) != 2:
        return None
    if test.type == "let_condition":
        given = {"Some": True, "None": False}.get(text_of(operands[0]).partition("(")[0])
        return given if _is_id(operands[1], names) else None
    if operands[0].type == "string" and SESSION_HEADER.search(text_of(operands[0])):
        return {"in": True, "not in": False}.get(operator)
    if _is_id(operands[0], names) and text_of(operands[1]) in NOTHING:
        return False if operator in EQUAL else True if operator in UNEQUAL else None
    return None


def _parts(test: Node, *, holds: bool) -> Iterator[Node]:
    """Yield the parts of a condition that all hold with it (``and``), or all fail with it (``or``)."""
    test = _unwrapped(test)
    if test.type in {"boolean_operator", "binary_expression"} and _operator(test) in (
        {"and", "&&"} if holds else {"or", "||"}
    ):
        for side in test.named_children:
            yield from _parts(side, holds=holds)
    else:
        yield test


def _operator(node: Node) -> str:
    if node.type not in {*_CONTAINING, "boolean_operator"}:
        return ""
    return " ".join(text_of(child) for child in node.children if not child.is_named)


def _unwrapped(node: Node) -> Node:
    """Return the expression without brackets, casts and a ``!`` after it."""
    while node.type in {"parenthesized_expression", "as_expression", "non_null_expression", "reference_expression"}:
        inner = node.named_children[-1] if node.named_children else None
        if inner is None:
            break
        node = inner
    return node
