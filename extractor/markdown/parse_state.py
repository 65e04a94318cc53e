"""What the rules share while one page is parsed: its problems, and how far they may still read ahead in vain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import MutableMapping

_KEY = "docprobe"


class ParseState:
    """Problems and read-ahead allowance of one page, in markdown-it's ``env``."""

    def __init__(self, size: int) -> None:
        """``size``: characters of the page; reading ahead in vain is limited by it."""
        self.problems: dict[int, str] = {}
        """Message per line, 0-based, in the parsed text."""
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
        """Note a problem at a line (0-based); the first one of a line stands."""
        self.problems.setdefault(line, message)

    def may_read_on(self, length: int) -> bool:
        """Whether there is allowance left to look further for the end of something ``length`` characters long."""
        return length <= self._ahead

    def spend(self, length: int) -> None:
        """Count ``length`` characters that were read ahead in vain."""
        self._ahead -= length

    def known_open(self, pos: int) -> bool:
        """Whether what starts at ``pos`` was found never to close."""
        return pos in self._open

    def never_closes(self, pos: int, line: int, what: str, read: int) -> None:
        """``what`` starts at ``pos`` and does not close within the ``read`` characters that were looked at."""
        self._open.add(pos)
        self.spend(read)
        self.problem(line, f"{what} starts here and never ends; the line is read as prose")
