"""Gives each ``heading_open`` token ``meta`` with ``slug`` (the anchor as the site makes it) and ``text``."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from extractor.markdown.slugs import Slugger, split_explicit_id
from extractor.model import Flavour

if TYPE_CHECKING:
    from collections.abc import Iterable

    from markdown_it import MarkdownIt
    from markdown_it.rules_core import StateCore
    from markdown_it.token import Token


def heading_plugin(md: MarkdownIt, flavour: Flavour) -> None:
    """Take ids off the titles before they are parsed, and add anchors after."""

    def explicit_ids(state: StateCore) -> None:
        _take_explicit_ids(state.tokens)

    def anchors(state: StateCore) -> None:
        _add_anchors(state.tokens, flavour)

    if flavour is not Flavour.GITHUB:
        md.core.ruler.before("inline", "explicit_ids", explicit_ids)
    md.core.ruler.push("anchors", anchors)


def plain_text(tokens: Iterable[Token]) -> str:
    """The words of inline tokens: no emphasis, link targets, tags or comments; a line break is a space."""
    parts: list[str] = []
    for token in tokens:
        match token.type:
            case "text" | "code_inline" | "text_special":
                parts.append(token.content)
            case "softbreak" | "hardbreak":
                parts.append(" ")
            case "image":
                parts.append(plain_text(token.children or ()))
            case _:
                pass
    return "".join(parts)


def _take_explicit_ids(tokens: list[Token]) -> None:
    for opening, inline in itertools.pairwise(tokens):
        if opening.type == "heading_open":
            inline.content, opening.meta["id"] = split_explicit_id(inline.content)


def _add_anchors(tokens: list[Token], flavour: Flavour) -> None:
    slugger = Slugger(flavour)
    for opening, inline in itertools.pairwise(tokens):
        if opening.type == "heading_open":
            text = plain_text(inline.children or ()).strip()
            opening.meta["text"] = text
            opening.meta["slug"] = slugger.slug(text, opening.meta.pop("id", None))
