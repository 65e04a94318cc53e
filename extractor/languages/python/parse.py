"""Python code to facts, by the compiler's own parser and symbol tables. Nothing is executed or imported.

Syntax trees are tree-sitter's, as for every other language: they keep every token with its place, errors included.
"""

from __future__ import annotations

import ast
import warnings
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import tree_sitter_python

from extractor.languages.common.facts import (
    MOST_CASES,
    SERVER_KEYS,
    UNKNOWN_TEST,
    Assignment,
    Branch,
    Call,
    CodeError,
    CodeFacts,
    EnvironmentRead,
    Import,
    Text,
    by_own_name,
    once_given,
    refuse_large,
)
from extractor.languages.common.syntax import parse
from extractor.languages.python.bindings import (
    fields_of,
    given_by_default,
    given_in_class,
    given_in_parts,
    given_one_by_one,
    names_stored,
    stored_name,
    taken_by,
)
from extractor.languages.python.names import constants, defined_names, free_names, late_names, loose_method
from extractor.languages.python.newer import in_older_words
from extractor.languages.python.nodes import (
    MOST_SHOWN,
    bare_call,
    bases_of,
    branch_on,
    catches_import_error,
    dotted,
    is_main_guard,
    parameter_defaults,
    test_of_case,
    text_entries,
    value_of,
)
from extractor.languages.python.recover import is_sound, recovered
from extractor.languages.python.web import ROUTE_DECORATORS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tree_sitter import Node

_READS: Final = frozenset({"os.getenv", "getenv", "os.environ.get", "environ.get"})
_STANDARD_INPUT: Final = frozenset({"sys.stdin", "input", "fileinput.input"})
_CONVERSIONS: Final = frozenset({"int", "float", "bool", "str", "print", "len"})


def python_tree(text: str) -> Node:
    """Return the syntax tree of a Python text."""
    return parse(tree_sitter_python.language(), text)


def parse_python(text: str, registrations: frozenset[str] = frozenset()) -> CodeFacts:
    """Return the facts of one Python text. Never raises: a text that is not Python carries ``error``.

    Args:
        text: the code.
        registrations: decorators whose functions run only when a client asks; those of web frameworks are known.
    """
    if too_large := refuse_large(text, "Python"):
        return too_large
    try:
        with warnings.catch_warnings():
            # a "\d" in the docs' code is the docs' business
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
    except SyntaxError as error:
        if newer := in_older_words(text, is_sound):
            return _without(parse_python(newer.text, registrations), newer.type_names)
        return _recovered(text, CodeError(f"does not parse as Python: {error.msg}", error.lineno or 1), registrations)
    except (ValueError, RecursionError, MemoryError) as error:
        return CodeFacts(error=CodeError(str(error) or "too deeply nested", 1))
    visitor = _Visitor()
    try:
        visitor.visit(tree)
        free, table_error = free_names(tree, text)
    except (RecursionError, MemoryError):
        return CodeFacts(error=CodeError("too deeply nested", 1))
    except ValueError:
        # Python does not spell out an integer like 0xfff… of thousands of digits
        return CodeFacts(error=CodeError("a number is too large", 1))
    return CodeFacts(
        imports=tuple(visitor.imports),
        calls=tuple(by_own_name(call, visitor.aliases) for call in visitor.calls),
        environment=tuple(visitor.environment),
        texts=tuple(visitor.texts),
        defines=defined_names(tree.body),
        free=free,
        late=late_names(tree, free, registrations | ROUTE_DECORATORS),
        constants=constants(tree.body),
        values=once_given(visitor.values),
        assigned=frozenset(visitor.assigned),
        parameters=visitor.parameters,
        required=frozenset(visitor.required),
        reads=tuple(visitor.reads),
        tables=tuple(visitor.tables),
        decorators=tuple(by_own_name(call, visitor.aliases) for call in visitor.decorators),
        bases=bases_of(tree),
        bare_await=visitor.bare_await,
        loose_method=loose_method(tree.body),
        main_guard=visitor.main_guard,
        error=table_error,
    )


def _without(facts: CodeFacts, names: frozenset[str]) -> CodeFacts:
    """The facts of a text in which some names that look free are type parameters."""
    free = {name: line for name, line in facts.free.items() if name not in names}
    return replace(facts, free=free, late=facts.late - names)


def _recovered(text: str, error: CodeError, registrations: frozenset[str]) -> CodeFacts:
    """The facts of a text that does not parse; which names are bound depends on what does not."""
    rest = recovered(text)
    if not is_sound(rest):
        return CodeFacts(error=error)
    facts = parse_python(rest, registrations)
    return replace(facts, free={}, late=frozenset(), bare_await=None, loose_method=None, error=error)


