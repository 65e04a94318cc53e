"""Reading TypeScript and JavaScript syntax trees, node by node."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from extractor.languages.common.facts import COMMAND, LARGEST_NUMBER, MOST_CASES, UNKNOWN_TEST, Branch, Ref, Value
from extractor.languages.common.syntax import FUNCTIONS, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

_MAX_CHAIN: Final = 40
_SHOWN: Final = 1000
TYPES: Final = frozenset(
    {"type_annotation", "type_arguments", "type_parameters", "interface_declaration", "type_alias_declaration"}
)
"""Subtrees that are gone at run time."""
_WRAPPERS: Final = frozenset(
    {"await_expression", "as_expression", "satisfies_expression", "parenthesized_expression", "non_null_expression"}
)
_ENVIRONMENT: Final = frozenset({"process.env", "Bun.env", "import.meta.env"})
_COMMAND: Final = re.compile(r"(?P<word>[\w$:.-]+)(?:\s.*)?")


@dataclass(frozen=True, slots=True)
class Spot:
    """A node and what is around it. The tree's own way upward costs a search from the root."""

    node: Node
    within: tuple[str, ...]
    """The functions around it, outermost first; none if it runs when the module is loaded."""
    up: Spot | None
    branches: tuple[Branch, ...] = ()
    """The tests that it stands under, also those around the functions that it is in, outermost first."""

    @property
    def function(self) -> str | None:
        """The outermost of these."""
        return self.within[0] if self.within else None

    def ancestors(self) -> Iterator[Node]:
        """Yield the nodes around it, innermost first."""
        spot = self.up
        while spot is not None:
            yield spot.node
            spot = spot.up


def spots_of(root: Node) -> Iterator[Spot]:
    """Yield every named node outside types, in the order of the text."""
    stack = [Spot(root, (), None)]
    while stack:
        spot = stack.pop()
        if spot.node.type in TYPES:
            continue
        yield spot
        inner = (*spot.within, name_of(spot) or "<anonymous>") if spot.node.type in FUNCTIONS else spot.within
        tests = _tests_within(spot.node)
        stack += [
            Spot(child, inner, spot, (*spot.branches, *tests.get(child.id, ())) if tests else spot.branches)
            for child in reversed(spot.node.named_children)
        ]


def name_of(spot: Spot) -> str | None:
    """Return the name of a function, its own or that of the variable that is given it; None without one."""
    around = spot.up.node if spot.up is not None else None
    named = around if around is not None and around.type in ("variable_declarator", "public_field_definition") else None
    name = spot.node.child_by_field_name("name") or (named.child_by_field_name("name") if named is not None else None)
    return text_of(name) if name is not None else None


def literal_text(node: Node) -> str:
    """Return a string literal's value, escapes as written; computed parts of a template read ``{}``."""
    return "".join("{}" if c.type == "template_substitution" else text_of(c) for c in node.named_children)


def value_of(node: Node) -> Value:
    """Return a literal's value, or a reference to what is not a literal."""
    match node.type:
        case "string" | "template_string":
            return literal_text(node)
        case "number":
            return _number(text_of(node))
        case "true" | "false":
            return node.type == "true"
        case "null" | "undefined":
            return None
        case _:
            return Ref(text_of(node)[:_SHOWN])


def properties(node: Node) -> dict[str, Value]:
    """Return the keys and values of an object literal; a method reads as a reference."""
    values: dict[str, Value] = {}
    for child in node.named_children:
        key = child.child_by_field_name("key") or child.child_by_field_name("name")
        if child.type == "pair" and key is not None:
            value = child.child_by_field_name("value")
            values[literal_text(key) if key.type == "string" else text_of(key)] = value_of(value) if value else None
        elif child.type == "shorthand_property_identifier":
            values[text_of(child)] = Ref(text_of(child))
        elif child.type == "method_definition" and key is not None:
            values[text_of(key)] = Ref("function")
    return values


