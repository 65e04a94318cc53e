"""The Markdown and MDX parser of each documentation site: markdown-it-py with our rules as plugins.

Besides markdown-it-py's own tokens there are ``tag``, ``comment``, ``expression`` and ``esm``
(:mod:`extractor.markdown.mdx_flow`; in Markdown the first two come from HTML blocks), ``container_open`` and
``container_close`` (:mod:`extractor.markdown.colon_containers`, :mod:`extractor.markdown.mkdocs_blocks`), and the
same for ``footnote`` and ``definition``.
Headings carry ``meta["slug"]`` and ``meta["text"]``. A VitePress ``<<<`` line is a ``fence`` token with
``meta["include"]``.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final, assert_never

from markdown_it import MarkdownIt

from extractor.markdown.colon_containers import colon_container_plugin
from extractor.markdown.definitions import definition_plugin
from extractor.markdown.fences import fence_plugin
from extractor.markdown.footnotes import footnote_plugin
from extractor.markdown.headings import heading_plugin, plain_text
from extractor.markdown.html_comments import html_comment_plugin
from extractor.markdown.html_tags import html_tag_plugin
from extractor.markdown.lazy_inline import headings_only, lazy_inline_plugin
from extractor.markdown.mdx_flow import mdx_flow_plugin
from extractor.markdown.mdx_lists import mdx_list_plugin
from extractor.markdown.mdx_prose import mdx_prose_plugin
from extractor.markdown.mkdocs_blocks import mkdocs_block_plugin
from extractor.markdown.notes import Notes
from extractor.markdown.vitepress import snippet_plugin
from extractor.model import Flavour

if TYPE_CHECKING:
    from markdown_it.rules_core import StateCore
    from markdown_it.token import Token

__all__ = ["MAX_NESTING", "headings_only", "inline_tokens", "parser", "plain_text"]

MAX_NESTING: Final = 100
"""Lists and quotes inside each other; what lies deeper is left out, and said to be."""
_MAX_PROSE_NESTING: Final = 20
"""Links inside each other; what lies deeper is text."""


@cache
def parser(flavour: Flavour) -> MarkdownIt:
    """The parser of one flavour. It keeps no state between pages.

    Parse with ``parse(text, env)``; what went wrong is then in ``Notes.of(env).problems``.
    """
    md = _set_up(flavour, MAX_NESTING)
    md.core.ruler.before("block", "notes", _start_notes)
    lazy_inline_plugin(md, _prose_parser(flavour))
    heading_plugin(md, flavour)
    return md


def inline_tokens(flavour: Flavour, token: Token) -> list[Token]:
    """The children of an ``inline`` token, parsed now if the page was parsed for its headings only."""
    if token.children or not token.content:
        return token.children or []
    children: list[Token] = []
    prose = _prose_parser(flavour)
    env: dict[str, object] = {"references": token.meta.get("references", {})}
    Notes.start(env, len(token.content))
    prose.inline.parse(token.content, prose, env, children)
    return children


@cache
def _prose_parser(flavour: Flavour) -> MarkdownIt:
    return _set_up(flavour, _MAX_PROSE_NESTING)


def _set_up(flavour: Flavour, max_nesting: int) -> MarkdownIt:
    """markdown-it-py with the rules of one flavour."""
    md = MarkdownIt("commonmark", {"maxNesting": max_nesting, "html": True}).enable(["table", "strikethrough"])
    fence_plugin(md)
    footnote_plugin(md)
    match flavour:
        case Flavour.MINTLIFY | Flavour.DOCUSAURUS:
            mdx_prose_plugin(md)
            mdx_list_plugin(md)
            mdx_flow_plugin(md)
            html_comment_plugin(md, refused=flavour is Flavour.MINTLIFY)
        case Flavour.VITEPRESS | Flavour.MKDOCS | Flavour.GITHUB:
            html_tag_plugin(md)
        case _:
            assert_never(flavour)
    if flavour in (Flavour.DOCUSAURUS, Flavour.VITEPRESS):
        colon_container_plugin(md)
    if flavour is Flavour.VITEPRESS:
        snippet_plugin(md)
    if flavour is Flavour.MKDOCS:
        mkdocs_block_plugin(md)
        definition_plugin(md)
    return md


def _start_notes(state: StateCore) -> None:
    Notes.start(state.env, len(state.src))
