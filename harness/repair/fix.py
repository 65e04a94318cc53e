"""Patches for a page: the smallest edit of its own lines that mends a finding. Proving it is the caller's run.

An edit is made on the syntax tree of the example's file and carried back to the page line by line, so what a reader
of the docs sees changes and nothing else.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from harness.model import Verdict
from harness.repair.blame import session_answers, verifier_errors
from harness.repair.syntax import FUNCTIONS, enclosing, parse, text_of, walk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from tree_sitter import Node

    from extractor.model import Bundle, SourceFile, Span
    from harness.model import Finding, Transcript

    Rule = Callable[[Node, Finding, Transcript], Iterator["TextEdit"]]

SESSION_HEADER: Final = re.compile(r"mcp-session-id", re.IGNORECASE)
TOKEN_ERROR: Final = "InvalidTokenError"
TOKEN_ERROR_IMPORT: Final = 'import { InvalidTokenError } from "@modelcontextprotocol/sdk/server/auth/errors.js";\n'


@dataclass(frozen=True, slots=True)
class TextEdit:
    """Replace bytes ``start`` to ``end`` of a file's UTF-8 text by ``new``."""

    start: int
    end: int
    new: str


@dataclass(frozen=True, slots=True)
class PageEdit:
    """Replace whole lines of a page."""

    span: Span
    """The lines that go."""
    lines: tuple[str, ...]
    """The lines that come, without line ends."""


def propose(findings: Sequence[Finding], transcript: Transcript, bundle: Bundle) -> tuple[PageEdit, ...]:
    """Edits of the page for every violated finding that has a rule; empty if none has."""
    edits: list[PageEdit] = []
    for file in bundle.files:
        root = parse(file.path, file.text)
        if root is None:
            continue
        changes = {
            edit
            for finding in findings
            if finding.verdict is Verdict.VIOLATED and finding.requirement in RULES
            for edit in RULES[finding.requirement](root, finding, transcript)
        }
        edits.extend(_page_edits(file, sorted(changes, key=lambda edit: edit.start)))
    return tuple(edits)


def patched(source: str, edits: Sequence[PageEdit]) -> str:
    """The page's text with the edits made."""
    lines = source.split("\n")
    for edit in sorted(edits, key=lambda edit: edit.span.first, reverse=True):
        lines[edit.span.first - 1 : edit.span.last] = edit.lines
    return "\n".join(lines)


def unified(page: str, before: str, after: str) -> str:
    """A patch as ``git apply`` reads it, with the page's path relative to the docs root."""
    return "".join(
        difflib.unified_diff(
            before.splitlines(keepends=True), after.splitlines(keepends=True), f"a/{page}", f"b/{page}"
        )
    )


def split_missing_from_terminated(root: Node, finding: Finding, transcript: Transcript) -> Iterator[TextEdit]:
    """``status(400)`` becomes ``status(sessionId ? 404 : 400)``: a known-dead id gets 404, a missing one stays 400."""
    for answer in session_answers(root, finding, transcript):
        function = enclosing(answer, FUNCTIONS)
        name = _session_variable(function) if function is not None else None
        if name is None:
            continue
        for node in walk(answer):
            if node.type == "number" and text_of(node) == "400":
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


def _page_edits(file: SourceFile, changes: Sequence[TextEdit]) -> Iterator[PageEdit]:
    """File edits as whole lines of the page; an edit that touches a line docprobe added is dropped."""
    data = file.text.encode()
    by_line: dict[int, list[TextEdit]] = {}
    for change in changes:
        first = data.count(b"\n", 0, change.start)
        if data.count(b"\n", 0, change.end) == first:
            by_line.setdefault(first, []).append(change)
    lines = data.split(b"\n")
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    for number, edits in by_line.items():
        place = file.docs_line(number + 1)
        if place is None:
            continue
        line = lines[number]
        for edit in sorted(edits, key=lambda e: e.start, reverse=True):
            at, end = edit.start - starts[number], edit.end - starts[number]
            line = line[:at] + edit.new.encode() + line[end:]
        yield PageEdit(place, tuple(line.decode().split("\n")))


RULES: Final[Mapping[str, Rule]] = {
    "session.terminated-404": split_missing_from_terminated,
    "auth.invalid-401": throw_token_errors,
}
"""Requirement to rule. Requirements without one get the catalogue's advice in words."""
