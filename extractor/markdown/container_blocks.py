"""Blocks that hold blocks, beyond CommonMark's lists and quotes: containers of the documentation sites.

- ``:::`` containers of VitePress and Docusaurus: ``::: tip Title``, ``:::note[Title]``, ``::: code-group``;
- what Python-Markdown's extensions make by indentation: ``!!! note "Title"``, ``??? note``, ``=== "Tab"``
  (Python-Markdown "admonition", PyMdown "details" and "tabbed");
- footnote definitions ``[^1]: text`` (GitHub) and definition lists ``:   text`` under a term (Python-Markdown).

The first two give ``container_open`` and ``container_close`` tokens. ``meta`` of the opening one has ``name``,
``title`` and ``family`` (``callout``, ``code-group`` or ``tab``), and of a tab ``starts_group`` where a new group of
tabs begins. The others give ``footnote_…`` and ``definition_…`` tokens in place.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from extractor.markdown.mkdocs_lines import CONTAINER, STEP, site_lines

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.ruler import RuleOptionsType
    from markdown_it.rules_block import StateBlock

_INTERRUPTS: RuleOptionsType = {"alt": ["paragraph", "reference", "blockquote", "list"]}
_COLONS: Final = re.compile(r"(:{3,})[ \t]*([A-Za-z][\w-]*)(?:\[([^\]]*)\])?(?:\{[^}]*\})?(.*)\Z")
_FOOTNOTE: Final = re.compile(r"\[\^(?P<label>[^\s\[\]^]{1,999})\]:[ \t]*")
_DEFINITION: Final = re.compile(r":[ ]{1,3}(?=\S)")
_BEFORE_DEFINITION: Final = ("paragraph_close", "definition_close", "html_block")
"""What a definition may follow: a term (Python-Markdown takes HTML for one), or another definition of it."""


def colon_container_plugin(md: MarkdownIt) -> None:
    """Add the ``:::`` containers of VitePress and Docusaurus."""
    md.block.ruler.before("fence", "colon_container", _colon_container, _INTERRUPTS)


def mkdocs_container_plugin(md: MarkdownIt) -> None:
    """Add the admonitions, tabs and definition lists of MkDocs."""
    md.block.ruler.before("table", "mkdocs_container", _mkdocs_container, _INTERRUPTS)
    md.block.ruler.before("fence", "definition", _definition, {"alt": ["paragraph", "reference"]})


def footnote_plugin(md: MarkdownIt) -> None:
    """Add footnote definitions, before link definitions, which look alike."""
    md.block.ruler.before("reference", "footnote", _footnote, _INTERRUPTS)


def _opening(
    state: StateBlock, line: int, starts: str | tuple[str, ...], pattern: re.Pattern[str]
) -> re.Match[str] | None:
    """The mark of a container at the start of a line, if there is one."""
    start = state.bMarks[line] + state.tShift[line]
    if not state.src.startswith(starts, start) or state.is_code_block(line):
        return None
    return pattern.match(state.src, start, state.eMarks[line])


def _colon_container(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    opening = _opening(state, start_line, ":::", _COLONS)
    if opening is None or silent:
        return opening is not None
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


def _mkdocs_container(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    start = state.bMarks[start_line] + state.tShift[start_line]
    if not state.src.startswith(("!!!", "???", "==="), start) or not _may_open(state, start_line, start):
        return False
    opening = CONTAINER.match(state.src, start, state.eMarks[start_line])
    if opening is None or silent:
        return opening is not None
    indent = state.sCount[start_line] + STEP
    end = _end_of_content(state, start_line + 1, end_line, indent)
    is_tab = opening["tab_title"] is not None
    kind = opening["type"] or opening["fold"] or opening["bare_fold"] or "details"
    titles = (opening["title"], opening["fold_title"], opening["tab_title"])
    starts_group = is_tab and ("!" in (opening["tab"] or "") or not _follows_a_tab(state))
    token = state.push("container_open", "div", 1)
    token.map = [start_line, end]
    token.meta = {
        "name": "tab" if is_tab else kind.split()[0],
        "title": next((title for title in titles if title is not None), None),
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


def _may_open(state: StateBlock, line: int, start: int) -> bool:
    """Whether a container may open here: what the site says of a line that is indented by spaces alone."""
    if state.src[state.src.rfind("\n", 0, start) + 1 : start].strip():
        return state.sCount[line] == state.blkIndent  # behind the mark of a list item or quotation
    return line in site_lines(state.env).containers


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


def _footnote(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    opening = _opening(state, start_line, "[^", _FOOTNOTE)
    if opening is None or silent:
        return opening is not None
    _push_indented(state, start_line, end_line, opening.end(), state.blkIndent + STEP, "footnote", "div")
    return True


def _definition(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    opening = _opening(state, start_line, ":", _DEFINITION)
    if opening is None or silent:
        return opening is not None
    if not state.tokens or state.tokens[-1].type not in _BEFORE_DEFINITION:
        return False
    _push_indented(state, start_line, end_line, opening.end(), state.sCount[start_line] + STEP, "definition", "dd")
    return True


def _push_indented(
    state: StateBlock, start_line: int, end_line: int, content: int, indent: int, name: str, tag: str
) -> None:
    """Parse a container whose content begins on the line of its mark and goes on below, indented.

    Args:
        state: the parser, at ``start_line``.
        start_line: line of the mark.
        end_line: line after the last one that may belong to it.
        content: index in the source just after the mark.
        indent: columns by which the lines below are indented.
        name: of the tokens, before ``_open`` and ``_close``.
        tag: HTML element of the tokens.
    """
    opening = state.push(f"{name}_open", tag, 1)
    around = state.blkIndent, state.parentType
    line = state.bMarks[start_line], state.tShift[start_line], state.sCount[start_line]
    state.blkIndent, state.parentType = indent, name
    # the text after the mark counts as content whatever its column
    state.bMarks[start_line], state.tShift[start_line], state.sCount[start_line] = content, 0, indent
    state.md.block.tokenize(state, start_line, end_line)
    state.blkIndent, state.parentType = around
    state.bMarks[start_line], state.tShift[start_line], state.sCount[start_line] = line
    opening.map = [start_line, state.line]
    state.push(f"{name}_close", tag, -1)
