"""Prose in MDX: paragraphs without indented code, and tags and expressions inside a line.

MDX has no indented code, no autolinks and no HTML. markdown-it-py's own paragraph rule takes a line indented by
four or more for a continuation whatever it holds; without indented code that line may start a fence or a heading,
so the rule is replaced here, together with the one for underlined headings.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from extractor.markdown.mdx_flow import read_expression, read_tag
from extractor.markdown.notes import Notes
from extractor.markdown.tags import Incomplete, Malformed

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_block import StateBlock
    from markdown_it.rules_inline import StateInline


def mdx_prose_plugin(md: MarkdownIt) -> None:
    """Switch off what MDX does not have, and add what it has inside a line."""
    md.disable(["code", "html_block", "lheading", "html_inline", "autolink"])
    md.block.ruler.at("paragraph", _paragraph)
    md.inline.ruler.after("text", "mdx_text", _text)


def _paragraph(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    """A paragraph, or a heading if a line of ``=`` or ``-`` follows its text (CommonMark, "Setext headings")."""
    terminators = state.md.block.ruler.getRules("paragraph")
    end_line = state.lineMax
    parent, state.parentType = state.parentType, "paragraph"
    line = start_line + 1
    underline = ""
    while line < end_line and not state.isEmpty(line):
        # the block quote rule marks lines that only continue its paragraph by a negative indent
        if state.sCount[line] >= 0:
            if state.sCount[line] >= state.blkIndent and (underline := _underline(state, line)):
                break
            if any(rule(state, line, end_line, True) for rule in terminators):
                break
        line += 1
    state.parentType = parent
    text = state.getLines(start_line, line, state.blkIndent, False).strip()
    state.line = line + 1 if underline else line
    kind, tag = ("heading", "h1" if underline == "=" else "h2") if underline else ("paragraph", "p")
    opening = state.push(f"{kind}_open", tag, 1)
    opening.map = [start_line, state.line]
    opening.markup = underline
    inline = state.push("inline", "", 0)
    inline.content = text
    inline.map = [start_line, line]
    inline.children = []
    state.push(f"{kind}_close", tag, -1).markup = underline
    return True


def _underline(state: StateBlock, line: int) -> str:
    """``=`` or ``-`` if the line is nothing but a run of it; else empty."""
    text = state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]].rstrip(" \t")
    return text[0] if text[:1] in ("=", "-") and text == text[0] * len(text) else ""


def _text(state: StateInline, silent: bool) -> bool:
    """A tag, expression or comment inside a line; what does not close is text."""
    opener = state.src[state.pos]
    if opener not in "<{":
        return False
    notes = Notes.of(state.env)
    if not notes.may_read_on(len(state.src) - state.pos):
        return False
    try:
        piece = read_tag(state.src, state.pos) if opener == "<" else read_expression(state.src, state.pos)
    except Incomplete:
        notes.spend(len(state.src) - state.pos)
        return False
    except Malformed:
        return False
    if piece is None:
        return False
    if not silent:
        token = state.push(piece.type, "", 0)
        token.content = state.src[piece.start : piece.end]
        token.meta = dict(piece.meta)
    state.pos = piece.end
    return True
