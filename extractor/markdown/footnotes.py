"""Footnote definitions (GitHub's ``[^1]: text``): containers whose content is indented by four.

Gives ``footnote_open`` and ``footnote_close`` tokens where they stand, ``meta["label"]`` says which.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_block import StateBlock

_OPENING = re.compile(r"\[\^(?P<label>[^\s\[\]^]{1,999})\]:[ \t]*")
_INDENT = 4


def footnote_plugin(md: MarkdownIt) -> None:
    """Add the rule, before link definitions, which look alike."""
    md.block.ruler.before("reference", "footnote", _footnote, {"alt": ["paragraph", "reference", "blockquote", "list"]})


def _footnote(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    start = state.bMarks[start_line] + state.tShift[start_line]
    if state.src[start : start + 2] != "[^" or state.is_code_block(start_line):
        return False
    found = _OPENING.match(state.src, start, state.eMarks[start_line])
    if found is None:
        return False
    if silent:
        return True
    opening = state.push("footnote_open", "div", 1)
    opening.meta = {"label": found["label"]}
    outside = state.blkIndent, state.parentType
    line = state.bMarks[start_line], state.tShift[start_line], state.sCount[start_line]
    indent = state.blkIndent + _INDENT
    state.blkIndent, state.parentType = indent, "footnote"
    # the text after the mark counts as content whatever its column
    state.bMarks[start_line], state.tShift[start_line], state.sCount[start_line] = found.end(), 0, indent
    state.md.block.tokenize(state, start_line, end_line)
    state.blkIndent, state.parentType = outside
    state.bMarks[start_line], state.tShift[start_line], state.sCount[start_line] = line
    opening.map = [start_line, state.line]
    state.push("footnote_close", "div", -1)
    return True
