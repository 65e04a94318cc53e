"""The sign and colour of each weight and verdict, and the words for them: the legend and every cell use these."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from harness.model import Verdict
from harness.results.severity import Severity


@dataclass(frozen=True, slots=True)
class Sign:
    """How one weight is drawn. Never by colour alone."""

    severity: Severity
    glyph: str
    css: str
    """Class name."""
    label: str
    """As a reader hears it."""
    meaning: str
    """One line of the legend."""


SIGNS: Final = (
    Sign(Severity.BLOCKING, "✗", "gates", "violated, gates", "a MUST is violated: the check fails"),
    Sign(Severity.WARNING, "!", "warns", "violated, warning", "a SHOULD is violated, or a MUST that does not gate"),
    Sign(Severity.KNOWN, "=", "known", "violated, known", "violated, and listed in the baseline with a reason"),
    Sign(Severity.ADVISORY, "·", "advisory", "advisory", "a reading or advice, or the text of another revision"),
    Sign(Severity.INCONCLUSIVE, "?", "inconclusive", "inconclusive", "the answers decide nothing"),
    Sign(Severity.NOT_CHECKED, "⊘", "blocked", "blocked", "docprobe could not ask"),
    Sign(Severity.NOT_APPLICABLE, "–", "na", "not applicable", "the server rightly does without this"),
    Sign(Severity.SATISFIED, "✓", "satisfied", "satisfied", "as the specification asks"),
)
"""Heaviest first, one for each weight."""

BY_WEIGHT: Final = {sign.severity: sign for sign in SIGNS}

VERDICT_CSS: Final = {
    Verdict.SATISFIED.value: "satisfied",
    Verdict.VIOLATED.value: "gates",
    Verdict.NOT_APPLICABLE.value: "na",
    Verdict.INCONCLUSIVE.value: "inconclusive",
    Verdict.BLOCKED.value: "blocked",
}
"""Class name by verdict, where the weight of old nights is not known."""


def verdict_words(verdict: str) -> str:
    """``not applicable`` for ``not_applicable``."""
    return verdict.replace("_", " ")
