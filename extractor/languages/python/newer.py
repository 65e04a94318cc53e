"""Python of later releases than the one that docprobe runs on, written as that one reads it.

Which release runs an example is a matter of its container. What came since 3.11 are f-strings with their own quotes or
backslashes in an expression (PEP 701), and type parameters and ``type`` statements (PEP 695). All lines stay where
they are.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import tree_sitter_python

from extractor.languages.common.syntax import SlowCodeError, parse, text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tree_sitter import Node

_GENERIC: Final = frozenset({"function_definition", "class_definition"})
_NOT_VALUES: Final = frozenset({"type_conversion", "format_specifier", "comment"})


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A text in older words."""

    text: str
    type_names: frozenset[str]
    """Type parameters: the older words do not say that they are defined."""


@dataclass(slots=True)
class _Writer:
    names: set[str] = field(default_factory=set)

    def written(self, node: Node) -> str:
        """Return a node's text in older words."""
        if node.type == "concatenated_string" and any(map(_is_formatted, node.children)):
            return f"[{self._joined(node, ',')}]"
        if _is_formatted(node):
            return self._formatted(node)
        if node.type == "type_alias_statement":
            return self._alias(node)
        return self._joined(node)

    def _joined(self, node: Node, separator: str = "") -> str:
        """The text with each child in older words, and what is between them as it is."""
        source = node.text or b""
        if not node.children:
            return text_of(node)
        parts: list[str] = []
        at = node.start_byte
        for child in node.children:
            between = source[at - node.start_byte : child.start_byte - node.start_byte].decode("utf-8", "replace")
            parts += [separator if at > node.start_byte else "", between]
            if child.type == "type_parameter" and node.type in _GENERIC:
                self.names.update(_named(child))
                parts.append("\n" * text_of(child).count("\n"))
            else:
                parts.append(self.written(child))
            at = child.end_byte
        return "".join((*parts, source[at - node.start_byte :].decode("utf-8", "replace")))

    def _formatted(self, node: Node) -> str:
        """A list of the f-string's text, with ``{}`` for what is computed, and of that."""
        start, *inner, end = node.children
        prefix = "".join(c for c in text_of(start) if c not in "fF")
        literal: list[str] = []
        values: list[str] = []
        for child in inner:
            if child.type != "interpolation":
                literal.append(text_of(child).replace("{{", "{").replace("}}", "}"))
                continue
            literal.append("{}")
            found = list(_values(child))
            if not found:
                raise ValueError
            values += [f"({self.written(value)})" for value in found]
            lines = text_of(child).count("\n") - sum(text_of(value).count("\n") for value in found)
            values[-1] += "\n" * lines
        shown = prefix + "".join(literal) + text_of(end)
        return f"[{', '.join((shown, *values))}]"

    def _alias(self, node: Node) -> str:
        """``type Pair[T] = tuple[T, T]`` as an assignment."""
        left, right = node.named_children[:2]
        head = left.named_children[0] if left.named_children else left
        name = head.named_children[0] if head.type == "generic_type" else head
        for parameters in (c for c in head.named_children if c.type == "type_parameter"):
            self.names.update(_named(parameters))
        lines = text_of(node).count("\n") - text_of(right).count("\n")
        return f"{text_of(name)} = ({chr(10) * lines}{self.written(right)})"


def in_older_words(text: str, is_sound: Callable[[str], bool]) -> Rewritten | None:
    """Return a text that only later releases read, as older ones do; None if it is no Python of those either.

    Args:
        text: the code.
        is_sound: whether the running release reads a text.
    """
    try:
        root = parse(tree_sitter_python.language(), text)
    except SlowCodeError:
        return None
    if root.has_error:
        return None
    writer = _Writer()
    try:
        older = writer.written(root)
    except (ValueError, RecursionError):
        return None
    source = root.text or b""
    leading = source[: root.start_byte] if root.start_byte < len(source) else b""
    older = leading.decode("utf-8", "replace") + older
    return Rewritten(older, frozenset(writer.names)) if is_sound(older) else None


def _is_formatted(node: Node) -> bool:
    return node.type == "string" and bool(node.children) and "f" in text_of(node.children[0]).lower()


def _values(interpolation: Node) -> Iterator[Node]:
    """The expressions of ``{value!r:{width}}``."""
    for child in interpolation.named_children:
        if child.type == "format_specifier":
            for nested in child.named_children:
                yield from nested.named_children[:1]
        elif child.type not in _NOT_VALUES:
            yield child


def _named(parameters: Node) -> Iterator[str]:
    """The names of ``[T, U: int, *Rest]``."""
    for parameter in parameters.named_children:
        node = parameter
        while node.type != "identifier" and node.named_children:
            node = node.named_children[0]
        if node.type == "identifier":
            yield text_of(node)
