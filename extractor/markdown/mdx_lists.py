"""Lists in MDX, where indented code does not exist.

Two things follow that markdown-it-py's own rule does not know: all the space after a marker belongs to it, so that
``-      text`` is indented by seven, and an item may be indented by four or more and still start a list. Tightness,
which only matters for rendering, is not worked out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_block import StateBlock

_MARKER = re.compile(r"(?:(?P<bullet>[-+*])|(?P<number>\d{1,9})(?P<delimiter>[.)]))(?=[ \t\n]|\Z)")


def mdx_list_plugin(md: MarkdownIt) -> None:
    """Replace the list rule."""
    md.block.ruler.at("list", _list, {"alt": ["paragraph", "reference", "blockquote"]})


@dataclass(frozen=True, slots=True)
class _Marker:
    """The mark that an item starts with."""

    kind: str
    """``-``, ``+``, ``*``, ``.`` or ``)``: items of one list share it."""
    number: str | None
    end: int
    """Index just after it in the source."""


def _marker(state: StateBlock, line: int) -> _Marker | None:
    found = _MARKER.match(state.src, state.bMarks[line] + state.tShift[line])
    if found is None:
        return None
    return _Marker(found["bullet"] or found["delimiter"], found["number"], found.end())


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
        if any(rule(state, line, end_line, True) for rule in terminators):
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
