"""What led to an error that an example's log shows: conditions above its lines, and where its value came from. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from extractor.languages.common.syntax import (
    CALLS,
    FUNCTIONS,
    arguments_of,
    callee_of,
    lines_of,
    text_of,
    walk,
)
from harness.judge.blame.flow import (
    Flow,
    beside_lacking,
    docs_span,
    function_of,
    guards_of,
    name_of,
    parameters_of,
)
from harness.judge.blame.suspects import Suspect, bound_name
from harness.judge.failure_cause import stack_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tree_sitter import Node

    from extractor.model import SourceFile, Span
    from harness.judge.blame.evidence import Evidence
    from harness.model import Finding, LogLine

_DEEPEST: Final = 12
_NULL: Final = re.compile(
    r"'NoneType' object (?:has no attribute '(?P<attribute>\w+)'|is not subscriptable|is not iterable|is not callable)"
    r"|Cannot (?:read|set) properties of (?:undefined|null) \((?:reading|setting) '(?P<property>\w+)'\)"
    r"|(?P<called>[\w.]+) is not (?:a function|iterable)"
)
_KEY: Final = re.compile(r"KeyError: (['\"])(?P<key>.+)\1")
_UNKNOWN: Final = re.compile(r"name '(?P<quoted>\w+)' is not defined|ReferenceError: (?P<plain>[\w$]+) is not defined")
_LONG: Final = 3
"""Lines of a statement that are too many to show."""
_NAME: Final = re.compile(r"[A-Za-z_$][\w$]*")


def lines_before_error(error: str, log: Sequence[LogLine], finding: Finding, evidence: Evidence) -> tuple[Span, ...]:
    """Return the lines of pages that led to an error which an example's log shows."""
    flow = Flow(evidence.code, [one for one in evidence.traced if one.number in finding.evidence])
    found = led_to(flow, error, stack_lines(log, evidence.bundle))
    spans = (docs_span(one.file, *lines_of(one.node)) for one in found)
    return tuple(span for span in spans if span is not None and span.last - span.first < _LONG)


def led_to(flow: Flow, error: str, frames: Sequence[tuple[SourceFile, int]]) -> list[Suspect]:
    """Return what led to an error, beside the line at which it was raised.

    Args:
        flow: the code, and perhaps what ran of it.
        error: the line of the log that names it.
        frames: the lines of its stack, innermost first.
    """
    here = [(file, node) for file, line in frames if (node := _statement_at(flow, file, line)) is not None]
    if not here:
        return []
    if (null := _NULL.search(error)) is not None:
        looked_up = null["attribute"] or null["property"] or ""
        origin = list(_origins(flow, here, looked_up))
        if origin:
            return origin[-1:]
    if (unknown := _UNKNOWN.search(error)) is not None:
        name = unknown["quoted"] or unknown["plain"]
        return list(_lacking(flow, here[0][1], name))[:1]
    if (key := _KEY.search(error)) is not None:
        named = re.compile(rf"['\"]{re.escape(key['key'])}['\"]")
        asked = [each for file, node in here for each in guards_of(file, node) if named.search(text_of(each.node))]
        if asked:
            return asked[:1]
    return list(guards_of(*here[0]))[:1]


def _lacking(flow: Flow, node: Node, name: str) -> Iterator[Suspect]:
    """Yield where a function lacks the assignment of a name that others have, by what stands beside it there."""
    function = function_of(node)
    for one in flow.code.files if function is not None else ():
        for each in one.statements:
            if bound_name(each) == name and function_of(each) != function and function is not None:
                yield from (Suspect(one.file, beside) for beside in beside_lacking(each, function, flow.code))


def _origins(flow: Flow, frames: Sequence[tuple[SourceFile, Node]], looked_up: str) -> Iterator[Suspect]:
    """Yield where a value that is missing came from, last the furthest back."""
    file, node = frames[0]
    name = _owner(node, looked_up)
    for _ in range(_DEEPEST):
        function = function_of(node)
        if not name or function is None:
            return
        before = (each for each in flow.code.statements_of(function) if each.end_byte <= node.start_byte)
        assigned = [each for each in before if bound_name(each) == name]
        if assigned:
            yield Suspect(file, assigned[-1])
            found = _returned(flow, assigned[-1])
            if found is None:
                return
            file, node = found.file, found.node
            yield found
            name = _plain(node)
            continue
        if name in parameters_of(function):
            at = parameters_of(function).index(name)
            caller = next(
                (
                    (each_file, argument)
                    for each_file, each in frames
                    for call in walk(each)
                    if call.type in CALLS and callee_of(call).rpartition(".")[2] == name_of(function)
                    if len(arguments_of(call)) > at
                    for argument in [arguments_of(call)[at]]
                ),
                None,
            )
            if caller is None:
                return
            file, node = caller
            name = text_of(node) if _NAME.fullmatch(text_of(node)) else ""
            node = _whole(node)
            continue
        return


def _whole(node: Node) -> Node:
    here = node
    while (
        here.parent is not None
        and here.type not in FUNCTIONS
        and not here.type.endswith(("_statement", "_declaration"))
    ):
        here = here.parent
    return here


def _owner(node: Node, looked_up: str) -> str:
    """Return the variable whose member a statement asks for."""
    found = re.search(rf"([A-Za-z_$][\w$]*)\??\.{re.escape(looked_up)}\b", text_of(node)) if looked_up else None
    found = found or re.search(r"([A-Za-z_$][\w$]*)\[", text_of(node))
    return found[1] if found is not None else ""


def _returned(flow: Flow, assignment: Node) -> Suspect | None:
    """Return the statement that returned what is assigned, if a function of the page did."""
    for name in re.findall(r"([\w$]+)\s*\(", text_of(assignment)):
        for function in flow.functions.get(name, []):
            leaves = [node for node in flow.code.statements_of(function.node) if node.type == "return_statement"]
            ran = [node for node in leaves if flow.ran(function.file, node)] if flow.traced else leaves
            if len(ran) == 1 and (not flow.traced or flow.body_ran(function)):
                return Suspect(function.file, ran[0])
    return None


def _plain(node: Node) -> str:
    """Return the variable that a statement returns; empty if it returns something else."""
    matched = re.fullmatch(r"return\s+([A-Za-z_$][\w$]*);?", text_of(node))
    return matched[1] if matched is not None else ""


def _statement_at(flow: Flow, file: SourceFile, line: int) -> Node | None:
    """Return the innermost statement that a line is in."""
    root = next((one.root for one in flow.code.files if one.path == file.path), None)
    if root is None:
        return None
    text = file.text.split("\n")
    if not 0 < line <= len(text):
        return None
    column = len(text[line - 1]) - len(text[line - 1].lstrip())
    here = root.descendant_for_point_range((line - 1, column), (line - 1, column))
    return _whole(here) if here is not None else None
