"""Inline tokens to plain text that still knows its lines, its code and where its blocks end.

The parser's inline tokens carry no positions, and a line end inside a code span, a link target or a tag leaves no
``softbreak`` behind. So the tokens are walked along the source they came from, in step.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Final

from extractor.markdown.parser import inline_tokens
from extractor.markdown.tags import TagKind, scan_tag

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from markdown_it.token import Token

    from extractor.model import Flavour

_WORD: Final = re.compile(r"\w+")
_PHRASE_TAGS: Final = frozenset(
    re.findall(
        r"\w+", "a abbr b bdi bdo cite code data del dfn em i ins kbd mark q s samp small span strong sub sup u var"
    )
)
"""HTML elements that occur inside a sentence; every other element, and every component, ends one."""
_LONGEST_ENTITY: Final = 33
"""Characters of HTML's longest named character reference: how much source one character of text may take."""
_LINK_TARGET: Final = re.compile(
    r"""\(\s*(?:<[^<>\n]*>|(?:\\.|[^\s\\()]|\((?:\\.|[^\s\\()])*\))*)  # destination
        (?:\s+(?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|\((?:\\.|[^()\\])*\)))?\s*\)  # title
      |\[[^\[\]]*\]  # reference""",
    re.VERBOSE | re.DOTALL,
)
"""What follows the text of a link in brackets (CommonMark, "Links")."""
_MOST_KNOWN: Final = 3_000_000
"""Characters of paragraphs that are remembered."""
_CODE_TAGS: Final = frozenset(("code", "kbd", "samp"))


CODE: Final = "\uec0d"
"""Stands for each character of inline code in :attr:`Prose.masked`."""


@dataclass(frozen=True, slots=True)
class Prose:
    """Plain text of one paragraph, list item or table cell."""

    text: str
    masked: str
    """``text`` with every character of inline code replaced by ``CODE``: its words and punctuation mean nothing."""
    first_line: int
    """Line of the docs (1-based) on which ``text`` begins."""
    line_starts: tuple[int, ...] = ()
    """Offsets in ``text`` at which the docs' next lines begin, one per line end."""
    breaks: tuple[int, ...] = ()
    """Offsets at which a tag ends a sentence."""
    anchors: tuple[tuple[int, str], ...] = ()
    """Ids of elements that open within the text, with their offsets."""

    def line(self, offset: int) -> int:
        """Return the line of the docs (1-based) of the character at ``offset``."""
        return self.first_line + bisect_right(self.line_starts, offset)


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
        if self.source.startswith(content, self.cursor):
            self.cursor += len(content)
            return
        end = self.source.find("\n", self.cursor, self.cursor + _LONGEST_ENTITY * (len(content) + 1))
        for word in _WORD.findall(content):
            at = self.source.find(word, self.cursor, end if end >= 0 else len(self.source))
            if at >= 0:
                self.cursor = at + len(word)

    def line_end(self) -> None:
        self.write(" ")
        at = self.source.find("\n", self.cursor)
        self.move(at + 1 if at >= 0 else len(self.source))

    def code_span(self, token: Token) -> None:
        """A code span keeps its line ends as spaces, and loses one padding space at each end."""
        start = self.length
        self.write(token.content)
        self.code.append((start, self.length))
        fence = re.compile(rf"(?<!`){token.markup}(?!`)")
        opened = fence.search(self.source, self.cursor)
        closed = fence.search(self.source, opened.end()) if opened else None
        if opened is None or closed is None:
            return
        raw = self.source[opened.end() : closed.start()]
        padding = raw[:1] in (" ", "\n") and len(raw) == len(token.content) + 2
        for line_end in re.finditer("\n", raw):
            self.line_starts.append(max(start, start + line_end.end() - padding))
        self.cursor = closed.end()

    def skip(self, markup: str) -> None:
        """Pass something that is not text: a tag, a comment or an expression."""
        at = self.source.find(markup, self.cursor)
        if at >= 0:
            self.move(at + len(markup))

    def tag(self, name: str, kind: TagKind, attributes: Mapping[str, str]) -> None:
        """Note what a tag means for the text around it."""
        if name in _CODE_TAGS:
            if kind is TagKind.CLOSE and self.code_opened is not None:
                self.code.append((self.code_opened, self.length))
            self.code_opened = self.length if kind is TagKind.OPEN else None
        if name not in _PHRASE_TAGS:
            self.breaks.append(self.length)
        if kind is TagKind.OPEN and (anchor := anchor_of(name, attributes)):
            self.anchors.append((self.length, anchor))


