"""One entry of a bindings file: which sentence a requirement stands on in one revision. It holds no sentence itself."""

from __future__ import annotations

from dataclasses import dataclass

from extractor.model import Level  # noqa: TC001 (entries are read from TOML by their type hints)


@dataclass(frozen=True, slots=True)
class Binding:
    """The sentence one requirement stands on in one revision."""

    requirement: str
    revision: str
    page: str
    """Path relative to the docs root."""
    anchor: str
    level: Level
    sha256: str
    """Fingerprint of the sentence (``extractor.normative.fingerprint``)."""
    shingles: frozenset[str]
    """Hashed three-word shingles of the sentence, to find the nearest one when it is gone."""
    nth: int = 0
    """Which of the same sentences and levels in that section, 0-based."""
