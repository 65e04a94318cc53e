"""Code that ran and is odd by itself: functions that return nothing here, and names that are almost right. Pure."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Final

from extractor.languages.common.syntax import text_of, walk
from harness.judge.flow import LEAVES, statements_of
from harness.judge.suspects import Suspect

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from tree_sitter import Node

    from harness.judge.flow import Flow

_STRINGS: Final = frozenset({"string"})
_SHORTEST: Final = 6
"""Characters of a name that can be almost right."""
_COMPOUND: Final = frozenset(
    {"if_statement", "match_statement", "switch_statement", "for_statement", "while_statement"}
)


def falls_off(flow: Flow) -> Iterator[Suspect]:
    """Yield the ends of functions that return a value elsewhere, ran, and returned none."""
    for one in flow.called():
        leaves = [node for node in statements_of(one.node) if node.type in LEAVES]
        valued = [node for node in leaves if node.type == "return_statement" and node.named_children]
        body = one.node.child_by_field_name("body")
        if not valued or body is None or not body.named_children or any(flow.ran(one.file, node) for node in leaves):
            continue
        if any(node.type == "yield" for node in walk(body)):
            continue
        inner = [node for node in body.named_children if node.type not in ("comment", "pass_statement")]
        if not inner:
            continue
        last = inner[-1]
        if last.type in LEAVES:
            # an error was raised before
            continue
        if flow.ran(one.file, last):
            yield Suspect(one.file, _last_line(last))


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
        known: other names that are right, such as those of other requests.
    """
    right = {name.lower() for name in (*names, *known)}
    wanted = [name.lower() for name in names if len(name) >= _SHORTEST]
    for file, root in flow.trees:
        for node in walk(root):
            if node.type not in _STRINGS or not flow.ran(file, node.parent or node):
                continue
            text = text_of(node).strip("rbfu").strip("\"'`")
            low = text.lower()
            if len(low) < _SHORTEST or low in right or " " in low:
                continue
            if any(_is_near(low, name) for name in wanted):
                yield Suspect(file, node)


def _is_near(one: str, other: str) -> bool:
    """Return whether two names differ by one letter, more or less or another one."""
    if abs(len(one) - len(other)) > 1 or one == other:
        return False
    blocks = SequenceMatcher(None, one, other, autojunk=False).get_matching_blocks()
    return sum(block.size for block in blocks) >= max(len(one), len(other)) - 1
