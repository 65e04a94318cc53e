"""Code that ran and is odd by itself: functions that return nothing here, and names that are almost right. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Final

from extractor.languages.common.syntax import text_of, walk
from harness.judge.blame.code import STRINGS
from harness.judge.blame.flow import LEAVES
from harness.judge.blame.suspects import Suspect

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from tree_sitter import Node

    from harness.judge.blame.code import Code
    from harness.judge.blame.flow import Flow

_SHORTEST: Final = 6
"""Characters of a name that can be almost right."""
_COMPOUND: Final = frozenset(
    {"if_statement", "match_statement", "switch_statement", "for_statement", "while_statement"}
)


def falls_off(flow: Flow) -> Iterator[Suspect]:
    """Yield the ends of functions that return a value elsewhere, ran, and returned none."""
    ends = flow.code.read(_open_ends)
    for one in flow.called:
        end = ends.get(one.node.id)
        if end is None or not flow.ran(one.file, end.last):
            continue
        if not any(flow.ran(one.file, node) for node in end.leaves):
            yield Suspect(one.file, _last_line(end.last))


@dataclass(frozen=True, slots=True)
class _OpenEnd:
    """The end of a function that returns a value elsewhere."""

    last: Node
    """Its last statement."""
    leaves: tuple[Node, ...]
    """What leaves the function before."""


def _open_ends(code: Code) -> dict[int, _OpenEnd]:
    """Return the functions that return a value and not at their end, by the ids of their nodes."""
    ends = {}
    for one in code.files:
        for function in one.functions:
            leaves = tuple(node for node in code.statements_of(function) if node.type in LEAVES)
            body = function.child_by_field_name("body")
            if body is None or not any(node.type == "return_statement" and node.named_children for node in leaves):
                continue
            inner = [node for node in body.named_children if node.type not in ("comment", "pass_statement")]
            # where it raises an error last, one was raised before
            if not inner or inner[-1].type in LEAVES or any(node.type == "yield" for node in walk(body)):
                continue
            ends[function.id] = _OpenEnd(inner[-1], leaves)
    return ends


def _last_line(node: Node) -> Node:
    """Return the last simple part of a statement."""
    while node.type in _COMPOUND or node.type in (
        "block",
        "statement_block",
        "else_clause",
        "elif_clause",
        "case_clause",
    ):
        inner = [each for each in node.named_children if each.type != "comment"]
        if not inner:
            break
        node = inner[-1]
    return node


def misspelled(flow: Flow, names: Collection[str], known: Collection[str]) -> Iterator[Suspect]:
    """Yield strings that ran and are almost, and not quite, a name or value of the request or of its reply.

    Args:
        flow: the code and what ran of it.
        names: of the request and what was expected.
        known: other names that are right, such as those of other requests, in lower case.
    """
    right = {name.lower() for name in names}
    wanted = [name.lower() for name in names if len(name) >= _SHORTEST]
    for one in flow.code.read(_long_strings):
        if one.text in right or one.text in known or not flow.ran(one.suspect.file, one.around):
            continue
        if any(_is_near(one.text, name) for name in wanted):
            yield one.suspect


@dataclass(frozen=True, slots=True)
class _String:
    """A string that can be a name."""

    suspect: Suspect
    around: Node
    """What it stands in."""
    text: str
    """What it says, in lower case."""


def _long_strings(code: Code) -> list[_String]:
    """Return the strings that are long enough to be almost right."""
    found = []
    for one in code.files:
        for node in one.nodes(STRINGS):
            text = text_of(node).strip("rbfu").strip("\"'`").lower()
            if len(text) >= _SHORTEST and " " not in text:
                found.append(_String(Suspect(one.file, node), node.parent or node, text))
    return found


def _is_near(one: str, other: str) -> bool:
    """Return whether two names differ by one letter, more or less or another one."""
    if abs(len(one) - len(other)) > 1 or one == other:
        return False
    blocks = SequenceMatcher(None, one, other, autojunk=False).get_matching_blocks()
    return sum(block.size for block in blocks) >= max(len(one), len(other)) - 1
