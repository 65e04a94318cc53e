"""What the rules share while one page is parsed: its problems, and how far they may still read ahead in vain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from markdown_it.token import Token

_KEY = "docprobe"


class ParseState:
    """Problems and read-ahead allowance of one page, in markdown-it's ``env``."""

    def __init__(self, size: int) -> None:
        """Begin a page of ``size`` characters, which limits how far rules may read ahead in vain."""
        self.problems: dict[int, str] = {}
        """Message per line, 0-based, in the parsed text."""
        self.headings: list[tuple[Token, Token]] = []
        """Opening and inline token of each heading, once the blocks are known."""
        self._open: set[int] = set()
        self._ahead = min(size, 1_000_000) + 200_000

    @classmethod
    def of(cls, env: MutableMapping[str, Any]) -> ParseState:
        """Return the state of the page that is being parsed."""
        state = env.get(_KEY)
        if not isinstance(state, ParseState):
            state = env[_KEY] = ParseState(0)
        return state

    @classmethod
    def start(cls, env: MutableMapping[str, Any], size: int) -> None:
        """Begin a page of ``size`` characters."""
        env[_KEY] = ParseState(size)

    def problem(self, line: int, message: str) -> None:
        """Record a problem at a line (0-based), unless that line has one."""
        self.problems.setdefault(line, message)

    def may_read_on(self, length: int) -> bool:
        """Return whether the end of something ``length`` characters long may still be looked for."""
        return length <= self._ahead

    def spend(self, length: int) -> None:
        """Count ``length`` characters that were read ahead in vain."""
        self._ahead -= length

    def known_open(self, pos: int) -> bool:
        """Return whether a rule has seen that what starts at ``pos`` never closes."""
        return pos in self._open

    def never_closes(self, pos: int, line: int, what: str, read: int) -> None:
        """Record that ``what`` starts at ``pos`` and does not close within the ``read`` characters searched."""
        self._open.add(pos)
        self.spend(read)
        self.problem(line, f"{what} starts here and never ends; the line is read as prose")
