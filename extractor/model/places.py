"""Where things stand in the docs, and what was wrong there."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A place in the docs. Every value that came from the docs carries one."""

    file: str
    """Path relative to the docs root, POSIX separators."""
    first: int
    """First line, 1-based, inclusive."""
    last: int
    """Last line, 1-based, inclusive."""
    column: int = 1
    """Column of the fence or text, 1-based."""

    def __str__(self) -> str:
        return f"{self.file}:{self.first}" if self.first == self.last else f"{self.file}:{self.first}-{self.last}"


@dataclass(frozen=True, slots=True)
class Problem:
    """Bad input that was reported and stepped over: the rest of the tree is still processed."""

    span: Span
    message: str
