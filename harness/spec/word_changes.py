"""How one sentence became another, word by word. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from extractor.normative.fingerprint import SHINGLE_WORDS, shingles, words_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence


_MARKED: Final = re.compile(r"\[-(.*?)-\]|\{\+(.*?)\+\}", re.DOTALL)


class WordChange(StrEnum):
    """What became of some words of a sentence."""

    SAME = "same"
    WENT = "went"
    CAME = "came"


@dataclass(frozen=True, slots=True)
class WordRun:
    """Adjacent words of a sentence with the same fate."""

    kind: WordChange
    text: str


def word_runs(old: str, new: str) -> tuple[WordRun, ...]:
    """Return how ``old`` became ``new``, word by word: what went stands before what came in its place."""
    return tuple(
        WordRun(kind, text)
        for same, went, came in _runs(old.split(), new.split())
        for kind, text in ((WordChange.SAME, same), (WordChange.WENT, went), (WordChange.CAME, came))
        if text
    )


def marked_runs(words: str) -> tuple[WordRun, ...]:
    """Return the runs of a sentence that :func:`mark_changes` or :func:`mark_new_words` marked."""
    runs: list[WordRun] = []
    at = 0
    for found in _MARKED.finditer(words):
        runs.append(WordRun(WordChange.SAME, words[at : found.start()].strip()))
        runs.append(WordRun(WordChange.WENT if found[1] is not None else WordChange.CAME, found[1] or found[2] or ""))
        at = found.end()
    runs.append(WordRun(WordChange.SAME, words[at:].strip()))
    return tuple(run for run in runs if run.text)


def mark_changes(old: str, new: str) -> str:
    """Return ``new`` with the words that went in ``[-…-]`` and the words that came in ``{+…+}``."""
    parts = []
    for same, went, came in _runs(old.split(), new.split()):
        parts += [same] if same else []
        parts += [f"[-{went}-]"] if went else []
        parts += [f"{{+{came}+}}"] if came else []
    return " ".join(parts)


def mark_new_words(new: str, known: Collection[str]) -> str:
    """Return ``new`` with the words in ``{+…+}`` that the old sentence cannot have had there.

    Args:
        new: a sentence.
        known: hashed shingles of the old one, of which nothing else is known.
    """
    words = new.split()
    heard = [word for word in words if words_of(word)]
    fresh = set(range(len(heard)))
    for at in range(max(1, len(heard) - SHINGLE_WORDS + 1)):
        if shingles(" ".join(heard[at : at + SHINGLE_WORDS])) <= frozenset(known):
            fresh -= set(range(at, at + SHINGLE_WORDS))
    parts: list[str] = []
    number = -1
    for word in words:
        number += bool(words_of(word))
        came = bool(words_of(word)) and number in fresh
        if came and parts and parts[-1].startswith("{+"):
            parts[-1] = f"{parts[-1].removesuffix('+}')} {word}+}}"
        else:
            parts.append(f"{{+{word}+}}" if came else word)
    return " ".join(parts)


def changed_words(old: str, new: str) -> str:
    """Return the words that differ: ``“404 Not Found” → “410 Gone”``; the first three changes of a sentence."""
    listed = []
    for same, went, came in _runs(old.split(), new.split()):
        if not same:
            listed.append(f"“{went}” → “{came}”" if went and came else f"+ “{came}”" if came else f"- “{went}”")
    return ", ".join(listed[:3]) + (", …" if len(listed) > 3 else "")


def _runs(before: Sequence[str], after: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    """Yield runs of words: those that stayed, those that went, those that came; one of the first or the others."""
    for operation, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if operation == "equal":
            yield " ".join(after[c:d]), "", ""
        else:
            yield "", " ".join(before[a:b]), " ".join(after[c:d])
