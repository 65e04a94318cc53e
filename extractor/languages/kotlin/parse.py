"""Kotlin code to facts, by its syntax tree. Nothing is run.

What is in ``fun main`` counts as run when the program is loaded. A build file of Gradle in Kotlin has no facts: it is
no part of a program.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import tree_sitter_kotlin

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
from extractor.languages.common.jvm_builds import looks_like_gradle
from extractor.languages.common.syntax import facts_of, first_error, imported_names, line_of, parse, text_of, walk
from extractor.languages.kotlin.names import bound_names, free_names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

_SHOWN: Final = 1000
_MAX_CHAIN: Final = 60
_TYPES: Final = frozenset({"class_declaration", "object_declaration", "type_alias"})
_TOP: Final = frozenset(
    {*_TYPES, "function_declaration", "property_declaration", "import", "package_header", "file_annotation",
     "line_comment", "block_comment", "shebang", "import_list"}
)  # fmt: skip
"""What may be at the top level of a file that is not a script."""


def kotlin_tree(text: str) -> Node:
    """Return the syntax tree of a Kotlin text."""
    return parse(tree_sitter_kotlin.language(), text)


def parse_kotlin(text: str, registrations: frozenset[str] = frozenset()) -> CodeFacts:
    """Return the facts of one Kotlin text. Never raises: see ``error``.

    Args:
        text: the code.
        registrations: not used: what registers functions in Kotlin compiles them with the rest.
    """
    if looks_like_gradle(text):
        return CodeFacts()
    return facts_of(text, "Kotlin", kotlin_tree, _facts)


def _facts(root: Node) -> CodeFacts:
    nodes = list(walk(root))
    imports = tuple(_imports(root))
    error = _error(root)
    return CodeFacts(
        imports=imports,
        calls=tuple(_calls(root)),
        environment=tuple(_environment(nodes)),
        texts=tuple(Text(literal(node), line_of(node)) for node in nodes if is_text(node)),
        defines=_defines(root, imports),
        free={} if error else free_names(nodes, imports),
        constants=dict(_constants(root)),
        decorators=tuple(_annotation(node) for node in nodes if node.type == "annotation"),
        bases={text_of(_name(node)): () for node in root.named_children if node.type in _TYPES and _name(node)},
        error=error,
    )


def _error(root: Node) -> CodeError | None:
    if unsound := first_error(root, "Kotlin"):
        return unsound
    loose = next((node for node in root.named_children if node.type not in _TOP), None)
    return CodeError("has statements outside of any function", line_of(loose)) if loose is not None else None


def _name(node: Node) -> Node | None:
    return node.child_by_field_name("name") or next((c for c in node.named_children if c.type == "identifier"), None)


def _imports(root: Node) -> Iterator[Import]:
    for node in root.named_children:
        if node.type != "import":
            continue
        path = text_of(node.named_children[0]) if node.named_children else ""
        if any(child.type == "*" for child in node.children):
            yield Import(path, ("*",), line_of(node))
        else:
            module, _, name = path.rpartition(".")
            yield Import(module, (name,), line_of(node))


def _defines(root: Node, imports: tuple[Import, ...]) -> dict[str, int]:
    """Names of the top level, imported ones included, with the package of the file and the class that has ``main``."""
    names = imported_names(imports)
    package, file = "", ""
    for node in root.named_children:
        if node.type == "package_header":
            package = text_of(node.named_children[0]) if node.named_children else ""
            names[PACKAGE + package] = line_of(node)
        elif node.type == "file_annotation" and "JvmName" in text_of(node):
            file = next((literal(n) for n in walk(node) if is_text(n)), "")
        else:
            for name in bound_names(node) if node.type in _TOP else ():
                names.setdefault(name, line_of(node))
            if node.type == "function_declaration" and text_of(_name(node)) == "main":
                names[MAIN_OF + ".".join(part for part in (package, file) if part)] = line_of(node)
    return names


def _calls(root: Node) -> Iterator[Call]:
    """Calls, in the order of the text; one with a lambda behind it is one call."""
    stack: list[tuple[Node, str | None, str | None, bool]] = [(root, None, None, False)]
    while stack:
        node, function, target, statement = stack.pop()
        if node.type == "call_expression" and not _only_adds_lambda(node):
            yield _call(node, function, target, statement)
        inner = function
        if node.type == "function_declaration" and function is None:
            name = text_of(_name(node))
            inner = None if name == "main" else name
        held = [c for c in node.named_children if c.type == "variable_declaration"]
        goes_to = text_of(_name(held[0])) if node.type == "property_declaration" and held else None
        passed = target if node.type == "call_expression" and _only_adds_lambda(node) else goes_to
        for child in reversed(node.named_children):
            bare = node.type in {"block", "lambda_literal", "function_body", "source_file"}
            stack.append((child, inner, passed, bare))


def _only_adds_lambda(node: Node) -> bool:
    return [child.type for child in node.named_children] == ["call_expression", "annotated_lambda"]


def _call(node: Node, function: str | None, target: str | None, statement: bool) -> Call:
    arguments: list[Value] = []
    keywords: dict[str, Value] = {}
    given = next((child for child in node.named_children if child.type == "value_arguments"), None)
    for argument in given.named_children if given is not None else ():
        parts = argument.named_children
        if any(child.type == "=" for child in argument.children) and len(parts) > 1:
            keywords[text_of(parts[0])] = value_of(parts[-1])
        elif parts:
            arguments.append(value_of(parts[-1]))
    name = _dotted(node.named_children[0] if node.named_children else None)
    return Call(name, line_of(node), tuple(arguments), keywords, target, function, statement)


def _annotation(node: Node) -> Call:
    inner = next((n for n in walk(node) if n.type == "user_type"), None)
    return Call(text_of(inner).rpartition(".")[2], line_of(node))


def value_of(node: Node) -> Value:
    """Return a literal's value, or the expression as written."""
    text = text_of(node)
    if is_text(node):
        return literal(node)
    if node.type == "number_literal" and text.isdecimal() and len(text) < 10:
        return int(text)
    if text in {"true", "false"}:
        return text == "true"
    return None if text == "null" else Ref(text[:_SHOWN])


