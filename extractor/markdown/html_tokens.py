"""HTML in pages: comments as ``comment`` tokens, and the tags of an HTML block as ``tag`` tokens after it.

In MDX a comment in HTML's form is an error to some sites; it is a comment either way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from markdown_it.token import Token

from extractor.markdown.mdx_flow import read_tag
from extractor.markdown.parse_state import ParseState
from extractor.markdown.tags import Incomplete

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_block import StateBlock
    from markdown_it.rules_core import StateCore


def html_tag_plugin(md: MarkdownIt) -> None:
    """Turn HTML blocks into ``comment`` and ``tag`` tokens once the blocks are known."""
    md.core.ruler.after("block", "html_tags", _look_into_html)


def _look_into_html(state: StateCore) -> None:
    tokens: list[Token] = []
    for token in state.tokens:
        tokens.append(token)
        if token.type != "html_block":
            continue
        if token.content.lstrip().startswith("<!--") and token.content.rstrip().endswith("-->"):
            token.type = "comment"
            token.meta = {"text": token.content.strip().removeprefix("<!--").removesuffix("-->").strip()}
        elif not token.content.lstrip().startswith("<!--"):
            tokens += _tags(token)
    state.tokens[:] = tokens


def _tags(block: Token) -> list[Token]:
    """The tags of an HTML block, in order, each with its own lines."""
    text = block.content
    tags: list[Token] = []
    first = block.map[0] if block.map else 0
    line = counted = 0
    pos = text.find("<")
    while pos >= 0:
        if text.startswith("<!--", pos):
            end = text.find("-->", pos)
            pos = text.find("<", end + 3) if end >= 0 else -1
            continue
        try:
            piece = read_tag(text, pos, jsx=False)
        except Incomplete:
            return tags
        if piece is None:
            pos = text.find("<", pos + 1)
            continue
        line += text.count("\n", counted, pos)
        last = line + text.count("\n", pos, piece.end)
        token = Token("tag", "", 0, content=text[pos : piece.end], meta=dict(piece.meta), block=True)
        token.level = block.level
        token.map = [first + line, first + last + 1]
        tags.append(token)
        line, counted = last, piece.end
        pos = text.find("<", piece.end)
    return tags


def html_comment_plugin(md: MarkdownIt, *, refused: bool) -> None:
    """Add HTML comments to MDX; with ``refused`` each is a problem, since the site's own parser stops there."""

    def rule(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
        return _comment(state, start_line, end_line, silent, refused)

    md.block.ruler.before("fence", "html_comment", rule, {"alt": ["paragraph", "reference", "blockquote", "list"]})


def _comment(state: StateBlock, start_line: int, end_line: int, silent: bool, refused: bool) -> bool:
    start = state.bMarks[start_line] + state.tShift[start_line]
    if not state.src.startswith("<!--", start) or state.is_code_block(start_line):
        return False
    page_state = ParseState.of(state.env)
    if page_state.known_open(start):
        return False
    line = _last_line(state, start_line, end_line)
    if "-->" not in state.src[state.bMarks[line] : state.eMarks[line]]:
        page_state.never_closes(start, start_line, "a comment", state.eMarks[line] - start)
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
        page_state.problem(start_line, "an HTML comment in MDX: the site's parser refuses the page; write {/* … */}")
    return True


def _last_line(state: StateBlock, start_line: int, end_line: int) -> int:
    """The line that ends the comment, or the last one searched: there the container or the allowance ends."""
    page_state = ParseState.of(state.env)
    start = state.bMarks[start_line]
    line = start_line
    while "-->" not in state.src[state.bMarks[line] : state.eMarks[line]] and line + 1 < end_line:
        following = line + 1
        if not state.isEmpty(following) and state.sCount[following] < state.blkIndent:
            break
        if not page_state.may_read_on(state.eMarks[following] - start):
            break
        line = following
    return line
