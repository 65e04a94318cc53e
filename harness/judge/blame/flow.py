"""How a page's code gets to a statement: the conditions above it, its function and that one's callers. Pure."""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

from extractor.languages.common.syntax import FUNCTIONS, enclosing, text_of, walk
from extractor.model import Span
from harness.judge.blame.code import BRANCHES
from harness.judge.blame.suspects import Suspect

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tree_sitter import Node

    from extractor.model import SourceFile
    from harness.judge.blame.code import Code
    from harness.model import TracedExchange

LEAVES: Final = frozenset({"return_statement", "throw_statement", "raise_statement"})
_CASES: Final = frozenset({"case_clause", "switch_case", "switch_default"})
_SWITCHES: Final = frozenset({"match_statement", "switch_statement"})
_CALLED: Final = re.compile(r"(\w+)\s*\(")


@dataclass(frozen=True)
class Flow:
    """The code of an example with what ran of it for some requests."""

    code: Code
    traced: Sequence[TracedExchange]

    @cached_property
    def _places(self) -> dict[str, list[tuple[int, int]]]:
        return {
            file.path: sorted({place for one in self.traced for place in one.places.get(file.path, ())})
            for file in self.code.files
        }

    def ran(self, file: SourceFile, node: Node) -> bool:
        """Return whether any part of a piece of code ran."""
        places = self._places.get(file.path, [])
        (line, column), (last_line, last_column) = node.start_point, node.end_point
        at = bisect_left(places, (line + 1, column))
        return at < len(places) and places[at] < (last_line + 1, last_column)

    @property
    def functions(self) -> dict[str, list[Suspect]]:
        """The functions of the files, by name."""
        return self.code.read(_functions)

    def callers(self, name: str) -> list[Suspect]:
        """Return the statements and conditions that call a function of this name."""
        return self.code.read(_calls).get(name, [])

    @cached_property
    def called(self) -> tuple[Suspect, ...]:
        """The functions that ran."""
        return tuple(each for same in self.functions.values() for each in same if self.body_ran(each))

    @cached_property
    def _ran_by_text(self) -> dict[str, list[tuple[int, Suspect]]]:
        """What ran of the functions that were called, by its text, each with the place of its function among them."""
        found: dict[str, list[tuple[int, Suspect]]] = {}
        for at, one in enumerate(self.called):
            for text, node in {text_of(node): node for node in self.code.statements_of(one.node)}.items():
                if self.ran(one.file, node):
                    found.setdefault(text, []).append((at, Suspect(one.file, node)))
        return found

    def beside(self, other: Node) -> list[Suspect]:
        """Return the statements that ran in functions that were called, and that stand next to ``other`` as well."""
        neighbours = (node for node in (other.next_named_sibling, other.prev_named_sibling) if node is not None)
        found = [
            (at, which, one)
            for which, node in enumerate(neighbours)
            for at, one in self._ran_by_text.get(text_of(node), ())
        ]
        return [one for _, _, one in sorted(found, key=lambda each: each[:2])]

    def body_ran(self, function: Suspect) -> bool:
        """Return whether a function was called."""
        body = function.node.child_by_field_name("body")
        return body is not None and self.ran(function.file, body)


def _functions(code: Code) -> dict[str, list[Suspect]]:
    found: dict[str, list[Suspect]] = {}
    for one in code.files:
        for node in one.functions:
            if name := name_of(node):
                found.setdefault(name, []).append(Suspect(one.file, node))
    return found


def _calls(code: Code) -> dict[str, list[Suspect]]:
    """Return the statements and conditions that call functions, by the names of these."""
    found: dict[str, list[Suspect]] = {}
    for one in code.files:
        heads = (node.child_by_field_name("condition") for node in one.nodes(BRANCHES))
        for node in (*one.statements, *(head for head in heads if head is not None)):
            for name in dict.fromkeys(_CALLED.findall(text_of(node))):
                found.setdefault(name, []).append(Suspect(one.file, node))
    return found


def name_of(function: Node) -> str:
    """Return the name of a function, or of what it is assigned to."""
    named = function.child_by_field_name("name")
    if (
        named is None
        and function.parent is not None
        and function.parent.type in ("variable_declarator", "pair", "field_definition", "public_field_definition")
    ):
        named = (
            function.parent.child_by_field_name("name")
            or function.parent.child_by_field_name("key")
            or function.parent.child_by_field_name("property")
        )
    return text_of(named)


def guard_of(node: Node) -> Node | None:
    """Return the condition of a branch that a node is directly in; None if it is in none, or is the condition."""
    parent = node.parent
    if parent is None:
        return None
    if parent.type in BRANCHES:
        condition = parent.child_by_field_name("condition")
        if condition is None and parent.type == "conditional_expression" and len(parent.named_children) == 3:
            condition = parent.named_children[1]
        return condition if condition is not None and condition != node else None
    if parent.type in _CASES:
        switch = enclosing(parent, _SWITCHES)
        value = switch.child_by_field_name("subject") or switch.child_by_field_name("value") if switch else None
        return value
    return None


def guards_of(file: SourceFile, node: Node) -> Iterator[Suspect]:
    """Yield the conditions that a statement hangs on, nearest first: those around it, and early exits before it."""
    up: Node | None = node
    while up is not None and up.type not in FUNCTIONS:
        if (guard := guard_of(up)) is not None and up.parent is not None:
            yield Suspect(file, guard)
        before = up.prev_named_sibling
        if before is not None and before.type == "if_statement" and _leaves(before):
            condition = before.child_by_field_name("condition")
            if condition is not None:
                yield Suspect(file, condition)
        up = up.parent


def _leaves(branch: Node) -> bool:
    body = branch.child_by_field_name("consequence")
    last = body.named_children[-1] if body is not None and body.named_children else body
    return last is not None and last.type in LEAVES


def function_of(node: Node) -> Node | None:
    """Return the function that a node is in and not part of the head of."""
    return enclosing(node, FUNCTIONS)


def beside_lacking(other: Node, function: Node, code: Code) -> list[Node]:
    """Return where a function lacks a statement that another has: the statements that both have beside it.

    Args:
        other: the statement.
        function: that has none like it.
        code: of the files.
    """
    known = {text_of(node): node for node in code.statements_of(function)}
    beside = (
        known.get(text_of(each)) for each in (other.next_named_sibling, other.prev_named_sibling) if each is not None
    )
    return [node for node in beside if node is not None]


def parameters_of(function: Node) -> list[str]:
    """Return the names of a function's parameters, without the instance."""
    given = function.child_by_field_name("parameters") or function.child_by_field_name("parameter")
    if given is None:
        return []
    if given.type == "identifier":
        return [text_of(given)]
    names = []
    for part in given.named_children:
        first = next(
            (node for node in walk(part) if node.type in ("identifier", "shorthand_property_identifier_pattern")), None
        )
        if first is not None and text_of(first) not in ("self", "cls", "this"):
            names.append(text_of(first))
    return names


def docs_span(file: SourceFile, first: int, last: int) -> Span | None:
    """Return lines of a file as lines of its page; None if docprobe added any of them."""
    start, end = file.docs_line(first), file.docs_line(last)
    if start is None or end is None or start.file != end.file:
        return None
    return Span(start.file, start.first, end.last)
