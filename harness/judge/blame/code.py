"""The code of an example as blame reads it: what is read in it is read once, however many findings ask for it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, TypeVar

from extractor.languages.common.syntax import FUNCTIONS, enclosing, text_of, walk

if TYPE_CHECKING:
    from collections.abc import Callable

    from tree_sitter import Node

    from extractor.model import Bundle, SourceFile

T = TypeVar("T")

SIMPLE: Final = frozenset(
    {"expression_statement", "return_statement", "throw_statement", "raise_statement", "lexical_declaration",
     "variable_declaration", "delete_statement"}
)  # fmt: skip
"""Statements that hold no others, but for functions."""
_SETTING: Final = frozenset(
    {"expression_statement", "lexical_declaration", "variable_declaration", "field_definition",
     "public_field_definition"}
)  # fmt: skip
BRANCHES: Final = frozenset(
    {"if_statement", "elif_clause", "while_statement", "conditional_expression", "ternary_expression"}
)
"""What has a condition."""
BLOCKS: Final = frozenset({"block", "statement_block"})
STRINGS: Final = frozenset({"string"})
CLASSES: Final = frozenset({"class_definition", "class_declaration", "class"})
_READ: Final = FUNCTIONS | SIMPLE | _SETTING | BRANCHES | BLOCKS | STRINGS | CLASSES
"""Kinds of nodes that blame looks for in a whole file."""
_LONGEST: Final = 2000
"""Characters of a constant."""


@dataclass(frozen=True, eq=False)
class CodeFile:
    """A file of an example with its syntax tree."""

    file: SourceFile
    root: Node
    _known: dict[Callable[[CodeFile], Any], Any] = field(default_factory=dict, repr=False)
    """What was read of it, by what reads it."""

    @property
    def path(self) -> str:
        """Return the file's path in the bundle."""
        return self.file.path

    def read(self, reader: Callable[[CodeFile], T]) -> T:
        """Return what a reader finds in the file; it is asked once."""
        if reader not in self._known:
            self._known[reader] = reader(self)
        found: T = self._known[reader]
        return found

    @cached_property
    def _nodes(self) -> tuple[Node, ...]:
        return tuple(node for node in walk(self.root) if node.type in _READ)

    def nodes(self, kinds: frozenset[str]) -> list[Node]:
        """Return the nodes of some of the kinds that blame looks for, in the order of the text."""
        assert kinds <= _READ, f"not read: {kinds - _READ}"
        return [node for node in self._nodes if node.type in kinds]

    @cached_property
    def functions(self) -> tuple[Node, ...]:
        """Every function."""
        return tuple(self.nodes(FUNCTIONS))

    @cached_property
    def constants(self) -> tuple[Node, ...]:
        """What is set outside of functions: constants of the file and of its classes, no docstrings."""
        return tuple(
            node
            for node in self.nodes(_SETTING)
            if enclosing(node, FUNCTIONS) is None and len(text_of(node)) < _LONGEST
            if not all(part.type == "string" for part in node.named_children)
        )

    @cached_property
    def _placed(self) -> tuple[tuple[Node, int], ...]:
        found = []
        for node in self.nodes(SIMPLE):
            function = enclosing(node, FUNCTIONS)
            if function is not None and not is_docstring(node):
                found.append((node, function.id))
        return tuple(found)

    @cached_property
    def statements(self) -> tuple[Node, ...]:
        """Every simple statement that stands in a function, no docstrings."""
        return tuple(node for node, _ in self._placed)

    @cached_property
    def statements_by_function(self) -> dict[int, list[Node]]:
        """The statements of each function, without those of functions in it, by the id of its node."""
        found: dict[int, list[Node]] = {}
        for node, function in self._placed:
            found.setdefault(function, []).append(node)
        return found


@dataclass(frozen=True, eq=False)
class Code:
    """The files of an example that can be read."""

    files: tuple[CodeFile, ...]
    _known: dict[Callable[[Code], Any], Any] = field(default_factory=dict, repr=False)
    """What was read of them together, by what reads it."""

    @classmethod
    def of(cls, bundle: Bundle) -> Code:
        """Return the code of an example's files; those of no language with a grammar here are left out."""
        # here, since a report without a finding that blames needs no grammar
        from extractor.languages.registry import syntax_tree

        trees = ((file, syntax_tree(file.path, file.text)) for file in bundle.files)
        return cls(tuple(CodeFile(file, root) for file, root in trees if root is not None))

    def read(self, reader: Callable[[Code], T]) -> T:
        """Return what a reader finds in all files; it is asked once."""
        if reader not in self._known:
            self._known[reader] = reader(self)
        found: T = self._known[reader]
        return found

    def statements_of(self, function: Node) -> list[Node]:
        """Return the simple statements of a function, without those of functions in it."""
        return self._statements.get(function.id, [])

    @cached_property
    def _statements(self) -> dict[int, list[Node]]:
        return {function: nodes for one in self.files for function, nodes in one.statements_by_function.items()}


def is_docstring(node: Node) -> bool:
    """Return whether a statement is a text and nothing else."""
    return node.type == "expression_statement" and all(part.type == "string" for part in node.named_children)
