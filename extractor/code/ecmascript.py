"""TypeScript and JavaScript code to facts, by tree-sitter. Nothing is executed."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

import tree_sitter_javascript
import tree_sitter_typescript
from tree_sitter import Language, Node, Parser

from extractor.code.ecmascript_scopes import Names, resolve_names
from extractor.code.facts import (
    Call,
    Code,
    CodeError,
    EnvironmentRead,
    Import,
    Ref,
    Text,
    Value,
    refuse_large,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_FUNCTIONS: Final = frozenset(
    {"function_declaration", "generator_function_declaration", "function_expression", "arrow_function",
     "method_definition", "generator_function"}
)  # fmt: skip
_WRAPPERS: Final = frozenset(
    {"await_expression", "as_expression", "satisfies_expression", "parenthesized_expression", "non_null_expression"}
)
_TYPES: Final = frozenset(
    {"type_annotation", "type_arguments", "type_parameters", "interface_declaration", "type_alias_declaration"}
)
_ROUTES: Final = frozenset({"get", "post", "put", "delete", "all", "use"})
_ENVIRONMENT: Final = frozenset({"process.env", "Bun.env", "import.meta.env"})


def parse_typescript(text: str) -> Code:
    """Facts of one TypeScript text. Never raises: a text that is no TypeScript carries ``error``."""
    return _parse(text, "TypeScript", ("typescript", "tsx"))


def parse_javascript(text: str) -> Code:
    """Facts of one JavaScript text. Never raises: a text that is no JavaScript carries ``error``."""
    return _parse(text, "JavaScript", ("javascript",))


@cache
def _grammar(name: str) -> Language:
    match name:
        case "typescript":
            return Language(tree_sitter_typescript.language_typescript())
        case "tsx":
            return Language(tree_sitter_typescript.language_tsx())
        case _:
            return Language(tree_sitter_javascript.language())


def _parse(text: str, language: str, grammars: tuple[str, ...]) -> Code:
    if too_large := refuse_large(text, language):
        return too_large
    source = text.encode("utf-8", "replace")
    trees = (Parser(_grammar(name)).parse(source).root_node for name in grammars)
    first: CodeError | None = None
    for root in trees:
        error = _first_error(root, language)
        if error is None:
            return _facts(root, resolve_names(root), None)
        first = first or error
    return Code(error=first)


def _facts(root: Node, names: Names, error: CodeError | None) -> Code:
    imports: list[Import] = []
    calls: list[Call] = []
    environment: list[EnvironmentRead] = []
    texts: list[Text] = []
    left_out: list[Text] = []
    bare_await: int | None = None
    default_export: int | None = None
    module_syntax = False
    for node, function in _walk(root):
        match node.type:
            case "import_statement" | "export_statement":
                module_syntax = True
                if found := _import(node):
                    imports.append(found)
                if node.type == "export_statement" and any(c.type == "default" for c in node.children):
                    default_export = _line(node)
            case "call_expression" | "new_expression":
                call = _call(node, function)
                calls.append(call)
                if call.last in _ROUTES and call.arguments and isinstance(call.arguments[0], str):
                    left_out += [Text(call.arguments[0], call.line)] if _ends_in_empty_function(node) else []
                if call.name in {"require", "import"} and call.arguments and isinstance(call.arguments[0], str):
                    module = call.arguments[0]
                    imports.append(Import(module, (), call.line, module.startswith("."), guarded=_in_try(node)))
                elif call.name == "Deno.env.get" and call.arguments and isinstance(call.arguments[0], str):
                    environment.append(EnvironmentRead(call.arguments[0], _fallback(node), call.line))
            case "member_expression" | "subscript_expression":
                if name := _environment_name(node):
                    environment.append(EnvironmentRead(name, _fallback(node), _line(node)))
            case "meta_property":
                module_syntax = True
            case "string" | "template_string":
                texts.append(Text(_text(node), _line(node)))
            case "await_expression":
                if function is None and bare_await is None:
                    bare_await = _line(node)
            case _:
                pass
    return Code(
        imports=tuple(imports),
        calls=tuple(calls),
        environment=tuple(environment),
        texts=tuple(texts),
        defines=names.defines,
        free=names.free,
        left_out=tuple(left_out),
        bare_await=bare_await,
        default_export=default_export,
        module_syntax=module_syntax,
        error=error,
    )


def _walk(root: Node) -> Iterator[tuple[Node, str | None]]:
    """Every node outside types, in order of the text, with the outermost function it stands in."""
    stack: list[tuple[Node, str | None]] = [(root, None)]
    while stack:
        node, function = stack.pop()
        if node.type in _TYPES:
            continue
        yield node, function
        inner = function
        if function is None and node.type in _FUNCTIONS:
            name = node.child_by_field_name("name")
            inner = _source(name) if name else "<anonymous>"
        stack += [(child, inner) for child in reversed(node.named_children)]


def _line(node: Node) -> int:
    return node.start_point[0] + 1


def _source(node: Node | None) -> str:
    return (node.text or b"").decode("utf-8", "replace") if node else ""


def _text(node: Node) -> str:
    """A string literal's value, escapes as written; computed parts of a template read ``{}``."""
    if node.type == "string":
        return "".join(_source(c) for c in node.named_children)
    parts = [("{}" if c.type == "template_substitution" else _source(c)) for c in node.named_children]
    return "".join(parts)


def _first_error(root: Node, language: str) -> CodeError | None:
    if not root.has_error:
        return None
    stack = [root]
    while stack:
        node = stack.pop()
        if node.is_error or node.is_missing:
            return CodeError(f"does not parse as {language}", _line(node))
        stack += [child for child in reversed(node.children) if child.has_error or child.is_missing]
    return CodeError(f"does not parse as {language}", 1)


