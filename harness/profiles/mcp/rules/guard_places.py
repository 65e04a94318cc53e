"""Where a guard stands in a function that answers requests, and how it is written there. Python and JavaScript."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from extractor.languages.common.syntax import text_of
from harness.rule import TextEdit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tree_sitter import Node


def placed(root: Node, function: Node, body: Node, lines: Sequence[str]) -> list[TextEdit]:
    """Return the edits that put lines at the start of a function's body."""
    statements = [node for node in body.named_children if node.type != "comment"]
    if body.type not in {"block", "statement_block"}:
        # `(c) => answer(c)`
        indent = indent_of(root, function)
        inner = f"\n{indent}  ".join(lines)
        before = TextEdit(body.start_byte, body.start_byte, f"{{\n{indent}  {inner}\n{indent}  return ", indented=True)
        return [before, TextEdit(body.end_byte, body.end_byte, as_written(root, f";\n{indent}}}"), indented=True)]
    if root.type == "module" and len(statements) > 1 and text_of(statements[0])[:1] in {'"', "'"}:
        statements = statements[1:]
    if not statements:
        return []
    first, header = statements[0], function.child_by_field_name("parameters")
    indent = indent_of(root, first)
    if body.type == "statement_block" and first.start_point[0] == body.start_point[0]:
        inner, at = f"{indent}  ", body.start_byte + 1
        space = " " * (first.start_byte - at)
        new = "".join(f"\n{inner}{line}" for line in lines) + f"\n{inner.removesuffix(space)}"
    elif root.type == "module" and header is not None and first.start_point[0] == header.end_point[0]:
        inner, at = f"{indent}    ", first.start_byte
        new = "".join(f"\n{inner}{line}" for line in lines) + f"\n{inner}"
    else:
        at, new = first.start_byte, f"\n{indent}".join([*lines, ""])
    return [TextEdit(at, at, new, indented=True)]


def indent_of(root: Node, node: Node) -> str:
    """Return the white space at the start of the line that a node begins in."""
    data, start = root.text or b"", node.start_byte - root.start_byte
    line = data[data.rfind(b"\n", 0, start) + 1 : start].decode("utf-8", "replace")
    return line[: len(line) - len(line.lstrip())]


def as_written(root: Node, line: str) -> str:
    """Return a line of JavaScript in the quotes of the file, and without a semicolon if the file has none."""
    text = text_of(root)
    if text.count("'") > text.count('"'):
        line = line.replace('"', "'")
    return line if ";\n" in text else re.sub(r";(?=\n|\Z)", "", line)


def python_arguments(function: Node) -> list[str]:
    """Return the parameters of a Python function, the request alone if its type tells which it is."""
    listed = function.child_by_field_name("parameters")
    parts = [part for part in listed.named_children if "comment" not in part.type] if listed is not None else []
    requests = [part for part in parts if re.search(r":.*\bRequest\b", text_of(part))]
    if requests:
        return [re.split(r"\W", text_of(requests[0]))[0]]
    plain = [text_of(part) for part in parts if part.type == "identifier"]
    return plain[1:] if plain[:1] == ["self"] else plain


def written(template: str, names: Sequence[str], **parts: str) -> str:
    """Return a template of a style with a handler's parameters, and more, in it."""
    return template.format(*names, *[""] * 3, **parts)
