"""Refusing requests by a header: a guard at the start of each function that answers messages."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from extractor.languages.common.syntax import text_of, walk
from harness.judge.import_edits import import_python, python_names
from harness.profiles.mcp.rules.guard_places import as_written, placed, python_arguments, written
from harness.profiles.mcp.rules.guard_styles import imports_of, style_of
from harness.profiles.mcp.rules.request_handlers import positional_names, request_handlers
from harness.profiles.mcp.rules.session_names import header_read, names_in
from harness.rule import TextEdit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from http import HTTPStatus

    from tree_sitter import Node

    from harness.model import Transcript
    from harness.profiles.mcp.rules.accepted_values import AcceptedValues

_SESSION_ID: Final = re.compile(r"(session)([-_]?)(id)", re.IGNORECASE)
_VARIABLE_NODES: Final = frozenset(
    {"identifier", "shorthand_property_identifier", "shorthand_property_identifier_pattern"}
)
_BODIES: Final = {"module": '{"jsonrpc": "2.0", "error": error}', "program": '{ jsonrpc: "2.0", error }'}
_FASTAPI: Final = re.compile(r"\bfastapi\b")


@dataclass(frozen=True, slots=True)
class GuardedHeader:
    """A header whose other values are refused."""

    name: str
    """In lower case."""
    status: HTTPStatus
    code: int
    """Of the JSON-RPC error."""
    message: str
    variables: Mapping[str, tuple[str, ...]]
    """Names for the variable with its value, by the type of the file's root."""
    with_data: bool = False
    """Whether the error has to say which values are accepted."""


def guard_header(
    root: Node, header: GuardedHeader, accepted: AcceptedValues, transcript: Transcript
) -> Iterator[TextEdit]:
    """Refuse other values of a header at the start of each function that answers messages, where it is there.

    Args:
        root: of a file.
        header: which, and how it is refused.
        accepted: its values that are served.
        transcript: with the endpoint that was asked.
    """
    edits: list[TextEdit] = []
    for function in request_handlers(root, urlsplit(transcript.endpoint or "").path):
        edits += _guarded(root, function, header, accepted)
    if edits and accepted.definition:
        edits += _defined(root, accepted.definition)
    # at one place an import comes first
    places: dict[tuple[int, int, bool], dict[str, None]] = {}
    for edit in sorted(edits, key=lambda edit: not edit.new.lstrip().startswith(("import ", "from "))):
        places.setdefault((edit.start, edit.end, edit.indented), {})[edit.new] = None
    yield from (TextEdit(start, end, "".join(new), own) for (start, end, own), new in places.items())


def _guarded(root: Node, function: Node, header: GuardedHeader, accepted: AcceptedValues) -> list[TextEdit]:
    """Return the guard of one function, with what it needs; nothing if it is written for no framework of the table."""
    style, body = style_of(root, function), function.child_by_field_name("body")
    if style is None or body is None:
        return []
    python = root.type == "module"
    variable = _free_name(function, *header.variables[root.type])
    names, read = python_arguments(function) if python else positional_names(function), ""
    added: list[TextEdit] = []
    if python and (given := _header_parameter(function, header.name)) is not None:
        # the framework gives it to the function
        variable, parameter = given
        added.append(parameter)
    else:
        if len(names) < style.parameters and _FASTAPI.search(imports_of(root)):
            names = ["request"]
            added += _request_parameter(root, function)
        if len(names) < style.parameters:
            return []
        cgi = header.name.replace("-", "_").upper()
        read = _mirrored(root, function, names, header.name) or written(style.header, names, name=header.name, cgi=cgi)
    if style.needs and style.needs.rpartition(" ")[2] not in python_names(root):
        added += import_python(root, style.needs)
    status, phrase = str(header.status.value), header.status.phrase
    answer = [written(line, names, body=_BODIES[root.type], status=status, phrase=phrase) for line in style.answer]
    held = f"String({variable})" if not python and "headers[" in read else variable
    guard = _Guard(variable, read, style.present.format(variable=variable), accepted.contains.format(value=held))
    lines = (_python if python else _ecmascript)(guard, answer, header, accepted)
    guard_edits = placed(root, function, body, lines if python else [as_written(root, line) for line in lines])
    return [*added, *guard_edits] if guard_edits else []


@dataclass(frozen=True, slots=True)
class _Guard:
    """The parts of one guard."""

    variable: str
    header: str
    """Expression that reads it; empty if it is in the variable already."""
    present: str
    lacks: str
    """Conditions: that there is a value, and that it is not accepted."""


