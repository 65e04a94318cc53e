"""Patches for a page: the smallest edit of its own lines that mends a finding. Proving it is the caller's run.

An edit is made on the syntax tree of the example's file and carried back to the page line by line, so what a reader
of the docs sees changes and nothing else. Edits of files are the same for every copy of a text; edits of pages are not.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from extractor.languages.common.syntax import FUNCTIONS, enclosing, text_of, walk
from extractor.languages.registry import syntax_tree
from harness.model import Edit, Verdict
from harness.repair.blame import dead_session_answers, verifier_errors
from harness.repair.guards import SESSION_HEADER, id_is_given, names_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from tree_sitter import Node

    from extractor.model import Bundle, SourceFile
    from harness.model import Finding, Transcript

    Rule = Callable[[Node, Finding, Transcript], Iterator["TextEdit"]]

TOKEN_ERROR: Final = "InvalidTokenError"
TOKEN_ERROR_IMPORT: Final = 'import { InvalidTokenError } from "@modelcontextprotocol/sdk/server/auth/errors.js";\n'


@dataclass(frozen=True, slots=True)
class TextEdit:
    """Replace bytes ``start`` to ``end`` of a file's UTF-8 text by ``new``."""

    start: int
    end: int
    new: str


@dataclass(frozen=True, slots=True)
class FileEdit:
    """Replace one line of one of a bundle's files."""

    file: str
    """Path inside the bundle."""
    line: int
    """1-based."""
    new: tuple[str, ...]
    """The lines that come, without line ends."""


def propose(findings: Sequence[Finding], transcript: Transcript, bundle: Bundle) -> tuple[FileEdit, ...]:
    """Edits of the example's files for every violated finding that has a rule; empty if none has.

    A line that docprobe added is never edited: the docs do not have it.
    """
    edits: list[FileEdit] = []
    for file in bundle.files:
        root = syntax_tree(file.path, file.text)
        if root is None:
            continue
        changes = {
            edit
            for finding in findings
            if finding.verdict is Verdict.VIOLATED and finding.requirement in RULES
            for edit in RULES[finding.requirement](root, finding, transcript)
        }
        edits.extend(_by_line(file, sorted(changes, key=lambda edit: edit.start)))
    return tuple(edits)


def on_pages(edits: Sequence[FileEdit], bundle: Bundle, sources: Mapping[str, str]) -> tuple[Edit, ...]:
    """The same edits, of the pages that the lines came from. All of them or none.

    Args:
        edits: of the bundle's files.
        bundle: of one copy of the text.
        sources: text by path, of every page and included file that the bundle's lines came from.

    Returns:
        Edits of whole lines in order; empty if a line of the docs does not hold the line of the file, so that
        nothing can be said of it for certain.
    """
    files = {file.path: file for file in bundle.files}
    found: list[Edit] = []
    for edit in edits:
        file = files.get(edit.file)
        place = file.docs_line(edit.line) if file else None
        if file is None or place is None or place.file not in sources:
            return ()
        theirs = sources[place.file].split("\n")[place.first - 1 : place.first]
        indent = _indent(theirs[0] if theirs else "", file.text.split("\n")[edit.line - 1])
        if indent is None:
            return ()
        text = "".join(f"{indent + line if line else indent.rstrip()}\n" for line in edit.new)
        found.append(Edit(place.file, place.first, place.last, text))
    return tuple(sorted(found, key=lambda edit: (edit.span.file, edit.span.first)))


def _indent(of_page: str, of_file: str) -> str | None:
    """What a page has before a line of code, in a list or a tab; None if it does not have that line."""
    if not of_page.endswith(of_file):
        return None
    indent = of_page[: len(of_page) - len(of_file)]
    return indent if not indent.strip(" \t>") else None


def patched(source: str, edits: Sequence[Edit]) -> str:
    """One file's text with its edits made."""
    lines = source.split("\n")
    for edit in sorted(edits, key=lambda edit: edit.span.first, reverse=True):
        lines[edit.span.first - 1 : edit.span.last] = edit.text.split("\n")[:-1]
    return "\n".join(lines)


