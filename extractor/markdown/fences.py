"""Fences: markdown-it-py's rule, with what a block needs to be exact.

``meta["column"]`` is the column of the fence (1-based) and ``meta["closed"]`` whether a fence closes it. A tab that a
block quote's mark takes part of is spread into spaces, as CommonMark says ("Tabs").
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from markdown_it.rules_block import fence

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_block import StateBlock

_TAB = 4


def fence_plugin(md: MarkdownIt) -> None:
    """Replace the fence rule by one that calls it."""
    md.block.ruler.at("fence", _fence, {"alt": ["paragraph", "reference", "blockquote", "list"]})


def _fence(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    if not fence(state, start_line, end_line, silent):
        return False
    if silent:
        return True
    token = state.tokens[-1]
    start = state.bMarks[start_line] + state.tShift[start_line]
    count = token.content.count("\n") + (not token.content.endswith("\n") and token.content != "")
    token.meta = {
        "column": start - state.src.rfind("\n", 0, start),
        "closed": state.line - start_line == count + 2,
    }
    if "\t" in token.content and state.sCount[start_line] == 0:
        lines = token.content.split("\n")
        for offset in range(count):
            lines[offset] = _spread_tab(state, start_line + 1 + offset, lines[offset])
        token.content = "\n".join(lines)
    return True


def _spread_tab(state: StateBlock, line: int, text: str) -> str:
    start = state.bMarks[line]
    taken = state.bsCount[line] % _TAB
    is_shared = text.startswith("\t") and state.src[start - 1 : start] == ">"
    return " " * (_TAB - taken) + text[1:] if taken and is_shared else text
