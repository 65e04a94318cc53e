"""Parts of Python's own syntax trees as facts have them."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Final

from extractor.languages.common.facts import LARGEST_NUMBER, MOST_CASES, UNKNOWN_TEST, Branch, Call, Ref

if TYPE_CHECKING:
    from extractor.languages.common.facts import Value

MOST_SHOWN: Final = 1000
"""Characters of an expression that are kept."""


def bases_of(tree: ast.Module) -> dict[str, tuple[str, ...]]:
    """Return the classes of the top level, and the last names of those that they extend."""
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    return {node.name: tuple(dotted(base).rpartition(".")[2] for base in node.bases) for node in classes}


def bare_call(node: ast.expr) -> Call:
    """Return a decorator without arguments as a call."""
    return Call(dotted(node), node.lineno)


def dotted(node: ast.expr) -> str:
    """Return ``server.app.run`` for a chain of names; ``?`` is a part that is not a name, ``()`` ends a call."""
    match node:
        case ast.Name():
            return node.id
        case ast.Attribute():
            return f"{dotted(node.value)}.{node.attr}"
        case ast.Call():
            return f"{dotted(node.func)}()"
        case _:
            return "?"


def value_of(node: ast.expr) -> Value:
    """Return a literal; an expression of any other kind as it is written."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str | int | float | bool | None):
        if isinstance(node.value, int) and abs(node.value) >= LARGEST_NUMBER:
            return Ref("?")
        return node.value
    if isinstance(node, ast.Starred):
        return Ref("*")
    return Ref(ast.unparse(node)[:MOST_SHOWN])


def text_entries(node: ast.Dict) -> dict[str, Value]:
    """Return the keys of a dictionary that are texts, and their values."""
    pairs = zip(node.keys, node.values, strict=True)
    return {k.value: value_of(v) for k, v in pairs if isinstance(k, ast.Constant) and isinstance(k.value, str)}


def catches_import_error(handler: ast.ExceptHandler) -> bool:
    """Return whether a handler catches a failed import."""
    if handler.type is None:
        return True
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(dotted(k) in {"ImportError", "ModuleNotFoundError", "Exception"} for k in kinds)


def test_of_case(subject: str, case: ast.match_case) -> str:
    """Return ``mode == 'http'`` for a case of a ``match``; empty for one that takes anything."""
    test = _test_of_pattern(f"({subject})", case.pattern)
    if case.guard is not None or test is None:
        return UNKNOWN_TEST
    return test[:MOST_SHOWN]


def _test_of_pattern(subject: str, pattern: ast.pattern) -> str | None:
    """The test of a pattern, empty for one that takes anything; None for one that looks into its subject."""
    match pattern:
        case ast.MatchAs(pattern=None):
            return ""
        case ast.MatchAs(pattern=ast.pattern() as inner):
            return _test_of_pattern(subject, inner)
        case ast.MatchValue():
            return f"{subject} == {ast.unparse(pattern.value)}"
        case ast.MatchSingleton():
            return f"{subject} is {pattern.value!r}"
        case ast.MatchOr() if len(pattern.patterns) <= MOST_CASES:
            tests = [_test_of_pattern(subject, one) for one in pattern.patterns]
            known = [test for test in tests if test is not None]
            # a part that takes anything makes the whole do so
            return None if len(known) < len(tests) else "" if "" in known else " or ".join(known)
        case _:
            return None


def parameter_defaults(arguments: ast.arguments) -> list[tuple[str, str]]:
    """Return the parameters of a function that have a default, and that."""
    plain = [*arguments.posonlyargs, *arguments.args]
    pairs = [*zip(plain[len(plain) - len(arguments.defaults) :], arguments.defaults, strict=True)]
    pairs += [(a, d) for a, d in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if d is not None]
    return [(argument.arg, ast.unparse(default)) for argument, default in pairs]


def branch_on(test: ast.expr, *, holds: bool) -> Branch:
    """Return a test that code stands under."""
    return Branch(ast.unparse(test)[:MOST_SHOWN], holds)


def is_main_guard(test: ast.expr) -> bool:
    """Return whether a condition is ``__name__ == "__main__"``."""
    return isinstance(test, ast.Compare) and dotted(test.left) == "__name__"
