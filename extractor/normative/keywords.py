"""The keywords of RFC 2119 and RFC 8174 in a sentence: uses, not mentions."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final

from extractor.model import Level
from extractor.normative.prose import CODE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from extractor.normative.prose import Prose

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
_MOST_USES: Final = 50
"""Uses read from one sentence; what has more is no sentence that anybody wrote."""
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


def uses(prose: Prose, start: int, end: int) -> Iterator[Use]:
    """The keyword uses of the sentence ``prose.text[start:end]``, in order.

    Keywords in inline code or between quotation marks are mentions (the words themselves, or another
    specification's sentence), and the sentence that defines the keywords uses none.
    """
    sentence = _QUOTED.sub(lambda quoted: CODE * len(quoted[0]), prose.masked[start:end])
    if _DEFINITION.search(sentence):
        return
    for found in islice(_KEYWORD.finditer(sentence), _MOST_USES):
        yield Use(start + found.start(), start + found.end(), " ".join(found[0].split()))
