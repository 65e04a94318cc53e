"""Prose in MDX: paragraphs and lists without indented code, and tags and expressions inside a line.

MDX has no indented code, no autolinks and no HTML. That changes two rules of markdown-it-py, which are replaced here:

- its paragraph rule takes a line indented by four or more for a continuation whatever it holds; without indented code
  that line may start a fence or a heading. The same holds for underlined headings.
- all the space after a list marker belongs to it, so that ``-      text`` is indented by seven, and an item may be
  indented by four or more and still start a list. Tightness, which only matters for rendering, is not worked out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from extractor.markdown.mdx_flow import read_expression, tag_meta
from extractor.markdown.parse_state import ParseState
from extractor.markdown.tags import Incomplete, Malformed, Tag, scan_tag

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markdown_it import MarkdownIt
    from markdown_it.parser_block import RuleFuncBlockType
    from markdown_it.rules_block import StateBlock
    from markdown_it.rules_inline import StateInline

_MARKER = re.compile(r"(?:(?P<bullet>[-+*])|(?P<number>\d{1,9})(?P<delimiter>[.)]))(?=[ \t\n]|\Z)", re.ASCII)


def mdx_prose_plugin(md: MarkdownIt) -> None:
    """Switch off the rules that MDX does not have, and replace or add its own."""
    md.disable(["code", "html_block", "lheading", "html_inline", "autolink"])
    md.block.ruler.at("paragraph", _paragraph)
    md.block.ruler.at("list", _list, {"alt": ["paragraph", "reference", "blockquote"]})
    md.inline.ruler.after("text", "mdx_text", _text)


def _paragraph(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    """A paragraph, or a heading if a line of ``=`` or ``-`` follows its text (CommonMark, "Setext headings")."""
    end_line = state.lineMax
    marks, shifts, ends, columns = state.bMarks, state.tShift, state.eMarks, state.sCount
    line = start_line + 1
    underline = ""
    if line < end_line and marks[line] + shifts[line] < ends[line]:
        terminators = state.md.block.ruler.getRules("paragraph")
        parent, state.parentType = state.parentType, "paragraph"
        while line < end_line and marks[line] + shifts[line] < ends[line]:
            # the block quote rule marks lines that only continue its paragraph by a negative indent
            if columns[line] >= 0:
                if columns[line] >= state.blkIndent and (underline := _underline(state, line)):
                    break
                if _ends(state, line, end_line, terminators):
                    break
            line += 1
        state.parentType = parent
    text = state.getLines(start_line, line, state.blkIndent, False).strip()
    state.line = line + 1 if underline else line
    kind, tag = ("heading", "h1" if underline == "=" else "h2") if underline else ("paragraph", "p")
    opening = state.push(f"{kind}_open", tag, 1)
    opening.map = [start_line, state.line]
    opening.markup = underline
    inline = state.push("inline", "", 0)
    inline.content = text
    inline.map = [start_line, line]
    inline.children = []
    state.push(f"{kind}_close", tag, -1).markup = underline
    return True


def _ends(state: StateBlock, line: int, end_line: int, terminators: Sequence[RuleFuncBlockType]) -> bool:
    """Whether a line begins something that ends the block before it."""
    for rule in terminators:  # noqa: SIM110  (faster, of every line)
        if rule(state, line, end_line, True):
            return True
    return False


def _underline(state: StateBlock, line: int) -> str:
    """``=`` or ``-`` if the line is nothing but a run of it; else empty."""
    start = state.bMarks[line] + state.tShift[line]
    if not state.src.startswith(("=", "-"), start):
        return ""
    text = state.src[start : state.eMarks[line]].rstrip(" \t")
    return text[0] if text == text[0] * len(text) else ""


def _text(state: StateInline, silent: bool) -> bool:
    """A tag, expression or comment inside a line; what does not close is text."""
    opener = state.src[state.pos]
    if opener not in "<{":
        return False
    page_state = ParseState.of(state.env)
    if not page_state.may_read_on(len(state.src) - state.pos):
        return False
    try:
        piece = scan_tag(state.src, state.pos) if opener == "<" else read_expression(state.src, state.pos)
    except Incomplete:
        page_state.spend(len(state.src) - state.pos)
        return False
    except Malformed:
        return False
    if piece is None:
        return False
    if not silent:
        token = state.push("tag" if isinstance(piece, Tag) else piece.type, "", 0)
        token.content = state.src[state.pos : piece.end]
        token.meta = tag_meta(piece) if isinstance(piece, Tag) else dict(piece.meta)
    state.pos = piece.end
    return True


@dataclass(frozen=True, slots=True)
class _Marker:
    """The mark that an item starts with."""

    kind: str
    """``-``, ``+``, ``*``, ``.`` or ``)``: items of one list share it."""
    number: str | None
    end: int
    """Index just after it in the source."""


def _marker(state: StateBlock, line: int) -> _Marker | None:
    marker = _MARKER.match(state.src, state.bMarks[line] + state.tShift[line])
    if marker is None:
        return None
    return _Marker(marker["bullet"] or marker["delimiter"], marker["number"], marker.end())


def _list(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    marker = _marker(state, start_line)
    if marker is None:
        return False
    if silent:
        return state.parentType != "paragraph" or _may_interrupt(state, start_line, marker)
    kind, tag = ("bullet_list", "ul") if marker.number is None else ("ordered_list", "ol")
    opening = state.push(f"{kind}_open", tag, 1)
    opening.markup = marker.kind
    if marker.number not in (None, "1"):
        opening.attrs = {"start": int(marker.number or 0)}
    terminators = state.md.block.ruler.getRules("list")
    parent, state.parentType = state.parentType, "list"
    line = start_line
    while marker is not None:
        line = _item(state, line, end_line, marker)
        if line >= end_line or state.sCount[line] < state.blkIndent:
            break
        if _ends(state, line, end_line, terminators):
            break
        following = _marker(state, line)
        marker = following if following and following.kind == marker.kind else None
    state.parentType = parent
    opening.map = [start_line, line]
    state.push(f"{kind}_close", tag, -1).markup = opening.markup
    state.line = line
    return True


def _may_interrupt(state: StateBlock, line: int, marker: _Marker) -> bool:
    """Whether a list may start right after a line of a paragraph (CommonMark, "List items", rule 1)."""
    if state.sCount[line] < state.blkIndent:
        return True  # it belongs to a list around this one
    is_empty = not state.src[marker.end : state.eMarks[line]].strip()
    return not is_empty and marker.number in (None, "1")


def _item(state: StateBlock, line: int, end_line: int, marker: _Marker) -> int:
    """Parse one item; the line after it."""
    end = state.eMarks[line]
    width = marker.end - state.bMarks[line] - state.tShift[line]
    column = after_marker = state.sCount[line] + width
    pos = marker.end
    while pos < end and state.src[pos] in " \t":
        column += 4 - (column + state.bsCount[line]) % 4 if state.src[pos] == "\t" else 1
        pos += 1
    is_empty = pos >= end
    opening = state.push("list_item_open", "li", 1)
    opening.markup = marker.kind
    opening.info = marker.number or ""
    saved = state.blkIndent, state.listIndent, state.tight, state.tShift[line], state.sCount[line]
    state.listIndent, state.blkIndent = state.blkIndent, after_marker + 1 if is_empty else column
    state.tShift[line], state.sCount[line] = pos - state.bMarks[line], column
    if is_empty and state.isEmpty(line + 1):
        # an item starts with at most one blank line
        state.line = min(line + 2, end_line)
    else:
        state.md.block.tokenize(state, line, end_line)
    state.blkIndent, state.listIndent, state.tight, state.tShift[line], state.sCount[line] = saved
    opening.map = [line, state.line]
    state.push("list_item_close", "li", -1).markup = marker.kind
    return state.line
