"""Rules of markdown-it-py that are looked at often and go through a line by its characters, over whole lines.

They make the same tokens.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from markdown_it.common.utils import mdTrim
from markdown_it.rules_block.table import MAX_AUTOCOMPLETED_CELLS

if TYPE_CHECKING:
    from markdown_it.rules_block import StateBlock
    from markdown_it.token import Token

_DASHES: Final = re.compile(r"(?:[|:]|-(?=[|:-]))[|:\- \t]+")
"""A line below the head of a table; a dash and a space begin an item of a list."""
_DASHES_OF_ONE: Final = re.compile(r":?-+:?")
_BAR: Final = re.compile(r"(?<!\\)\|")
"""What separates two cells, in code too; one behind a backslash is text."""
_ALIGNS: Final = {(True, True): "center", (True, False): "left", (False, True): "right", (False, False): ""}


def heading(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    """A heading that begins with ``#`` (CommonMark, "ATX headings")."""
    if state.is_code_block(start_line):
        return False
    text = state.src[state.bMarks[start_line] + state.tShift[start_line] : state.eMarks[start_line]]
    title = text.lstrip("#")
    level = len(text) - len(title)
    if not 1 <= level <= 6 or (title and title[0] not in " \t"):
        return False
    if silent:
        return True
    title = title.rstrip(" \t")
    without_marks = title.rstrip("#")
    if without_marks.endswith((" ", "\t")):
        title = without_marks
    state.line = start_line + 1
    opening = state.push("heading_open", f"h{level}", 1)
    opening.markup = "#" * level
    opening.map = [start_line, state.line]
    inline = state.push("inline", "", 0)
    inline.content = mdTrim(title)
    inline.map = [start_line, state.line]
    inline.children = []
    state.push("heading_close", f"h{level}", -1).markup = opening.markup
    return True


def table(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    """A table (GFM, "Tables"): a head, a line of dashes, and rows up to a line that is something else."""
    below = start_line + 1
    if below >= end_line or state.sCount[below] < state.blkIndent:
        return False
    if state.is_code_block(below) or state.is_code_block(start_line):
        return False
    aligns = _aligns(_line(state, below))
    head = mdTrim(_line(state, start_line))
    if not aligns or "|" not in head or len(titles := _cells(head)) != len(aligns):
        return False
    if silent:
        return True
    parent, state.parentType = state.parentType, "table"
    terminators = state.md.block.ruler.getRules("blockquote")
    opening = state.push("table_open", "table", 1)
    state.push("thead_open", "thead", 1).map = [start_line, below]
    _push_row(state, start_line, "th", titles, aligns)
    state.push("thead_close", "thead", -1)
    body: Token | None = None
    missing = 0
    line = start_line + 2
    while line < end_line and state.sCount[line] >= state.blkIndent:
        if any(rule(state, line, end_line, True) for rule in terminators):
            break
        text = mdTrim(_line(state, line))
        if not text or state.is_code_block(line):
            break
        cells = _cells(text)
        missing += len(titles) - len(cells)
        if missing > MAX_AUTOCOMPLETED_CELLS:
            break
        if body is None:
            body = state.push("tbody_open", "tbody", 1)
        _push_row(state, line, "td", cells, aligns)
        line += 1
    if body:
        body.map = [start_line + 2, line]
        state.push("tbody_close", "tbody", -1)
    opening.map = [start_line, line]
    state.push("table_close", "table", -1)
    state.parentType = parent
    state.line = line
    return True


def _line(state: StateBlock, line: int) -> str:
    return state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]]


def _aligns(text: str) -> list[str]:
    """The alignment of each column by the line of dashes, empty for those without; none at all of another line."""
    if not _DASHES.fullmatch(text):
        return []
    columns = [mdTrim(column) for column in text.split("|")]
    inner = columns[not columns[0] : len(columns) - (len(columns) > 1 and not columns[-1])]
    if not all(map(_DASHES_OF_ONE.fullmatch, inner)):
        return []
    return [_ALIGNS[column[0] == ":", column[-1] == ":"] for column in inner]


def _cells(text: str) -> list[str]:
    """The cells of a row, of which empty ones before the first and after the last bar are none."""
    cells = _BAR.split(text)
    if "\\|" in text:
        cells = [cell.replace("\\|", "|") for cell in cells]
    if cells and not cells[0]:
        del cells[0]
    if cells and not cells[-1]:
        cells.pop()
    return cells


def _push_row(state: StateBlock, line: int, tag: str, cells: list[str], aligns: list[str]) -> None:
    """Push a row with a cell for each column, empty where it has fewer."""
    state.push("tr_open", "tr", 1).map = [line, line + 1]
    for at, align in enumerate(aligns):
        opening = state.push(f"{tag}_open", tag, 1)
        if align:
            opening.attrs = {"style": f"text-align:{align}"}
        inline = state.push("inline", "", 0)
        inline.map = [line, line + 1]
        inline.content = mdTrim(cells[at]) if at < len(cells) else ""
        inline.children = []
        state.push(f"{tag}_close", tag, -1)
    state.push("tr_close", "tr", -1)
