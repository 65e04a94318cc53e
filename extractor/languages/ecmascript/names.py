"""Names in TypeScript and JavaScript code: those that a text binds at its top level, and those it only uses."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from extractor.languages.common.syntax import FUNCTIONS, line_of, text_of
from extractor.languages.ecmascript.imports import GLOBALS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tree_sitter import Node

_BLOCKS: Final = frozenset(
    {"statement_block", "for_statement", "for_in_statement", "catch_clause", "class_body", "switch_body",
     "class_static_block"}
)  # fmt: skip
_CLASSES: Final = frozenset({"class_declaration", "abstract_class_declaration", "class"})
_SKIPPED: Final = frozenset(
    {"type_annotation", "type_arguments", "type_parameters", "interface_declaration", "type_alias_declaration",
     "implements_clause", "extends_type_clause", "function_signature", "abstract_method_signature",
     "method_signature", "property_signature", "type_predicate_annotation", "asserts_annotation", "comment",
     "property_identifier", "type_identifier", "statement_identifier", "ambient_declaration"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Names:
    """What :func:`resolve_names` found; values are 1-based lines."""

    defines: Mapping[str, int]
    free: Mapping[str, int]
    used_at: Mapping[str, Sequence[int]] = field(default_factory=dict)
    """Names of ``free`` to the bytes at which they are used."""
    twice: Mapping[str, int] = field(default_factory=dict)
    """Names that the top level declares again, which no engine accepts."""


@dataclass(slots=True)
class _Scope:
    parent: _Scope | None
    function: bool
    names: dict[str, int] = field(default_factory=dict)

    def holds(self, name: str) -> bool:
        scope: _Scope | None = self
        while scope is not None:
            if name in scope.names:
                return True
            scope = scope.parent
        return False

    def nearest_function(self) -> _Scope:
        scope = self
        while not scope.function and scope.parent is not None:
            scope = scope.parent
        return scope


def resolve_names(root: Node) -> Names:
    """Return the names of a tree that are bound at the top level, and those bound nowhere.

    Types are left out: they are gone at run time.
    """
    top = _Scope(None, function=True)
    uses: list[tuple[Node, _Scope]] = []
    stack: list[tuple[Node, _Scope, str]] = [(root, top, "")]
    while stack:
        node, scope, within = stack.pop()
        if node.type in _SKIPPED:
            continue
        if node.type in {"identifier", "shorthand_property_identifier"}:
            uses.append((node, scope))
            continue
        stack += [(child, inner, node.type) for child, inner in reversed(_parts(node, scope, within))]
    free: dict[str, int] = {}
    used_at: dict[str, list[int]] = {}
    for node, scope in uses:
        name, line = text_of(node), line_of(node)
        if name and name not in GLOBALS and not scope.holds(name):
            free[name] = min(line, free.get(name, line))
            used_at.setdefault(name, []).append(node.start_byte)
    return Names(dict(sorted(top.names.items(), key=lambda n: n[1])), free, used_at, _twice(root))


def _twice(root: Node) -> dict[str, int]:
    """Names that ``const``, ``let``, ``class`` or ``import`` declare a second time at the top level."""
    seen: set[str] = set()
    again: dict[str, int] = {}
    for statement in root.named_children:
        inner = statement.child_by_field_name("declaration") if statement.type == "export_statement" else statement
        scope = _Scope(None, function=True)
        if inner is None or any(child.type == "type" for child in inner.children):
            continue
        match inner.type:
            case "import_statement":
                _declare_imports(inner, scope)
            case "lexical_declaration":
                for declarator in inner.named_children:
                    _bind(declarator.child_by_field_name("name"), scope, scope)
            case kind if kind in _CLASSES:
                _declare(inner.child_by_field_name("name"), scope)
            case _:
                pass
        again |= {name: line for name, line in scope.names.items() if name in seen}
        seen |= scope.names.keys()
    return again


def _parts(node: Node, scope: _Scope, within: str) -> list[tuple[Node, _Scope]]:
    """Declare what ``node`` binds, and give the children whose names are uses, each with its scope.

    ``within`` is the type of the node around it.
    """
    match node.type:
        case "import_statement":
            _declare_imports(node, scope)
            return []
        case "export_statement":
            if node.child_by_field_name("source") is not None:
                return []
        case "export_specifier":
            name = node.child_by_field_name("name")
            return [(name, scope)] if name else []
        case "variable_declarator":
            home = scope.nearest_function() if within == "variable_declaration" else scope
            value = node.child_by_field_name("value")
            return [*_bind(node.child_by_field_name("name"), home, scope), *([(value, scope)] if value else [])]
        case "for_in_statement":
            return _for_in(node, scope)
        case "catch_clause":
            inner = _Scope(scope, function=False)
            body = node.child_by_field_name("body")
            bound = _bind(node.child_by_field_name("parameter"), inner, inner)
            return [*bound, *([(body, inner)] if body else [])]
        case "as_expression" | "satisfies_expression":
            return [(child, scope) for child in node.named_children[:1]]
        case "enum_declaration" | "internal_module" | "module":
            _declare(node.child_by_field_name("name"), scope)
            return []
        case "jsx_opening_element" | "jsx_closing_element" | "jsx_self_closing_element":
            return [(c, scope) for c in node.named_children if c.type != "identifier" or text_of(c)[:1].isupper()]
        case kind if kind in _CLASSES:
            return _class(node, scope)
        case kind if kind in FUNCTIONS:
            return _function(node, scope)
        case kind if kind in _BLOCKS:
            inner = _Scope(scope, function=False)
            return [(child, inner) for child in node.named_children]
        case _:
            pass
    return [(child, scope) for child in node.named_children]


def _function(node: Node, scope: _Scope) -> list[tuple[Node, _Scope]]:
    inner = _Scope(scope, function=True)
    inner.names["arguments"] = 0
    name = node.child_by_field_name("name")
    if name is not None and node.type.endswith("_declaration"):
        _declare(name, scope)
    elif name is not None and node.type != "method_definition":
        _declare(name, inner)
    parts: list[tuple[Node, _Scope]] = []
    parameters = node.child_by_field_name("parameters") or node.child_by_field_name("parameter")
    if parameters is not None and parameters.type == "formal_parameters":
        for parameter in parameters.named_children:
            parts += _parameter(parameter, inner)
    elif parameters is not None:
        parts += _bind(parameters, inner, inner)
    if name is not None and name.type == "computed_property_name":
        parts.append((name, scope))
    body = node.child_by_field_name("body")
    # parameters and body share one scope: programs do not depend on the difference
    if body is not None and body.type == "statement_block":
        parts += [(child, inner) for child in body.named_children]
    elif body is not None:
        parts.append((body, inner))
    return parts


def _parameter(node: Node, scope: _Scope) -> list[tuple[Node, _Scope]]:
    if node.type in {"required_parameter", "optional_parameter"}:
        value = node.child_by_field_name("value")
        decorators = [(c, scope) for c in node.named_children if c.type == "decorator"]
        bound = _bind(node.child_by_field_name("pattern"), scope, scope)
        return [*decorators, *bound, *([(value, scope)] if value else [])]
    return _bind(node, scope, scope)


def _class(node: Node, scope: _Scope) -> list[tuple[Node, _Scope]]:
    _declare(node.child_by_field_name("name"), scope)
    return [(child, scope) for child in node.named_children if child != node.child_by_field_name("name")]


def _for_in(node: Node, scope: _Scope) -> list[tuple[Node, _Scope]]:
    inner = _Scope(scope, function=False)
    left, right, body = (node.child_by_field_name(f) for f in ("left", "right", "body"))
    declared = node.child_by_field_name("kind") is not None
    parts = _bind(left, inner, inner) if declared else ([(left, inner)] if left else [])
    return [*parts, *((part, inner) for part in (right, body) if part)]


def _bind(pattern: Node | None, home: _Scope, uses: _Scope) -> list[tuple[Node, _Scope]]:
    """Declare every name of a pattern in ``home``; gives the default values and computed keys, which are uses."""
    parts: list[tuple[Node, _Scope]] = []
    stack = [pattern] if pattern is not None else []
    while stack:
        node = stack.pop()
        match node.type:
            case "identifier" | "shorthand_property_identifier_pattern" | "this":
                _declare(node, home)
            case "assignment_pattern" | "object_assignment_pattern":
                left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
                stack += [left] if left else []
                parts += [(right, uses)] if right else []
            case "pair_pattern":
                value = node.child_by_field_name("value")
                stack += [value] if value else []
            case _:
                stack += node.named_children
    return parts


def _declare(node: Node | None, scope: _Scope) -> None:
    if node is not None:
        scope.names.setdefault(text_of(node), line_of(node))


def _declare_imports(node: Node, scope: _Scope) -> None:
    stack = [child for child in node.named_children if child.type in {"import_clause", "import_require_clause"}]
    while stack:
        child = stack.pop()
        if child.type == "identifier":
            _declare(child, scope)
        elif child.type == "import_specifier":
            _declare(child.child_by_field_name("alias") or child.child_by_field_name("name"), scope)
        elif child.type != "string":
            stack += child.named_children
