"""Rust code to facts, by its syntax tree. Nothing is run.

What is in ``fn main`` counts as run when the program is loaded. Struct expressions count as calls of their type. Paths
are written with dots in the names of calls, so that the last part is found as in other languages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import tree_sitter_rust

from extractor.languages.common.facts import Call, CodeFacts, EnvironmentRead, Ref, Text, Value
from extractor.languages.common.syntax import facts_of, first_error, line_of, parse, text_of, walk
from extractor.languages.rust.names import NAMES, defines, free_names, imports_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

_SHOWN: Final = 1000
_MAX_CHAIN: Final = 60
_TEXTS: Final = frozenset({"string_literal", "raw_string_literal"})
_TO_TEXT: Final = frozenset({"to_string", "to_owned", "into"})
_READS: Final = frozenset({"std.env.var", "env.var", "std.env.var_os", "env.var_os"})
_TRANSPARENT: Final = frozenset(
    {"reference_expression", "try_expression", "await_expression", "parenthesized_expression", "unary_expression",
     "tuple_expression", "type_cast_expression"}
)  # fmt: skip
"""What hands on the value of the expression in it, for the name that it goes to."""


def rust_tree(text: str) -> Node:
    """Return the syntax tree of a Rust text."""
    return parse(tree_sitter_rust.language(), text)


def parse_rust(text: str, registrations: frozenset[str] = frozenset()) -> CodeFacts:
    """Return the facts of one Rust text. Never raises: see ``error``.

    Args:
        text: the code.
        registrations: not used: what registers functions in Rust compiles them with the rest.
    """
    return facts_of(text, "Rust", rust_tree, _facts)


def _facts(root: Node) -> CodeFacts:
    nodes = list(walk(root))
    error = first_error(root, "Rust")
    calls = tuple(_calls(root))
    return CodeFacts(
        imports=tuple(imports_of(root, nodes)),
        calls=calls,
        environment=tuple(_environment(nodes)),
        texts=tuple(Text(literal(node), line_of(node)) for node in nodes if node.type in _TEXTS),
        defines=defines(root),
        free={} if error else free_names(nodes),
        constants=dict(_constants(root)),
        bases=dict(_bases(root)),
        loose_method=next((line_of(item) for item in root.named_children if _takes_self(item)), None),
        error=error,
    )


def _takes_self(item: Node) -> bool:
    parameters = item.child_by_field_name("parameters") if item.type == "function_item" else None
    return parameters is not None and any(child.type == "self_parameter" for child in parameters.named_children)


def _bases(root: Node) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The types of the text, and the traits that it implements for them."""
    traits: dict[str, tuple[str, ...]] = {}
    for item in root.named_children:
        trait = item.child_by_field_name("trait") if item.type == "impl_item" else None
        if trait is not None:
            name = text_of(item.child_by_field_name("type")).partition("<")[0]
            traits[name] = (*traits.get(name, ()), text_of(trait).partition("<")[0].rpartition("::")[2])
    yield from traits.items()


def _calls(root: Node) -> Iterator[Call]:
    """Calls, macros and struct expressions, in the order of the text."""
    stack: list[tuple[Node, str | None, str | None]] = [(root, None, None)]
    while stack:
        node, function, target = stack.pop()
        if node.type in {"call_expression", "struct_expression", "macro_invocation"}:
            yield _call(node, function, target)
        inner = function
        if node.type == "function_item":
            name = text_of(node.child_by_field_name("name"))
            inner = None if name == "main" and node.parent is not None and node.parent.type == "source_file" else name
        value = node.child_by_field_name("value") if node.type in {"let_declaration", "const_item"} else None
        bound = text_of(node.child_by_field_name("pattern") or node.child_by_field_name("name"))
        for child in reversed(node.named_children):
            passed = target if node.type in _TRANSPARENT or node.type == "field_expression" else None
            stack.append((child, inner, bound if value is not None and child == value else passed))


def _call(node: Node, function: str | None, target: str | None) -> Call:
    statement = _is_statement(node)
    if node.type == "struct_expression":
        name = text_of(node.child_by_field_name("name")).replace("::", ".").partition("<")[0]
        return Call(name[:_SHOWN], line_of(node), (), dict(_fields(node)), target, function, statement)
    if node.type == "macro_invocation":
        name = f"{_dotted(node.child_by_field_name('macro'))}!"
        return Call(name, line_of(node), (), {}, target, function, statement)
    arguments = node.child_by_field_name("arguments")
    given = [c for c in arguments.named_children if "comment" not in c.type] if arguments is not None else []
    keywords: dict[str, Value] = {}
    for argument in given:
        literal_ = argument.named_children[-1] if argument.type == "reference_expression" else argument
        if literal_.type == "struct_expression":
            keywords |= dict(_fields(literal_))
    return Call(
        _dotted(node.child_by_field_name("function")), line_of(node), tuple(value_of(n) for n in given), keywords,
        target, function, statement,
    )  # fmt: skip


