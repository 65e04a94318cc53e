"""The hint of an error about a name that does not exist: the nearest names, or all of them."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

_NEAREST: Final = 3
_SIMILARITY: Final = 0.5
"""Least similarity (``difflib``, 0 to 1) of a name that is suggested."""
_MARGIN: Final = 0.1
"""By how much less alike than the best another suggestion may be."""
_CHOICES: Final = 20
"""Names that are listed in full when none is near."""


def nearest(word: str, names: Iterable[str]) -> tuple[str, ...]:
    """Return up to three of ``names``: those that contain ``word``, else those that are spelt most like it."""
    every = sorted(set(names))
    if inside := [name for name in every if word and word in name]:
        return tuple(inside[:_NEAREST])
    alike = difflib.get_close_matches(word, every, n=_NEAREST, cutoff=_SIMILARITY)
    least = max((_similarity(word, name) for name in alike), default=0.0) - _MARGIN
    return tuple(name for name in alike if _similarity(word, name) >= least)


def suggestion(word: str, names: Iterable[str], otherwise: str | None = None) -> str | None:
    """Return the hint for an unknown name, such as ``did you mean 'layout'?``.

    Args:
        word: the name as the user gave it.
        names: the names that exist.
        otherwise: hint for when no name is near; None lists the names, if they are few.

    Returns:
        One clause, or None if nothing useful can be said.
    """
    every = tuple(dict.fromkeys(names))
    if near := nearest(word, every):
        quoted = [f"'{name}'" for name in near]
        return f"did you mean {', '.join(quoted[:-1]) + ' or ' if len(quoted) > 1 else ''}{quoted[-1]}?"
    if otherwise is not None:
        return otherwise
    return f"choose from {', '.join(every)}" if 0 < len(every) <= _CHOICES else None


def _similarity(word: str, name: str) -> float:
    return difflib.SequenceMatcher(a=name, b=word).ratio()
