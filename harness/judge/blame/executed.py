"""What a program executed for a request, as statements of its code, and which of them only few others ran. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

from extractor.languages.common.syntax import FUNCTIONS, enclosing, text_of
from harness.judge.blame.flow import guards_of
from harness.judge.blame.suspects import FEW_STATEMENTS, Suspect, last_of_blocks, statements_at
from harness.model import RARELY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tree_sitter import Node

    from harness.judge.blame.code import Code
    from harness.model import TracedExchange


_REMOVES: Final = re.compile(
    r"\.\s*(?:delete|clear|pop|popitem|remove|discard|splice|close)\s*\(|^\s*del\s|\bdelete\s+\w|=\s*(?:None|null|undefined)\b"
)
"""Code that takes something out of what a server keeps."""


@dataclass(frozen=True, eq=False)
class Executed:
    """What a program executed for one request; each part is worked out once, whatever it is asked for."""

    code: Code
    traced: TracedExchange

    def ran(self, path: str) -> frozenset[int]:
        """Return the lines of a file that ran."""
        return self._lines.get(path, frozenset())

    @cached_property
    def _lines(self) -> dict[str, frozenset[int]]:
        return {path: frozenset(lines) for path, lines in self.traced.ran.items()}

    @cached_property
    def of_few_kinds(self) -> tuple[Suspect, ...]:
        """The statements that ran for it and for few other kinds of requests, with how many."""
        found: list[Suspect] = []
        for one in self.code.files:
            known: dict[int, tuple[Node, int]] = {}
            for line, column, kinds in self.traced.kinds.get(one.path, ()):
                for node in statements_at(one.root, [(line, column)]):
                    known[node.start_byte] = (node, min(kinds, known.get(node.start_byte, (node, kinds))[1]))
            in_order = (known[start] for start in sorted(known))
            found += [Suspect(one.file, node, kinds) for node, kinds in in_order if enclosing(node, FUNCTIONS)]
        return tuple(found)

    @cached_property
    def pool(self) -> tuple[Suspect, ...]:
        """The statements that ran for it and not for its control."""
        if not self.traced.control:
            return self.of_few_kinds
        rare = {
            path: {(line, column): others for line, column, others in places}
            for path, places in self.traced.rare.items()
        }
        pool: list[Suspect] = []
        for one in self.code.files:
            known = rare.get(one.path, {})
            others: dict[int, tuple[Node, int]] = {}
            for place in self.traced.only.get(one.path, ()):
                for node in statements_at(one.root, [place]):
                    count = known.get(place, RARELY if rare else 0)
                    others[node.start_byte] = (node, max(count, others.get(node.start_byte, (node, 0))[1]))
            pool += [Suspect(one.file, *others[start]) for start in sorted(others)]
        return tuple(pool)

    @cached_property
    def own(self) -> tuple[Suspect, ...]:
        """What the handler of its kind of requests does in the end: what ran for no other kind, if that is little."""
        ends = last_of_blocks(self._innermost)
        return tuple(ends) if len(ends) <= FEW_STATEMENTS else ()

    @property
    def removing(self) -> tuple[Suspect, ...]:
        """What it does to what the server keeps: what removes something, else what its handler does last."""
        removed = self.removed_by
        guards = [guard for each in removed[:1] for guard in [*guards_of(each.file, each.node)][:1]]
        return (*removed, *guards) or self.own

    @cached_property
    def removed_by(self) -> tuple[Suspect, ...]:
        """What removes something from what the server keeps, and ran for no other kind of request."""
        return tuple(each for each in self._innermost if _REMOVES.search(text_of(each.node)))

    @cached_property
    def _innermost(self) -> tuple[Suspect, ...]:
        """The statements that ran for no other kind of request, without those that call a function of others."""
        own = [each for each in self.of_few_kinds if each.others == 0]
        ids = {each.node.id for each in own}
        # a function that others run too does not take the place of the call to it
        whole = [each for each in own if (first := self.first_beside(each)) is None or first.id in ids]
        calling = {caller.node.id for each in whole for caller in callers(each, own)}
        return tuple(each for each in own if each.node.id not in calling)

    def first_beside(self, one: Suspect) -> Node | None:
        """Return the first statement of the function in which a statement stands."""
        function = enclosing(one.node, FUNCTIONS)
        body = function.child_by_field_name("body") if function is not None else None
        if function is None or body is None:
            return None
        start, end = body.byte_range
        own = self.code.statements_of(function)
        return next((node for node in own if start <= node.start_byte and node.end_byte <= end), None)


def callers(one: Suspect, pool: Sequence[Suspect]) -> list[Suspect]:
    """Return the statements that call the function in which a statement stands."""
    function = enclosing(one.node, FUNCTIONS)
    named = function.child_by_field_name("name") if function is not None else None
    if named is None and function is not None and function.parent is not None:
        # const tell = (...words) => ...
        named = function.parent.child_by_field_name("name")
    called = re.compile(rf"\b{re.escape(text_of(named))}\s*\(")
    return [
        each
        for each in pool
        if named is not None and called.search(text_of(each.node)) and enclosing(each.node, FUNCTIONS) != function
    ]