def unified(page: str, before: str, after: str) -> str:
    """A patch of the file at ``page`` as ``git apply`` reads it."""
    diff = difflib.unified_diff(
        before.splitlines(keepends=True), after.splitlines(keepends=True), f"a/{page}", f"b/{page}"
    )
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in diff)


def split_missing_from_terminated(root: Node, finding: Finding, transcript: Transcript) -> Iterator[TextEdit]:
    """``status(400)`` becomes ``status(sessionId ? 404 : 400)``: a known-dead id gets 404, a missing one stays 400.

    Where no request without an id gets to, it becomes ``status(404)``.
    """
    names = names_in(root)
    for answer in dead_session_answers(root, finding, transcript):
        function = enclosing(answer, FUNCTIONS)
        name = _session_variable(function) if function is not None else None
        if name is None:
            continue
        given = id_is_given(answer, names)
        for node in walk(answer):
            if given and node.type in {"number", "integer"} and text_of(node) == "400":
                yield TextEdit(node.start_byte, node.end_byte, "404")
            elif node.type == "number" and text_of(node) == "400":
                yield TextEdit(node.start_byte, node.end_byte, f"{name} ? 404 : 400")
            elif node.type == "integer" and text_of(node) == "400":
                yield TextEdit(node.start_byte, node.end_byte, f"404 if {name} else 400")


def throw_token_errors(root: Node, finding: Finding, transcript: Transcript) -> Iterator[TextEdit]:
    """``throw new Error`` in a verifier becomes the SDK's InvalidTokenError, which its middleware answers by 401."""
    found = False
    for throw in verifier_errors(root, finding, transcript):
        for node in walk(throw):
            constructor = node.child_by_field_name("constructor") if node.type == "new_expression" else None
            if constructor is not None and text_of(constructor) == "Error":
                found = True
                yield TextEdit(constructor.start_byte, constructor.end_byte, TOKEN_ERROR)
    if found and TOKEN_ERROR_IMPORT.strip() not in text_of(root):
        imports = [node for node in root.children if node.type == "import_statement"]
        if imports:
            at = imports[-1].end_byte + 1
            yield TextEdit(at, at, TOKEN_ERROR_IMPORT)


def _session_variable(function: Node) -> str | None:
    """Name of the variable that holds the request's session id."""
    for node in walk(function):
        if node.type in {"variable_declarator", "assignment"}:
            name = node.child_by_field_name("name") or node.child_by_field_name("left")
            value = node.child_by_field_name("value") or node.child_by_field_name("right")
            if name is not None and value is not None and SESSION_HEADER.search(text_of(value)):
                return text_of(name) if name.type == "identifier" else None
    return None


def _by_line(file: SourceFile, changes: Sequence[TextEdit]) -> Iterator[FileEdit]:
    """Edits of a file's bytes as edits of its lines; none of a line that docprobe added."""
    data = file.text.encode()
    by_line: dict[int, list[TextEdit]] = {}
    for change in changes:
        first = data.count(b"\n", 0, change.start)
        if data.count(b"\n", 0, change.end) == first and file.docs_line(first + 1) is not None:
            by_line.setdefault(first, []).append(change)
    lines = data.split(b"\n")
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    for number, edits in by_line.items():
        line = lines[number]
        for edit in sorted(edits, key=lambda e: e.start, reverse=True):
            at, end = edit.start - starts[number], edit.end - starts[number]
            line = line[:at] + edit.new.encode() + line[end:]
        yield FileEdit(file.path, number + 1, tuple(line.decode().split("\n")))


RULES: Final[Mapping[str, Rule]] = {
    "session.terminated-404": split_missing_from_terminated,
    "auth.invalid-401": throw_token_errors,
}
"""Requirement to rule. Requirements without one get the catalogue's advice in words."""
