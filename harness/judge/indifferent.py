"""Functions and branches that ran and do nothing with what they are given: where a check is, or was, to be. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from extractor.languages.common.syntax import text_of, walk
from harness.judge.flow import Flow, parameters_of
from harness.judge.suspects import Suspect

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

_NOTHING: Final = re.compile(r"(?:pass|\.\.\.|return;?|return (?:None|null|undefined|void 0);?|;)")
_CONSTANT: Final = re.compile(
    r"(?:return )?\(?(?:True|False|true|false|None|null|undefined|-?\d+|\"[^\"]*\"|'[^']*'|\[\]|\{\})\)?;?"
)
_ENDS_CONSTANT: Final = re.compile(
    r"return .*(?:&&|\|\||\band\b|\bor\b) (?:True|False|true|false|\"[^\"]*\"|'[^']*');?"
)
_BLOCKS: Final = frozenset({"block", "statement_block"})
_BRANCHES: Final = frozenset({"if_statement", "elif_clause", "else_clause", "case_clause"})


def indifferent(flow: Flow) -> list[Suspect]:
    """Return what ran and does nothing: bodies of functions, and branches.

    A function that returns the same whatever it is given is one of them; a branch with its condition.
    """
    functions = [each for same in flow.functions.values() for each in same if _does_nothing(flow, each)]
    found = [Suspect(each.file, _body(each.node)) for each in functions]
    return [*found, *_empty_branches(flow)]


def _does_nothing(flow: Flow, function: Suspect) -> bool:
    body = function.node.child_by_field_name("body")
    if body is None or not flow.body_ran(function):
        return False
    inner = _statements(body)
    if not inner or (len(inner) == 1 and _is_nothing(inner[0])):
        return True
    return len(inner) == 1 and bool(parameters_of(function.node)) and _is_constant(inner[0])


def _body(function: Node) -> Node:
    body = function.child_by_field_name("body")
    assert body is not None
    inner = _statements(body)
    return inner[0] if inner else body


def _statements(body: Node) -> list[Node]:
    """Return what a block does: no comments and no docstring."""
    if body.type not in _BLOCKS:
        return [body]
    inner = [node for node in body.named_children if node.type != "comment"]
    return [node for node in inner if not _is_string(node)] or inner


def _is_string(node: Node) -> bool:
    return node.type == "expression_statement" and all(part.type == "string" for part in node.named_children)


def _is_nothing(node: Node) -> bool:
    return _is_string(node) or _NOTHING.fullmatch(text_of(node).strip()) is not None


def _is_constant(node: Node) -> bool:
    text = text_of(node).strip()
    return any(pattern.fullmatch(text) for pattern in (_CONSTANT, _ENDS_CONSTANT))


def _empty_branches(flow: Flow) -> Iterator[Suspect]:
    """Yield the heads of branches that were taken and are empty."""
    for file, root in flow.trees:
        for node in walk(root):
            if node.type not in _BLOCKS or node.parent is None or node.parent.type not in _BRANCHES:
                continue
            inner = [each for each in node.named_children if each.type != "comment"]
            if inner and not (len(inner) == 1 and text_of(inner[0]) in ("pass", "...", ";")):
                continue
            if flow.ran(file, node):
                yield Suspect(file, node)
