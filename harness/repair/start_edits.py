"""Edits that may make an example run: a body parser, an import that is missing, a name as its package has it today.

Each follows from what the program itself says and from its syntax tree. Running the edited page is the proof. Pure.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from extractor.languages.common.syntax import CALLS, arguments_of, callee_of, text_of, walk
from harness.judge.failure_cause import Trouble, cause_of
from harness.judge.import_edits import import_node, import_python, source_of
from harness.judge.start_fixes import lacks_parser, own_lines, undefined_name
from harness.rule import TextEdit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tree_sitter import Node

    from extractor.model import Bundle
    from harness.model import ModuleAnswer, Run

Wanted = dict[str, frozenset[str]]
"""The names that are asked of each module."""

_NOT_EXPORTED: Final = re.compile(
    r"cannot import name '(?P<py>\w+)' from '(?P<from>[\w.]+)'"
    r"|requested module '(?P<module>[^']+)' does not provide an export named '(?P<node>\w+)'"
)
_MOVED: Final = re.compile(
    r"No module named .*\b(?P<old>[A-Za-z_]\w*) was renamed to (?P<new>[A-Za-z_]\w*) "
    r"\(from (?P<module>[A-Za-z_][\w.]*) import (?P=new)\)"
)
"""What a package says in place of a module that it has no more."""
_BUILT_IN: Final = {
    "node": (
        "node:crypto", "node:http", "node:url", "node:path", "node:events", "node:util", "node:async_hooks",
        "node:fs/promises", "node:fs", "node:os", "node:stream", "node:timers/promises", "node:child_process",
    ),
    "python": (
        "uuid", "pathlib", "contextlib", "typing", "datetime", "dataclasses", "collections", "collections.abc",
        "secrets", "hashlib", "json", "http", "http.server", "urllib.parse", "enum", "functools", "itertools", "os",
        "time",
    ),
}  # fmt: skip
"""Modules of a runtime that examples take names from, by toolchain: asked whether they have a name that is missing."""
_OTHER_MEANINGS: Final = {"attribute": "attribute", "keyword_argument": "name", "pair": "key"}
"""Nodes in which one identifier is a name of something else than a variable, and the field that it is in."""


def questions(run: Run, bundle: Bundle, imported_elsewhere: Iterable[str] = ()) -> Wanted:
    """Return what packages have to be asked before a failed start can be edited; empty for most failures.

    Args:
        run: one that did not serve.
        bundle: what was run.
        imported_elsewhere: modules from which other examples of the docs import the name that is missing.
    """
    log, trouble = "\n".join(own_lines(run.logs)), cause_of(run, bundle).trouble
    if trouble is Trouble.IMPORT and (found := _NOT_EXPORTED.search(log)):
        return {found["from"] or found["module"]: frozenset({found["py"] or found["node"]})}
    name = undefined_name(log) if trouble is Trouble.NAME else ""
    if not name:
        return {}
    modules = (*imported_elsewhere, *_BUILT_IN.get(bundle.toolchain, ()))
    return {module: frozenset({name}) for module in modules}


def start_edits(root: Node, run: Run, bundle: Bundle, answers: Mapping[str, ModuleAnswer]) -> Iterator[TextEdit]:
    """Yield the edits of one file that may make a program run.

    Args:
        root: of the file's syntax tree.
        run: one that did not serve.
        bundle: what was run.
        answers: to :func:`questions`, by module, in the order of preference.
    """
    log = "\n".join(own_lines(run.logs))
    if lacks_parser(run, log, bundle):
        yield from parse_bodies(root)
        return
    trouble = cause_of(run, bundle).trouble
    name = undefined_name(log)
    if trouble is Trouble.NAME and name and name in _used(root):
        having = (module for module, answer in answers.items() if answer.found and name not in answer.missing)
        module = next(having, None)
        if bundle.toolchain == "python" and name in _PYTHON_MODULES:
            yield from import_python(root, f"import {name}")
        elif module is not None and bundle.toolchain == "python":
            yield from import_python(root, f"from {module} import {name}")
        elif module is not None and bundle.toolchain == "node":
            yield from import_node(root, name, module)
    elif moved := _MOVED.search(log):
        yield from _moved(root, moved["old"], moved["new"], moved["module"])
    elif trouble is Trouble.IMPORT and (found := _NOT_EXPORTED.search(log)):
        module, old = found["from"] or found["module"], found["py"] or found["node"]
        near = answers[module].near.get(old, ()) if module in answers else ()
        if near and _imports_from(root, module):
            yield from renamed(root, old, near[0])


def parse_bodies(root: Node) -> Iterator[TextEdit]:
    """Have each application of Express parse JSON, in the line below the one that makes it.

    A parser that is put to use too late is moved there.
    """
    makers = _express_names(root)
    late = {text_of(node).rstrip(";"): node for node in walk(root) if node.type == "expression_statement"}
    for node in walk(root):
        name, value = (node.child_by_field_name(field) for field in ("name", "value"))
        if node.type != "variable_declarator" or name is None or value is None or name.type != "identifier":
            continue
        if value.type != "call_expression" or callee_of(value) not in makers or arguments_of(value):
            continue
        statement = node.parent
        if statement is not None and statement.parent is not None and statement.parent.type == "export_statement":
            statement = statement.parent
        if statement is not None:
            end = ";" if text_of(statement).endswith(";") else ""
            parser = f"{text_of(name)}.use({callee_of(value)}.json("
            moved = next((text for text in late if text.startswith(parser)), None)
            yield TextEdit.line_below(statement, f"{moved or parser + '))'}{end}")
            if moved is not None:
                yield TextEdit(late[moved].start_byte, late[moved].end_byte, "")


def renamed(root: Node, old: str, new: str) -> Iterator[TextEdit]:
    """Write ``new`` wherever a file uses the variable ``old``: where it is imported, and everywhere else."""
    for node in walk(root):
        if text_of(node) != old or node.named_children:
            continue
        if node.type in {"shorthand_property_identifier", "shorthand_property_identifier_pattern"}:
            yield TextEdit(node.start_byte, node.end_byte, f"{old}: {new}")
        elif node.type in {"identifier", "type_identifier"}:
            above = node.parent
            field = _OTHER_MEANINGS.get(above.type) if above is not None else None
            if above is None or field is None or above.child_by_field_name(field) != node:
                yield TextEdit(node.start_byte, node.end_byte, new)


def _moved(root: Node, old: str, new: str, module: str) -> Iterator[TextEdit]:
    """Import a name from where its package says that it is, and by the name that it has there, in a Python file."""
    for node in root.named_children:
        names = node.children_by_field_name("name") if node.type == "import_from_statement" else []
        of = node.child_by_field_name("module_name")
        if of is not None and [text_of(name) for name in names] == [old]:
            yield TextEdit(of.start_byte, of.end_byte, module)
            yield from renamed(root, old, new)


def modules_importing(name: str, root: Node) -> Iterator[str]:
    """Yield the modules from which a file imports a name by its own name; modules of the docs themselves left out."""
    for node in root.named_children:
        if node.type == "import_statement":
            specifiers = (part for part in walk(node) if part.type == "import_specifier")
            if any(text_of(part.child_by_field_name("name")) == name for part in specifiers):
                module = source_of(node)
                if module and not module.startswith("."):
                    yield module
        elif node.type == "import_from_statement":
            module = text_of(node.child_by_field_name("module_name"))
            if not module.startswith(".") and name in map(text_of, node.children_by_field_name("name")):
                yield module


_PYTHON_MODULES: Final = frozenset(
    {"argparse", "asyncio", "base64", "collections", "contextlib", "dataclasses", "datetime", "enum", "functools",
     "hashlib", "hmac", "http", "inspect", "io", "itertools", "json", "logging", "math", "os", "pathlib", "random",
     "re", "secrets", "shutil", "signal", "socket", "sqlite3", "string", "subprocess", "sys", "tempfile", "threading",
     "time", "traceback", "typing", "urllib", "uuid", "warnings"}
)  # fmt: skip
"""Modules of the standard library that programs use by name; a name of theirs is taken for the module."""


def _used(root: Node) -> frozenset[str]:
    return frozenset(text_of(node) for node in walk(root) if node.type == "identifier")


def _imports_from(root: Node, module: str) -> bool:
    return any(
        source_of(node) == module or text_of(node.child_by_field_name("module_name")) == module
        for node in walk(root)
        if node.type in {"import_statement", "import_from_statement"}
    )


def _express_names(root: Node) -> frozenset[str]:
    """The names under which a file has the function that makes an application of Express."""
    names: set[str] = set()
    for node in walk(root):
        if node.type == "import_statement" and source_of(node) == "express":
            clause = next((part for part in node.named_children if part.type == "import_clause"), None)
            for part in clause.named_children if clause is not None else ():
                held = part.named_children[0] if part.type == "namespace_import" else part
                if held.type == "identifier":
                    names.add(text_of(held))
        elif node.type == "variable_declarator":
            value, name = node.child_by_field_name("value"), node.child_by_field_name("name")
            if value is None or value.type not in CALLS or callee_of(value) != "require":
                continue
            if [text_of(part).strip("\"'") for part in arguments_of(value)] == ["express"]:
                names.add(text_of(name))
    return frozenset(names)
