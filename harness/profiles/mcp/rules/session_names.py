"""What a file calls the session id of a request, the sessions, and what looks one up by it.

Read from the syntax tree, in Python, JavaScript, TypeScript, Go, Java, Kotlin and Rust.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from extractor.languages.common.syntax import CALLS, FUNCTIONS, arguments_of, callee_of, text_of, walk
from harness.profiles.mcp.rules.branches import matched

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

SESSION_HEADER: Final = re.compile(r"mcp-session-id|HTTP_MCP_SESSION_ID", re.IGNORECASE)
_OF_SDK: Final = "MCP_SESSION_ID_HEADER"
"""What the Python SDK calls it."""
FINDING: Final = re.compile(r"(get|has|find|lookup|exists|known|contains|remove|delete|pop)\w*$", re.IGNORECASE)
"""Callables that look something up by their first argument; what removes it says whether it was there."""
NOTHING: Final = frozenset({"None", "null", "undefined", "nil", '""'})
EQUAL: Final = frozenset({"is", "==", "==="})
UNEQUAL: Final = frozenset({"is not", "!=", "!=="})
_INDEXED: Final = frozenset({"subscript", "subscript_expression", "index_expression"})
_READING: Final = re.compile(r"\.(get|header)$")
"""Callables that read a header."""
_SELVES: Final = frozenset({"self", "this", "cls"})
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
    finders: frozenset[str] = frozenset()
    """Functions that return whether there is such a session, or the session."""
    headers: frozenset[str] = frozenset({_OF_SDK})
    """Constants with the name of the header."""

    def reads_header(self, node: Node) -> bool:
        """Return whether an expression names the session header, as a text or by a constant."""
        if SESSION_HEADER.search(text_of(node)):
            return True
        return any(part.type == "identifier" and text_of(part) in self.headers for part in walk(node))


@lru_cache(maxsize=8)
def names_in(root: Node) -> SessionNames:
    """Return the variables of a file that are set from the session header, or by a lookup with it.

    Each finding about a file asks for them: those of the last files are kept.

    Scopes are not distinguished. A value that is a function is not searched: what is set inside it is a variable of
    its own. A parameter is such a variable too if the header, or the id, is what it is given, and its name means
    nothing else in the file.
    """
    set_to = [(name, value) for name, value in variables(root) if value.type not in FUNCTIONS]
    constants = {name for name, value in set_to if SESSION_HEADER.fullmatch(text_of(value).strip("\"'`"))}
    # of a destructured object the key is the value: `const { "mcp-session-id": id } = headers`
    constants -= {text_of(node.child_by_field_name("value")) for node in walk(root) if node.type == "pair_pattern"}
    headers = frozenset({*constants, _OF_SDK})
    none = SessionNames(frozenset(), frozenset(), headers=headers)
    ids = {name for name, value in set_to if none.reads_header(value) and not lookups(value, none)} - constants
    elsewhere = {name for name, _ in set_to} - ids
    functions = [node for node in walk(root) if node.type in FUNCTIONS]
    for _ in range(2):  # what a function is given may be what another is given
        ids |= set(_given_ids(functions, root, replace(none, ids=frozenset(ids)))) - elsewhere
    known = replace(none, ids=frozenset(ids))
    sessions = frozenset(name for name, value in set_to if name not in ids and lookups(value, known))
    finders = frozenset(name for one in functions if (name := function_name(one)) and _finds(one, known))
    return SessionNames(known.ids, sessions, finders, headers)


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
            if name is not None and value is not None and name.type in {"pattern_list", "tuple_pattern"}:
                # Python: `BAD, GONE = 400, 404`
                pairs = zip(name.named_children, value.named_children, strict=False)
                yield from ((text_of(one), part) for one, part in pairs if one.type == "identifier")
                continue
            # Go sets several at once: `session, ok := sessions[id]`
            several = name.named_children if name is not None and name.type == "expression_list" else [name]
            for each in several:
                if each is not None and value is not None and each.type == "identifier":
                    yield text_of(each), value
        elif node.type == "pair_pattern":
            # JavaScript: `const { "mcp-session-id": id } = req.headers`
            key, name = node.child_by_field_name("key"), node.child_by_field_name("value")
            if key is not None and name is not None and name.type == "identifier":
                yield text_of(name), key
        elif node.type == "tuple_struct_pattern" and node.parent is not None and node.parent.type == "match_pattern":
            # Rust: `match id { Some(id) => … }`
            held, value = node.named_children[-1], matched(node.parent.parent)
            if held.type == "identifier" and value is not None:
                yield text_of(held), value


def function_name(function: Node) -> str:
    """Return the name under which a file calls a function; empty if it has none."""
    named = function.child_by_field_name("name")
    if named is None and function.parent is not None and function.parent.type == "variable_declarator":
        named = function.parent.child_by_field_name("name")
    return text_of(named)


def parameters_of(function: Node) -> list[tuple[str, Node]]:
    """Return the parameters of a function by name, ``self`` and ``this`` left out."""
    listed = function.child_by_field_name("parameters")
    single = function.child_by_field_name("parameter")
    found = []
    for part in listed.named_children if listed is not None else [single] if single is not None else []:
        held = part.child_by_field_name("name") or part.child_by_field_name("pattern") or part
        held = part.named_children[0] if held.type == "typed_parameter" else held
        found += [(text_of(held), part)] if held.type == "identifier" and text_of(held) not in _SELVES else []
    return found


def _given_ids(functions: list[Node], root: Node, names: SessionNames) -> Iterator[str]:
    """Yield the names of parameters that are given the session id: by a framework from the header, or by every call."""
    calls: dict[str, list[Node]] = {}
    for node in walk(root):
        if node.type in CALLS:
            calls.setdefault(callee_of(node).rpartition(".")[2], []).append(node)
    sure: dict[str, list[bool]] = {}
    for function in functions:
        called = calls.get(function_name(function), [])
        for at, (name, part) in enumerate(parameters_of(function)):
            declared = {text_of(node) for node in walk(part) if node.type == "identifier"} - {name}
            text = text_of(part).replace("_", "-")
            passed = [arguments_of(call)[at] for call in called if at < len(arguments_of(call))]
            by_framework = bool(SESSION_HEADER.search(text) and "Header" in text) or bool(declared & names.ids)
            by_calls = bool(passed) and all(is_id(one, names) or text_of(one) == name for one in passed)
            sure.setdefault(name, []).append(by_framework or by_calls)
    yield from (name for name, known in sure.items() if all(known))


def _finds(function: Node, names: SessionNames) -> bool:
    """Return whether all that a function does is to look the session id up and to return what it finds."""
    body = function.child_by_field_name("body")
    if body is not None and body.type in {"block", "statement_block"}:
        returned = [node for node in walk(body) if node.type == "return_statement"]
        body = returned[0] if len(returned) == 1 and returned[0].parent == body else None
    return body is not None and any(not negated(lookup) for lookup in lookups(body, names))


def lookups(node: Node, names: SessionNames) -> list[Node]:
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
        if callee_of(node).rpartition(".")[2] in names.finders:
            return True
        if FINDING.search(callee_of(node)):
            key = next(iter(arguments_of(node)), None)
    elif node.type in _CONTAINING and operator_of(node) in {"in", "not in", "!in"}:
        key = node.named_child(0)
    return key is not None and is_id(key, names)


def is_id(node: Node, names: SessionNames) -> bool:
    """Return whether an expression is the request's session id."""
    node = unwrapped(node)
    if node.type in {"identifier", "string"}:
        return text_of(node) in names.ids
    # what is looked up by the id is a session: `sessions.pop(request.headers.get("Mcp-Session-Id"), None)`
    return node.type in {*_INDEXED, *CALLS} and names.reads_header(node) and not _is_lookup(node, names)


