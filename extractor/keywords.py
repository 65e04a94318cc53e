"""The keywords of RFC 2119 and RFC 8174 in a sentence: uses, not mentions."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from extractor.model import Level

if TYPE_CHECKING:
    from collections.abc import Iterator

    from extractor.prose import Prose

LEVELS: Final = {
    "MUST": Level.MUST,
    "MUST NOT": Level.MUST_NOT,
    "REQUIRED": Level.MUST,
    "NOT REQUIRED": Level.MAY,
    "SHALL": Level.MUST,
    "SHALL NOT": Level.MUST_NOT,
    "SHOULD": Level.SHOULD,
    "SHOULD NOT": Level.SHOULD_NOT,
    "RECOMMENDED": Level.SHOULD,
    "NOT RECOMMENDED": Level.SHOULD_NOT,
    "MAY": Level.MAY,
    "OPTIONAL": Level.MAY,
}
"""Keyword to level. NOT REQUIRED is in neither RFC; read plainly it leaves the choice, as OPTIONAL does."""

_KEYWORD: Final = re.compile(
    r"(?<![\w-])(?:(?:MUST|SHALL|SHOULD)(?:\s+NOT)?|(?:NOT\s+)?(?:REQUIRED|RECOMMENDED)|MAY|OPTIONAL)(?![\w-])"
)
_QUOTED: Final = re.compile(r"\"[^\"]*\"|“[^”]*”|«[^»]*»")
_DEFINITION: Final = re.compile(r"\binterpreted\s+as\s+described\b|\bkey\s*words?\b.*\binterpreted\b", re.IGNORECASE)
"""The boilerplate by which a document says how it uses the keywords (RFC 8174, section 2)."""


@dataclass(frozen=True, slots=True)
class Use:
    """One keyword that binds somebody."""

    start: int
    """Half-open range in the text of the prose."""
    end: int
    keyword: str
    """As written, with single spaces."""

    @property
    def level(self) -> Level:
        """What the keyword asks for."""
        return LEVELS[self.keyword]


def uses(prose: Prose, start: int, end: int) -> Iterator[Use]:
    """The keyword uses of the sentence ``prose.text[start:end]``, in order.

    Keywords in inline code or between quotation marks are mentions (the words themselves, or another
    specification's sentence), and the sentence that defines the keywords uses none.
    """
    sentence = prose.text[start:end]
    if _DEFINITION.search(sentence):
        return
    quoted = [found.span() for found in _QUOTED.finditer(_without_code(prose, start, end))]
    for found in _KEYWORD.finditer(sentence):
        mentioned = any(opened < found.start() < closed for opened, closed in quoted)
        if not mentioned and not prose.in_code(start + found.start()):
            yield Use(start + found.start(), start + found.end(), " ".join(found[0].split()))


def _without_code(prose: Prose, start: int, end: int) -> str:
    """The sentence with inline code blanked, so that a quotation mark in code pairs with nothing."""
    return "".join(" " if prose.in_code(at) else prose.text[at] for at in range(start, end))
