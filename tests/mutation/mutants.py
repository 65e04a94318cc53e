"""Mechanical changes to the conforming servers: each status, header, condition, statement and delete, one at a time.

A mutant is named after the function it changes, the kind of change and its ordinal there, so that the name survives
edits elsewhere in the file.
"""

from __future__ import annotations

import ast
import copy
import re
import textwrap
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

SERVERS = Path(__file__).parent.parent / "servers"
PYTHON_FILES = {"conforming.py": ("Server",), "modern.py": ("ModernOnly", "DualEra")}
"""File to the classes whose code is changed."""
NODE_FILE = "conforming.mjs"
NEIGHBOURS = {
    200: 204,
    202: 200,
    400: 404,
    401: 403,
    403: 404,
    404: 400,
    405: 404,
    406: 400,
}
"""The status a careless author would take instead."""
COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Gt: ast.LtE,
}


@dataclass(frozen=True)
class Mutant:
    """One changed server file."""

    name: str
    """``session_of/condition/2``."""
    language: str
    file: str
    line: int
    """Of the original."""
    what: str
    """``404 becomes 400``."""
    source: str
    """The whole changed file."""


def mutants() -> list[Mutant]:
    """Every mutant of every conforming server."""
    return [*(m for file, kinds in PYTHON_FILES.items() for m in _python(file, kinds)), *_node()]


# --- Python, by its syntax tree ------------------------------------------------------------------------------------


Change = Callable[[ast.AST], str | None]
"""Changes a node in place and says how; None if there is nothing to change."""


def _python(file: str, kinds: tuple[str, ...]) -> Iterator[Mutant]:
    text = (SERVERS / "python" / file).read_text()
    count: Counter[str] = Counter()
    for kind in ast.parse(text).body:
        if not isinstance(kind, ast.ClassDef) or kind.name not in kinds:
            continue
        for function in kind.body:
            if not isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
                continue
            prefix = "" if kind.name == "Server" else f"{kind.name}."
            for at, operator, change in _places(function):
                changed = copy.deepcopy(function)
                node = list(ast.walk(changed))[at]
                line = getattr(node, "lineno", function.lineno)
                what = change(node)
                if what is None:
                    continue
                stem = f"{prefix}{function.name}/{operator}"
                count[stem] += 1
                yield Mutant(
                    f"{stem}/{count[stem]}", "python", file, line, what, replaced_function(text, function, changed)
                )


def replaced_function(text: str, old: ast.stmt, new: ast.stmt) -> str:
    """The file with one function replaced."""
    lines = text.splitlines()
    function = textwrap.indent(ast.unparse(ast.fix_missing_locations(new)), " " * old.col_offset)
    return "\n".join([*lines[: old.lineno - 1], function, *lines[old.end_lineno or old.lineno :], ""])


def _places(function: ast.AST) -> Iterator[tuple[int, str, Change]]:
    """Every change that fits, with the index of its node in a walk over the function."""
    for at, node in enumerate(ast.walk(function)):
        if isinstance(node, ast.Constant) and type(node.value) is int and 100 <= node.value < 600:
            yield at, "status", _neighbour
            yield at, "status", _crash
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and _is_name(node.value):
            yield at, "name", _rename
        elif isinstance(node, ast.Compare):
            yield at, "compare", _opposite
        elif isinstance(node, ast.BoolOp):
            yield at, "logic", _swap_logic
            yield from ((at, "operand", _without_operand(which)) for which in range(len(node.values)))
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            yield at, "not", _without_not
        if isinstance(node, (ast.If, ast.While)):
            yield at, "condition", _always
            yield at, "condition", _never
        for field in ("body", "orelse"):
            block = getattr(node, field, None)
            if isinstance(block, list):
                yield from ((at, "statement", _without_statement(field, which)) for which in range(len(block)))


def _is_name(text: str) -> bool:
    """Header names, media types, methods: what a client sees or sends. No prose, no JSON keys of our own."""
    return bool(
        re.fullmatch(r"[A-Za-z]+(-[A-Za-z]+)+|(application|text)/[a-z-]+|[A-Z]{3,}|[a-z]+/[a-z]+|initialize", text)
    )


def _neighbour(node: ast.AST) -> str | None:
    assert isinstance(node, ast.Constant)
    old, new = node.value, NEIGHBOURS.get(node.value)
    if new is None:
        return None
    node.value = new
    return f"{old} becomes {new}"


def _crash(node: ast.AST) -> str | None:
    assert isinstance(node, ast.Constant)
    old, node.value = node.value, 500
    return f"{old} becomes 500"


