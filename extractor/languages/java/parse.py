"""Java code to facts, by its syntax tree. Nothing is run.

What is in ``main`` counts as run when the program is loaded. ``new X(…)`` counts as a call of its type, and an
annotation as a decorator.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import tree_sitter_java

from extractor.languages.common.facts import (
    MAIN_OF,
    PACKAGE,
    Call,
    CodeError,
    CodeFacts,
    EnvironmentRead,
    Import,
    Ref,
    Text,
    Value,
)
from extractor.languages.common.syntax import facts_of, first_error, imported_names, line_of, parse, text_of, walk
from extractor.languages.java.names import TYPES, free_names, imports_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

_SHOWN: Final = 1000
_MAX_CHAIN: Final = 60
_STATEMENTS: Final = frozenset(
    {"expression_statement", "local_variable_declaration", "if_statement", "for_statement", "enhanced_for_statement",
     "while_statement", "try_statement", "try_with_resources_statement", "return_statement", "switch_expression"}
)  # fmt: skip
"""What is inside methods only."""
_NAMES: Final = frozenset({"identifier", "type_identifier", "this", "super", "scoped_type_identifier"})
_METHODS: Final = frozenset({"method_declaration", "constructor_declaration"})


def java_tree(text: str) -> Node:
    """Return the syntax tree of a Java text."""
    return parse(tree_sitter_java.language(), text)


def parse_java(text: str, registrations: frozenset[str] = frozenset()) -> CodeFacts:
    """Return the facts of one Java text. Never raises: see ``error``.

    Args:
        text: the code.
        registrations: not used: what registers functions in Java compiles them with the rest.
    """
    return facts_of(text, "Java", java_tree, _facts)


def _facts(root: Node) -> CodeFacts:
    nodes = list(walk(root))
    imports = tuple(imports_of(root))
    calls = tuple(_calls(root))
    error = _error(root)
    types = [node for node in root.named_children if node.type in TYPES]
    return CodeFacts(
        imports=imports,
        calls=calls,
        environment=tuple(_environment(calls)),
        texts=tuple(Text(_literal(node), line_of(node)) for node in nodes if node.type == "string_literal"),
        defines=_defines(root, imports),
        free={} if error else free_names(nodes, imports),
        constants=dict(_constants(types)),
        decorators=tuple(_annotation(n) for n in nodes if n.type in {"annotation", "marker_annotation"}),
        bases={_name(node): tuple(_bases(node)) for node in types},
        exports=frozenset(_name(node) for node in types if _has(node, "public")),
        loose_method=next((line_of(n) for n in root.named_children if n.type in _METHODS), None),
        error=error,
    )


def _error(root: Node) -> CodeError | None:
    """What does not parse, else the first statement outside of any class: no compiler takes either."""
    if unsound := first_error(root, "Java"):
        return unsound
    loose = next((node for node in root.named_children if node.type in _STATEMENTS), None)
    return CodeError("has statements outside of any class", line_of(loose)) if loose is not None else None


def _name(node: Node) -> str:
    return text_of(node.child_by_field_name("name"))


def _has(node: Node, modifier: str) -> bool:
    modifiers = next((child for child in node.children if child.type == "modifiers"), None)
    return modifiers is not None and any(child.type == modifier for child in modifiers.children)


def _bases(node: Node) -> Iterator[str]:
    for child in node.children:
        if child.type in {"superclass", "super_interfaces", "extends_interfaces"}:
            yield from (text_of(n) for n in walk(child) if n.type == "type_identifier")


def _defines(root: Node, imports: tuple[Import, ...]) -> dict[str, int]:
    """Names of the top level, imported ones included, with the package of the file and the type that has ``main``."""
    names = imported_names(imports)
    package = ""
    for node in root.named_children:
        if node.type == "package_declaration":
            package = text_of(node).removeprefix("package").strip(" \t\r\n;")
            names[PACKAGE + package] = line_of(node)
        elif node.type in TYPES:
            names.setdefault(_name(node), line_of(node))
            if any(_is_main(method) for method in _members(node)):
                names.setdefault(MAIN_OF + ".".join(part for part in (package, _name(node)) if part), line_of(node))
        elif node.type in _METHODS:
            names.setdefault(_name(node), line_of(node))
    return names


def _members(node: Node) -> Iterator[Node]:
    body = node.child_by_field_name("body")
    for member in body.named_children if body is not None else ():
        if member.type == "enum_body_declarations":
            yield from member.named_children
        yield member


def _is_main(node: Node) -> bool:
    """``static void main(String[] args)``; Java 25 takes it without its modifiers and its parameter too."""
    return node.type == "method_declaration" and _name(node) == "main" and _has(node, "static")


def _calls(root: Node) -> Iterator[Call]:
    """Calls and creations of objects, in the order of the text."""
    stack: list[tuple[Node, str | None, str | None, bool]] = [(root, None, None, False)]
    while stack:
        node, function, target, statement = stack.pop()
        if node.type in {"method_invocation", "object_creation_expression"}:
            yield _call(node, function, target, statement)
        inner = function
        if node.type in _METHODS and function is None:
            inner = None if _is_main(node) else _name(node)
        for child in reversed(node.named_children):
            bare = node.type == "expression_statement"
            stack.append((child, inner, _target(node, child) or (target if bare else None), bare))


def _target(node: Node, child: Node) -> str | None:
    """The name that a value goes to."""
    if node.type == "variable_declarator" and node.child_by_field_name("value") == child:
        return _name(node)
    if node.type == "assignment_expression" and node.child_by_field_name("right") == child:
        return text_of(node.child_by_field_name("left"))[:_SHOWN].removeprefix("this.")
    if node.type == "resource" and node.child_by_field_name("value") == child:
        return _name(node)
    return None


def _call(node: Node, function: str | None, target: str | None, statement: bool) -> Call:
    given = node.child_by_field_name("arguments")
    values = [_value(n) for n in given.named_children if "comment" not in n.type] if given is not None else []
    return Call(_dotted(node), line_of(node), tuple(values), {}, target, function, statement)


def _annotation(node: Node) -> Call:
    """An annotation with its elements; the one without a name is an argument."""
    arguments: list[Value] = []
    keywords: dict[str, Value] = {}
    given = node.child_by_field_name("arguments")
    for element in given.named_children if given is not None else ():
        if element.type == "element_value_pair":
            keywords[text_of(element.child_by_field_name("key"))] = _value(element.child_by_field_name("value"))
        else:
            arguments.append(_value(element))
    return Call(_name(node).rpartition(".")[2], line_of(node), tuple(arguments), keywords)


def _value(node: Node | None) -> Value:
    if node is None or node.type == "null_literal":
        return None
    if node.type == "string_literal":
        return _literal(node)
    if node.type == "decimal_integer_literal" and (text := text_of(node)).isdecimal() and len(text) < 10:
        return int(text)
    return node.type == "true" if node.type in {"true", "false"} else Ref(text_of(node)[:_SHOWN])


def _literal(node: Node) -> str:
    """A string's value, escapes as written; a text block's without its first line break."""
    text = text_of(node)
    return text[3:-3].lstrip(" \t\r").removeprefix("\n") if text.startswith('"""') else text[1:-1]


