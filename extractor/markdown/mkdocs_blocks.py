"""Blocks that Python-Markdown's extensions make by indentation: admonitions, details and tabs.

``!!! note "Title"``, ``??? note``, ``???+ note`` and ``=== "Tab"``: what is indented by four below belongs to them
(Python-Markdown "admonition", PyMdown "details" and "tabbed"). Gives ``container_open`` and ``container_close``;
``meta`` has ``name``, ``title`` and ``family`` (``callout`` or ``tab``), and a tab ``starts_group`` where a new
group of tabs begins.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_block import StateBlock

_OPENING = re.compile(
    r"""(?:(?P<callout>!!!|\?\?\?\+?)[ ]+(?P<type>[\w-]+(?:[ ]+[\w-]+)*)|(?P<tab>===[!+]{0,2}))
        (?:[ ]+(?P<quote>["'])(?P<title>.*)(?P=quote))?[ \t]*\Z""",
    re.VERBOSE,
)
_INDENT = 4


def mkdocs_block_plugin(md: MarkdownIt) -> None:
    """Add the rule."""
    md.block.ruler.before(
        "fence", "mkdocs_block", _container, {"alt": ["paragraph", "reference", "blockquote", "list"]}
    )


def _container(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    start = state.bMarks[start_line] + state.tShift[start_line]
    if not state.src.startswith(("!!!", "???", "==="), start) or state.is_code_block(start_line):
        return False
    opening = _OPENING.match(state.src[start : state.eMarks[start_line]])
    if opening is None or (opening["tab"] and opening["title"] is None):
        return False
    if silent:
        return True
    indent = state.sCount[start_line] + _INDENT
    end = _end_of_content(state, start_line + 1, end_line, indent)
    is_tab = opening["tab"] is not None
    starts_group = is_tab and ("!" in opening["tab"] or not _follows_a_tab(state))
    token = state.push("container_open", "div", 1)
    token.map = [start_line, end]
    token.meta = {
        "name": "tab" if is_tab else opening["type"].split()[0],
        "title": opening["title"],
        "family": "tab" if is_tab else "callout",
        "starts_group": starts_group,
    }
    parent, state.parentType = state.parentType, "container"
    line_max, state.lineMax = state.lineMax, end
    block_indent, state.blkIndent = state.blkIndent, indent
    state.md.block.tokenize(state, start_line + 1, end)
    state.parentType, state.lineMax, state.blkIndent = parent, line_max, block_indent
    state.push("container_close", "div", -1).meta = {"family": "tab" if is_tab else "callout"}
    state.line = end
    return True


def _end_of_content(state: StateBlock, line: int, end_line: int, indent: int) -> int:
    """The line after the last one that is indented enough; blank lines between do not end it."""
    end = line
    while line < end_line and (state.isEmpty(line) or state.sCount[line] >= indent):
        line += 1
        if not state.isEmpty(line - 1):
            end = line
    return end


def _follows_a_tab(state: StateBlock) -> bool:
    """Whether the token before is the end of a tab at the same level: then both are of one group."""
    if not state.tokens:
        return False
    last = state.tokens[-1]
    return last.type == "container_close" and last.level == state.level and last.meta.get("family") == "tab"