def is_text(node: Node) -> bool:
    """Return whether a node is a literal text."""
    return node.type in {"string_literal", "multiline_string_literal"}


def literal(node: Node) -> str:
    """Return a text's value, escapes and templates as written."""
    text = text_of(node)
    return text[3:-3] if text.startswith('"""') else text[1:-1]


def _dotted(node: Node | None) -> str:
    """``System.getenv``, ``embeddedServer().start``; ``?`` for a part that is not a name."""
    parts: list[str] = []
    while node is not None and len(parts) < _MAX_CHAIN:
        if node.type == "identifier" or node.type in {"this_expression", "super_expression"}:
            parts.append(text_of(node))
            break
        if node.type == "navigation_expression" and node.named_children:
            parts.append(text_of(node.named_children[-1]))
            node = node.named_children[0]
            if node.type == "call_expression":
                parts.append("()")
        elif node.type == "call_expression" and node.named_children:
            node = node.named_children[0]
        else:
            parts.append("?")
            break
    return ".".join(reversed(parts)).replace(".()", "()")


def _environment(nodes: list[Node]) -> Iterator[EnvironmentRead]:
    """``System.getenv("X") ?: "default"``."""
    for node in nodes:
        if node.type != "call_expression" or _dotted(node.named_children[0]) != "System.getenv":
            continue
        call = _call(node, None, None, statement=False)
        name = call.arguments[0] if call.arguments else None
        parent = node.parent
        elvis = parent is not None and parent.type == "binary_expression"
        other = parent.child_by_field_name("right") if parent is not None and elvis else None
        default = literal(other) if other is not None and other != node and is_text(other) else None
        if isinstance(name, str):
            yield EnvironmentRead(name, default, line_of(node))


def _constants(root: Node) -> Iterator[tuple[str, str]]:
    """``const val URL = "…"`` at the top level."""
    for node in root.named_children:
        if node.type == "property_declaration" and node.named_children and is_text(node.named_children[-1]):
            for name in bound_names(node):
                yield name, literal(node.named_children[-1])
