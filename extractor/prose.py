"""Inline tokens to plain text that still knows its lines, its code and where its blocks end.

The parser's inline tokens carry no positions, and a line end inside a code span, a link target or a tag leaves no
``softbreak`` behind. So the tokens are walked along the source they came from, in step.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from markdown_it.token import Token

_WORD: Final = re.compile(r"\w+")
_TAG: Final = re.compile(r"<(/?)\s*([A-Za-z][\w.]*)")
_ID: Final = re.compile(r"""\sid\s*=\s*\{?\s*["']([^"']+)["']""")
_PHRASE_TAGS: Final = frozenset(
    re.findall(
        r"\w+", "a abbr b bdi bdo cite code data del dfn em i ins kbd mark q s samp small span strong sub sup u var"
    )
)
"""HTML elements that stand inside a sentence; every other element, and every component, ends one."""
_CODE_TAGS: Final = frozenset(("code", "kbd", "samp"))


@dataclass(frozen=True, slots=True)
class Prose:
    """Plain text of one paragraph, list item or table cell."""

    text: str
    first_line: int
    """Line of the docs (1-based) on which ``text`` begins."""
    line_starts: tuple[int, ...] = ()
    """Offsets in ``text`` at which the docs' next lines begin, one per line end."""
    code: tuple[tuple[int, int], ...] = ()
    """Half-open ranges of ``text`` that are inline code."""
    breaks: tuple[int, ...] = ()
    """Offsets at which a tag ends a sentence."""
    anchors: tuple[tuple[int, str], ...] = ()
    """Ids of elements that open within the text, with their offsets."""

    def line(self, offset: int) -> int:
        """Line of the docs (1-based) on which the character at ``offset`` stands."""
        return self.first_line + bisect_right(self.line_starts, offset)

    def in_code(self, offset: int) -> bool:
        """Whether the character at ``offset`` is inline code."""
        return any(start <= offset < end for start, end in self.code)


@dataclass(slots=True)
class _Reader:
    """Walks the children of an inline token along its source."""

    source: str
    cursor: int = 0
    length: int = 0
    parts: list[str] = field(default_factory=list)
    line_starts: list[int] = field(default_factory=list)
    code: list[tuple[int, int]] = field(default_factory=list)
    code_opened: int | None = None
    breaks: list[int] = field(default_factory=list)
    anchors: list[tuple[int, str]] = field(default_factory=list)

    def move(self, to: int) -> None:
        """Go forward in the source; every line end passed starts a line of the text here."""
        if to > self.cursor:
            self.line_starts.extend([self.length] * self.source.count("\n", self.cursor, to))
            self.cursor = to

    def write(self, text: str) -> None:
        self.parts.append(text)
        self.length += len(text)

    def text(self, content: str) -> None:
        """Text never crosses a line end; escapes and entities change its punctuation, so words show the way."""
        self.write(content)
        for word in _WORD.findall(content):
            at = self.source.find(word, self.cursor)
            if at >= 0 and "\n" not in self.source[self.cursor : at]:
                self.move(at + len(word))

    def line_end(self) -> None:
        self.write(" ")
        at = self.source.find("\n", self.cursor)
        self.move(at + 1 if at >= 0 else len(self.source))

    def code_span(self, token: Token) -> None:
        """A code span keeps its line ends as spaces, and loses one padding space at each end."""
        start = self.length
        self.write(token.content)
        self.code.append((start, self.length))
        opened = re.compile(rf"(?<!`){re.escape(token.markup)}(?!`)").search(self.source, self.cursor)
        if opened is None:
            return
        closed = self.source.find(token.markup, opened.end())
        raw = self.source[opened.end() : closed]
        padding = raw[:1] in (" ", "\n") and len(raw) == len(token.content) + 2
        for line_end in re.finditer("\n", raw):
            self.line_starts.append(max(start, start + line_end.end() - padding))
        self.cursor = closed + len(token.markup)

    def tag(self, markup: str) -> None:
        at = self.source.find(markup, self.cursor)
        if at >= 0:
            self.move(at + len(markup))
        name = _TAG.match(markup)
        if name is None:
            return
        closing, element = bool(name[1]), name[2]
        if element in _CODE_TAGS:
            if closing and self.code_opened is not None:
                self.code.append((self.code_opened, self.length))
            self.code_opened = None if closing else self.length
        if element not in _PHRASE_TAGS:
            self.breaks.append(self.length)
        if not closing and not markup.rstrip().endswith("/>") and (given := _ID.search(markup)):
            self.anchors.append((self.length, given[1]))


def prose_of(inline: Token) -> Prose:
    """Plain text of an ``inline`` token. Images, comments and expressions have none."""
    reader = _Reader(inline.content)
    _read(reader, inline.children or ())
    first = inline.map[0] + 1 if inline.map else 1
    return Prose(
        text="".join(reader.parts),
        first_line=first,
        line_starts=tuple(reader.line_starts),
        code=tuple(reader.code),
        breaks=tuple(reader.breaks),
        anchors=tuple(reader.anchors),
    )


def _read(reader: _Reader, children: Iterable[Token]) -> None:
    for token in children:
        match token.type:
            case "text" | "text_special":
                reader.text(token.content)
            case "softbreak" | "hardbreak":
                reader.line_end()
            case "code_inline":
                reader.code_span(token)
            case "html_inline":
                reader.tag(token.content)
            case "image":
                reader.move(_link_end(reader.source, reader.source.find("![", reader.cursor) + 2))
            case "link_close" if token.info != "auto":
                reader.move(_link_end(reader.source, reader.cursor))
            case _:
                pass


def _link_end(source: str, cursor: int) -> int:
    """Where the link that closes at or after ``cursor`` ends: behind its target, which may hold words and line ends."""
    closed = source.find("]", cursor)
    if closed < 0:
        return cursor
    end = closed + 1
    while source[end : end + 1] == "]":
        end += 1
    if source[end : end + 1] == "[":
        after = source.find("]", end)
        return after + 1 if after >= 0 else end
    if source[end : end + 1] != "(":
        return end
    depth = 0
    for at in range(end, len(source)):
        depth += {"(": 1, ")": -1}.get(source[at], 0)
        if depth == 0:
            return at + 1
    return end
