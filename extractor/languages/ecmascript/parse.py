"""TypeScript and JavaScript code to facts, by tree-sitter. Nothing is executed."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import tree_sitter_javascript
import tree_sitter_typescript

from extractor.languages.common.facts import (
    SERVER_KEYS,
    Assignment,
    Call,
    CodeError,
    CodeFacts,
    EnvironmentRead,
    Import,
    Text,
    Value,
    by_own_name,
    once_given,
)
from extractor.languages.common.syntax import FUNCTIONS, facts_of, first_error, line_of, parse, text_of
from extractor.languages.ecmascript.bindings import bindings_of, parameters_of
from extractor.languages.ecmascript.names import Names, resolve_names
from extractor.languages.ecmascript.nodes import (
    Spot,
    branches_of,
    dotted,
    ends_in_empty_function,
    environment_name,
    fallback_of,
    is_handed_on,
    is_statement,
    literal_text,
    properties,
    spots_of,
    target_of,
    value_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tree_sitter import Node

    _Grammars = tuple[Callable[[], object], ...]

_TYPESCRIPT: Final = (tree_sitter_typescript.language_typescript, tree_sitter_typescript.language_tsx)
_JAVASCRIPT: Final = (tree_sitter_javascript.language,)
_ROUTES: Final = frozenset({"get", "post", "put", "delete", "all", "use"})

_STANDARD_INPUT: Final = frozenset({"process.stdin", "Deno.stdin", "Bun.stdin"})
_AROUND: Final = "docprobe_around"
_METHOD: Final = re.compile(
    r"\s*(?:/\*.*?\*/\s*|//[^\n]*\n\s*)*(?:(?:public|private|protected|static|async|override) +)*"
    r"[\w$#]+ *(?:<[^>]*>)?\(",
    re.DOTALL,
)
"""How a method begins."""


def parse_typescript(text: str, registrations: frozenset[str] = frozenset()) -> CodeFacts:
    """Return the facts of one TypeScript text. Never raises: a text that is not TypeScript carries ``error``.

    Args:
        text: the code.
        registrations: methods whose functions run only when a client asks for them.
    """
    return _parse(text, "TypeScript", _TYPESCRIPT, registrations)


def parse_javascript(text: str, registrations: frozenset[str] = frozenset()) -> CodeFacts:
    """Return the facts of one JavaScript text, as :func:`parse_typescript` does."""
    return _parse(text, "JavaScript", _JAVASCRIPT, registrations)


def typescript_tree(text: str) -> Node:
    """Return the syntax tree of a TypeScript text, with JSX if it parses only so."""
    return _first_sound(_TYPESCRIPT, text)


def javascript_tree(text: str) -> Node:
    """Return the syntax tree of a JavaScript text."""
    return _first_sound(_JAVASCRIPT, text)


def _parse(text: str, language: str, grammars: _Grammars, registrations: frozenset[str]) -> CodeFacts:
    def facts(code: str) -> CodeFacts:
        return facts_of(
            code, language, lambda code: _first_sound(grammars, code), lambda root: _read(root, language, registrations)
        )

    found = facts(text)
    if found.error is None or not _METHOD.match(text):
        return found
    inside = facts(f"class {_AROUND} {{{text}\n}}")
    if inside.error:
        return found
    line = text.count("\n", 0, len(text) - len(text.lstrip())) + 1
    return replace(inside, defines={}, loose_method=line)


def _first_sound(grammars: _Grammars, text: str) -> Node:
    """The tree by the first grammar that takes the whole text; by the first of all if none does."""
    roots = [parse(grammars[0](), text)]
    while roots[-1].has_error and len(roots) < len(grammars):
        roots.append(parse(grammars[len(roots)](), text))
    return roots[0] if roots[-1].has_error else roots[-1]


def _read(root: Node, language: str, registrations: frozenset[str]) -> CodeFacts:
    """The facts of a tree; where it has errors, only those that the part that does not parse cannot change."""
    found, error = _facts(root, registrations), first_error(root, language)
    if error is None:
        return found
    # a quote that is missing makes code a part of a module's name
    imports = tuple(i for i in found.imports if not any(map(str.isspace, i.module)))
    return replace(found, imports=imports, free={}, late=frozenset(), left_out=(), error=error)


def _facts(root: Node, registrations: frozenset[str]) -> CodeFacts:
    names = resolve_names(root)
    twice = next(iter(names.twice.items()), None)
    spots = tuple(spots_of(root))
    exports = [s.node for s in spots if s.node.type == "export_statement"]
    defaults = [line_of(n) for n in exports if any(c.type == "default" for c in n.children)]
    awaits = [line_of(s.node) for s in spots if s.node.type == "await_expression" and s.function is None]
    modules = {"import_statement", "export_statement", "meta_property"}
    aliases = _aliases(spots)
    made = (spot for spot in spots if spot.node.type in {"call_expression", "new_expression"})
    calls = [(spot, by_own_name(_call(spot), aliases)) for spot in made]
    return CodeFacts(
        imports=(*_imports(spots), *_required(calls)),
        calls=tuple(call for _, call in calls),
        environment=tuple(_environment(spots, calls)),
        texts=tuple(
            Text(literal_text(s.node), line_of(s.node)) for s in spots if s.node.type in {"string", "template_string"}
        ),
        values=once_given((*(given := tuple(_values(spots))), *_parameter_values(spots))),
        assigned=frozenset(one.name for one in given),
        parameters={name: tuple(one for one, _ in taken) for name, taken in parameters_of(spots)},
        required=frozenset(name for _, taken in parameters_of(spots) for name, default in taken if default is None),
        reads=tuple(_reads(spots)),
        tables=tuple(_tables(spots)),
        defines=names.defines,
        free=names.free,
        late=_late(spots, names, registrations),
        constants=dict(_constants(spots)),
        left_out=tuple(_left_out(calls)),
        bare_await=min(awaits, default=None),
        default_export=min(defaults, default=None),
        default_value=next((_default_value(n) for n in exports if any(c.type == "default" for c in n.children)), ""),
        exports=frozenset(name for n in exports for name in _exported(n)),
        module_syntax=any(s.node.type in modules for s in spots),
        error=CodeError(f"declares `{twice[0]}` twice", twice[1]) if twice else None,
    )


def _call(spot: Spot) -> Call:
    node = spot.node
    callee = node.child_by_field_name("function") or node.child_by_field_name("constructor")
    arguments = node.child_by_field_name("arguments")
    nodes = [c for c in arguments.named_children if c.type != "comment"] if arguments else []
    keywords: dict[str, Value] = {}
    for argument in nodes:
        if argument.type == "object":
            keywords |= properties(argument)
    return Call(
        name=dotted(callee),
        line=line_of(node),
        arguments=tuple(value_of(n) for n in nodes),
        keywords=keywords,
        target=target_of(spot),
        function=spot.function,
        statement=is_statement(spot),
        branches=branches_of(spot),
        within=spot.within,
    )


def _first_text(call: Call) -> str | None:
    return call.arguments[0] if call.arguments and isinstance(call.arguments[0], str) else None


def _imports(spots: tuple[Spot, ...]) -> Iterator[Import]:
    """Static imports, and exports from elsewhere."""
    for spot in spots:
        if spot.node.type in {"import_statement", "export_statement"} and (imported := _import(spot.node)):
            yield imported


def _aliases(spots: tuple[Spot, ...]) -> dict[str, str]:
    """``import { Server as Mcp }``: what the module calls it, by the name in the code."""
    specifiers = (spot.node for spot in spots if spot.node.type == "import_specifier")
    named = ((node.child_by_field_name("alias"), node.child_by_field_name("name")) for node in specifiers)
    return {text_of(alias): text_of(name) for alias, name in named if alias is not None and text_of(name) != "default"}


def _required(calls: list[tuple[Spot, Call]]) -> Iterator[Import]:
    """``require("x")`` and ``import("x")``; inside ``try`` the program may do without."""
    for spot, call in calls:
        module = _first_text(call)
        if call.name in {"require", "import"} and module is not None:
            guarded = any(node.type == "try_statement" for node in spot.ancestors())
            yield Import(module, (), call.line, module.startswith("."), guarded=guarded)


def _environment(spots: tuple[Spot, ...], calls: list[tuple[Spot, Call]]) -> Iterator[EnvironmentRead]:
    for spot in spots:
        if spot.node.type in {"member_expression", "subscript_expression"} and (name := environment_name(spot.node)):
            yield EnvironmentRead(name, fallback_of(spot), line_of(spot.node), is_handed_on(spot))
    for spot, call in calls:
        if call.name == "Deno.env.get" and (given := _first_text(call)):
            yield EnvironmentRead(given, fallback_of(spot), call.line)


def _reads(spots: tuple[Spot, ...]) -> Iterator[Call]:
    """Uses of the standard input: ``process.stdin``, and ``stdin`` where that is imported from ``process``."""
    for spot in spots:
        node = spot.node
        part = {"import_specifier": "name", "member_expression": "property"}.get(node.type)
        if part is None or text_of(node.child_by_field_name(part)) != "stdin":
            continue
        if part == "name" or dotted(node) in _STANDARD_INPUT:
            yield Call("process.stdin", line_of(node), function=spot.function)


def _tables(spots: tuple[Spot, ...]) -> Iterator[Call]:
    """Objects within objects that may be servers: ``{ math: { command: "npx" } }``."""
    for spot in spots:
        within = spot.node.type == "object" and spot.up is not None and spot.up.node.type == "pair"
        if within and SERVER_KEYS & (values := properties(spot.node)).keys():
            yield Call("", line_of(spot.node), keywords=values, function=spot.function)


def _late(spots: tuple[Spot, ...], names: Names, registrations: frozenset[str]) -> frozenset[str]:
    """Free names that nothing uses but functions among the arguments of a call that registers them for later."""
    registered = [s.node for s in spots if s.node.type in FUNCTIONS and _is_registered(s, registrations)]
    # in order of the text, and none within another
    held: list[Node] = []
    for node in registered:
        if not held or node.start_byte >= held[-1].end_byte:
            held.append(node)
    begins = [node.start_byte for node in held]

    def is_inside(place: int) -> bool:
        at = bisect_right(begins, place) - 1
        return at >= 0 and place < held[at].end_byte

    return frozenset(name for name, places in names.used_at.items() if all(map(is_inside, places)))


def _is_registered(spot: Spot, registrations: frozenset[str]) -> bool:
    call = next((node for node in spot.ancestors() if node.type == "call_expression"), None)
    return call is not None and dotted(call.child_by_field_name("function")).rpartition(".")[2] in registrations


def _constants(spots: tuple[Spot, ...]) -> Iterator[tuple[str, str]]:
    """``const PATH = "/chat"`` at the top level."""
    for spot in spots:
        if spot.node.type != "variable_declarator" or spot.function is not None:
            continue
        name, value = spot.node.child_by_field_name("name"), spot.node.child_by_field_name("value")
        if name is not None and value is not None and value.type == "string" and _is_constant(spot):
            yield text_of(name), literal_text(value)


def _values(spots: tuple[Spot, ...]) -> Iterator[Assignment]:
    """Variables, parameters and properties, and what they are set to."""
    for spot in spots:
        node = spot.node
        match node.type:
            case "augmented_assignment_expression" | "update_expression":
                yield Assignment(text_of(node.child_by_field_name("left") or node.child_by_field_name("argument")), "")
            case "assignment_expression":
                left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
                yield _given(spot, _member(left), text_of(right))
            case "variable_declarator" | "public_field_definition":
                name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
                around = spot.up.node.type if spot.up is not None else ""
                if name is not None and value is not None:
                    yield from (_given(spot, *one) for one in bindings_of(name, text_of(value), value))
                elif name is not None and around == "lexical_declaration":
                    yield _given(spot, text_of(name), "undefined")
            case "import_specifier" if imported := _imported(spot):
                name = node.child_by_field_name("alias") or node.child_by_field_name("name")
                yield Assignment(text_of(name), imported)


def _parameter_values(spots: tuple[Spot, ...]) -> Iterator[Assignment]:
    """Parameters with a default, and that."""
    for function, taken in parameters_of(spots):
        yield from (Assignment(one, default, within=(function,)) for one, default in taken if default is not None)


def _member(node: Node | None) -> str:
    """``config.mode`` for ``config["mode"]`` too."""
    index = node.child_by_field_name("index") if node is not None else None
    if node is None or index is None or index.type != "string":
        return text_of(node)
    return f"{text_of(node.child_by_field_name('object'))}.{literal_text(index)}"


_UNSURE: Final = frozenset(
    {"for_statement", "for_in_statement", "while_statement", "do_statement", "try_statement", "catch_clause"}
)
"""What may be run in part, or several times."""


def _given(spot: Spot, name: str, text: str) -> Assignment:
    unsure = any(node.type in _UNSURE for node in spot.ancestors())
    return Assignment(name, text, branches_of(spot), spot.within, unsure)


def _imported(spot: Spot) -> str:
    """``process.argv`` for ``import { argv } from "node:process"``; nothing for a name of any other module."""
    statement = next((node for node in spot.ancestors() if node.type == "import_statement"), None)
    module = statement.child_by_field_name("source") if statement is not None else None
    name = text_of(spot.node.child_by_field_name("name"))
    is_process = module is not None and literal_text(module).removeprefix("node:") == "process"
    return f"process.{name}" if is_process and name in ("argv", "env") else ""


def _is_constant(spot: Spot) -> bool:
    holder = spot.up.node if spot.up else None
    return holder is not None and any(child.type == "const" for child in holder.children)


def _left_out(calls: list[tuple[Spot, Call]]) -> Iterator[Text]:
    for spot, call in calls:
        route = _first_text(call)
        if call.last in _ROUTES and route is not None and ends_in_empty_function(spot.node):
            yield Text(route, call.line)


def _default_value(node: Node) -> str:
    """What an ``export default`` gives: the keys of an object, a dotted name, or ``function``."""
    value = node.child_by_field_name("value") or node.child_by_field_name("declaration")
    while value is not None and value.type in {"satisfies_expression", "as_expression", "parenthesized_expression"}:
        value = value.named_children[0] if value.named_children else None
    match value.type if value is not None else "":
        case "object":
            return "{" + ",".join(sorted(properties(value))) + "}" if value is not None else ""
        case "identifier" | "member_expression" | "call_expression" | "new_expression":
            callee = value.child_by_field_name("constructor") if value is not None else None
            return dotted(callee or value)
        case kind:
            return "function" if kind in FUNCTIONS else kind


def _exported(node: Node) -> Iterator[str]:
    """The names of one ``export`` that importers see."""
    declared = node.child_by_field_name("declaration")
    if any(c.type == "default" for c in node.children):
        return
    if declared is not None:
        name = declared.child_by_field_name("name")
        holders = [name] if name else [d.child_by_field_name("name") for d in declared.named_children]
        yield from (text_of(holder) for holder in holders if holder is not None and holder.type == "identifier")
    for clause in (c for c in node.named_children if c.type == "export_clause"):
        for specifier in clause.named_children:
            yield text_of(specifier.child_by_field_name("alias") or specifier.child_by_field_name("name"))


def _import(node: Node) -> Import | None:
    origin = node.child_by_field_name("source")
    if origin is None:
        required = next((c for c in node.named_children if c.type == "import_require_clause"), None)
        origin = required.child_by_field_name("source") if required else None
    if origin is None:
        return None
    clause = next((c for c in node.named_children if c.type in {"import_clause", "export_clause"}), None)
    parts = clause.named_children if clause else []
    specifiers = [s for part in parts if part.type == "named_imports" for s in part.named_children]
    specifiers = [s for s in specifiers if s.type == "import_specifier"]
    erased = any(c.type == "type" for c in node.children)
    if specifiers and not erased and all(part.type == "named_imports" for part in parts):
        erased = all(any(c.type == "type" for c in s.children) for s in specifiers)
    names = tuple(text_of(s.child_by_field_name("name")) for s in specifiers)
    if any(part.type == "identifier" for part in parts):
        names = ("default", *names)
    module = literal_text(origin)
    return Import(module, names, line_of(node), module.startswith("."), erased)
