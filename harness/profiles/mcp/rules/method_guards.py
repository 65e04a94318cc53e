"""Refusing GET where no route does: a guard in what answers every method, or a method of its own beside ``do_POST``."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from extractor.languages.common.syntax import FUNCTIONS, enclosing, text_of, walk
from harness.profiles.mcp.rules.guard_places import as_written, indent_of, placed, written
from harness.profiles.mcp.rules.guard_styles import style_of
from harness.profiles.mcp.rules.request_handlers import positional_names, request_handlers
from harness.rule import TextEdit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

    from harness.model import Transcript


def guard_get(root: Node, transcript: Transcript) -> Iterator[TextEdit]:
    """Answer GET by 405 in each function that answers messages: of JavaScript, and of the standard library's server.

    Args:
        root: of a file.
        transcript: with the endpoint that was asked.
    """
    if root.type == "module":
        yield from _beside_post(root)
        return
    for function in request_handlers(root, urlsplit(transcript.endpoint or "").path) if root.type == "program" else ():
        style, body, names = style_of(root, function), function.child_by_field_name("body"), positional_names(function)
        if style is None or body is None or not style.method or len(names) < style.parameters:
            continue
        lines = [f'if ({written(style.method, names)} === "GET") {{']
        lines += [*(f"  {written(line, names)}" for line in style.not_allowed), "}"]
        yield from placed(root, function, body, [as_written(root, line) for line in lines])


def _beside_post(root: Node) -> Iterator[TextEdit]:
    """Give GET a method where POST has one: what has none is answered 501 (``http.server``)."""
    for node in walk(root):
        if node.type not in FUNCTIONS or text_of(node.child_by_field_name("name")) != "do_POST":
            continue
        whole = enclosing(node, frozenset({"class_definition"}))
        if whole is None or any(text_of(part) == "do_GET" for part in walk(whole) if part.type == "identifier"):
            continue
        indent = indent_of(root, node)
        method = f"def do_GET(self):\n{indent}    self.send_error(405)\n\n{indent}"
        yield TextEdit(node.start_byte, node.start_byte, method, indented=True)
