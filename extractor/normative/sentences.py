"""Plain text to sentences, and the keywords of RFC 2119 and RFC 8174 in them: uses, not mentions."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice, pairwise
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
"""Keyword to level. NOT REQUIRED is in neither RFC; in plain English it leaves the choice, as OPTIONAL does."""

_KEYWORD: Final = re.compile(
    r"(?<![\w-])(?:(?:MUST|SHALL|SHOULD)(?:\s+NOT)?|(?:NOT\s+)?(?:REQUIRED|RECOMMENDED)|MAY|OPTIONAL)(?![\w-])"
)
_QUOTED: Final = re.compile(r"\"[^\"]*\"|“[^”]*”|«[^»]*»")
_MOST_USES: Final = 50
"""Uses read from one sentence; nobody wrote a sentence with more."""
_DEFINITION: Final = re.compile(r"\binterpreted\s+as\s+described\b|\bkey\s*words?\b.*\binterpreted\b", re.IGNORECASE)
"""The boilerplate by which a document says how it uses the keywords (RFC 8174, section 2)."""

_END: Final = re.compile(r"[.!?]+[\"'”’)\]]*(?=\s)")
_BEGIN: Final = re.compile(rf"\s+(?!(?:MUST|SHALL|SHOULD|MAY|NOT)\b)[\"'“‘(\[*]*(?:[^\W_a-z]|{CODE})")
"""How a sentence begins: in capitals, with a number or with code; a keyword of RFC 2119 continues one."""
_ABBREVIATION: Final = re.compile(
    r"(?:\b(?:e\.g|i\.e|cf|vs|viz|approx|resp|incl|ca|al|Sec|Fig|No|Nos|Art|Eq|Ref|Dr|Mr|Ms|St)|\b(?:[A-Z]\.)+[A-Z])\.$"
)
"""Words whose full stop does not end a sentence. ``etc.`` is not one: what follows in capitals is a new sentence."""
_LONGEST_ABBREVIATION: Final = 12
_ALERT: Final = re.compile(r"\s*\[!\w+\]")
"""The mark of a GitHub alert, before the first sentence."""
_ASIDE: Final = re.compile(r"\((?:[^()]|\([^()]*\))*\)")


@dataclass(frozen=True, slots=True)
class KeywordUse:
    """One keyword that binds somebody."""

    start: int
    """Half-open range in the text of the prose."""
    end: int
    keyword: str
    """As written, with single spaces."""


def sentences(prose: Prose) -> Iterator[tuple[int, int]]:
    """Yield half-open ranges of ``prose.text``, one per sentence, without the space around it.

    Nothing within brackets ends the sentence around them, unless the brackets hold a whole sentence of their own.
    """
    text = _ASIDE.sub(_hide, prose.masked)
    alert = _ALERT.match(text)
    ends = {0, alert.end() if alert else 0, len(text), *prose.breaks}
    ends.update(end.end() for end in _END.finditer(text) if _ends_sentence(text, end.start(), end.end()))
    for start, end in pairwise(sorted(ends)):
        sentence = prose.text[start:end]
        if sentence.strip():
            yield start + len(sentence) - len(sentence.lstrip()), start + len(sentence.rstrip())


def _ends_sentence(text: str, stop: int, end: int) -> bool:
    before = text[max(0, stop + 1 - _LONGEST_ABBREVIATION) : stop + 1]
    return _BEGIN.match(text, end) is not None and not _ABBREVIATION.search(before)


def _hide(aside: re.Match[str]) -> str:
    """The brackets with nothing readable inside; a sentence of its own keeps its full stop."""
    inside = aside[0][1:-1]
    before = aside.string[max(0, aside.start() - 8) : aside.start()].rstrip()
    own = inside[-1:] in (".", "!", "?") and (not before or before[-1] in ".!?")
    return f"({CODE * (len(inside) - own)}{inside[-1:] if own else ''})"


def keyword_uses(prose: Prose, start: int, end: int, *, quoted: bool = False) -> Iterator[KeywordUse]:
    """Yield the keyword uses of the sentence ``prose.text[start:end]``, in order.

    Keywords in inline code or between quotation marks are mentions (the words themselves, or another
    specification's sentence), and the sentence that defines the keywords uses none.

    Args:
        prose: plain text of a paragraph.
        start: of the sentence in ``prose.text``.
        end: of the sentence, exclusive.
        quoted: whether all of it is a quotation, so that quotation marks in it mean nothing more.
    """
    sentence = prose.masked[start:end]
    if not quoted:
        sentence = _QUOTED.sub(lambda mention: CODE * len(mention[0]), sentence)
    if _DEFINITION.search(sentence):
        return
    for match in islice(_KEYWORD.finditer(sentence), _MOST_USES):
        yield KeywordUse(start + match.start(), start + match.end(), " ".join(match[0].split()))
