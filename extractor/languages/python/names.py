"""Names in Python code: what a module binds, what it uses without binding it. Scopes are the compiler's own."""

from __future__ import annotations

import ast
import builtins
import symtable
import textwrap
import warnings
from typing import TYPE_CHECKING, Final

from extractor.languages.common.facts import CodeError

if TYPE_CHECKING:
    from collections.abc import Iterable

_BUILTINS: Final = frozenset(dir(builtins)) | {
    "__file__", "__name__", "__doc__", "__package__", "__spec__", "__loader__", "__builtins__", "__annotations__",
    "__path__", "__class__", "__module__", "__qualname__", "WindowsError",
}  # fmt: skip
_FUNCTIONS: Final = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


def loose_method(body: list[ast.stmt]) -> int | None:
    """Return the line of the first function at the top level that takes ``self``: a method outside its class."""
    for node in body:
        match node:
            case ast.FunctionDef(args=arguments) | ast.AsyncFunctionDef(args=arguments):
                if any(a.arg in {"self", "cls"} for a in arguments.args[:1]):
                    return node.lineno
            case _:
                pass
    return None


def inside(before: str, piece: str) -> str | None:
    """Return a piece of code as it stands inside the last class or function of the text before it; None if outside.

    One that is indented stands there as it is. Methods that a page shows without their indent get that of the class.
    Methods that the class has already are another version of it, and not a part.

    Args:
        before: the text above it.
        piece: the piece.
    """
    first = next((line for line in piece.splitlines() if line.strip()), "")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            last, own = ast.parse(before).body[-1:], ast.parse(textwrap.dedent(piece)).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return piece if first[:1].isspace() else None
    if not last or not isinstance(last[0], ast.ClassDef):
        return piece if first[:1].isspace() else None
    if _methods(last[0].body) & _methods(own):
        return None
    if first[:1].isspace():
        return piece
    loose = own and all(loose_method([node]) is not None for node in own)
    return textwrap.indent(piece, " " * last[0].body[0].col_offset) if loose else None


def _methods(body: list[ast.stmt]) -> set[str]:
    return {node.name for node in body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def constants(body: list[ast.stmt]) -> dict[str, str]:
    """Return the names bound once, at the top level, to a literal text, and the texts."""
    texts: dict[str, str] = {}
    again: set[str] = set()
    for node in body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=str(text))):
                again |= {name} & texts.keys()
                texts[name] = text
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.Constant(value=str(text))):
                texts[name] = text
            case _:
                pass
    return {name: text for name, text in texts.items() if name not in again}


def defined_names(body: list[ast.stmt]) -> dict[str, int]:
    """Return the names bound when the module is loaded, in order of line, and their lines."""
    lines: dict[str, int] = {}
    for node in _module_level(body):
        names: tuple[str, ...] = ()
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                names = (node.name,)
            case ast.Import() | ast.ImportFrom():
                names = tuple(alias.asname or alias.name.partition(".")[0] for alias in node.names)
            case ast.Name(ctx=ast.Store()):
                names = (node.id,)
            case _:
                continue
        for name in names:
            lines.setdefault(name, node.lineno)
    return lines


def late_names(tree: ast.Module, free: Iterable[str], registrations: frozenset[str]) -> frozenset[str]:
    """Return those of ``free`` that are used only in functions that a decorator registers for later.

    Args:
        tree: of the text.
        free: names that are bound nowhere.
        registrations: names of such decorators.
    """
    early: set[str] = set()
    queue: list[ast.AST] = [tree]
    while queue:
        node = queue.pop()
        match node:
            case ast.Name():
                early.add(node.id)
            case ast.FunctionDef() | ast.AsyncFunctionDef() if _registered(node, registrations):
                # its decorators, defaults and annotations are read when it is defined
                queue += [*node.decorator_list, node.args, *([node.returns] if node.returns else [])]
            case _:
                queue += ast.iter_child_nodes(node)
    return frozenset(free) - early


def _registered(function: ast.FunctionDef | ast.AsyncFunctionDef, registrations: frozenset[str]) -> bool:
    """Whether a decorator of an object (``@app.get``) registers the function."""
    called = (node.func if isinstance(node, ast.Call) else node for node in function.decorator_list)
    return any(isinstance(node, ast.Attribute) and node.attr in registrations for node in called)


def _module_level(body: list[ast.stmt]) -> list[ast.stmt | ast.expr]:
    """Every node that runs on load: bodies of functions and classes are left out, their names are not."""
    nodes: list[ast.stmt | ast.expr] = []
    queue: list[ast.AST] = list(body)
    while queue:
        node = queue.pop(0)
        if isinstance(node, ast.stmt | ast.expr):
            nodes.append(node)
        if isinstance(node, (*_FUNCTIONS, ast.ClassDef, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
            continue
        queue += ast.iter_child_nodes(node)
    return sorted(nodes, key=lambda n: (n.lineno, n.col_offset))


def free_names(tree: ast.Module, text: str) -> tuple[dict[str, int], CodeError | None]:
    """Return the names that no scope binds, with their lines, and the error if the symbol tables cannot be made."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            root = symtable.symtable(text, "<docs>", "exec")
    except SyntaxError as error:
        return {}, CodeError(error.msg, error.lineno or 1)
    bound = {s.get_name() for s in root.get_symbols() if s.is_assigned() or s.is_imported() or s.is_namespace()}
    free: set[str] = set()
    queue = [root]
    while queue:
        table = queue.pop()
        queue += table.get_children()
        for symbol in table.get_symbols():
            name = symbol.get_name()
            if symbol.is_declared_global() and symbol.is_assigned():
                bound.add(name)
            # at module level every symbol counts as local, so "is it bound" decides
            if symbol.is_referenced() and (symbol.is_global() or table is root):
                free.add(name)
    free -= bound | _BUILTINS
    if any(isinstance(n, ast.ImportFrom) and n.names[0].name == "*" for n in ast.walk(tree)):
        # whatever is missing may come from there
        return {}, None
    lines: dict[str, int] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in free:
            lines[node.id] = min(node.lineno, lines.get(node.id, node.lineno))
    ordered = sorted(free, key=lambda name: (lines.get(name, 1), name))
    return {name: lines.get(name, 1) for name in ordered}, None
