"""Inline parsing only where it is asked for: most of a docs tree is parsed for its blocks alone.

Headings are always parsed, for their anchors. Inline content has its own parser, whose links and emphasis nest less
deep than blocks may: each level of them costs a reading of the text, and hostile text pays for all of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from markdown_it.token import Token

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from markdown_it import MarkdownIt
    from markdown_it.rules_core import StateCore

_HEADINGS_ONLY = "docprobe.headings_only"
_MAX_HEADING: Final = 2_000
"""Characters of a heading that are parsed; a longer one is its source."""


def lazy_inline_plugin(md: MarkdownIt, prose: MarkdownIt) -> None:
    """Replace the core rule that parses all inline content; ``prose`` parses what is asked for."""

    def rule(state: StateCore) -> None:
        _inline(state, prose)

    md.core.ruler.at("inline", rule)


def headings_only(env: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Ask for the inline content of headings only.

    Other ``inline`` tokens keep empty ``children``, and the page's link definitions in ``meta["references"]``.
    """
    env[_HEADINGS_ONLY] = True
    return env


def _inline(state: StateCore, prose: MarkdownIt) -> None:
    only_headings = state.env.get(_HEADINGS_ONLY, False)
    references = state.env.get("references")
    before = ""
    for token in state.tokens:
        if token.type == "inline":
            is_heading = before == "heading_open"
            token.children = []
            if is_heading and len(token.content) > _MAX_HEADING:
                token.children.append(Token("text", "", 0, content=token.content))
            elif is_heading or not only_headings:
                prose.inline.parse(token.content, prose, state.env, token.children)
            elif references:
                token.meta["references"] = references
        before = token.type
