"""How normative sentences differ from what they were when requirements were bound to them. Published."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from msgspec import Meta

from extractor.model import DocsPath
from harness.model.described import Revision
from harness.model.findings import Citation, FindingChange


class DriftKind(StrEnum):
    """How a bound sentence differs from the catalogue's fingerprint."""

    CHANGED = "changed"
    """Other words, which may ask for something else."""
    REWORDED = "reworded"
    """Other words that ask for the same: levels, statuses, names and negations are alike."""
    MOVED = "moved"
    VANISHED = "vanished"


@dataclass(frozen=True, slots=True)
class Drift:
    """A sentence that no longer reads as it did when a requirement was bound to it."""

    requirement: str
    revision: Revision
    kind: DriftKind
    page: DocsPath
    anchor: str
    expected: Annotated[str, Meta(description="Fingerprint that the requirement is bound to.")]
    nearest: Annotated[Citation | None, Meta(description="The nearest sentence now.")]
    """None if no sentence is near."""
    similarity: Annotated[float, Meta(ge=0, le=1)] = 0.0
    """Jaccard index over the sentences' shingles."""
    gates: bool = False
    old: Annotated[str | None, Meta(description="The sentence as it was, where the docs' history has it.")] = None
    words: Annotated[
        str, Meta(description="Word by word: what went in [-…-], what came in {+…+}; empty if nothing is known of it.")
    ] = ""
    change: Annotated[
        FindingChange | None,
        Meta(description="With --changed-since: whether the sentence drifted at the merge base too."),
    ] = None

    @property
    def identity(self) -> tuple[str, str, str, str]:
        """Requirement, revision, bound fingerprint and the one now (empty if it is gone): what an acceptance names."""
        return self.requirement, self.revision, self.expected, self.nearest.fingerprint if self.nearest else ""


@dataclass(frozen=True, slots=True)
class TextChange:
    """What a change does to the normative text of one revision. Moved sentences do not count."""

    revision: Annotated[str, Meta(description="Empty for a text without revisions.")]
    since: Annotated[str, Meta(description="What the text is compared with, as given.")]
    added: int
    removed: int
    changed: int
    requirements: Annotated[tuple[str, ...], Meta(description="Those that are bound to one of the sentences.")] = ()
