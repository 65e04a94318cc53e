"""markdown-it-py's state of a page's blocks, made faster: lines are measured and cut as wholes.

Its own one goes through the characters of each line, and makes a token by a call that makes three more. What a rule
sees of the state, and the tokens that it makes, are the same.
"""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, Any, Final, Literal

from markdown_it.rules_block import StateBlock
from markdown_it.token import Token

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

_TAB: Final = 4
_new_token: Final = Token.__new__


class LineState(StateBlock):
    """The state of one page."""

    def __init__(self, src: str, md: MarkdownIt, env: Any, tokens: list[Token]) -> None:
        super().__init__("", md, env, tokens)
        self.src = src
        lines = src.split("\n")
        if not lines[-1].strip(" \t"):
            # what follows the last line end is a line if there is more than space
            lines.pop()
        ends = list(accumulate(map(len, lines), lambda end, length: end + 1 + length, initial=-1))
        self._starts = [end + 1 for end in ends]
        self._starts[-1] = len(src)
        self._has_tabs = "\t" in src
        self.bMarks = self._starts.copy()
        self.eMarks = [*ends[1:], len(src)]
        self.tShift = [len(line) - len(line.lstrip(" \t")) if line[:1] in (" ", "\t") else 0 for line in lines]
        self.sCount = [
            _columns(line[:indent]) if indent and "\t" in line[:indent] else indent
            for line, indent in zip(lines, self.tShift, strict=True)
        ]
        self.tShift.append(0)
        self.sCount.append(0)
        self.bsCount = [0] * len(self.bMarks)
        self.lineMax = len(lines)

    def push(self, ttype: str, tag: str, nesting: Literal[-1, 0, 1]) -> Token:
        """Add a token of a block."""
        # a constructor with 13 arguments, two factories and a check takes twice as long
        token = _new_token(Token)
        token.type = ttype
        token.tag = tag
        token.nesting = nesting
        token.attrs = {}
        token.map = token.children = None
        token.content = token.markup = token.info = ""
        token.meta = {}
        token.block = True
        token.hidden = False
        if nesting < 0:
            self.level -= 1
        token.level = self.level
        if nesting > 0:
            self.level += 1
        self.tokens.append(token)
        return token

    def getLines(self, begin: int, end: int, indent: int, keepLastLF: bool) -> str:
        """Return the text of lines without the columns that they are indented by."""
        if begin >= end:
            return ""
        last = self.eMarks[end - 1] + keepLastLF
        if indent <= 0 and self.bMarks[begin:end] == self._starts[begin:end]:
            return self.src[self.bMarks[begin] : last]
        if end - begin == 1:
            return self._cut(begin, indent, last)
        lines = [self._cut(line, indent, self.eMarks[line] + 1) for line in range(begin, end - 1)]
        return "".join((*lines, self._cut(end - 1, indent, last)))

    def _cut(self, line: int, indent: int, last: int) -> str:
        """Return the text of a line up to ``last`` without ``indent`` columns, or without those that it has."""
        start, shift = self.bMarks[line], self.tShift[line]
        if not self._has_tabs or self.src.find("\t", start, start + indent) < 0:
            # each character is a column; a mark of the list around the line counts as space
            if shift >= indent:
                return self.src[start + indent : last]
            if not self.src.startswith(" ", start + shift):
                return self.src[start + shift : last]
        return super().getLines(line, line + 1, indent, last > self.eMarks[line])


def _columns(indent: str) -> int:
    """The columns that tabs and spaces at the start of a line take."""
    columns = 0
    for character in indent:
        columns += _TAB - columns % _TAB if character == "\t" else 1
    return columns
