"""Refusing a version that the server does not support: a guard at the start of what answers requests.

The versions are those that the page's own constants name, or, where none does, those that the server negotiated.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from extractor.languages.common.syntax import text_of, walk
from harness.judge.import_edits import import_python, python_names
from harness.profiles.mcp.messages import VERSION_HEADER
from harness.profiles.mcp.rules.guard_places import as_written, placed, python_arguments, written
from harness.profiles.mcp.rules.guard_styles import imports_of, style_of
from harness.profiles.mcp.rules.request_handlers import positional_names, request_handlers
from harness.profiles.mcp.rules.session_names import header_read, names_in
from harness.profiles.mcp.rules.supported_versions import supported_versions
from harness.rule import TextEdit

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tree_sitter import Node

    from harness.model import Transcript
    from harness.profiles.mcp.rules.supported_versions import SupportedVersions

_NAME: Final = VERSION_HEADER.lower()
_SESSION_ID: Final = re.compile(r"(session)([-_]?)(id)", re.IGNORECASE)
_REFUSED: Final = -32000
_UNSUPPORTED: Final = -32022
"""Code of the sessionless revisions, whose data names the supported versions."""
_MESSAGE: Final = "Unsupported protocol version"
_VARIABLES: Final = {
    "module": ("protocol_version", "requested_version"), "program": ("protocolVersion", "requestedVersion"),
}  # fmt: skip
"""Names for the variable with the version, by the type of the file's root."""
_VARIABLE_NODES: Final = frozenset(
    {"identifier", "shorthand_property_identifier", "shorthand_property_identifier_pattern"}
)
_BODIES: Final = {"module": '{"jsonrpc": "2.0", "error": error}', "program": '{ jsonrpc: "2.0", error }'}
_FASTAPI: Final = re.compile(r"\bfastapi\b")


def guard_version(root: Node, transcript: Transcript) -> Iterator[TextEdit]:
    """Answer 400 to versions that the server does not support, at the start of each function that answers messages.

    Args:
        root: of a file.
        transcript: with the endpoint that was asked, and what the server negotiated.
    """
    if root.type not in {"module", "program"} or not transcript.negotiated:
        return
    supported = supported_versions(root, transcript.negotiated)
    edits: list[TextEdit] = []
    for function in request_handlers(root, urlsplit(transcript.endpoint or "").path):
        edits += _guarded(root, function, supported, modern=bool(transcript.modern))
    if edits and supported.definition:
        edits += _defined(root, supported.definition)
    # at one place an import comes first
    places: dict[tuple[int, int, bool], dict[str, None]] = {}
    for edit in sorted(edits, key=lambda edit: not edit.new.lstrip().startswith(("import ", "from "))):
        places.setdefault((edit.start, edit.end, edit.indented), {})[edit.new] = None
    yield from (TextEdit(start, end, "".join(new), own) for (start, end, own), new in places.items())


def _guarded(root: Node, function: Node, supported: SupportedVersions, *, modern: bool) -> list[TextEdit]:
    """Return the guard of one function, with what it needs; nothing if it is written for no framework of the table."""
    style, body = style_of(root, function), function.child_by_field_name("body")
    if style is None or body is None:
        return []
    python = root.type == "module"
    variable = _free_name(function, *_VARIABLES[root.type])
    names, header = python_arguments(function) if python else positional_names(function), ""
    added: list[TextEdit] = []
    if python and (given := _header_parameter(function)) is not None:
        # the framework gives it to the function
        variable, parameter = given
        added.append(parameter)
    else:
        if len(names) < style.parameters and _FASTAPI.search(imports_of(root)):
            names = ["request"]
            added += _request_parameter(root, function)
        if len(names) < style.parameters:
            return []
        header = _mirrored(root, function, names) or written(style.header, names, name=_NAME)
    if style.needs and style.needs.rpartition(" ")[2] not in python_names(root):
        added += import_python(root, style.needs)
    answer = [written(line, names, body=_BODIES[root.type]) for line in style.answer]
    held = f"String({variable})" if not python and "headers[" in header else variable
    guard = _Guard(variable, header, style.present.format(version=variable), supported.contains.format(version=held))
    lines = _python(guard, answer, supported, modern) if python else _ecmascript(guard, answer, supported, modern)
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
    """Conditions: that there is a version, and that the server does not support it."""


def _python(guard: _Guard, answer: Sequence[str], supported: SupportedVersions, modern: bool) -> list[str]:
    inner = [f'error = {{"code": {_code(modern)}, "message": "{_MESSAGE}"}}']
    if modern:
        inner.append(f'error["data"] = {{"supported": {supported.listed}, "requested": {guard.variable}}}')
    head = [f"{guard.variable} = {guard.header}"] if guard.header else []
    return [*head, f"if {guard.present} and {guard.lacks}:", *(f"    {line}" for line in (*inner, *answer))]


def _ecmascript(guard: _Guard, answer: Sequence[str], supported: SupportedVersions, modern: bool) -> list[str]:
    inner = [f"const data = {{ supported: {supported.listed}, requested: {guard.variable} }};"] if modern else []
    data = ", data" if modern else ""
    inner.append(f'const error = {{ code: {_code(modern)}, message: "{_MESSAGE}"{data} }};')
    head = f"const {guard.variable} = {guard.header};"
    return [head, f"if ({guard.present} && {guard.lacks}) {{", *(f"  {line}" for line in (*inner, *answer)), "}"]


def _code(modern: bool) -> int:
    return _UNSUPPORTED if modern else _REFUSED


def _free_name(function: Node, *names: str) -> str:
    """Return the first name that a function does not use."""
    used = {text_of(node) for node in walk(function) if node.type in _VARIABLE_NODES}
    return next((name for name in names if name not in used), f"{names[-1]}_")


def _mirrored(root: Node, function: Node, names: Sequence[str]) -> str:
    """Return how the function reads the session header, for the version's; empty if it does not read it itself."""
    read = header_read(function, names_in(root))
    if read is None or not text_of(read).startswith(tuple(f"{name}." for name in names if name)):
        return ""
    literal = next((part for part in walk(read) if part.type == "string"), None)
    if literal is None or not _SESSION_ID.search(text_of(literal)):
        return ""
    quote = text_of(literal)[-1:]
    return text_of(read).replace(text_of(literal), f"{quote}{_NAME}{quote}")


def _header_parameter(function: Node) -> tuple[str, TextEdit] | None:
    """Return a parameter like the one that a framework gives the session header by, and its name; None without one."""
    listed = function.child_by_field_name("parameters")
    for part in listed.named_children if listed is not None else ():
        text = text_of(part)
        if listed is not None and "Header" in text and _SESSION_ID.search(text) and "None" in text:
            new = _SESSION_ID.sub(_version_for, text)
            named = re.match(r"\w+", new)
            return (named[0], TextEdit.last_argument(listed, new)) if named else None
    return None


def _version_for(found: re.Match[str]) -> str:
    """Return ``protocol-version`` in the letters of a ``session-id``."""
    capital = found[1][:1].isupper()
    return f"{'Protocol' if capital else 'protocol'}{found[2]}{'Version' if found[3][:1].isupper() else 'version'}"


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
