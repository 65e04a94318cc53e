"""Fences: markdown-it-py's rule with what a block needs to be exact, and VitePress's blocks that are files.

``meta["column"]`` is the column of the fence (1-based) and ``meta["closed"]`` whether a fence closes it. A tab that a
block quote's mark takes part of is spread into spaces, as CommonMark says ("Tabs").

``<<< path#region{lines lang}[label]`` is a ``fence`` token too, whose ``meta["include"]`` is
``{"path": …, "region": …}``.
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, Final

from markdown_it.rules_block import code, fence, html_block, paragraph

from extractor.markdown.mkdocs_lines import keep_site_lines, read_lines, site_lines
from extractor.markdown.parse_state import ParseState

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.ruler import RuleOptionsType
    from markdown_it.rules_block import StateBlock
    from markdown_it.rules_core import StateCore

_INTERRUPTS: RuleOptionsType = {"alt": ["paragraph", "reference", "blockquote", "list"]}
_TAB: Final = 4
_SNIPPET = re.compile(
    r"<<<(?P<path>[^#{}\[\]]+)(?:#(?P<region>[\w.-]+)[ \t]*)?"
    r"(?:\{(?P<braces>[^{}]*)\}[ \t]*)?(?:\[(?P<label>[^\]]*)\][ \t]*)?\Z"
)
_WRAPPER: Final = re.compile(r" *(?P<mark>`{3,4}) *mdx-code-block\Z")
_END_OF_WRAPPER: Final = re.compile(r" *(?P<mark>`{3,4})\Z")
_RAW_HTML: Final = re.compile(r"<(?:!|\?|(?:script|style|textarea)\b)", re.IGNORECASE)
"""Elements that end at their own closing mark, whatever is between."""
_LINES = re.compile(r"[\d,\- ]+\Z")


def fence_plugin(md: MarkdownIt) -> None:
    """Replace the fence rule by one that calls it."""
    md.block.ruler.at("fence", _fence, _INTERRUPTS)


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
    if "\t" in state.src[start : state.eMarks[min(start_line + count, end_line - 1)]]:
        lines = token.content.split("\n")
        for offset in range(count):
            lines[offset] = _without_indent(state, start_line + 1 + offset, state.sCount[start_line], lines[offset])
        token.content = "\n".join(lines)
    return True


def _without_indent(state: StateBlock, line: int, indent: int, text: str) -> str:
    """Return a line of a fence without as many columns as its opening one is indented by.

    markdown-it-py counts the columns of tabs from the block quote around the line, and not from where the line begins.

    Args:
        state: the parser.
        line: of the fence.
        indent: columns of the opening fence, within the block quotes around it.
        text: the line as markdown-it-py has it, returned if it begins with no tab.
    """
    at, end = state.bMarks[line], state.eMarks[line]
    start = state.src.rfind("\n", 0, at) + 1
    if not start < at or "\t" not in state.src[at : end - len(state.src[at:end].lstrip(" \t"))]:
        return text
    column = 0
    for character in state.src[start:at]:
        column += _TAB - column % _TAB if character == "\t" else 1
    # a quotation's mark takes one column of the tab behind it, which is wider
    taken = state.src[at - 1] == ">" and state.src[at] == "\t"
    first = column + indent + taken
    while at < end and state.src[at] in " \t" and (column < first):
        column += _TAB - column % _TAB if state.src[at] == "\t" else 1
        at += 1
    return " " * max(0, column - first) + state.src[at:end]


def mdx_code_block_plugin(md: MarkdownIt) -> None:
    """Unwrap Docusaurus's ``mdx-code-block`` fences before anything else is read, as the site does."""
    md.core.ruler.before("block", "mdx_code_block", _unwrap)


def _unwrap(state: StateCore) -> None:
    if "mdx-code-block" not in state.src:
        return
    lines = state.src.split("\n")
    for mark in ("```", "````"):
        _unwrap_marked(lines, mark)
    state.src = "\n".join(lines)


