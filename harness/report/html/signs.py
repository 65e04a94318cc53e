"""The sign and colour of each severity and verdict, and the words for them: the legend and every cell use these."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from harness.results.severity import Severity


@dataclass(frozen=True, slots=True)
class Sign:
    """How one severity is drawn. Never by colour alone."""

    severity: Severity
    glyph: str
    css: str
    """Class name."""
    label: str
    """As a reader hears it."""
    meaning: str
    """One line of the legend."""


SIGNS: Final = (
    Sign(Severity.BLOCKING, "✗", "blocking", "violated, blocking", "decides the exit code"),
    Sign(Severity.WARNING, "!", "warning", "violated, warning", "does not decide the exit code"),
    Sign(Severity.UNCHANGED, "≡", "unchanged", "violated, unchanged", "was there before the change that is checked"),
    Sign(Severity.KNOWN, "=", "known", "violated, in baseline", "accepted in the baseline, with a reason"),
    Sign(Severity.ADVISORY, "·", "advisory", "advisory", "interpretation, recommendation, or another revision"),
    Sign(Severity.INCONCLUSIVE, "?", "inconclusive", "inconclusive", "the answers do not decide it"),
    Sign(Severity.NOT_CHECKED, "⊘", "not-checked", "not checked", "environment or docprobe problem"),
    Sign(Severity.NOT_APPLICABLE, "–", "na", "not applicable", "the requirement does not apply to this server"),
    Sign(Severity.SATISFIED, "✓", "satisfied", "satisfied", "as the specification requires"),
)
"""Most severe first, one for each severity."""

SIGN_OF: Final = {sign.severity: sign for sign in SIGNS}


def verdict_words(verdict: str) -> str:
    """Return ``not applicable`` for ``not_applicable``."""
    return verdict.replace("_", " ")
