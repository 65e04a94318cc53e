"""``:::`` containers of VitePress and Docusaurus: ``::: tip Title``, ``:::note[Title]``, ``::: code-group``.

Gives ``container_open`` and ``container_close`` tokens; ``meta`` of the opening one has ``name``, ``title`` and
``family`` (``callout`` or ``code-group``).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_block import StateBlock

_OPENING = re.compile(r"(:{3,})[ \t]*([A-Za-z][\w-]*)(?:\[([^\]]*)\])?(?:\{[^}]*\})?(.*)\Z")


def colon_container_plugin(md: MarkdownIt) -> None:
    """Add the rule."""
    md.block.ruler.before(
        "fence", "colon_container", _container, {"alt": ["paragraph", "reference", "blockquote", "list"]}
    )


def _container(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    start = state.bMarks[start_line] + state.tShift[start_line]
    if not state.src.startswith(":::", start) or state.is_code_block(start_line):
        return False
    opening = _OPENING.match(state.src[start : state.eMarks[start_line]])
    if opening is None:
        return False
    if silent:
        return True
    colons, name, label, rest = opening.groups()
    closing_line = _closing_line(state, start_line, end_line, len(colons))
    token = state.push("container_open", "div", 1)
    token.map = [start_line, closing_line]
    token.meta = {
        "name": name,
        "title": label or _without_attributes(rest) or None,
        "family": "code-group" if name == "code-group" else "callout",
    }
    parent, state.parentType = state.parentType, "container"
    line_max, state.lineMax = state.lineMax, closing_line
    state.md.block.tokenize(state, start_line + 1, closing_line)
    state.parentType, state.lineMax = parent, line_max
    state.push("container_close", "div", -1)
    state.line = min(closing_line + 1, end_line)
    return True


def _without_attributes(title: str) -> str:
    """``title`` without the ``{…}`` at its end."""
    title = title.strip()
    return title[: title.rindex("{")].rstrip() if title.endswith("}") and "{" in title else title


def _closing_line(state: StateBlock, start_line: int, end_line: int, colons: int) -> int:
    """The line of as many colons or more, or where the enclosing container ends.

    Like the sites' own plugins this looks at lines only: colons inside a fence close the container too.
    """
    for line in range(start_line + 1, end_line):
        start = state.bMarks[line] + state.tShift[line]
        if start < state.eMarks[line] and state.sCount[line] < state.blkIndent:
            return line
        text = state.src[start : state.eMarks[line]].rstrip()
        if len(text) >= colons and text == ":" * len(text) and not state.is_code_block(line):
            return line
    return end_line
