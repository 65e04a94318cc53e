"""Code that the docs show as what not to do, or as it used to be: complete perhaps, but nobody is to run it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from extractor.model import Block

_WORDS: Final = frozenset(
    {"before", "bad", "wrong", "incorrect", "avoid", "don't", "dont", "❌", "✗", "✘", "🚫", "never", "broken", "unsafe",
     "insecure", "vulnerable", "deprecated", "old", "anti-pattern", "antipattern"}
)  # fmt: skip
_MAX_LABEL: Final = 40
"""Longer than a label: a sentence that happens to begin with such a word."""


def counterexample(block: Block) -> str | None:
    """Why a block is not to be run, if its label, its tab, the line above it or its first comment say so."""
    above = block.context.rpartition("\n")[2].strip()
    first = block.text.lstrip().partition("\n")[0][: _MAX_LABEL + 1].strip()
    comment = first.lstrip("/#*-<! ") if first.startswith(("//", "#", "/*", "<!--", "--")) else ""
    for label in (block.info.label or "", block.place.tab or "", above, comment):
        words = re.findall(r"[\w'-]+|[❌✗✘🚫]", label.lower().replace("’", "'"))
        if words and len(label) <= _MAX_LABEL and words[0] in _WORDS:
            return f"is shown as “{label.rstrip(':')}”, not as something to run"
    return None
