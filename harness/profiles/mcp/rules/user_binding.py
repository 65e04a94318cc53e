"""Sessions bound to the user of their token: who opened one is kept beside it, and asked for at every lookup."""

from __future__ import annotations

import re
from dataclasses import dataclass
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
from harness.profiles.mcp.rules.session_names import function_name, names_in
from harness.rule import TextEdit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

    from harness.model import Finding, Transcript

_CLIENT: Final = re.compile(r"""(\w+)(?:\.(?:client_id|azp)\b|(?:\.get\(|\[)["'](?:client_id|azp)["'])""")
"""Where an identity takes the client from: the claims of the token."""
_LOOKUP: Final = re.compile(r"(\w+)\.(?:get|has)")
_CONDITIONS: Final = frozenset(
    {"unary_expression", "binary_expression", "parenthesized_expression", "if_statement", "ternary_expression"}
)
_HANDED: Final = "request"
"""The parameter by which a function that keeps a session is given the request."""
_NAMES: Final = ("owners", "sessionOwners", "ownersOfSessions")


@dataclass(frozen=True, slots=True)
class _Lookup:
    """An expression that finds a session by its id."""

    node: Node
    sessions: str
    """The variable that holds the sessions."""
    key: str
    request: str
    """The variable with the request, in the function that the lookup is in."""


def bind_sessions(root: Node, finding: Finding, transcript: Transcript) -> Iterator[TextEdit]:
    """Bind sessions to users: all that it takes, or nothing where a part of it cannot be found."""
    yield from name_subject(root) if root.type == "module" else _keep_owners(root)


def identities_without_subject(root: Node) -> Iterator[Node]:
    """Yield each result of a verifier that names the client and not the user: two users look alike to the SDK."""
    for node in walk(root):
        callee = node.child_by_field_name("function") if node.type == "call" else None
        if callee is not None and text_of(callee).rsplit(".", 1)[-1] == "AccessToken":
            arguments = text_of(node)
            if "client_id" in arguments and "subject" not in arguments:
                yield node


def name_subject(root: Node) -> Iterator[TextEdit]:
    """Name the user in the identities of a Python verifier, from the claims that the client is taken from."""
    for call in identities_without_subject(root):
        arguments, found = call.child_by_field_name("arguments"), _CLIENT.search(text_of(call))
        if arguments is not None and found is not None:
            yield TextEdit.last_argument(arguments, f'subject={found[1]}.get("sub")')


def _keep_owners(root: Node) -> Iterator[TextEdit]:
    lookups = list(_lookups(root))
    used = {text_of(node) for node in walk(root) if node.type == "identifier"}
    owners = next((name for name in _NAMES if name not in used), None)
    subject, in_verifier = _subject(root)
    sessions = {lookup.sessions for lookup in lookups}
    if owners is None or subject is None or len(sessions) != 1:
        return
    (held,) = sessions
    declared = next(_declared(root, held), None)
    stores = list(_stores(root, held))
    handed = {node: edits for node, _, request in stores if request is None and (edits := _handed_on(root, node, used))}
    if declared is None or not stores or any(request is None and node not in handed for node, _, request in stores):
        return
    yield from in_verifier
    for edits in handed.values():
        yield from edits
    end = ";" if text_of(declared).endswith(";") else ""
    typed = ": Record<string, unknown>" if any(node.type == "type_annotation" for node in walk(root)) else ""
    yield TextEdit.line_below(declared, f"const {owners}{typed} = {{}}{end}")
    for node, key, request in stores:
        line = f"{owners}[{key}] = {request or _HANDED}.{subject}"
        kept = statement(node)
        if kept.type == "expression_statement":
            yield TextEdit.line_below(kept, line + end)
        else:
            # `(id) => sessions.set(id, transport)`
            yield TextEdit(node.start_byte, node.end_byte, f"{{ {text_of(node)}; {line}{end} }}")
    guarded: set[tuple[Node | None, str]] = set()
    for lookup in lookups:
        node, above, text = lookup.node, lookup.node.parent, text_of(lookup.node)
        is_owner = f"{owners}[{lookup.key}] === {lookup.request}.{subject}"
        place = (enclosing(node, FUNCTIONS), lookup.key)
        if _is_condition(node):
            guarded.add(place)
            bare = above is not None and (above.type == "parenthesized_expression" or "&&" in _operators(above))
            asked = f"{text} && {is_owner}"
            yield TextEdit(node.start_byte, node.end_byte, asked if bare else f"({asked})")
        elif above is not None and above.type == "variable_declarator" and place not in guarded:
            yield TextEdit(node.start_byte, node.end_byte, f"{is_owner} ? {text} : undefined")