def _is_statement(node: Node) -> bool:
    here = node.parent
    while here is not None and here.type in {"try_expression", "await_expression"}:
        here = here.parent
    return here is not None and here.type in {"expression_statement", "block"}


def _fields(struct: Node) -> Iterator[tuple[str, Value]]:
    body = struct.child_by_field_name("body")
    for element in body.named_children if body is not None else ():
        value = element.child_by_field_name("value")
        if element.type == "field_initializer" and value is not None:
            yield text_of(element.child_by_field_name("field")), value_of(value)


def value_of(node: Node) -> Value:
    """Return a literal's value, texts that are made of one included; a Ref for anything else."""
    if node.type in _TEXTS:
        return literal(node)
    text = text_of(node)
    if node.type == "integer_literal" and text.isdecimal() and text.isascii() and len(text) < 10:
        return int(text)
    if node.type == "boolean_literal":
        return text == "true"
    if node.type == "reference_expression" and node.named_children:
        return value_of(node.named_children[-1])
    if node.type == "call_expression":
        function, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
        if function is not None and function.type == "field_expression":
            held = function.child_by_field_name("value")
            if held is not None and held.type in _TEXTS and text_of(function.child_by_field_name("field")) in _TO_TEXT:
                return literal(held)
        given = arguments.named_children if arguments is not None else []
        if text_of(function) == "String::from" and len(given) == 1 and given[0].type in _TEXTS:
            return literal(given[0])
    return Ref(text.replace("::", ".")[:_SHOWN])


def literal(node: Node) -> str:
    """Return a text's value, escapes as written."""
    return "".join(text_of(child) for child in node.named_children)


def _dotted(node: Node | None) -> str:
    """``axum.Router.new().route``; a part that is not a name reads ``?``, a call ends with ``()``."""
    parts: list[str] = []
    while node is not None and len(parts) < _MAX_CHAIN:
        if node.type in NAMES or node.type in {"self", "crate", "super"}:
            parts.append(text_of(node))
            return ".".join(reversed(parts)).replace(".()", "()")
        if node.type in {"scoped_identifier", "scoped_type_identifier"}:
            parts.append(text_of(node.child_by_field_name("name")))
            node = node.child_by_field_name("path")
        elif node.type == "field_expression":
            parts.append(text_of(node.child_by_field_name("field")))
            node = node.child_by_field_name("value")
        elif node.type == "call_expression":
            parts.append("()")
            node = node.child_by_field_name("function")
        elif node.type == "generic_function":
            node = node.child_by_field_name("function")
        elif node.type == "generic_type":
            node = node.child_by_field_name("type")
        elif node.type in _TRANSPARENT and node.type != "tuple_expression" and node.named_children:
            node = node.named_children[0]
        else:
            break
    return ".".join(["?", *reversed(parts)]).replace(".()", "()")


def _environment(nodes: list[Node]) -> Iterator[EnvironmentRead]:
    for node in nodes:
        if node.type == "call_expression" and _dotted(node.child_by_field_name("function")) in _READS:
            arguments = node.child_by_field_name("arguments")
            name = value_of(arguments.named_children[0]) if arguments is not None and arguments.named_children else None
            if isinstance(name, str):
                default, required = _without(node)
                yield EnvironmentRead(name, default, line_of(node), required)


def _without(read: Node) -> tuple[str | None, bool]:
    """What the code does where a variable is not set: the text that it takes, and whether it insists on a value."""
    here = read.parent
    if here is not None and here.type == "try_expression":
        return None, True
    while here is not None and here.type in {"field_expression", "call_expression"}:
        name = text_of(here.child_by_field_name("field")) if here.type == "field_expression" else ""
        call = here.parent
        if name in {"unwrap", "expect"}:
            return None, True
        if name in {"unwrap_or", "unwrap_or_else"} and call is not None:
            texts = [n for n in walk(call.child_by_field_name("arguments") or call) if n.type in _TEXTS]
            return (literal(texts[0]) if texts else None), False
        here = call
    return None, False


def _constants(root: Node) -> Iterator[tuple[str, str]]:
    """``const ADDRESS: &str = "127.0.0.1:8000"`` at the top level."""
    for item in root.named_children:
        value = item.child_by_field_name("value") if item.type in {"const_item", "static_item"} else None
        if value is not None and value.type in _TEXTS:
            yield text_of(item.child_by_field_name("name")), literal(value)
