"""Where the code of an example makes its session ids: the blame for ids that can be predicted."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from extractor.languages.common.syntax import CALLS, FUNCTIONS, enclosing, statement, text_of, walk
from harness.judge.import_edits import import_python
from harness.profiles.mcp.rules.session_names import SESSION_HEADER, names_in, variables
from harness.rule import TextEdit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

    from harness.model import Finding, Transcript

_OPTION: Final = "sessionIdGenerator"
"""Option of the TypeScript SDK's transport."""
_NAME: Final = re.compile(r"""b?["']?mcp[-_]session[-_]id["']?""", re.IGNORECASE)
_WRAPPERS: Final = re.compile(r"^(?:str|String|bytes)$|\.(?:encode|decode|toString|hex)$")
"""Calls that turn an id into another form of itself."""
_BODIES: Final = frozenset(
    {"block", "statement_block", "statement_list", "statements", "function_body", "constructor_body"}
)
_MAKES: Final = re.compile(r"(?i)^_*(?:new|make|create|generate|gen|next|fresh|issue)_?(?:\w*session\w*|\w*_)?id$")
"""Names of functions that make ids."""
_MOST_STEPS: Final = 4


def id_makers(root: Node, finding: Finding, transcript: Transcript) -> Iterator[Node]:
    """Yield the code whose value is issued as session id: the SDK's option, or what the page itself puts in the header.

    Followed through variables that are set once and functions of the page; where it cannot be followed, nothing.
    """
    found = [maker for value in _issued(root) if (maker := _maker(root, value, _MOST_STEPS)) is not None]
    yield from dict.fromkeys(found or _named_for_it(root))


def _named_for_it(root: Node) -> list[Node]:
    """Return what the functions return whose names say that they make ids."""
    found = []
    for node in walk(root):
        if node.type not in FUNCTIONS or not _MAKES.search(text_of(node.child_by_field_name("name"))):
            continue
        # the last child is the body where a grammar has no name for it
        last = node.child_by_field_name("body") or next(reversed(node.named_children), None)
        while last is not None and last.type in _BODIES and last.named_children:
            last = last.named_children[-1]
        found += [last] if last is not None else []
    return found


def random_ids(root: Node, finding: Finding, transcript: Transcript) -> Iterator[TextEdit]:
    """Make session ids by the platform's random source, where the code that makes them is one expression."""
    python = root.type == "module"
    has = _random_source(root)
    made = f"str({has}())" if python else f"{has}()"
    for maker in id_makers(root, finding, transcript):
        value = _expression(maker)
        if value is not None:
            yield TextEdit(value.start_byte, value.end_byte, made)
            if has == "uuid.uuid4":
                yield from import_python(root, "import uuid")


def _random_source(root: Node) -> str:
    """Return what makes a random UUID in a file: by the name that it imports already, if it does."""
    wanted, usual = ("uuid4", "uuid.uuid4") if root.type == "module" else ("randomUUID", "crypto.randomUUID")
    imports = (node for node in root.named_children if node.type in {"import_statement", "import_from_statement"})
    parts = (part for node in imports for part in walk(node))
    names = {text_of(part) for part in parts if part.type in {"dotted_name", "import_specifier"}}
    return wanted if wanted in names else usual


def _expression(maker: Node) -> Node | None:
    """Return the expression that is the id: of a function that is one, of a return, of an assignment."""
    match maker.type:
        case "arrow_function" | "lambda":
            body = maker.child_by_field_name("body")
            return body if body is not None and body.type != "statement_block" else None
        case "return_statement":
            returned = maker.named_children[0] if maker.named_children else None
            if returned is None or returned.type != "identifier":
                return returned
            # `name = f"…"; self.sessions[name] = …; return name`
            function = enclosing(maker, FUNCTIONS)
            values = [value for name, value in variables(function) if name == text_of(returned)] if function else []
            return values[0] if len(values) == 1 else None
        case "assignment" | "assignment_expression":
            return maker.child_by_field_name("right")
        case "lexical_declaration" | "variable_declaration":
            declared = [child for child in maker.named_children if child.type == "variable_declarator"]
            return declared[0].child_by_field_name("value") if len(declared) == 1 else None
        case _:
            return None


def _issued(root: Node) -> Iterator[Node]:
    """Yield each expression that is the value of the option, or of the header in an answer."""
    constants = names_in(root).headers

    def names_header(part: Node | None) -> bool:
        return _NAME.fullmatch(text_of(part)) is not None or text_of(part) in constants

    for node in walk(root):
        match node.type:
            case "pair":
                key = node.child_by_field_name("key")
                if text_of(key) == _OPTION or names_header(key):
                    yield from _given(node.child_by_field_name("value"))
            case "keyword_argument":
                if names_header(node.child_by_field_name("name")):
                    yield from _given(node.child_by_field_name("value"))
            case "assignment" | "assignment_expression":
                left = node.child_by_field_name("left")
                if left is not None and left.type in {"subscript", "subscript_expression"}:
                    index = left.child_by_field_name("subscript") or left.child_by_field_name("index")
                    if names_header(index):
                        yield from _given(node.child_by_field_name("right"))
            case "arguments" | "argument_list" | "tuple":
                parts = node.named_children
                if len(parts) == 2 and names_header(parts[0]):
                    yield parts[1]
            case _:
                pass


def _given(value: Node | None) -> Iterator[Node]:
    if value is not None:
        yield value


def _maker(root: Node, value: Node, steps: int) -> Node | None:
    """Return the code that makes a value; None if it comes from the request, or cannot be followed."""
    if steps == 0 or SESSION_HEADER.search(text_of(value)):
        return None
    if value.type in FUNCTIONS:
        return value
    if value.type in CALLS:
        callee = value.child_by_field_name("function") or value.child_by_field_name("constructor")
        name = text_of(callee)
        if _WRAPPERS.search(name):
            inner = callee.child_by_field_name("object") if callee is not None else None
            arguments = value.child_by_field_name("arguments")
            inner = inner or (arguments.named_child(0) if arguments is not None else None)
            return _maker(root, inner, steps - 1) if inner is not None else None
        made_by = _function(root, name.rpartition(".")[2])
        return made_by if made_by is not None else statement(value)
    if value.type == "identifier":
        name = text_of(value)
        set_to = [
            other
            for variable, other in variables(enclosing(value, FUNCTIONS) or root)
            if variable == name and not SESSION_HEADER.search(text_of(other))
        ]
        if len(set_to) == 1:
            return _maker(root, set_to[0], steps - 1)
        return _function(root, name) if not set_to else None
    return statement(value) if value.type not in {"attribute", "member_expression"} else None


def _function(root: Node, name: str) -> Node | None:
    """Return the last statement of the only function of that name; the function itself if it is one expression."""
    found = [
        node
        for node in walk(root)
        if node.type in FUNCTIONS and text_of(node.child_by_field_name("name")) == name and name
    ]
    body = found[0].child_by_field_name("body") if len(found) == 1 else None
    return body.named_children[-1] if body is not None and body.named_children else None
