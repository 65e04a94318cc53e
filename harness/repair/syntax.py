"""Syntax trees of an example's files, for blame and for fixes. Parsing is tree-sitter's; nothing is run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import tree_sitter_javascript
import tree_sitter_python
import tree_sitter_typescript
from tree_sitter import Language, Node, Parser

if TYPE_CHECKING:
    from collections.abc import Iterator

FUNCTIONS: Final = frozenset(
    {"function_declaration", "function_expression", "arrow_function", "method_definition", "function_definition"}
)
STATEMENTS: Final = frozenset(
    {
        "expression_statement", "return_statement", "throw_statement", "raise_statement", "if_statement",
        "lexical_declaration", "variable_declaration", "assignment",
    }
)  # fmt: skip
CALLS: Final = frozenset({"call_expression", "call", "new_expression"})


def parse(path: str, text: str) -> Node | None:
    """Root of the file's syntax tree; None for a language without a parser here."""
    suffix = path.rsplit(".", 1)[-1].lower()
    match suffix:
        case "ts" | "mts" | "cts":
            language = Language(tree_sitter_typescript.language_typescript())
        case "tsx":
            language = Language(tree_sitter_typescript.language_tsx())
        case "js" | "mjs" | "cjs" | "jsx":
            language = Language(tree_sitter_javascript.language())
        case "py":
            language = Language(tree_sitter_python.language())
        case _:
            return None
    return Parser(language).parse(text.encode()).root_node


def walk(node: Node) -> Iterator[Node]:
    """The node and all below it, in source order, without recursion (hostile nesting)."""
    stack = [node]
    while stack:
        here = stack.pop()
        yield here
        stack.extend(reversed(here.children))


def text_of(node: Node) -> str:
    """Source text of a node."""
    return (node.text or b"").decode(errors="replace")


def lines_of(node: Node) -> tuple[int, int]:
    """First and last line in the file, 1-based."""
    return node.start_point.row + 1, node.end_point.row + 1


def enclosing(node: Node, kinds: frozenset[str]) -> Node | None:
    """The nearest ancestor of one of ``kinds``; None if there is none."""
    here = node.parent
    while here is not None and here.type not in kinds:
        here = here.parent
    return here


def statement(node: Node) -> Node:
    """The smallest statement of its own function that holds ``node``; itself if there is none (``() => node``)."""
    here = enclosing(node, STATEMENTS | FUNCTIONS)
    return node if here is None or here.type in FUNCTIONS else here
