"""Edits that import a name in a file, in the style of the imports that it has. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from extractor.languages.common.syntax import text_of, walk
from harness.rule import TextEdit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

_DECLARATIONS: Final = frozenset({"lexical_declaration", "variable_declaration"})


def import_python(root: Node, line: str) -> Iterator[TextEdit]:
    """Add an import to a Python file: above the first one, else at its beginning; ``__future__`` stays first."""
    imports = [node for node in root.named_children if node.type in {"import_statement", "import_from_statement"}]
    if any(text_of(node) == line for node in imports):
        return
    plain = [node for node in imports if node.type == "import_statement"]
    if imports and line.startswith("import "):
        first = (plain or imports)[0]
        yield TextEdit(first.start_byte, first.start_byte, f"{line}\n")
    elif imports:
        # `from` imports follow plain ones
        yield TextEdit.line_below(imports[-1], line)
    else:
        heads = {"comment", "future_import_statement"}
        body = next((node for node in root.named_children if node.type not in heads and not _is_docstring(node)), None)
        if body is not None:
            yield TextEdit(body.start_byte, body.start_byte, f"{line}\n")


def import_node(root: Node, name: str, module: str) -> Iterator[TextEdit]:
    """Import a name of a module in a file for Node.js, in the style of the file: with others of it, else in a line."""
    imports = [node for node in root.named_children if node.type == "import_statement"]
    for node in imports:
        named = next((part for part in walk(node) if part.type == "named_imports"), None)
        if source_of(node) == module and named is not None and named.named_children and " type " not in text_of(node):
            last = named.named_children[-1]
            yield TextEdit(last.end_byte, last.end_byte, f", {name}")
            return
    requires = [node for node in root.named_children if "require(" in text_of(node) and node.type in _DECLARATIONS]
    near = next(reversed(imports or requires), None)
    quote = "'" if near is not None and "'" in text_of(near) else '"'
    end = "" if near is not None and not text_of(near).endswith(";") else ";"
    common = bool(requires) and not imports
    written = f"const {{ {name} }} = require(" if common else f"import {{ {name} }} from "
    line = f"{written}{quote}{module}{quote}{')' if common else ''}{end}"
    if near is not None:
        yield TextEdit.line_below(near, line)
    else:
        first = next((node for node in root.named_children if node.type not in {"comment", "hash_bang_line"}), None)
        if first is not None:
            yield TextEdit(first.start_byte, first.start_byte, f"{line}\n")


def python_names(root: Node) -> frozenset[str]:
    """Return the names that the imports of a Python file have in them."""
    imports = (node for node in root.named_children if node.type in {"import_statement", "import_from_statement"})
    return frozenset(
        text_of(part) for node in imports for part in walk(node) if part.type in {"dotted_name", "identifier"}
    )


def source_of(statement: Node) -> str:
    """Return the module that an import statement names."""
    return text_of(statement.child_by_field_name("source")).strip("\"'")


def _is_docstring(node: Node) -> bool:
    return node.type == "expression_statement" and [child.type for child in node.named_children] == ["string"]
