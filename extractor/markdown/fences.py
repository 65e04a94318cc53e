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

from markdown_it.rules_block import fence

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.ruler import RuleOptionsType
    from markdown_it.rules_block import StateBlock

_INTERRUPTS: RuleOptionsType = {"alt": ["paragraph", "reference", "blockquote", "list"]}
_TAB: Final = 4
_SNIPPET = re.compile(
    r"<<<(?P<path>[^#{}\[\]]+)(?:#(?P<region>[\w.-]+)[ \t]*)?"
    r"(?:\{(?P<braces>[^{}]*)\}[ \t]*)?(?:\[(?P<label>[^\]]*)\][ \t]*)?\Z"
)
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