def _import(node: Node) -> Import | None:
    source = node.child_by_field_name("source")
    if source is None:
        required = next((c for c in node.named_children if c.type == "import_require_clause"), None)
        source = required.child_by_field_name("source") if required else None
        if source is None:
            return None
    clause = next((c for c in node.named_children if c.type in {"import_clause", "export_clause"}), None)
    specifiers = list(_descend(clause, "import_specifier")) if clause else []
    erased = any(c.type == "type" for c in node.children)
    if specifiers and not erased:
        others = [c for c in (clause.named_children if clause else []) if c.type != "named_imports"]
        erased = not others and all(any(c.type == "type" for c in s.children) for s in specifiers)
    names = tuple(_source(s.child_by_field_name("name")) for s in specifiers)
    if clause and any(c.type == "namespace_import" for c in clause.named_children):
        names = ("*",)
    elif clause and any(c.type == "identifier" for c in clause.named_children):
        names = ("default", *names)
    module = _text(source)
    return Import(module, names, _line(node), module.startswith("."), erased)


def _descend(node: Node, kind: str) -> Iterator[Node]:
    stack = [node]
    while stack:
        here = stack.pop()
        if here.type == kind:
            yield here
        stack += reversed(here.named_children)


def _in_try(node: Node) -> bool:
    parent = node.parent
    while parent is not None:
        if parent.type == "try_statement":
            return True
        parent = parent.parent
    return False


def _call(node: Node, function: str | None) -> Call:
    callee = node.child_by_field_name("function") or node.child_by_field_name("constructor")
    arguments = node.child_by_field_name("arguments")
    nodes = [c for c in arguments.named_children if c.type != "comment"] if arguments else []
    keywords: dict[str, Value] = {}
    for argument in nodes:
        if argument.type == "object":
            keywords |= _properties(argument)
    return Call(
        name=_dotted(callee),
        line=_line(node),
        arguments=tuple(_value(n) for n in nodes),
        keywords=keywords,
        target=_target(node),
        function=function,
        statement=_is_statement(node),
    )


def _ends_in_empty_function(node: Node) -> bool:
    """Whether the last argument is a function that holds nothing but a comment."""
    arguments = node.child_by_field_name("arguments")
    last = arguments.named_children[-1] if arguments and arguments.named_children else None
    body = last.child_by_field_name("body") if last and last.type in _FUNCTIONS else None
    return bool(body and body.named_children and all(child.type == "comment" for child in body.named_children))


def _is_statement(node: Node) -> bool:
    parent = node.parent
    while parent is not None and parent.type in {"await_expression", "unary_expression", "parenthesized_expression"}:
        parent = parent.parent
    return parent is not None and parent.type == "expression_statement"


def _properties(node: Node) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for child in node.named_children:
        key = child.child_by_field_name("key") or child.child_by_field_name("name")
        if child.type == "pair" and key is not None:
            value = child.child_by_field_name("value")
            found[_text(key) if key.type == "string" else _source(key)] = _value(value) if value else None
        elif child.type == "shorthand_property_identifier":
            found[_source(child)] = Ref(_source(child))
        elif child.type == "method_definition" and key is not None:
            found[_source(key)] = Ref("function")
    return found


def _target(node: Node) -> str | None:
    parent = node.parent
    while parent is not None and parent.type in _WRAPPERS:
        parent = parent.parent
    if parent is None:
        return None
    if parent.type == "variable_declarator":
        return _source(parent.child_by_field_name("name"))
    if parent.type == "assignment_expression":
        return _source(parent.child_by_field_name("left"))
    return None


def _dotted(node: Node | None) -> str:
    parts: list[str] = []
    while node is not None:
        match node.type:
            case "identifier" | "this" | "super" | "import":
                return ".".join([_source(node), *reversed(parts)])
            case "member_expression":
                parts.append(_source(node.child_by_field_name("property")))
                node = node.child_by_field_name("object")
            case "call_expression":
                node = node.child_by_field_name("function")
                if parts:
                    parts[-1] = f"().{parts[-1]}"
            case "non_null_expression" | "parenthesized_expression" | "await_expression":
                node = node.named_children[0] if node.named_children else None
            case _:
                break
    return ".".join(["?", *reversed(parts)]).replace(".().", "().")


def _value(node: Node) -> Value:
    match node.type:
        case "string" | "template_string":
            return _text(node)
        case "number":
            return _number(_source(node))
        case "true" | "false":
            return node.type == "true"
        case "null" | "undefined":
            return None
        case _:
            return Ref(_source(node)[:200])


def _number(text: str) -> Value:
    try:
        return int(text.replace("_", ""), 0)
    except ValueError:
        return Ref(text)


def _environment_name(node: Node) -> str | None:
    held = node.child_by_field_name("object")
    if held is None or _source(held) not in _ENVIRONMENT:
        return None
    name = node.child_by_field_name("property")
    if name is not None:
        return _source(name)
    index = node.child_by_field_name("index")
    return _text(index) if index is not None and index.type == "string" else None


def _fallback(node: Node) -> str | None:
    """The literal of ``process.env.PORT || 3000``, also around ``Number(…)``."""
    here, parent = node, node.parent
    for _ in range(4):
        if parent is None:
            return None
        if parent.type == "binary_expression":
            left, right = parent.child_by_field_name("left"), parent.child_by_field_name("right")
            if left is not None and left.id == here.id and right is not None:
                value = _value(right)
                if isinstance(value, Ref):
                    return None
                return str(value)
        here, parent = parent, parent.parent
    return None
