"""What a piece of code says: its names, words and literals. A short piece is read once for all findings. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Final, TypeAlias

from extractor.languages.common.syntax import text_of
from harness.judge.blame.suspects import words_at

if TYPE_CHECKING:
    from tree_sitter import Node

    from harness.judge.blame.code import Code

_LITERAL: Final = re.compile(
    r""""([^"\n]{1,200})"|'([^'\n]{1,200})'|`([^`\n]{1,200})`|(?<![\w.])(-?\d+(?:\.\d+)?)(?![\w.])|(\w+)\s*:(?!:)"""
)
_NAME: Final = re.compile(r"[A-Za-z_]\w*")
_SHORT: Final = 1000
"""Bytes of a piece of code up to which what it says is kept."""
_MOST: Final = 1000
"""Pieces of an example of which it is kept: with their text, a few MiB of code that somebody wrote."""


@dataclass(frozen=True, eq=False)
class Said:
    """What a piece of code says."""

    node: Node

    @cached_property
    def text(self) -> str:
        """The code as written."""
        return text_of(self.node)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Its names, each once, in the order of the text."""
        return tuple(dict.fromkeys(_NAME.findall(self.text)))

    @cached_property
    def words(self) -> frozenset[str]:
        """Its words, with those of the name of its function."""
        return frozenset(words_at(self.node))

    @cached_property
    def literals(self) -> frozenset[str]:
        """Its strings, numbers and keys."""
        return frozenset(part for groups in _LITERAL.findall(self.text) for part in groups if part)

    def mentions(self, token: str) -> bool:
        """Return whether it has a name or value, in any case."""
        if len(token) < 2 or (self.text.isascii() and token.isascii() and token.lower() not in self._lower):
            return False
        return re.search(rf"(?i)(?<![\w.-]){re.escape(token)}(?!\w)", self.text) is not None

    @cached_property
    def _lower(self) -> str:
        return self.text.lower()


Reader: TypeAlias = Callable[["Node"], Said]
"""Returns what a piece of an example's code says."""


def said_in(code: Code) -> Reader:
    """Return what reads the pieces of an example's code; it keeps what the short ones say."""
    kept = lru_cache(maxsize=_MOST)(Said)
    return lambda node: kept(node) if node.end_byte - node.start_byte <= _SHORT else Said(node)
