"""Definition lists of Python-Markdown: ``:   text`` under a term, with what is indented by four below.

Gives ``definition_open`` and ``definition_close`` tokens; the term before is the paragraph that it looks like.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_block import StateBlock

_OPENING = re.compile(r":[ ]{1,3}(?=\S)")
_INDENT = 4
_TERMS = ("paragraph_close", "definition_close", "html_block")
"""What may stand before: a term (Python-Markdown takes HTML for one), or another definition of it."""


def definition_plugin(md: MarkdownIt) -> None:
    """Add the rule."""
    md.block.ruler.before("fence", "definition", _definition, {"alt": ["paragraph", "reference"]})


def _definition(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    start = state.bMarks[start_line] + state.tShift[start_line]
    if state.src[start : start + 1] != ":" or state.is_code_block(start_line):
        return False
    found = _OPENING.match(state.src, start, state.eMarks[start_line])
    if found is None:
        return False
    if silent:
        return True
    if not state.tokens or state.tokens[-1].type not in _TERMS:
        return False
    opening = state.push("definition_open", "dd", 1)
    outside = state.blkIndent, state.parentType
    line = state.bMarks[start_line], state.tShift[start_line], state.sCount[start_line]
    indent = state.sCount[start_line] + _INDENT
    state.blkIndent, state.parentType = indent, "definition"
    # the text after the mark counts as content whatever its column
    state.bMarks[start_line], state.tShift[start_line], state.sCount[start_line] = found.end(), 0, indent
    state.md.block.tokenize(state, start_line, end_line)
    state.blkIndent, state.parentType = outside
    state.bMarks[start_line], state.tShift[start_line], state.sCount[start_line] = line
    opening.map = [start_line, state.line]
    state.push("definition_close", "dd", -1)
    return True