def _unwrap_marked(lines: list[str], mark: str) -> None:
    """Empty the lines of wrappers of one mark; the lines between stay where they are.

    As Docusaurus's patterns have it (``unwrapMdxCodeBlocks``): a wrapper holds a line at least, does not begin on the
    line below another, and its marks may be indented differently.
    """
    at, free = -1, 0
    for number, line in enumerate(lines):
        if at < 0:
            opening = _WRAPPER.match(line)
            if opening and opening["mark"] == mark and number >= free:
                at = number
        elif number > at + 1 and (closing := _END_OF_WRAPPER.match(line)) and closing["mark"] == mark:
            lines[at] = lines[number] = ""
            at, free = -1, number + 2


def mkdocs_fence_plugin(md: MarkdownIt) -> None:
    """Replace the fence rule by what Python-Markdown and superfences make of the page's lines.

    Such a fence stands at any indentation, within a paragraph and in HTML; the rules that would read over it end there.
    """
    md.core.ruler.before("block", "site_lines", _read_site_lines)
    md.block.ruler.before("table", "site_fence", _site_fence, _INTERRUPTS)
    md.disable("fence")
    md.block.ruler.at("code", _indented_code)
    md.block.ruler.at("paragraph", _paragraph)
    md.block.ruler.at("html_block", _html_block, _INTERRUPTS)


def _read_site_lines(state: StateCore) -> None:
    lines = read_lines(state.src)
    keep_site_lines(state.env, lines)
    for line, reason in lines.refused:
        ParseState.of(state.env).problem(line, reason)


def _site_fence(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    found = site_lines(state.env).fences.get(start_line)
    start = state.bMarks[start_line] + state.tShift[start_line]
    if found is None or not state.src.startswith(("```", "~~~"), start):  # the mark of its quotation comes first
        return False
    if silent:
        return True
    token = state.push("fence", "code", 0)
    token.info = found.info
    token.content = found.text
    token.map = [start_line, found.last + 1]
    token.meta = {"column": start - state.src.rfind("\n", 0, start), "closed": True}
    state.line = min(found.last + 1, end_line)
    return True


def _paragraph(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    """A paragraph, which a fence or container ends however far it is indented."""
    line = site_lines(state.env).next_start(start_line + 1, state.lineMax)
    if line == state.lineMax:
        return paragraph(state, start_line, end_line, silent)
    column = state.sCount[line]
    state.sCount[line] = min(column, state.blkIndent + _TAB - 1)
    try:
        return paragraph(state, start_line, end_line, silent)
    finally:
        state.sCount[line] = column


def _indented_code(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    """Indented code, which a fence or container ends."""
    return code(state, start_line, site_lines(state.env).next_start(start_line + 1, end_line), silent)


def _html_block(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    """An element, which a fence or container ends unless its content is not Markdown."""
    start = state.bMarks[start_line] + state.tShift[start_line]
    if not silent and not _RAW_HTML.match(state.src, start):
        end_line = site_lines(state.env).next_start(start_line + 1, end_line)
    return html_block(state, start_line, end_line, silent)


def snippet_plugin(md: MarkdownIt) -> None:
    """Add VitePress's ``<<<``."""
    md.block.ruler.before("fence", "snippet", _snippet, _INTERRUPTS)


def _snippet(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    start = state.bMarks[start_line] + state.tShift[start_line]
    if not state.src.startswith("<<<", start) or state.is_code_block(start_line):
        return False
    snippet = _SNIPPET.match(state.src[start : state.eMarks[start_line]])
    path = snippet["path"].strip() if snippet else ""
    if snippet is None or not path:
        return False
    if silent:
        return True
    lines, language = _braces(snippet["braces"] or "")
    label = snippet["label"] or posixpath.basename(path)
    language = language or posixpath.splitext(path)[1].removeprefix(".")
    token = state.push("fence", "code", 0)
    token.markup = "<<<"
    token.info = f"{language}{f'{{{lines}}}' if lines else ''} [{label}]"
    token.map = [start_line, start_line + 1]
    token.meta = {
        "column": start - state.src.rfind("\n", 0, start),
        "closed": True,
        "include": {"path": path, "region": snippet["region"]},
    }
    state.line = start_line + 1
    return True


def _braces(text: str) -> tuple[str, str]:
    """Highlighted lines and language of ``{2,4-6 ts:line-numbers}``; either may be empty."""
    words = text.split()
    lines = ",".join(word for word in words if _LINES.match(word))
    language = next((word.partition(":")[0] for word in words if not _LINES.match(word)), "")
    return lines, language
