"""Anchors of headings as the site makes them, per dialect."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, assert_never

from extractor.model import Flavour

if TYPE_CHECKING:
    from collections.abc import Callable

_EXPLICIT: Final = re.compile(r"\s*\{\s*#([^\s{}]+)[^{}]*\}\s*$")
"""``## Title {#id}``, as Docusaurus, VitePress and MkDocs read it."""


def _github(text: str) -> str:
    """Lower case, no punctuation, one hyphen for each space."""
    return re.sub(r"\s", "-", re.sub(r"[^\w\s-]", "", text.strip().lower()))


def _mintlify(text: str) -> str:
    """As GitHub, but underscores at the ends go: ``_meta`` is ``meta``."""
    return _github(text).strip("_")


def _mkdocs(text: str) -> str:
    """As Python-Markdown's ``toc``: runs of spaces and hyphens become one hyphen."""
    return re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", text).strip().lower())


def _rules(flavour: Flavour) -> tuple[Callable[[str], str], str, int, bool]:
    """How a dialect slugs, joins the number of a repeat, counts repeats from, and whether ``{#id}`` is read."""
    match flavour:
        case Flavour.MINTLIFY:
            return _mintlify, "-", 2, False
        case Flavour.GITHUB:
            return _github, "-", 1, False
        case Flavour.DOCUSAURUS | Flavour.VITEPRESS:
            return _github, "-", 1, True
        case Flavour.MKDOCS:
            return _mkdocs, "_", 1, True
        case _:
            assert_never(flavour)


class Anchors:
    """Gives each heading of one page its anchor; call :meth:`of` in the order of the page."""

    def __init__(self, flavour: Flavour) -> None:
        self._slug, self._joint, self._first_repeat, self._explicit = _rules(flavour)
        self._taken: set[str] = set()

    def of(self, heading: str) -> str:
        """Anchor of the next heading, from its plain text. A repeat gets the site's next free number."""
        if self._explicit and (given := _EXPLICIT.search(heading)):
            self._taken.add(given[1])
            return given[1]
        plain = self._slug(heading)
        anchor, repeat = plain, self._first_repeat
        while anchor in self._taken:
            anchor, repeat = f"{plain}{self._joint}{repeat}", repeat + 1
        self._taken.add(anchor)
        return anchor