def _rename(node: ast.AST) -> str | None:
    assert isinstance(node, ast.Constant)
    old, node.value = node.value, f"{node.value}x"
    return f"{old!r} becomes {node.value!r}"


def _opposite(node: ast.AST) -> str | None:
    assert isinstance(node, ast.Compare)
    old = ast.unparse(node)
    if type(node.ops[0]) not in COMPARISONS:
        return None
    node.ops[0] = COMPARISONS[type(node.ops[0])]()
    return f"{old} becomes {ast.unparse(node)}"


def _swap_logic(node: ast.AST) -> str | None:
    assert isinstance(node, ast.BoolOp)
    old = ast.unparse(node)
    node.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
    return f"{old} becomes {ast.unparse(node)}"


def _without_operand(which: int) -> Change:
    def change(node: ast.AST) -> str | None:
        assert isinstance(node, ast.BoolOp)
        old = ast.unparse(node)
        node.values = [value for at, value in enumerate(node.values) if at != which]
        return f"{old} becomes {ast.unparse(node.values[0]) if len(node.values) == 1 else ast.unparse(node)}"

    return change


def _without_not(node: ast.AST) -> str | None:
    assert isinstance(node, ast.UnaryOp)
    old = ast.unparse(node)
    node.op = ast.Not()
    node.operand = ast.UnaryOp(ast.Not(), node.operand)
    return f"{old} becomes its opposite"


def _always(node: ast.AST) -> str | None:
    assert isinstance(node, (ast.If, ast.While))
    old = ast.unparse(node.test)
    if isinstance(node, ast.While):
        return None
    node.test = ast.Constant(True)
    return f"if {old} becomes always"


def _never(node: ast.AST) -> str | None:
    assert isinstance(node, (ast.If, ast.While))
    old = ast.unparse(node.test)
    node.test = ast.Constant(False)
    return f"if {old} becomes never"


def _without_statement(field: str, which: int) -> Change:
    def change(node: ast.AST) -> str | None:
        block = getattr(node, field)
        old = block[which]
        if isinstance(old, ast.Expr) and isinstance(old.value, ast.Constant):
            return None
        block[which] = ast.Pass()
        return f"without: {ast.unparse(old).splitlines()[0]}"

    return change


# --- Node, by lines ------------------------------------------------------------------------------------------------

_STATUS = re.compile(r"(?<=[(\s])([1-5]\d\d)(?=[,;)])")
_THROW = re.compile(r"^\s*if \(.*\) throw .*;$")
_CONDITION = re.compile(r"(===|!==)")
_HEADER = re.compile(r"\"(Mcp-Session-Id|mcp-session-id|mcp-protocol-version|application/json|text/event-stream)\"")
_EFFECT = re.compile(
    r"^\s*(this\.sessions\.(set|delete)|headers\[|session\.listeners|for \(const listener|this\.check)"
)
_METHOD = re.compile(r"^  (?:async )?(\w+)\(.*\{$")


def _node() -> Iterator[Mutant]:
    lines = (SERVERS / "node" / NODE_FILE).read_text().splitlines()
    count: Counter[str] = Counter()
    function = ""
    for at, line in enumerate(lines):
        if found := _METHOD.match(line):
            function = found.group(1)
        for operator, new, what in _line_changes(line):
            stem = f"node.{function}/{operator}"
            count[stem] += 1
            source = "\n".join([*lines[:at], new, *lines[at + 1 :]])
            yield Mutant(f"{stem}/{count[stem]}", "node", NODE_FILE, at + 1, what, source)


def _line_changes(line: str) -> Iterator[tuple[str, str, str]]:
    """Operator, changed line, and what was changed."""
    for found in _STATUS.finditer(line):
        for new in (NEIGHBOURS.get(int(found.group(1))), 500):
            if new is not None:
                yield "status", _replaced(line, found, str(new)), f"{found.group(1)} becomes {new}"
    for found in _CONDITION.finditer(line):
        yield (
            "compare",
            _replaced(line, found, "!==" if found.group() == "===" else "==="),
            f"opposite of {line.strip()}",
        )
    for found in _HEADER.finditer(line):
        yield "name", _replaced(line, found, f'"{found.group(1)}x"'), f"{found.group(1)} is renamed"
    if _THROW.match(line) or _EFFECT.match(line):
        yield "statement", "", f"without: {line.strip()}"


def _replaced(line: str, found: re.Match[str], new: str) -> str:
    return line[: found.start()] + new + line[found.end() :]
