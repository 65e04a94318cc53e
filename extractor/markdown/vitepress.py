"""VitePress's ``<<< path#region{lines lang}[label]``: a code block that is a file."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_block import StateBlock

_SNIPPET = re.compile(
    r"<<<(?P<path>[^#{}\[\]]+)(?:#(?P<region>[\w.-]+)[ \t]*)?"
    r"(?:\{(?P<braces>[^{}]*)\}[ \t]*)?(?:\[(?P<label>[^\]]*)\][ \t]*)?\Z"
)
_LINES = re.compile(r"[\d,\- ]+\Z")


def snippet_plugin(md: MarkdownIt) -> None:
    """Add the rule: gives a ``fence`` token whose ``meta["include"]`` is ``{"path": …, "region": …}``."""
    md.block.ruler.before("fence", "snippet", _snippet, {"alt": ["paragraph", "reference", "blockquote", "list"]})


def _snippet(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    start = state.bMarks[start_line] + state.tShift[start_line]
    if not state.src.startswith("<<<", start) or state.is_code_block(start_line):
        return False
    found = _SNIPPET.match(state.src[start : state.eMarks[start_line]])
    path = found["path"].strip() if found else ""
    if found is None or not path:
        return False
    if silent:
        return True
    lines, language = _braces(found["braces"] or "")
    label = found["label"] or posixpath.basename(path)
    language = language or posixpath.splitext(path)[1].removeprefix(".")
    token = state.push("fence", "code", 0)
    token.markup = "<<<"
    token.info = f"{language}{f'{{{lines}}}' if lines else ''} [{label}]"
    token.map = [start_line, start_line + 1]
    token.meta = {
        "column": start - state.src.rfind("\n", 0, start),
        "closed": True,
        "include": {"path": path, "region": found["region"]},
    }
    state.line = start_line + 1
    return True


def _braces(text: str) -> tuple[str, str]:
    """Highlighted lines and language of ``{2,4-6 ts:line-numbers}``; either may be empty."""
    words = text.split()
    lines = ",".join(word for word in words if _LINES.match(word))
    language = next((word.partition(":")[0] for word in words if not _LINES.match(word)), "")
    return lines, language
