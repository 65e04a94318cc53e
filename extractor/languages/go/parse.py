"""Go code to facts, by its syntax tree. Nothing is run.

What is in ``func main`` counts as run when the program is loaded. Composite literals count as calls of their type:
``&mcp.StdioTransport{}`` chooses a transport as ``new StdioServerTransport()`` does.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import tree_sitter_go

from extractor.languages.common.facts import (
    Call,
    CodeFacts,
    EnvironmentRead,
    Import,
    Ref,
    Text,
    Value,
)
from extractor.languages.common.syntax import facts_of, first_error, line_of, parse, text_of, walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

MAIN_PACKAGE: Final = "package main"
"""Among the names that a file defines, if its package is ``main``: two such texts are versions of one file."""
_SHOWN: Final = 1000
_PREDECLARED: Final = """
any bool byte comparable complex64 complex128 error float32 float64 int int8 int16 int32 int64 rune string uint
uint8 uint16 uint32 uint64 uintptr true false iota nil append cap clear close complex copy delete imag len make max
min new panic print println real recover _
"""
_BUILT_IN: Final = frozenset(_PREDECLARED.split())
"""The Go Programming Language Specification, "Predeclared identifiers"."""
_NAMES: Final = frozenset({"identifier", "type_identifier", "package_identifier"})
_TEXTS: Final = frozenset({"interpreted_string_literal", "raw_string_literal"})
_READS: Final = frozenset({"os.Getenv", "os.LookupEnv"})
_VERSION: Final = re.compile(r"v\d+")
_NO_NAME: Final = re.compile(r"[-.]")
"""Characters that an import path may contain and a package name may not."""
_MAX_CHAIN: Final = 40


def go_tree(text: str) -> Node:
    """Return the syntax tree of a Go text."""
    return parse(tree_sitter_go.language(), text)


def parse_go(text: str, registrations: frozenset[str] = frozenset()) -> CodeFacts:
    """Return the facts of one Go text, which may lack its package clause. Never raises: see ``error``.

    Args:
        text: the code.
        registrations: not used: what registers functions in Go compiles them with the rest.
    """
    return facts_of(text, "Go", go_tree, _facts)


def _facts(root: Node) -> CodeFacts:
    nodes = list(walk(root))
    bound = tuple(_bound(node) for node in nodes if node.type == "import_spec")
    imports = tuple(_imports(nodes, bound))
    error = first_error(root, "Go")
    calls = tuple(_calls(root))
    return CodeFacts(
        imports=imports,
        calls=calls,
        environment=tuple(_environment(calls)),
        texts=tuple(Text(_literal(node), line_of(node)) for node in nodes if node.type in _TEXTS),
        defines=_defines(root, bound),
        free={} if error else _free(nodes, bound),
        constants=dict(_constants(root)),
        error=error,
    )


def package_names(path: str) -> tuple[str, ...]:
    """Return the names that importing a path may bind: the package's own name is not in the path."""
    parts = [part for part in path.split("/") if not _VERSION.fullmatch(part)] or [path]
    last = re.sub(r"\.v\d+$", "", parts[-1])
    words = _NO_NAME.split(last)
    # `example.com/owner/chess-go` may be `chess`, `chess_go`, `chessgo`, …
    return tuple(dict.fromkeys((last, last.removeprefix("go-"), "".join(words), "_".join(words), words[-1], words[0])))


@dataclass(frozen=True, slots=True)
class _Bound:
    """An import, and the names that it may bind."""

    path: str
    names: tuple[str, ...]
    line: int


def _bound(node: Node) -> _Bound:
    path = _literal(node.child_by_field_name("path") or node)
    alias = node.child_by_field_name("name")
    return _Bound(path, (text_of(alias),) if alias is not None else package_names(path), line_of(node))


