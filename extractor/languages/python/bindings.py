"""The names that Python code binds, and what they are given: parameters, fields of classes, entries of dictionaries."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from extractor.languages.common.facts import Assignment
from extractor.languages.python.nodes import dotted, parameter_defaults

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def taken_by(arguments: ast.arguments) -> list[str]:
    """Return the names of the parameters of a function, in order."""
    return [one.arg for one in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]


def fields_of(node: ast.ClassDef) -> tuple[str, ...]:
    """Return the names of the fields of a class that has its ``__init__`` made of them."""
    targets = (one.target for one in node.body if isinstance(one, ast.AnnAssign))
    return tuple(target.id for target in targets if isinstance(target, ast.Name))


def given_by_default(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[Assignment]:
    """Yield the parameters of a function that have a default, and that."""
    for name, default in parameter_defaults(function.args):
        yield Assignment(name, default, within=(function.name,))


def given_in_class(node: ast.ClassDef) -> Iterator[Assignment]:
    """Yield what a class gives its own names, as code outside of it reads them: ``Config.PORT``."""
    for one in node.body:
        if isinstance(one, ast.Assign | ast.AnnAssign) and one.value is not None:
            target = one.targets[0] if isinstance(one, ast.Assign) else one.target
            if isinstance(target, ast.Name):
                yield Assignment(f"{node.name}.{target.id}", ast.unparse(one.value))


def given_in_parts(name: str, value: ast.expr) -> Iterator[Assignment]:
    """Yield what a dictionary holds, as members of the variable that is given it."""
    if isinstance(value, ast.Dict):
        # what is unpacked behind an entry may replace it
        unpacked = max((at for at, key in enumerate(value.keys) if key is None), default=-1)
        for at, (key, item) in enumerate(zip(value.keys, value.values, strict=True)):
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                yield Assignment(f"{name}.{key.value}", ast.unparse(item) if at > unpacked else "")


def given_one_by_one(target: ast.expr, value: ast.expr) -> dict[str, str]:
    """Return what ``HOST, PORT = "localhost", 8000`` gives each name, empty for what is not a literal.

    Empty for any other assignment.
    """
    match target, value:
        case ast.Tuple(names), ast.Tuple(values) if len(names) == len(values):
            stored = [name.id for name in names if isinstance(name, ast.Name)]
            if len(stored) == len(names) and not any(isinstance(each, ast.Starred) for each in values):
                texts = (ast.unparse(each) if isinstance(each, ast.Constant) else "" for each in values)
                return dict(zip(stored, texts, strict=True))
        case _:
            pass
    return {}


def stored_name(target: ast.expr) -> str:
    """Return the variable or member that one target of an assignment is: ``config.mode`` for ``config["mode"]``, too.

    Empty for any other target.
    """
    match target:
        case ast.Name() | ast.Attribute():
            return dotted(target)
        case ast.Subscript(value, ast.Constant(key)):
            return f"{dotted(value)}.{key!s}"
        case _:
            return ""


def names_stored(targets: Iterable[ast.expr]) -> Iterator[str]:
    """Yield the names that targets of an assignment bind."""
    nodes = (node for target in targets for node in ast.walk(target))
    return (node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store))
