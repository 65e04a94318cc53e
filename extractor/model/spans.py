"""Lines of the docs, and what was wrong there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta

DocsPath = Annotated[str, Meta(description="Path relative to the docs root, POSIX separators.")]
LineNumber = Annotated[int, Meta(ge=1, description="Line of the file, 1-based, inclusive.")]


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Lines of a file. Every value that came from the docs carries them."""

    file: DocsPath
    first: LineNumber
    last: LineNumber
    column: int = 1
    """Column of the fence or text, 1-based."""

    def lines(self, most: int, around: int = 0) -> range:
        """Return the numbers of its lines, and of some around, in a file of ``most`` lines: it may name others."""
        return range(max(1, self.first - around), min(self.last + around, most) + 1)

    def __str__(self) -> str:
        return f"{self.file}:{self.first}" if self.first == self.last else f"{self.file}:{self.first}-{self.last}"


@dataclass(frozen=True, slots=True)
class Problem:
    """Bad input that is reported and skipped: the rest of the tree is still processed."""

    span: Span
    message: str