def _imports(nodes: list[Node], bound: tuple[_Bound, ...]) -> Iterator[Import]:
    """The imports, each with the members of its package that the text uses.

    A name that the text binds to something else as well may mean that: its members are nobody's.
    """
    rebound = {text_of(name) for node in nodes for name in _binders(node)}
    members: dict[str, dict[str, None]] = defaultdict(dict)
    for node in nodes:
        if node.type in {"selector_expression", "qualified_type"}:
            package = node.child_by_field_name("operand") or node.child_by_field_name("package")
            member = text_of(node.child_by_field_name("field") or node.child_by_field_name("name"))
            if package is not None and package.type in _NAMES and member[:1].isupper():
                members[text_of(package)][member] = None
    for imported in bound:
        names = [name for name in imported.names if name not in rebound]
        used = tuple(member for name in names for member in members.get(name, ()))
        yield Import(imported.path, used, imported.line)


def _defines(root: Node, imports: tuple[_Bound, ...]) -> dict[str, int]:
    """Names of the top level, imported packages included."""
    names: dict[str, int] = {}
    for imported in imports:
        for name in imported.names:
            names.setdefault(name, imported.line)
    for node in root.named_children:
        if node.type == "package_clause" and text_of(node).split()[-1:] == ["main"]:
            names[MAIN_PACKAGE] = line_of(node)
        elif node.type == "function_declaration":
            names.setdefault(text_of(node.child_by_field_name("name")), line_of(node))
        elif node.type in {"type_declaration", "const_declaration", "var_declaration"}:
            for spec in walk(node):
                if spec.type in {"type_spec", "type_alias", "const_spec", "var_spec"}:
                    for held in spec.children_by_field_name("name"):
                        names.setdefault(text_of(held), line_of(spec))
    return names


def _binders(node: Node) -> Iterator[Node]:
    """The nodes that a node binds as names, in whatever scope."""
    match node.type:
        case "short_var_declaration" | "range_clause" | "receive_statement":
            left = node.child_by_field_name("left")
            yield from left.named_children if left is not None else ()
        case "type_switch_statement":
            alias = node.child_by_field_name("alias")
            yield from alias.named_children if alias is not None else ()
        case (
            "parameter_declaration" | "variadic_parameter_declaration" | "type_parameter_declaration" | "const_spec"
            | "var_spec" | "type_spec" | "type_alias" | "function_declaration"
        ):  # fmt: skip
            yield from node.children_by_field_name("name")
        case "package_clause" | "labeled_statement":
            yield from node.named_children[:1]
        case _:
            return


def _free(nodes: list[Node], imports: tuple[_Bound, ...]) -> dict[str, int]:
    """Names that are used and bound in no scope of the text. Scopes are not told apart: compilers do that."""
    bound = {text_of(name) for node in nodes for name in _binders(node)}
    bound |= {name for imported in imports for name in imported.names}
    free: dict[str, int] = {}
    for node in nodes:
        if node.type not in _NAMES or _is_label(node):
            continue
        name = text_of(node)
        if name not in bound and name not in _BUILT_IN:
            free.setdefault(name, line_of(node))
    return free


def _is_label(node: Node) -> bool:
    """Whether an identifier names a field or a member of another package, and not something in scope."""
    parent = node.parent
    if parent is None:
        return False
    if parent.type == "qualified_type":
        return parent.child_by_field_name("name") == node
    if parent.type == "import_spec":
        return True
    element = parent if parent.type == "literal_element" else node
    holder = element.parent
    return holder is not None and holder.type == "keyed_element" and holder.named_children[:1] == [element]


def _calls(root: Node) -> Iterator[Call]:
    """Calls and composite literals, in the order of the text."""
    stack: list[tuple[Node, str | None, str | None, bool]] = [(root, None, None, False)]
    while stack:
        node, function, target, statement = stack.pop()
        if node.type in {"call_expression", "composite_literal"}:
            yield _call(node, function, target, statement)
        inner = function
        if node.type in {"function_declaration", "method_declaration"}:
            name = text_of(node.child_by_field_name("name"))
            inner = None if name == "main" and node.type == "function_declaration" else name
        targets = _targets(node)
        for child in reversed(node.named_children):
            bare = child.type == "call_expression" and node.type in {"expression_statement", "block", "source_file"}
            passed = target if node.type in {"unary_expression", "expression_list"} else targets.get(child.id)
            stack.append((child, inner, passed or targets.get(child.id), bare))