def _handed_on(root: Node, store: Node, used: set[str]) -> list[TextEdit]:
    """Return what hands the request on to the named function that keeps a session; nothing if a call of it has none."""
    here = enclosing(store, FUNCTIONS)
    while here is not None and not function_name(here):
        here = enclosing(here, FUNCTIONS)
    parameters = here.child_by_field_name("parameters") if here is not None else None
    calls = [node for node in walk(root) if here and node.type in CALLS and callee_of(node) == function_name(here)]
    asked = [(call.child_by_field_name("arguments"), _request(call)) for call in calls]
    if parameters is None or _HANDED in used or not asked or any(request is None for _, request in asked):
        return []
    typed = any(node.type == "type_annotation" for node in walk(root))
    edits = [TextEdit.last_argument(parameters, f"{_HANDED}: {{ auth?: any }}" if typed else _HANDED)]
    return edits + [TextEdit.last_argument(given, request) for given, request in asked if given and request]


def _is_condition(node: Node) -> bool:
    """Whether a branch depends on an expression."""
    here = node
    while (above := here.parent) is not None and above.type in _CONDITIONS:
        if above.child_by_field_name("condition") == here:
            return True
        here = above
    return False


def _operators(node: Node) -> list[str]:
    return [text_of(child) for child in node.children if not child.is_named]


def _subject(root: Node) -> tuple[str | None, list[TextEdit]]:
    """Return where a request has its user, as the verifier of the page says, and the edits that make it say so."""
    for node in walk(root):
        pairs = {text_of(p.child_by_field_name("key")): p for p in node.named_children if p.type == "pair"}
        given = pairs["clientId"].child_by_field_name("value") if "clientId" in pairs else None
        client = _CLIENT.fullmatch(text_of(given))
        if node.type != "object" or client is None:
            continue
        extra = pairs["extra"].child_by_field_name("value") if "extra" in pairs else None
        if extra is None:
            return "auth?.extra?.sub", [TextEdit.last_argument(node, f"extra: {{ sub: {client[1]}.sub }}")]
        named = re.search(rf"""(\w+):\s*{client[1]}(?:\.sub\b|\[["']sub["']\])""", text_of(extra))
        if named is not None:
            return f"auth?.extra?.{named[1]}", []
        if extra.type == "object" and extra.named_children:
            return "auth?.extra?.sub", [TextEdit.last_argument(extra, f"sub: {client[1]}.sub")]
    return None, []


def _lookups(root: Node) -> Iterator[_Lookup]:
    """Yield ``sessions[id]``, ``sessions.get(id)`` and ``sessions.has(id)`` in the handlers of requests."""
    ids = names_in(root).ids
    for node in walk(root):
        sessions = key = ""
        if node.type == "subscript_expression" and not _is_set(node):
            sessions, key = text_of(node.child_by_field_name("object")), text_of(node.child_by_field_name("index"))
        elif node.type in CALLS and (found := _LOOKUP.fullmatch(callee_of(node))) and len(arguments_of(node)) == 1:
            sessions, key = found[1], text_of(arguments_of(node)[0])
        request = _request(node) if key in ids and sessions.isidentifier() else None
        if request is not None:
            yield _Lookup(node, sessions, key, request)


def _is_set(node: Node) -> bool:
    return node.parent is not None and node.parent.child_by_field_name("left") == node


def _request(node: Node) -> str | None:
    """Return the variable with the request in the nearest function around a node that reads its headers or body."""
    here = node.parent
    while here is not None:
        parameters = here.child_by_field_name("parameters") if here.type in FUNCTIONS else None
        first = next(iter(parameters.named_children), None) if parameters is not None else None
        named = first.child_by_field_name("pattern") or first if first is not None else None
        if named is not None and named.type == "identifier":
            name = text_of(named)
            if re.search(rf"(?<![\w.]){re.escape(name)}\.(?:headers?\b|body|get\()", text_of(here)):
                return name
        here = here.parent
    return None


def _declared(root: Node, name: str) -> Iterator[Node]:
    """Yield the statement of a file, outside of any function, that declares a variable."""
    for child in root.named_children:
        inner = child.named_children[-1] if child.type == "export_statement" and child.named_children else child
        for part in inner.named_children if inner.type in {"lexical_declaration", "variable_declaration"} else ():
            if part.type == "variable_declarator" and text_of(part.child_by_field_name("name")) == name:
                yield child


def _stores(root: Node, sessions: str) -> Iterator[tuple[Node, str, str | None]]:
    """Yield each place where a session is kept: the expression, its key, and the variable with the request there."""
    for node in walk(root):
        left = node.child_by_field_name("left") if node.type == "assignment_expression" else None
        if left is not None and left.type == "subscript_expression":
            if text_of(left.child_by_field_name("object")) == sessions:
                yield node, text_of(left.child_by_field_name("index")), _request(node)
        elif node.type in CALLS and callee_of(node) == f"{sessions}.set" and len(arguments_of(node)) == 2:
            yield node, text_of(arguments_of(node)[0]), _request(node)
