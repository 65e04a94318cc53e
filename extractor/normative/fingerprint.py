"""Fingerprints of sentences: equal when the words are the same, however they are wrapped, marked up or spelt.

The plain text comes without emphasis and link targets already. Here, case goes (header names differ in nothing else
between revisions), as do typographic variants and the punctuation around words; signs that carry meaning stay
(``-32601``, ``<user_id>:<session_id>``, ``0x21``).
"""

from __future__ import annotations

import hashlib
import unicodedata
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

_TYPOGRAPHY: Final = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"', "‐": "-", "‑": "-", "–": "-", "—": " "})
_AROUND_WORDS: Final = ".,;:!?\"'()[]{}…*`"
_SHINGLE_WORDS: Final = 3
_SHINGLE_DIGITS: Final = 12


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
    runs = (words[at : at + _SHINGLE_WORDS] for at in range(max(1, len(words) - _SHINGLE_WORDS + 1)))
    return frozenset(_digest(run)[:_SHINGLE_DIGITS] for run in runs)


def similarity(one: frozenset[str], other: frozenset[str]) -> float:
    """Return the Jaccard similarity of two sets of shingles, 0 to 1."""
    union = len(one | other)
    return len(one & other) / union if union else 0.0


def _digest(words: Iterable[str]) -> str:
    return hashlib.sha256(" ".join(words).encode()).hexdigest()
