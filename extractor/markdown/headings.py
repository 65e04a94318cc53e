"""Headings and their anchors, as each site makes them.

Each ``heading_open`` token gets ``meta`` with ``slug`` (the anchor) and ``text``.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final, assert_never

from extractor.markdown.parse_state import ParseState
from extractor.model import Flavour

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from markdown_it import MarkdownIt
    from markdown_it.rules_core import StateCore
    from markdown_it.token import Token

_GITHUB_DROPS = re.compile(r"[^\w\- ]")
_MKDOCS_DROPS = re.compile(r"[^\w\s-]")
_VITEPRESS_BREAKS = re.compile(r"""[\s~`!@#$%^&*()\-_+=\[\]{}|\\;:"'“”‘’<>,.?/]+""")
_EXPLICIT_ID: Final = re.compile(r"\{:?[ \t]*#([^\s{}]+)[^{}]*\}")


def heading_plugin(md: MarkdownIt, flavour: Flavour) -> None:
    """Take explicit ids off the titles before they are parsed, and add anchors after."""

    def anchors(state: StateCore) -> None:
        _add_anchors(ParseState.of(state.env).headings, flavour)

    md.core.ruler.before("inline", "headings", _find_headings)
    if flavour is not Flavour.GITHUB:
        md.core.ruler.before("inline", "explicit_ids", _take_explicit_ids)
    md.core.ruler.push("anchors", anchors)


def plain_text(tokens: Iterable[Token]) -> str:
    """Return the words of inline tokens: no emphasis, link targets, tags or comments; a line break is a space."""
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


def _find_headings(state: StateCore) -> None:
    tokens = state.tokens
    ParseState.of(state.env).headings = [
        (token, tokens[at + 1]) for at, token in enumerate(tokens) if token.type == "heading_open"
    ]


def _take_explicit_ids(state: StateCore) -> None:
    for opening, title in ParseState.of(state.env).headings:
        title.content, opening.meta["id"] = split_explicit_id(title.content)


def _add_anchors(headings: Iterable[tuple[Token, Token]], flavour: Flavour) -> None:
    slugger = Slugger(flavour)
    for opening, title in headings:
        text = plain_text(title.children or ()).strip()
        opening.meta["text"] = text
        opening.meta["slug"] = slugger.slug(text, opening.meta.pop("id", None))


def split_explicit_id(title: str) -> tuple[str, str | None]:
    """Split ``Title {#id}`` (Docusaurus, VitePress, attribute lists) into title and id."""
    title = title.rstrip()
    opening = title.rfind("{")
    explicit = _EXPLICIT_ID.fullmatch(title, opening) if opening >= 0 else None
    return (title[:opening].rstrip(), explicit[1]) if explicit else (title, None)


class Slugger:
    """Gives each heading of one page its anchor; repeated titles are numbered as the site does."""

    def __init__(self, flavour: Flavour) -> None:
        self._make, self._separator, self._second = _scheme(flavour)
        self._taken: dict[str, int] = {}

    def slug(self, text: str, explicit: str | None = None) -> str:
        """Return the anchor of the next heading, from its plain text or its explicit id."""
        base = explicit or self._make(text)
        number = self._taken.get(base)
        if number is None:
            self._taken[base] = 0
            return base
        slug = base
        while slug in self._taken:
            number += 1
            slug = f"{base}{self._separator}{number + self._second - 1}"
        self._taken[base] = number
        self._taken[slug] = 0
        return slug


def _scheme(flavour: Flavour) -> tuple[Callable[[str], str], str, int]:
    """How a title becomes an anchor, what comes before the number of a repeated one, and its first number."""
    match flavour:
        case Flavour.GITHUB | Flavour.DOCUSAURUS:
            return _github, "-", 1
        case Flavour.MINTLIFY:
            return _mintlify, "-", 2
        case Flavour.VITEPRESS:
            return _vitepress, "-", 1
        case Flavour.MKDOCS:
            return _mkdocs, "_", 1
        case _:
            assert_never(flavour)


def _github(text: str) -> str:
    """Letters, digits, ``_`` and ``-``; each space a hyphen (github-slugger)."""
    return _GITHUB_DROPS.sub("", text.strip().lower()).replace(" ", "-")


def _mintlify(text: str) -> str:
    """As GitHub's, without underscores at the ends: the anchor of ``_meta`` is ``meta``."""
    return _github(text).strip("_")


def _mkdocs(text: str) -> str:
    """Python-Markdown's default: ASCII only, runs of space and hyphens become one hyphen."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii")
    return re.sub(r"[-\s]+", "-", _MKDOCS_DROPS.sub("", plain).strip().lower())


def _vitepress(text: str) -> str:
    """VitePress's default: accents off, runs of punctuation and space one hyphen, never a digit first."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    slug = _VITEPRESS_BREAKS.sub("-", plain).strip("-").lower()
    return f"_{slug}" if slug[:1].isdigit() else slug
