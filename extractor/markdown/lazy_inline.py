"""Inline parsing only where it is asked for: most of a docs tree is parsed for its blocks alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from markdown_it import MarkdownIt
    from markdown_it.rules_core import StateCore

_KEY = "docprobe.headings_only"


def lazy_inline_plugin(md: MarkdownIt) -> None:
    """Replace the core rule that parses all inline content."""
    md.core.ruler.at("inline", _inline)


def headings_only(env: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Ask for the inline content of headings only.

    Other ``inline`` tokens keep empty ``children``, and the page's link definitions in ``meta["references"]``.
    """
    env[_KEY] = True
    return env


def _inline(state: StateCore) -> None:
    only_headings = state.env.get(_KEY, False)
    before = None
    for token in state.tokens:
        if token.type == "inline" and (not only_headings or (before and before.type == "heading_open")):
            token.children = []
            state.md.inline.parse(token.content, state.md, state.env, token.children)
        elif token.type == "inline" and state.env.get("references"):
            token.meta["references"] = state.env["references"]
        before = token