class _Visitor(ast.NodeVisitor):
    """One walk that collects imports, calls, decorators, strings and reads of the environment."""

    def __init__(self) -> None:
        self.imports: list[Import] = []
        self.calls: list[Call] = []
        self.environment: list[EnvironmentRead] = []
        self.texts: list[Text] = []
        self.values: list[Assignment] = []
        self.assigned: set[str] = set()
        self.parameters: dict[str, tuple[str, ...]] = {}
        self.required: set[str] = set()
        self.reads: list[Call] = []
        self.tables: list[Call] = []
        self.decorators: list[Call] = []
        self.aliases: dict[str, str] = {}
        self._taken: dict[str, str] = {}
        self.bare_await: int | None = None
        self.main_guard = False
        self._functions: list[str] = []
        self._branches: list[Branch] = []
        self._guarded = self._erased = self._unsure = 0
        self._target: str | None = None
        self._statement = False
        self._entered = False
        self._handed_on: set[ast.expr] = set()

    # --- structure ---

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        decorators = [self._call(d) if isinstance(d, ast.Call) else bare_call(d) for d in node.decorator_list]
        self.decorators += [replace(decorator, target=node.name) for decorator in decorators]
        self.values += given_by_default(node)
        taken = taken_by(node.args)
        self.parameters[node.name] = tuple(name for name in taken if name not in ("self", "cls"))
        self.required |= {*taken} - {name for name, _ in parameter_defaults(node.args)}
        for outside in (*node.decorator_list, node.args, node.returns):
            if outside is not None:
                self.visit(outside)
        self._functions.append(node.name)
        for child in node.body:
            self.visit(child)
        self._functions.pop()

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self.generic_visit(node)
        self.values += given_in_class(node)
        self.parameters[node.name] = self.parameters.pop("__init__", fields_of(node))

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self._functions.append("<lambda>")
        self.generic_visit(node)
        self._functions.pop()

    def visit_Try(self, node: ast.Try) -> None:
        forgiving = any(catches_import_error(handler) for handler in node.handlers)
        self._unsure += 1
        self._guarded += forgiving
        for child in node.body:
            self.visit(child)
        self._guarded -= forgiving
        for part in (*node.handlers, *node.orelse, *node.finalbody):
            self.visit(part)
        self._unsure -= 1

    def visit_If(self, node: ast.If) -> None:
        typing_only = dotted(node.test) in {"TYPE_CHECKING", "typing.TYPE_CHECKING"}
        self.main_guard = self.main_guard or (not self._functions and is_main_guard(node.test))
        self.visit(node.test)
        self._erased += typing_only
        self._visit_branch(node.body, node.test, holds=True)
        self._erased -= typing_only
        self._visit_branch(node.orelse, node.test, holds=False)

    def _visit_branch(self, body: list[ast.stmt], test: ast.expr, *, holds: bool) -> None:
        self._visit_under([branch_on(test, holds=holds)] if body and not is_main_guard(test) else [], body)

    def visit_IfExp(self, node: ast.IfExp) -> None:
        self.visit(node.test)
        self._visit_under([branch_on(node.test, holds=True)], [node.body])
        self._visit_under([branch_on(node.test, holds=False)], [node.orelse])

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        self.visit(node.values[0])
        before = ast.unparse(node.values[0])[:MOST_SHOWN] if len(node.values) == 2 else UNKNOWN_TEST
        self._visit_under([Branch(before, isinstance(node.op, ast.And))], node.values[1:])

    def visit_Match(self, node: ast.Match) -> None:
        self.visit(node.subject)
        before: list[Branch] = []
        subject = ast.unparse(node.subject)[:MOST_SHOWN]
        for number, case in enumerate(node.cases):
            if number >= MOST_CASES:
                self._visit_under([Branch(UNKNOWN_TEST, holds=True)], case.body)
                continue
            test = test_of_case(subject, case)
            self._visit_under([*before, *([Branch(test, holds=True)] if test else [])], case.body)
            before += [Branch(test, holds=False)] if test else []

    def _visit_under(self, tests: Sequence[Branch], body: Sequence[ast.stmt | ast.expr]) -> None:
        around, self._branches = self._branches, [*self._branches, *tests]
        for child in body:
            self.visit(child)
        self._branches = around

    def _awaits(self, node: ast.AST) -> None:
        if not self._functions and self.bare_await is None:
            self.bare_await = getattr(node, "lineno", 1)
        self.generic_visit(node)

    visit_Await = visit_AsyncWith = visit_AsyncFor = _awaits

    # --- facts ---

    def visit_Import(self, node: ast.Import) -> None:
        self.aliases |= {alias.asname: alias.name for alias in node.names if alias.asname}
        for alias in node.names:
            self.imports.append(self._import(alias.name, (), node.lineno, relative=False))

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        module = "." * node.level + (node.module or "")
        names = tuple(alias.name for alias in node.names)
        self.aliases |= {alias.asname: alias.name for alias in node.names if alias.asname}
        self.imports.append(self._import(module, names, node.lineno, relative=node.level > 0))
        if module in ("sys", "os"):
            self.values += [Assignment(a.asname or a.name, f"{module}.{a.name}") for a in node.names]
        self._taken |= {alias.asname or alias.name: f"{module}.{alias.name}" for alias in node.names}

    def _import(self, module: str, names: tuple[str, ...], line: int, *, relative: bool) -> Import:
        return Import(module, names, line, relative, erased=self._erased > 0, guarded=self._guarded > 0)

    def visit_Assign(self, node: ast.Assign) -> None:
        self._assigned(node.value, first := node.targets[0])
        parts = given_one_by_one(first, node.value)
        self.values += (self._given(name, text) for name, text in parts.items())
        self.assigned |= {*parts}
        self._unsettle(*node.targets[1:], *([] if parts or isinstance(first, ast.Name) else [first]))
        for target in node.targets:
            self.visit(target)

    def _unsettle(self, *targets: ast.expr) -> None:
        """What variables are given in other ways is not known."""
        names = tuple(names_stored(targets))
        self.assigned |= {*names}
        self.values += (Assignment(name, "") for name in names)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        self._unsettle(node.target)
        self.generic_visit(node)

    def visit_For(self, node: ast.For) -> None:
        self._unsettle(node.target)
        self._visit_unsure(node)

    def visit_While(self, node: ast.While) -> None:
        self._visit_unsure(node)

    def _visit_unsure(self, node: ast.AST) -> None:
        """What is given to variables in a part that may be run in part, or several times, is not known."""
        self._unsure += 1
        self.generic_visit(node)
        self._unsure -= 1

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self._unsettle(node.target)
        self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        self.visit(node.annotation)
        if node.value is not None:
            self._assigned(node.value, node.target)

    def _given(self, name: str, text: str) -> Assignment:
        return Assignment(name, text, (*self._branches,), (*self._functions,), self._unsure > 0)

    def _assigned(self, value: ast.expr, target: ast.expr) -> None:
        self._target = dotted(target)
        if name := stored_name(target):
            self.assigned.add(name)
            self.values += (self._given(name, ast.unparse(value)), *given_in_parts(name, value))
        self.visit(value)
        self._target = None

    def visit_Expr(self, node: ast.Expr) -> None:
        value = node.value.value if isinstance(node.value, ast.Await) else node.value
        self._statement = isinstance(value, ast.Call)
        self.visit(node.value)
        self._statement = False

    def visit_withitem(self, node: ast.withitem) -> None:
        self._target = dotted(node.optional_vars) if node.optional_vars else None
        self._entered = isinstance(node.context_expr, ast.Call)
        self.visit(node.context_expr)
        self._target, self._entered = None, False

    def visit_Call(self, node: ast.Call) -> None:
        call = self._call(node)
        self.calls.append(call)
        self._target, self._statement, self._entered = None, False, False
        if call.name in _READS:
            self._read_environment(call, handed_on=node in self._handed_on)
        elif call.name not in _CONVERSIONS:
            self._handed_on.update(node.args, (keyword.value for keyword in node.keywords))
        self.generic_visit(node)

    def visit_Dict(self, node: ast.Dict) -> None:
        for value in node.values:
            values = text_entries(value) if isinstance(value, ast.Dict) else {}
            if SERVER_KEYS & values.keys():
                around = self._functions[0] if self._functions else None
                self.tables.append(Call("", value.lineno, keywords=values, function=around))
        self.generic_visit(node)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        if dotted(node.value) in {"os.environ", "environ"} and isinstance(node.slice, ast.Constant):
            read = isinstance(node.ctx, ast.Load)
            self.environment += [EnvironmentRead(str(node.slice.value), None, node.lineno, True)] if read else []
        self.generic_visit(node)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        self._read_input(node)
        self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> None:
        self._read_input(node)

    def _read_input(self, node: ast.Attribute | ast.Name) -> None:
        name = dotted(node)
        if (self._taken.get(name, name)) in _STANDARD_INPUT and isinstance(node.ctx, ast.Load):
            self.reads.append(Call(name, node.lineno, function=self._functions[0] if self._functions else None))

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str):
            self.texts.append(Text(node.value, node.lineno))

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        parts = [str(p.value) if isinstance(p, ast.Constant) else "{}" for p in node.values]
        self.texts.append(Text("".join(parts), node.lineno))
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                self.visit(part.value)

    def _call(self, node: ast.Call) -> Call:
        return Call(
            name=dotted(node.func),
            line=node.lineno,
            arguments=tuple(value_of(a) for a in node.args),
            keywords={k.arg: value_of(k.value) for k in node.keywords if k.arg},
            target=self._target,
            function=self._functions[0] if self._functions else None,
            statement=self._statement,
            entered=self._entered,
            branches=tuple(self._branches),
            within=tuple(self._functions),
        )

    def _read_environment(self, call: Call, *, handed_on: bool) -> None:
        name, default = (*call.arguments, None, None)[:2]
        default = call.keywords.get("default", default)
        if isinstance(name, str):
            known = default if isinstance(default, str) else None
            self.environment.append(EnvironmentRead(name, known, call.line, handed_on and known is None))
