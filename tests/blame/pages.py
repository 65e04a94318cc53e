"""A test server as a page: its own code alone, and the lines of it that are wrong, found by comparing classes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from extractor.languages.common.syntax import lines_of, text_of, walk
from extractor.languages.registry import syntax_tree
from extractor.model import Bundle, ExampleKind, Manager, Segment, SourceFile, Span
from tests.support.loopback import PROGRAMS, SERVERS
from tests.support.servers import CASES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

    from tests.support.server_case import Case

SUFFIX = {"python": "py", "node": "mjs"}
WHOLE = {"wire.py", "serve.py", "serve.mjs"}
"""What every server needs."""
_DEFINITIONS = {"class_definition", "function_definition", "class_declaration", "function_declaration"}
_CLASSES = {"class_definition", "class_declaration"}
_MEMBERS = {"function_definition", "method_definition"}
_NAMES = {"identifier", "property_identifier", "type_identifier"}
_SAYS_RIGHT = re.compile(r'^"""Conforming')
_DELEGATES = re.compile(r"^(?:return )?(?:await )?super\(?\)?\.\w+\([\w, ]*\);?$")
_SAYS_NOTHING = re.compile(r"^(?:else:|\}? ?else \{|[{}()\[\];,]*|#.*|//.*|raise NotImplementedError|\"\"\".*)$")


@dataclass(frozen=True)
class Definition:
    """A class or function at the top of a module."""

    file: str
    name: str
    node: Node
    outer: Node
    """With its decorators, or the export."""


@dataclass(frozen=True)
class ServerPage:
    """One broken server."""

    bundle: Bundle
    wrong: frozenset[tuple[str, int]]
    """File and line of what a right server does not have; of what is only missing, the emptied member."""


@cache
def _trees(language: str) -> dict[str, tuple[str, Node]]:
    """The text and the tree of every module of a language, by its name."""
    trees = {}
    for path in sorted((SERVERS / language).glob(f"*.{SUFFIX[language]}")):
        root = syntax_tree(path.name, path.read_text("utf-8"))
        assert root is not None
        trees[path.name] = (path.read_text("utf-8"), root)
    return trees


@cache
def _definitions(language: str) -> dict[str, Definition]:
    found = {}
    for file, (_, root) in _trees(language).items():
        for outer in root.named_children:
            node = next((part for part in (outer, *outer.named_children) if part.type in _DEFINITIONS), None)
            if node is not None and node.type in _DEFINITIONS:
                name = text_of(node.child_by_field_name("name"))
                found[name] = Definition(file, name, node, outer)
    return found


def page_of(case: Case) -> ServerPage:
    """The modules that a server needs, each without the classes that it does not; lines stay where they are."""
    kept = _needed(case)
    files = []
    for path, (text, _) in _trees(case.language).items():
        lines = text.split("\n")
        here = [one for one in _definitions(case.language).values() if one.file == path]
        if path not in WHOLE and not any(one.name in kept for one in here):
            lines = [""] * len(lines)
        for one in here:
            if one.name not in kept and path not in WHOLE:
                first, last = lines_of(one.outer)
                lines[first - 1 : last] = [""] * (last - first + 1)
        count = len(lines)
        files.append(SourceFile(path, "\n".join(lines), (Segment(1, count, Span(path, 1, count)),)))
    toolchain, manager = ("python", Manager.PYPI) if case.language == "python" else ("node", Manager.NPM)
    command = (toolchain, PROGRAMS[case.language], case.name)
    bundle = Bundle(
        f"servers#{case.name}", case.language, ExampleKind.HTTP_SERVER, toolchain, tuple(files), manager, (), command,
        endpoint_paths=(case.path,),
    )  # fmt: skip
    return ServerPage(bundle, frozenset(_wrong_lines(case)))


def _needed(case: Case) -> set[str]:
    """The names of the definitions that a server's class mentions, and those mention, and the imports above them."""
    known, kept, waiting = _definitions(case.language), set[str](), [case.name]
    modules: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in kept or name not in known:
            continue
        kept.add(name)
        one = known[name]
        waiting += _mentioned(one.outer)
        if one.file not in modules:
            modules.add(one.file)
            others = {other.outer.id for other in known.values() if other.file == one.file}
            for node in _trees(case.language)[one.file][1].named_children:
                if node.id not in others:
                    waiting += _mentioned(node)
    return kept


