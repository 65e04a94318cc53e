"""HTML in Markdown: comments as ``comment`` tokens, and the tags of an HTML block as ``tag`` tokens after it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markdown_it.token import Token

from extractor.markdown.mdx_flow import read_tag
from extractor.markdown.tags import Incomplete

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_core import StateCore


def html_tag_plugin(md: MarkdownIt) -> None:
    """Look into HTML blocks once the blocks are known."""
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