def anchor_of(name: str, attributes: Mapping[str, str]) -> str | None:
    """Return the anchor that a tag makes: its ``id``, or the ``name`` of an ``a``; None if it makes none."""
    return attributes.get("id") or (attributes.get("name") if name == "a" else None) or None


def prose_of(inline: Token, children: Iterable[Token]) -> Prose:
    """Return the plain text of an ``inline`` token, of which images, comments and expressions are not part.

    Args:
        inline: the token.
        children: its parsed content.
    """
    reader = _Reader(inline.content)
    _read(reader, children)
    first = inline.map[0] + 1 if inline.map else 1
    text = "".join(reader.parts)
    return Prose(
        text=text,
        masked=_mask(text, reader.code),
        first_line=first,
        line_starts=tuple(reader.line_starts),
        breaks=tuple(reader.breaks),
        anchors=tuple(reader.anchors),
    )


@dataclass(slots=True)
class ProseReader:
    """Reads the inline tokens of many pages: revisions of a page repeat most of its paragraphs, which are read once."""

    flavour: Flavour
    known: dict[str, Prose] = field(default_factory=dict)
    """By source, of what is not parsed yet and uses no link definition of its page, each as if it began on line 1."""
    characters: int = 0

    def read(self, inline: Token) -> Prose:
        """Return the plain text of an ``inline`` token, as :func:`prose_of` does of its parsed content."""
        source = inline.content
        if inline.children or (inline.meta.get("references") and "[" in source):
            return prose_of(inline, inline_tokens(self.flavour, inline))
        first = inline.map[0] + 1 if inline.map else 1
        prose = self.known.get(source)
        if prose is None:
            prose = replace(prose_of(inline, inline_tokens(self.flavour, inline)), first_line=1)
            if self.characters + len(source) > _MOST_KNOWN:
                self.known.clear()
                self.characters = 0
            if len(source) <= _MOST_KNOWN:
                self.known[source] = prose
                self.characters += len(source)
        return replace(prose, first_line=first)


@cache
def prose_reader(flavour: Flavour) -> ProseReader:
    """Return the reader of one dialect, for all pages that this process reads."""
    return ProseReader(flavour)


def _read(reader: _Reader, children: Iterable[Token]) -> None:
    for token in children:
        match token.type:
            case "text" | "text_special":
                reader.text(token.content)
            case "softbreak" | "hardbreak":
                reader.line_end()
            case "code_inline":
                reader.code_span(token)
            case "tag":
                reader.skip(token.content)
                reader.tag(token.meta["name"], token.meta["kind"], token.meta["attributes"])
            case "html_inline":
                reader.skip(token.content)
                if tag := scan_tag(token.content, 0, jsx=False):
                    reader.tag(tag.name, tag.kind, tag.attributes)
            case "comment" | "expression":
                reader.skip(token.content)
            case "image":
                reader.move(_link_end(reader.source, reader.source.find("![", reader.cursor) + 2))
            case "link_close" if token.info != "auto":
                reader.move(_link_end(reader.source, reader.cursor))
            case _:
                pass


def _link_end(source: str, cursor: int) -> int:
    """Where the link that closes at or after ``cursor`` ends: behind its target, which may hold words and line ends."""
    end = source.find("]", cursor) + 1
    if end == 0:
        return cursor
    while source[end : end + 1] == "]":
        end += 1
    target = _LINK_TARGET.match(source, end)
    return target.end() if target else end


def _mask(text: str, code: Iterable[tuple[int, int]]) -> str:
    parts, done = [], 0
    for start, end in code:
        parts += [text[done:start], CODE * (end - start)]
        done = end
    return "".join((*parts, text[done:]))
