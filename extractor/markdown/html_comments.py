"""HTML comments in MDX pages: Docusaurus accepts them, other sites refuse the page; either way they are comments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from extractor.markdown.notes import Notes

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_block import StateBlock


def html_comment_plugin(md: MarkdownIt, *, refused: bool) -> None:
    """Add the rule; with ``refused`` a problem is noted at each, since the site's own parser stops there."""

    def rule(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
        return _comment(state, start_line, end_line, silent, refused)

    md.block.ruler.before("fence", "html_comment", rule, {"alt": ["paragraph", "reference", "blockquote", "list"]})


def _comment(state: StateBlock, start_line: int, end_line: int, silent: bool, refused: bool) -> bool:
    start = state.bMarks[start_line] + state.tShift[start_line]
    if not state.src.startswith("<!--", start) or state.is_code_block(start_line):
        return False
    notes = Notes.of(state.env)
    if notes.known_open(start):
        return False
    line = _last_line(state, start_line, end_line)
    if "-->" not in state.src[state.bMarks[line] : state.eMarks[line]]:
        notes.never_closes(start, start_line, "a comment", state.eMarks[line] - start)
        return False
    if silent:
        return True
    text = state.getLines(start_line, line + 1, state.blkIndent, False).strip()
    token = state.push("comment", "", 0)
    token.content = text
    token.meta = {"text": text.removeprefix("<!--").partition("-->")[0].strip()}
    token.map = [start_line, line + 1]
    state.line = line + 1
    if refused:
        notes.problem(start_line, "an HTML comment in MDX: the site's parser refuses the page; write {/* … */}")
    return True


def _last_line(state: StateBlock, start_line: int, end_line: int) -> int:
    """The line that ends the comment, or up to which it was looked for: container or allowance end there."""
    notes = Notes.of(state.env)
    start = state.bMarks[start_line]
    line = start_line
    while "-->" not in state.src[state.bMarks[line] : state.eMarks[line]] and line + 1 < end_line:
        following = line + 1
        if not state.isEmpty(following) and state.sCount[following] < state.blkIndent:
            break
        if not notes.may_read_on(state.eMarks[following] - start):
            break
        line = following
    return line
