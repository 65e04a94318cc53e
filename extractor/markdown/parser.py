"""The Markdown and MDX parser of each documentation site: markdown-it-py with more rules.

Besides markdown-it-py's own tokens there are ``tag``, ``comment``, ``expression`` and ``esm``
(:mod:`extractor.markdown.mdx_flow`; in Markdown the first two come from HTML blocks), and opening and closing ones
for ``container``, ``footnote`` and ``definition`` (:mod:`extractor.markdown.container_blocks`). Headings carry
``meta["slug"]`` and ``meta["text"]``. A VitePress ``<<<`` line is a ``fence`` token with ``meta["include"]``.

Inline content is parsed only where it is asked for: most of a docs tree is parsed for its blocks alone. Headings are
always parsed, for their anchors. Inline content has its own parser, whose links and emphasis nest less deep than
blocks may: each level of them costs a reading of the text, and hostile text pays for all of it.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final, assert_never

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore, normalize, text_join
from markdown_it.token import Token

from extractor.markdown.container_blocks import colon_container_plugin, footnote_plugin, mkdocs_container_plugin
from extractor.markdown.fences import fence_plugin, mdx_code_block_plugin, mkdocs_fence_plugin, snippet_plugin
from extractor.markdown.headings import heading_plugin, plain_text
from extractor.markdown.html_tokens import html_comment_plugin, html_tag_plugin
from extractor.markdown.mdx_flow import mdx_flow_plugin
from extractor.markdown.mdx_prose import mdx_prose_plugin
from extractor.markdown.parse_state import ParseState
from extractor.markdown.rule_index import index_rules, is_plain
from extractor.model import Flavour

if TYPE_CHECKING:
    from collections.abc import MutableMapping

__all__ = ["MAX_NESTING", "headings_only", "inline_tokens", "parser", "plain_text"]

MAX_NESTING: Final = 100
"""Lists and quotes inside each other; deeper ones are left out, which is a problem of the page."""
_MAX_PROSE_NESTING: Final = 20
"""Links inside each other; deeper ones are text."""
_HEADINGS_ONLY = "docprobe.headings_only"
_MAX_HEADING: Final = 2_000
"""Characters of a heading that are parsed; a longer one is its source."""


@cache
def parser(flavour: Flavour) -> MarkdownIt:
    """Return the parser of one dialect. It has no state between pages.

    Parse with ``parse(text, env)``; problems are then in ``ParseState.of(env).problems``.
    """
    md = _set_up(flavour, MAX_NESTING)
    md.core.ruler.before("normalize", "parse_state", _start)
    md.core.ruler.at("normalize", _normalize)
    _parse_inline_lazily(md, _prose_parser(flavour))
    heading_plugin(md, flavour)
    return md


def headings_only(env: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Ask for the inline content of headings only.

    Other ``inline`` tokens keep empty ``children``, and the page's link definitions in ``meta["references"]``.
    """
    env[_HEADINGS_ONLY] = True
    return env


def inline_tokens(flavour: Flavour, token: Token) -> list[Token]:
    """Return the children of an ``inline`` token, parsed now if the page was parsed for its headings only."""
    if token.children or not token.content:
        return token.children or []
    env: dict[str, object] = {"references": token.meta.get("references", {})}
    ParseState.start(env, len(token.content))
    token.children = _parsed(token.content, _prose_parser(flavour), env)
    return token.children


def _parsed(text: str, prose: MarkdownIt, env: MutableMapping[str, Any]) -> list[Token]:
    """The tokens of inline content."""
    if is_plain(text):
        return [Token("text", "", 0, content=text)] if text else []
    children: list[Token] = []
    prose.inline.parse(text, prose, env, children)
    return children


@cache
def _prose_parser(flavour: Flavour) -> MarkdownIt:
    return _set_up(flavour, _MAX_PROSE_NESTING)


def _set_up(flavour: Flavour, max_nesting: int) -> MarkdownIt:
    """markdown-it-py with the rules of one dialect."""
    md = MarkdownIt("commonmark", {"maxNesting": max_nesting, "html": True}).enable(["table", "strikethrough"])
    fence_plugin(md)
    footnote_plugin(md)
    match flavour:
        case Flavour.MINTLIFY | Flavour.DOCUSAURUS:
            mdx_prose_plugin(md)
            mdx_flow_plugin(md)
            html_comment_plugin(md, refused=flavour is Flavour.MINTLIFY)
        case Flavour.VITEPRESS | Flavour.MKDOCS | Flavour.GITHUB:
            html_tag_plugin(md)
        case _:
            assert_never(flavour)
    if flavour in (Flavour.DOCUSAURUS, Flavour.VITEPRESS):
        colon_container_plugin(md)
    if flavour is Flavour.DOCUSAURUS:
        mdx_code_block_plugin(md)
    if flavour is Flavour.GITHUB:
        # here, since most docs are of a site that has neither
        from extractor.markdown.myst import myst_plugin
        from extractor.markdown.shortcodes import shortcode_plugin

        myst_plugin(md)
        shortcode_plugin(md)
    if flavour is Flavour.VITEPRESS:
        snippet_plugin(md)
    if flavour is Flavour.MKDOCS:
        mkdocs_fence_plugin(md)
        mkdocs_container_plugin(md)
    index_rules(md)
    return md


def _normalize(state: StateCore) -> None:
    """Normalize line ends and NUL characters, of which a page that was read has none."""
    if "\r" in state.src or "\0" in state.src:
        normalize(state)


def _start(state: StateCore) -> None:
    ParseState.start(state.env, len(state.src))


def _parse_inline_lazily(md: MarkdownIt, prose: MarkdownIt) -> None:
    """Replace the core rule that parses all inline content; ``prose`` parses what is asked for."""

    def rule(state: StateCore) -> None:
        _inline(state, prose)

    md.core.ruler.at("inline", rule)
    md.core.ruler.at("text_join", _join_text)


def _inline(state: StateCore, prose: MarkdownIt) -> None:
    only_headings = state.env.get(_HEADINGS_ONLY, False)
    references = state.env.get("references")
    titles = [title for _, title in ParseState.of(state.env).headings]
    if not only_headings or references:
        of_headings = {id(title) for title in titles}
        for token in state.tokens:
            if token.type != "inline" or id(token) in of_headings:
                continue
            if only_headings:
                token.meta["references"] = references
            else:
                token.children = _parsed(token.content, prose, state.env)
    for title in titles:
        if len(title.content) > _MAX_HEADING:
            title.children = [Token("text", "", 0, content=title.content)]
        else:
            title.children = _parsed(title.content, prose, state.env)


def _join_text(state: StateCore) -> None:
    """Join the pieces of text in the inline content that was parsed."""
    parsed = [token for token in state.tokens if token.children]
    text_join(StateCore(state.src, state.md, state.env, parsed))