def dotted(node: Node | None) -> str:
    """Return ``app.listen`` for a chain of names; a part that is not a name reads ``?``, a call ends with ``()``."""
    parts: list[str] = []
    while node is not None and len(parts) < _MAX_CHAIN:
        match node.type:
            case "identifier" | "this" | "super" | "import":
                return _chain(text_of(node), parts)
            case "member_expression":
                parts.append(text_of(node.child_by_field_name("property")))
                node = node.child_by_field_name("object")
            case "call_expression":
                node = node.child_by_field_name("function")
                parts.append("()")
            case "non_null_expression" | "parenthesized_expression" | "await_expression":
                node = node.named_children[0] if node.named_children else None
            case _:
                break
    return _chain("?", parts)


def _chain(first: str, parts: list[str]) -> str:
    return ".".join([first, *reversed(parts)]).replace(".()", "()")


def branches_of(spot: Spot) -> tuple[Branch, ...]:
    """Return the tests under which a call is made, and hands on what it is given."""
    return (*spot.branches, *_commands(spot.node))


def _tests_within(node: Node) -> dict[int, list[Branch]]:
    """The tests that a node puts on its children, by their ids."""
    match node.type:
        case "call_expression":
            arguments = node.child_by_field_name("arguments")
            return {arguments.id: commands} if arguments is not None and (commands := _commands(node)) else {}
        case "switch_case" | "switch_default":
            value, tests = node.child_by_field_name("value"), _cases(node)
            return {child.id: tests for child in node.named_children if value is None or child.id != value.id}
        case "if_statement" | "ternary_expression":
            test = node.child_by_field_name("condition")
            parts = [(node.child_by_field_name("consequence"), True), (node.child_by_field_name("alternative"), False)]
        case "binary_expression":
            sign, test = node.child_by_field_name("operator"), node.child_by_field_name("left")
            if sign is None or sign.type not in ("&&", "||"):
                return {}
            parts = [(node.child_by_field_name("right"), sign.type == "&&")]
        case _:
            return {}
    if test is None:
        return {}
    return {part.id: [Branch(_test_of(test), holds)] for part, holds in parts if part is not None}


def _commands(call: Node) -> list[Branch]:
    """The test of a function that Commander or yargs call for a word: ``.command("http").action(…)``."""
    callee = call.child_by_field_name("function")
    method = callee.child_by_field_name("property") if callee is not None else None
    if callee is None or method is None or text_of(method) not in ("action", "command"):
        return []
    is_yargs, inner = text_of(method) == "command", call
    for _ in range(_MAX_CHAIN):
        if method is None or text_of(method) == "command" or callee is None:
            break
        inner = callee.child_by_field_name("object") or inner
        callee = inner.child_by_field_name("function")
        method = callee.child_by_field_name("property") if callee is not None else None
    given = inner.child_by_field_name("arguments")
    first = given.named_children[0] if given is not None and given.named_children else None
    if method is None or text_of(method) != "command" or first is None or first.type != "string":
        return []
    if is_yargs and (given is None or given.named_child_count < 3):
        return []
    found = _COMMAND.fullmatch(literal_text(first))
    if found is None:
        return [Branch(UNKNOWN_TEST, holds=True)]
    is_usual = given is not None and "isDefault: true" in text_of(given)
    tests = [f"{COMMAND} === '{found['word']}'"] if found["word"] != "$0" else []
    tests += [f"!{COMMAND}"] if is_usual or not tests else []
    return [Branch(" || ".join(tests), holds=True)]


def _test_of(node: Node) -> str:
    inner = node.named_children[0] if node.type == "parenthesized_expression" and node.named_child_count == 1 else node
    return text_of(inner)[:_SHOWN]