def _targets(node: Node) -> dict[int, str]:
    """The names that the values of a declaration or an assignment go to, by node."""
    if node.type not in {"short_var_declaration", "assignment_statement", "var_spec", "const_spec"}:
        return {}
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    names = left.named_children if left is not None else node.children_by_field_name("name")
    values = right or node.child_by_field_name("value")
    return {values.id: text_of(names[0])} if values is not None and names else {}


def _call(node: Node, function: str | None, target: str | None, statement: bool) -> Call:
    if node.type == "composite_literal":
        kind = text_of(node.child_by_field_name("type")).strip()
        return Call(kind[:_SHOWN], line_of(node), (), dict(_fields(node)), target, function)
    arguments = node.child_by_field_name("arguments")
    given = [c for c in arguments.named_children if c.type != "comment"] if arguments is not None else []
    keywords: dict[str, Value] = {}
    for argument in given:
        literal = argument.named_children[-1] if argument.type == "unary_expression" else argument
        if literal.type == "composite_literal":
            keywords |= dict(_fields(literal))
    return Call(
        _dotted(node.child_by_field_name("function")), line_of(node), tuple(_value(n) for n in given), keywords,
        target, function, statement,
    )  # fmt: skip


def _fields(literal: Node) -> Iterator[tuple[str, Value]]:
    body = literal.child_by_field_name("body")
    for element in body.named_children if body is not None else ():
        if element.type == "keyed_element" and len(element.named_children) > 1:
            value = element.named_children[1]
            held = value.named_children[0] if value.type == "literal_element" and value.named_children else value
            yield text_of(element.named_children[0]), _value(held)


def _value(node: Node) -> Value:
    if node.type in _TEXTS:
        return _literal(node)
    if node.type == "int_literal" and (text := text_of(node)).isdecimal() and text.isascii() and len(text) < 10:
        return int(text)
    if node.type in {"true", "false"}:
        return node.type == "true"
    return None if node.type == "nil" else Ref(text_of(node)[:_SHOWN])


def _literal(node: Node) -> str:
    """A string's value, escapes as written."""
    return text_of(node)[1:-1]


def _dotted(node: Node | None) -> str:
    """``http.ListenAndServe``; a part that is not a name reads ``?``, a call ends with ``()``."""
    parts: list[str] = []
    while node is not None and len(parts) < _MAX_CHAIN:
        if node.type in _NAMES:
            parts.append(text_of(node))
            return ".".join(reversed(parts)).replace(".()", "()")
        if node.type == "selector_expression":
            parts.append(text_of(node.child_by_field_name("field")))
            node = node.child_by_field_name("operand")
        elif node.type == "call_expression":
            parts.append("()")
            node = node.child_by_field_name("function")
        elif node.type in {"parenthesized_expression", "type_instantiation_expression"} and node.named_children:
            node = node.named_children[0]
        else:
            break
    return ".".join(["?", *reversed(parts)]).replace(".()", "()")


def _environment(calls: tuple[Call, ...]) -> Iterator[EnvironmentRead]:
    for call in calls:
        if call.name in _READS and call.arguments and isinstance(call.arguments[0], str):
            yield EnvironmentRead(call.arguments[0], None, call.line)


def _constants(root: Node) -> Iterator[tuple[str, str]]:
    """``const address = ":8080"`` at the top level."""
    for declaration in root.named_children:
        for spec in walk(declaration) if declaration.type == "const_declaration" else ():
            names = spec.children_by_field_name("name") if spec.type == "const_spec" else []
            values = spec.child_by_field_name("value") if names else None
            given = values.named_children[0] if values is not None and values.named_children else None
            if given is not None and given.type in _TEXTS:
                yield text_of(names[0]), _literal(given)
