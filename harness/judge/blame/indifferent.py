"""Functions and branches that ran and do nothing with what they are given: where a check is, or was, to be. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from extractor.languages.common.syntax import text_of
from harness.judge.blame.code import BLOCKS, is_docstring
from harness.judge.blame.flow import parameters_of
from harness.judge.blame.suspects import Suspect

if TYPE_CHECKING:
    from tree_sitter import Node

    from harness.judge.blame.code import Code
    from harness.judge.blame.flow import Flow

_NOTHING: Final = re.compile(r"(?:pass|\.\.\.|return;?|return (?:None|null|undefined|void 0);?|;)")
_CONSTANT: Final = re.compile(
    r"(?:return )?\(?(?:True|False|true|false|None|null|undefined|-?\d+|\"[^\"]*\"|'[^']*'|\[\]|\{\})\)?;?"
)
_ENDS_CONSTANT: Final = re.compile(
    r"return .*(?:&&|\|\||\band\b|\bor\b) (?:True|False|true|false|\"[^\"]*\"|'[^']*');?"
)
_LOGS: Final = re.compile(r"_*log(?!_?(?:[Ii]n|[Oo]ut|[Oo]n|[Oo]ff)(?![a-z]))(?:_\w+|[A-Z]\w*|ger|ging)?")
"""Names of functions that write a log, such as ``http.server``'s ``log_message``: leaving one empty skips no check."""
_BRANCHES: Final = frozenset({"if_statement", "elif_clause", "else_clause", "case_clause"})


def indifferent(flow: Flow) -> list[Suspect]:
    """Return what ran and does nothing: bodies of functions, and branches.

    A function that returns the same whatever it is given is one of them; a branch with its condition.
    """
    idle = flow.code.read(_idle_bodies)
    functions = (each for same in flow.functions.values() for each in same if each.node.id in idle)
    found = [Suspect(each.file, idle[each.node.id]) for each in functions if flow.body_ran(each)]
    return [*found, *(each for each in flow.code.read(_empty_branches) if flow.ran(each.file, each.node))]


def _idle_bodies(code: Code) -> dict[int, Node]:
    """Return what functions that do nothing consist of, by the ids of the functions' nodes."""
    bodies = {}
    for one in code.files:
        for function in one.functions:
            body = function.child_by_field_name("body")
            logs = _LOGS.fullmatch(text_of(function.child_by_field_name("name"))) is not None
            if body is not None and not logs and _does_nothing(function, inner := _statements(body)):
                bodies[function.id] = inner[0] if inner else body
    return bodies


def _does_nothing(function: Node, inner: list[Node]) -> bool:
    if not inner or (len(inner) == 1 and _is_nothing(inner[0])):
        return True
    return len(inner) == 1 and bool(parameters_of(function)) and _is_constant(inner[0])


def _statements(body: Node) -> list[Node]:
    """Return what a block does: no comments and no docstring."""
    if body.type not in BLOCKS:
        return [body]
    inner = [node for node in body.named_children if node.type != "comment"]
    return [node for node in inner if not is_docstring(node)] or inner


def _is_nothing(node: Node) -> bool:
    return is_docstring(node) or _NOTHING.fullmatch(text_of(node).strip()) is not None


def _is_constant(node: Node) -> bool:
    text = text_of(node).strip()
    return any(pattern.fullmatch(text) for pattern in (_CONSTANT, _ENDS_CONSTANT))


def _empty_branches(code: Code) -> list[Suspect]:
    """Return the branches that are empty."""
    found = []
    for one in code.files:
        for node in one.nodes(BLOCKS):
            if node.parent is None or node.parent.type not in _BRANCHES:
                continue
            inner = [each for each in node.named_children if each.type != "comment"]
            if not inner or (len(inner) == 1 and text_of(inner[0]) in ("pass", "...", ";")):
                found.append(Suspect(one.file, node))
    return found
