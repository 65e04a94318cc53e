"""Plain text to sentences."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from extractor.prose import Prose

_END: Final = re.compile(r"[.!?]+[\"'”’)\]]*(?=\s)")
_ABBREVIATION: Final = re.compile(
    r"(?:\b(?:e\.g|i\.e|cf|vs|viz|approx|resp|incl|ca|al|Sec|Fig|No|Nos|Art|Eq|Ref|Dr|Mr|Ms|St)|\b(?:[A-Z]\.)+[A-Z])\.$"
)
"""Ends in a full stop that ends no sentence. ``etc.`` is none of them: what follows in capitals is a new sentence."""
_CODE: Final = "\uec0d"
"""Stands for each character of inline code, so that its punctuation ends nothing; a sentence may begin with it."""
_BEGIN: Final = re.compile(rf"\s+[\"'“‘(\[*]*(?:[^\W_a-z]|{_CODE})")


def sentences(prose: Prose) -> Iterator[tuple[int, int]]:
    """Half-open ranges of ``prose.text``, one per sentence, without the space around it.

    Within brackets nothing ends a sentence: ``(see A. Then B.)`` belongs to the one around it.
    """
    masked = _mask(prose)
    ends = {0, len(masked), *prose.breaks}
    ends.update(
        found.end()
        for found in _END.finditer(masked)
        if _BEGIN.match(masked, found.end())
        and not _ABBREVIATION.search(masked[: found.start() + 1])
        and _balanced(masked[max((at for at in prose.breaks if at <= found.start()), default=0) : found.end()])
    )
    for start, end in pairwise(sorted(ends)):
        text = prose.text[start:end]
        if text.strip():
            yield start + len(text) - len(text.lstrip()), start + len(text.rstrip())


def _mask(prose: Prose) -> str:
    masked = list(prose.text)
    for start, end in prose.code:
        masked[start:end] = _CODE * (end - start)
    return "".join(masked)


def _balanced(text: str) -> bool:
    return all(text.count(opening) <= text.count(closing) for opening, closing in ("()", "[]"))