def _cases(case: Node) -> list[Branch]:
    """The tests of a case of a ``switch``: one of the labels in front of its code, or none of all the others."""
    body = case.parent
    switch = body.parent if body is not None else None
    subject = switch.child_by_field_name("value") if switch is not None else None
    if body is None or subject is None:
        return []
    if body.named_child_count > MOST_CASES:
        return [Branch(UNKNOWN_TEST, holds=True)]
    cases = [one for one in body.named_children if one.type in ("switch_case", "switch_default")]
    # labels without code of their own go on into this one
    at = cases.index(case)
    first = at
    while first and cases[first - 1].named_child_count == (cases[first - 1].type == "switch_case"):
        first -= 1
    own = cases[first : at + 1]
    is_default = any(one.type == "switch_default" for one in own)
    labels = [one for one in cases if one not in own] if is_default else own
    values = [value for one in labels if (value := one.child_by_field_name("value")) is not None]
    tests = [f"{text_of(subject)} === {text_of(value)}"[:_SHOWN] for value in values]
    if is_default:
        return [Branch(test, holds=False) for test in tests]
    return [Branch(" || ".join(tests)[:_SHOWN], holds=True)]


def target_of(spot: Spot) -> str | None:
    """Return the name that a value is assigned to; None if it is not assigned."""
    parent = next((node for node in spot.ancestors() if node.type not in _WRAPPERS), None)
    if parent is None:
        return None
    if parent.type == "variable_declarator":
        return text_of(parent.child_by_field_name("name"))
    if parent.type == "assignment_expression":
        return text_of(parent.child_by_field_name("left"))
    return None


def is_statement(spot: Spot) -> bool:
    """Return whether a call is a whole statement, perhaps awaited or voided."""
    passed = {"await_expression", "unary_expression", "parenthesized_expression"}
    parent = next((node for node in spot.ancestors() if node.type not in passed), None)
    return parent is not None and parent.type == "expression_statement"


def environment_name(node: Node) -> str | None:
    """Return ``PORT`` of ``process.env.PORT`` or ``process.env["PORT"]``; None for other expressions."""
    held = node.child_by_field_name("object")
    if held is None or held.end_byte - held.start_byte > 20 or text_of(held) not in _ENVIRONMENT:
        return None
    name = node.child_by_field_name("property")
    if name is not None:
        return text_of(name)
    index = node.child_by_field_name("index")
    return literal_text(index) if index is not None and index.type == "string" else None


def fallback_of(spot: Spot) -> str | None:
    """Return the literal of ``process.env.PORT || 3000``, also around ``Number(…)``; None without one."""
    here = spot.node
    for _, parent in zip(range(4), spot.ancestors(), strict=False):
        operator = parent.child_by_field_name("operator") if parent.type == "binary_expression" else None
        if operator is not None and operator.type in ("||", "??"):
            left, right = parent.child_by_field_name("left"), parent.child_by_field_name("right")
            if left is not None and left.id == here.id and right is not None:
                value = value_of(right)
                if not isinstance(value, Ref):
                    return str(value)
        here = parent
    return None


def is_handed_on(spot: Spot) -> bool:
    """Return whether a value is asserted (``x!``), or is an argument, or a property of one, as it is."""
    around = [node.type for _, node in zip(range(3), spot.ancestors(), strict=False)]
    return around[:1] in (["non_null_expression"], ["arguments"]) or around == ["pair", "object", "arguments"]


def ends_in_empty_function(node: Node) -> bool:
    """Return whether a call's last argument is a function that holds nothing but a comment."""
    arguments = node.child_by_field_name("arguments")
    last = arguments.named_children[-1] if arguments and arguments.named_children else None
    body = last.child_by_field_name("body") if last and last.type in FUNCTIONS else None
    return bool(body and body.named_children and all(child.type == "comment" for child in body.named_children))


def _number(text: str) -> Value:
    try:
        number = int(text.replace("_", ""), 0)
    except ValueError:
        return Ref(text)
    return number if number < LARGEST_NUMBER else Ref(text)
