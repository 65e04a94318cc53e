"""Why code that would have given the right answer did not run: the branch that was taken instead. Pure.

What is missing in a reply, or the refusal that was due, often stands on the page. Then what kept the program from it is
to blame: the condition above it that ran, the statement that left its function before, or the function that took the
place of its function.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from extractor.languages.common.syntax import FUNCTIONS
from harness.judge.blame.flow import LEAVES, Flow, function_of, guard_of, name_of
from harness.judge.blame.suspects import FEW_STATEMENTS, Suspect, last_of_blocks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tree_sitter import Node

_FEW_CALLS: Final = 2
_DEEPEST: Final = 8
"""Calls between a statement and the branch that kept the program from it."""


def kept_from(flow: Flow, wanted: Iterable[Suspect]) -> list[Suspect]:
    """Return what kept the program from statements that did not run, each once, nearest first."""
    found: dict[tuple[str, int], tuple[int, Suspect]] = {}
    for one in wanted:
        for depth, cause in _causes(flow, one, 0, set()):
            key = (cause.file.path, cause.node.start_byte)
            if key not in found or depth < found[key][0]:
                found[key] = (depth, cause)
    ordered = sorted(found.values(), key=lambda pair: pair[0])
    return [cause for depth, cause in ordered]


def _causes(flow: Flow, one: Suspect, depth: int, seen: set[int]) -> Iterator[tuple[int, Suspect]]:
    """Yield what kept the program from a statement, with how many calls away that is."""
    if depth > _DEEPEST or one.node.id in seen:
        return
    seen.add(one.node.id)
    here: Node | None = one.node
    while here is not None and here.type not in FUNCTIONS:
        guard = guard_of(here)
        if guard is not None and flow.ran(one.file, guard):
            yield depth, Suspect(one.file, guard)
            return
        here = here.parent
    if here is None:
        return
    function = Suspect(one.file, here)
    if flow.body_ran(function):
        left = [
            node
            for node in flow.code.statements_of(here)
            if node.type in LEAVES and node.end_byte <= one.node.start_byte and flow.ran(one.file, node)
        ]
        for node in left[-1:]:
            condition = next((guard for up in _above(node) if (guard := guard_of(up)) is not None), None)
            yield depth, Suspect(one.file, condition or node)
        return
    name = name_of(here)
    instead = [each for each in flow.functions.get(name, []) if each.node.id != here.id and flow.body_ran(each)]
    if instead:
        # further away, what took its place is another way of serving
        for each in instead if depth == 0 else ():
            ends = last_of_blocks(
                [Suspect(each.file, node) for node in flow.code.statements_of(each.node) if flow.ran(each.file, node)]
            )
            yield from ((depth, end) for end in ends[:FEW_STATEMENTS])
        return
    for caller in flow.callers(name):
        if function_of(caller.node) is None or function_of(caller.node) == here:
            continue
        # what ran calls another of that name
        if not flow.ran(caller.file, caller.node):
            yield from _causes(flow, caller, depth + 1, seen)


def _above(node: Node) -> Iterator[Node]:
    here: Node | None = node
    while here is not None and here.type not in FUNCTIONS:
        yield here
        here = here.parent


def lacking(flow: Flow, wanted: Iterable[Suspect]) -> list[Suspect]:
    """Return where a call is missing that would have led to a statement that did not run.

    Other functions make it, beside a statement that stands in one that ran as well.
    """
    found: dict[tuple[str, int], Suspect] = {}
    seen: dict[int, int] = {}
    for one in wanted:
        for each in _lacking(flow, one, 0, seen):
            found.setdefault((each.file.path, each.node.start_byte), each)
    return list(found.values())


def _lacking(flow: Flow, one: Suspect, depth: int, seen: dict[int, int]) -> Iterator[Suspect]:
    """Yield them; ``seen`` holds the functions that were looked at, each with the fewest calls to it."""
    function = function_of(one.node)
    if function is None or depth > _FEW_CALLS or flow.body_ran(Suspect(one.file, function)):
        return
    if seen.get(function.id, depth + 1) <= depth:
        return
    seen[function.id] = depth
    name = name_of(function)
    if any(flow.body_ran(each) for each in flow.functions.get(name, [])):
        return
    callers = [each for each in flow.callers(name) if function_of(each.node) not in (None, function)]
    for caller in callers:
        yield from flow.beside(caller.node)
        yield from _lacking(flow, caller, depth + 1, seen)