def _python(guard: _Guard, answer: Sequence[str], header: GuardedHeader, accepted: AcceptedValues) -> list[str]:
    inner = [f'error = {{"code": {header.code}, "message": "{header.message}"}}']
    if header.with_data:
        inner.append(f'error["data"] = {{"supported": {accepted.listed}, "requested": {guard.variable}}}')
    head = [f"{guard.variable} = {guard.header}"] if guard.header else []
    return [*head, f"if {guard.present} and {guard.lacks}:", *(f"    {line}" for line in (*inner, *answer))]


def _ecmascript(guard: _Guard, answer: Sequence[str], header: GuardedHeader, accepted: AcceptedValues) -> list[str]:
    details = f"const data = {{ supported: {accepted.listed}, requested: {guard.variable} }};"
    inner, data = ([details], ", data") if header.with_data else ([], "")
    inner.append(f'const error = {{ code: {header.code}, message: "{header.message}"{data} }};')
    head = f"const {guard.variable} = {guard.header};"
    return [head, f"if ({guard.present} && {guard.lacks}) {{", *(f"  {line}" for line in (*inner, *answer)), "}"]


def _free_name(function: Node, *names: str) -> str:
    """Return the first name that a function does not use."""
    used = {text_of(node) for node in walk(function) if node.type in _VARIABLE_NODES}
    return next((name for name in names if name not in used), f"{names[-1]}_")


def _mirrored(root: Node, function: Node, names: Sequence[str], name: str) -> str:
    """Return how the function reads the session header, for another one; empty if it does not read it itself."""
    read = header_read(function, names_in(root))
    if read is None or not text_of(read).startswith(tuple(f"{one}." for one in names if one)):
        return ""
    literal = next((part for part in walk(read) if part.type == "string"), None)
    if literal is None or not _SESSION_ID.search(text_of(literal)):
        return ""
    quote = text_of(literal)[-1:]
    return text_of(read).replace(text_of(literal), f"{quote}{name}{quote}")


def _header_parameter(function: Node, name: str) -> tuple[str, TextEdit] | None:
    """Return a parameter like the one that a framework gives the session header by, and its name; None without one."""
    listed = function.child_by_field_name("parameters")
    for part in listed.named_children if listed is not None else ():
        text = text_of(part)
        if listed is not None and "Header" in text and _SESSION_ID.search(text) and "None" in text:
            new = re.sub(r"[-\w]*session[-_]?id", lambda found: _name_like(found[0], name), text, flags=re.I)
            named = re.match(r"\w+", new)
            return (named[0], TextEdit.last_argument(listed, new)) if named else None
    return None


def _name_like(session: str, name: str) -> str:
    """Return the name of a header in the form of one of the session's: ``mcp_session_id``, ``Mcp-Session-Id``."""
    words = name.split("-") if session[:3].lower() == "mcp" or "-" not in name else name.split("-")[1:]
    words = [word.capitalize() for word in words] if "Session" in session else words
    return ("_" if "_" in session else "-").join(words)


def _request_parameter(root: Node, function: Node) -> Iterator[TextEdit]:
    """Have FastAPI give the request to a function that does not take it."""
    listed = function.child_by_field_name("parameters")
    if listed is not None:
        at = listed.start_byte + 1
        yield TextEdit(at, at, f"request: Request{', ' if listed.named_children else ''}")
        if "Request" not in python_names(root):
            yield from import_python(root, "from fastapi import Request")


def _defined(root: Node, line: str) -> Iterator[TextEdit]:
    """Add a line in front of the first statement behind the imports."""
    python = root.type == "module"
    heads = {"comment", "hash_bang_line", "future_import_statement"}
    imports = [node for node in root.named_children if "import" in node.type or _is_require(node)]
    after = imports[-1].end_byte if imports else 0
    rest = [node for node in root.named_children if node.start_byte >= after]
    first = next((node for node in rest if imports or (node.type not in heads and not _is_text(node))), None)
    if first is not None:
        apart = python and first.type in {"function_definition", "class_definition", "decorated_definition"}
        new = line if python else as_written(root, line)
        yield TextEdit(first.start_byte, first.start_byte, f"{new}\n" + "\n\n" * apart)


def _is_require(node: Node) -> bool:
    return node.type in {"lexical_declaration", "variable_declaration"} and "require(" in text_of(node)


def _is_text(node: Node) -> bool:
    return node.type == "expression_statement" and text_of(node)[:1] in {'"', "'"}
