"""Plain text to sentences."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from extractor.normative.prose import CODE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from extractor.normative.prose import Prose

_END: Final = re.compile(r"[.!?]+[\"'”’)\]]*(?=\s)")
_BEGIN: Final = re.compile(rf"\s+(?!(?:MUST|SHALL|SHOULD|MAY|NOT)\b)[\"'“‘(\[*]*(?:[^\W_a-z]|{CODE})")
"""How a sentence begins: in capitals, with a number or with code; a keyword of RFC 2119 continues one."""
_ABBREVIATION: Final = re.compile(
    r"(?:\b(?:e\.g|i\.e|cf|vs|viz|approx|resp|incl|ca|al|Sec|Fig|No|Nos|Art|Eq|Ref|Dr|Mr|Ms|St)|\b(?:[A-Z]\.)+[A-Z])\.$"
)
"""Ends in a full stop that ends no sentence. ``etc.`` is none of them: what follows in capitals is a new sentence."""
_LONGEST_ABBREVIATION: Final = 12
_ALERT: Final = re.compile(r"\s*\[!\w+\]")
"""The mark of a GitHub alert, which stands before the first sentence."""
_ASIDE: Final = re.compile(r"\((?:[^()]|\([^()]*\))*\)")


def sentences(prose: Prose) -> Iterator[tuple[int, int]]:
    """Half-open ranges of ``prose.text``, one per sentence, without the space around it.

    Nothing within brackets ends the sentence around them, unless the brackets hold a whole sentence of their own.
    """
    text = _ASIDE.sub(_hide, prose.masked)
    alert = _ALERT.match(text)
    ends = {0, alert.end() if alert else 0, len(text), *prose.breaks}
    ends.update(found.end() for found in _END.finditer(text) if _ends_sentence(text, found.start(), found.end()))
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