def _mentioned(node: Node) -> list[str]:
    return [text_of(part) for part in walk(node) if part.type in _NAMES]


def _bases(one: Definition, language: str) -> Iterator[Definition]:
    """The classes of tests that a class is made from, nearest first."""
    heads = [one.node.child_by_field_name("superclasses"), *one.node.named_children]
    head = next((node for node in heads if node is not None and node.type in {"argument_list", "class_heritage"}), None)
    for name in re.findall(r"(\w+)(?=[,)]|$)", text_of(head)) if head is not None else []:
        if name in _definitions(language):
            base = _definitions(language)[name]
            yield base
            yield from _bases(base, language)


def _is_right(one: Definition) -> bool:
    body = one.node.child_by_field_name("body")
    said = text_of(body.named_children[0]) if body is not None and body.named_children else ""
    return one.name in _right_names() or _SAYS_RIGHT.match(said) is not None


@cache
def _right_names() -> frozenset[str]:
    """Classes of right servers, and all that those are made from or mention."""
    wrong = {case.name for case in CASES if case.violated} - {"Server"}
    cases = [case for case in CASES if case.name not in wrong]
    bases = {
        base.name
        for case in cases
        if case.name in _definitions(case.language)
        for base in _bases(_definitions(case.language)[case.name], case.language)
    }
    return frozenset({*bases, *(case.name for case in cases)})


def _members(one: Definition) -> Iterator[tuple[str, Node]]:
    """What stands in a class: by name."""
    body = one.node.child_by_field_name("body")
    for node in body.named_children if body is not None else []:
        inner = next((part for part in (node, *node.named_children) if part.type in _MEMBERS), None)
        assigned = re.match(r"\w+(?=(?:: \w+)? = )", text_of(node))
        name = text_of(inner.child_by_field_name("name")) if inner is not None else assigned[0] if assigned else ""
        yield name, inner or node


def _lines(node: Node) -> dict[int, str]:
    """The lines of a member that say something, by number; without its head and delegation to the right class."""
    body = node.child_by_field_name("body")
    if body is None:
        return {lines_of(node)[0] + at: line.strip() for at, line in enumerate(text_of(node).split("\n"))}
    first = lines_of(body)[0] + (1 if body.type == "statement_block" else 0)
    texts = {first + at: line.strip() for at, line in enumerate(text_of(body).split("\n"))}
    if body.type == "statement_block":
        texts = {number - 1: line for number, line in texts.items()}
    return {
        number: line
        for number, line in texts.items()
        if not _SAYS_NOTHING.match(line) and not _DELEGATES.match(line)
    }  # fmt: skip


def _wrong_lines(case: Case) -> Iterator[tuple[str, int]]:
    """What the class and its wrong bases have and the right ones below them have not."""
    own = _definitions(case.language)[case.name]
    bases = list(_bases(own, case.language))
    wrong = [own, *(base for base in bases if not _is_right(base) and base.node.type in _CLASSES)]
    shared = {name for one in bases if _is_right(one) for name in _mentioned(one.node)}
    helpers = [
        known
        for name in dict.fromkeys(name for one in wrong for name in _mentioned(one.node))
        if (known := _definitions(case.language).get(name)) is not None
        and known not in bases and known != own and known.file == own.file and name.startswith("_")
        and name not in shared
    ]  # fmt: skip
    right = [base for base in bases if _is_right(base)]
    replaced: set[str] = set()
    for one in (*wrong, *helpers):
        for name, member in _members(one):
            if name in replaced or text_of(member).startswith(('"""', "//")):
                continue
            if "super" not in text_of(member) and one not in helpers:
                replaced |= {name} - {""}
            below = next((found for base in right for called, found in _members(base) if called == name and name), None)
            known_lines = set(_lines(below).values()) if below is not None else set()
            fresh = {number for number, line in _lines(member).items() if line not in known_lines}
            first, last = lines_of(member)
            for number in fresh or range(first, last + 1):
                yield one.file, number