def _dotted(node: Node | None) -> str:
    """``McpServer.sync().build``, ``HttpServer.create``, ``ServletHolder``; ``?`` for a part that is not a name."""
    parts: list[str] = []
    while node is not None and len(parts) < _MAX_CHAIN:
        if node.type in _NAMES:
            parts.append(text_of(node))
            break
        if node.type == "method_invocation":
            parts.append(text_of(node.child_by_field_name("name")))
            node = node.child_by_field_name("object")
            if node is None:
                break
            if node.type in {"method_invocation", "object_creation_expression"}:
                parts.append("()")
        elif node.type == "object_creation_expression":
            parts.append(text_of(node.child_by_field_name("type")).partition("<")[0])
            break
        elif node.type == "field_access":
            parts.append(text_of(node.child_by_field_name("field")))
            node = node.child_by_field_name("object")
        else:
            parts.append("?")
            break
    return ".".join(reversed(parts)).replace(".()", "()")


def _environment(calls: tuple[Call, ...]) -> Iterator[EnvironmentRead]:
    for call in calls:
        first = call.arguments[0] if call.arguments else None
        if not isinstance(first, str):
            continue
        if call.name in {"System.getenv", "System.getenv().get"}:
            yield EnvironmentRead(first, None, call.line)
        elif call.name == "System.getenv().getOrDefault" and len(call.arguments) == 2:
            default = call.arguments[1]
            yield EnvironmentRead(first, default if isinstance(default, str) else "", call.line)


def _constants(types: list[Node]) -> Iterator[tuple[str, str]]:
    """``static final String URL = "…"`` in a type of the top level."""
    for field in (member for node in types for member in _members(node) if member.type == "field_declaration"):
        for declarator in field.children_by_field_name("declarator") if _has(field, "final") else ():
            value = declarator.child_by_field_name("value")
            if value is not None and value.type == "string_literal":
                yield _name(declarator), _literal(value)