def negated(node: Node) -> bool:
    """Return whether the negation next to a lookup makes the condition hold where nothing is found."""
    # Kotlin's grammar has the `!` in front of the receiver: `!sessions.contains(id)`
    if operator_of(node) in {"not in", "!in"} or (node.type in CALLS and text_of(node).startswith("!")):
        return True
    here = node.parent
    while here is not None and here.type == "parenthesized_expression":
        here = here.parent
    if here is None:
        return False
    if here.type == "not_operator" or (here.type == "unary_expression" and text_of(here).startswith("!")):
        return True
    return operator_of(here) in EQUAL and any(text_of(child) in NOTHING for child in here.named_children)


def operator_of(node: Node) -> str:
    """Return the operator of an expression with two sides; empty for any other."""
    if node.type not in {*_CONTAINING, "boolean_operator"}:
        return ""
    return " ".join(text_of(child) for child in node.children if not child.is_named)


def header_read(function: Node, names: SessionNames) -> Node | None:
    """Return the first expression of a function that reads the session header of a request."""
    for node in walk(function):
        if node.type in _INDEXED:
            key = node.child_by_field_name("subscript") or node.child_by_field_name("index")
            is_set = node.parent is not None and node.parent.child_by_field_name("left") == node
            if key is not None and not is_set and names.reads_header(key):
                return node
        elif node.type in CALLS and (asked := _READING.search(callee_of(node))):
            given = arguments_of(node)
            # `response.header(name, value)` sets one
            if given and len(given) <= (2 if asked[1] == "get" else 1) and names.reads_header(given[0]):
                return node
    return None


def unwrapped(node: Node) -> Node:
    """Return the expression without brackets, casts and a ``!`` after it."""
    while node.type in {"parenthesized_expression", "as_expression", "non_null_expression", "reference_expression"}:
        inner = node.named_children[-1] if node.named_children else None
        if inner is None:
            break
        node = inner
    return node
