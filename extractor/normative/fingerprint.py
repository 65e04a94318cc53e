"""Fingerprints of sentences: equal when the words are the same, however they are wrapped, marked up or spelt.

The plain text comes without emphasis and link targets already. Here, case goes (header names differ in nothing else
between revisions), as do typographic variants and the punctuation around words; signs that carry meaning stay
(``-32601``, ``<user_id>:<session_id>``, ``0x21``).
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

_TYPOGRAPHY: Final = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"', "‐": "-", "‑": "-", "–": "-", "—": " "})
_AROUND_WORDS: Final = ".,;:!?\"'()[]{}…*`"
SHINGLE_WORDS: Final = 3
_SHINGLE_DIGITS: Final = 12
_NEGATION: Final = re.compile(r"not|no|never|none|neither|nor|cannot|without|unless|except|only|\w+n't")
_DECISIVE: Final = re.compile(
    r"(accept|reject|refus|allow|permit|den[yi]|forbid|prohibit|includ|omit|exclud|ignor|before|after|first|last|least|most"
    r"|client|server)"
)
"""Stems of words whose exchange turns a rule into another one, although levels and names stay."""
_NAME: Final = re.compile(r".*\d.*|[A-Z]{2,}s?|.*[/_<>=:#{}].*|.*[a-z][A-Z].*|(?=.*[A-Z]).*\w-\w.*")
"""Words that name something: statuses, keywords, methods, headers, fields."""
_PLAIN_CAPITALS: Final = frozenset({"HTTP", "ID", "IDs"})


def words_of(text: str) -> tuple[str, ...]:
    """Return the normalised words of a sentence (plain text)."""
    folded = unicodedata.normalize("NFKC", text).translate(_TYPOGRAPHY).casefold()
    stripped = (word.strip(_AROUND_WORDS) for word in folded.split())
    return tuple(word for word in stripped if word.strip("-"))


def fingerprint(text: str) -> str:
    """Return the SHA-256 (hex) of the normalised words."""
    return _digest(words_of(text))


def shingles(text: str) -> frozenset[str]:
    """Return hashed three-word shingles of the normalised words; one shingle for a text that is shorter."""
    words = words_of(text)
    runs = (words[at : at + SHINGLE_WORDS] for at in range(max(1, len(words) - SHINGLE_WORDS + 1)))
    return frozenset(_digest(run)[:_SHINGLE_DIGITS] for run in runs)


def normative_content(text: str) -> str:
    """Return a digest (hex) of what a sentence asks for: equal for a sentence and its rewordings.

    It covers keywords, numbers such as statuses, names of headers, methods and fields, negations, and the words whose
    exchange makes another rule (accept and reject, client and server, before and after).
    """
    names: set[str] = set()
    negations: list[str] = []
    for raw in unicodedata.normalize("NFKC", text).translate(_TYPOGRAPHY).split():
        word = raw.strip(_AROUND_WORDS)
        folded = word.casefold()
        if _NEGATION.fullmatch(folded):
            negations.append(folded)
        elif word and word not in _PLAIN_CAPITALS and ("`" in raw or _NAME.fullmatch(word)):
            names.add(folded)
        elif found := _DECISIVE.match(folded):
            names.add(found[1])
    return _digest((*sorted(names), *sorted(negations)))[:_SHINGLE_DIGITS]


def similarity(one: frozenset[str], other: frozenset[str]) -> float:
    """Return the Jaccard similarity of two sets of shingles, 0 to 1."""
    union = len(one | other)
    return len(one & other) / union if union else 0.0


def _digest(words: Iterable[str]) -> str:
    return hashlib.sha256(" ".join(words).encode()).hexdigest()
