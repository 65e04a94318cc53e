"""What is asked and what was found: requirements, verdicts, findings, drift."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from extractor.model import ExampleKind, Level, Span, Statement

MUST_LIKE: Final = frozenset({Level.MUST, Level.MUST_NOT})
SHOULD_LIKE: Final = frozenset({Level.SHOULD, Level.SHOULD_NOT})


class Basis(StrEnum):
    """How firmly a requirement stands on the text (requirements catalogue, "Basis")."""

    TEXT = "text"
    INTERPRETATION = "interpretation"
    ADVICE = "advice"


class Verdict(StrEnum):
    """The verdict vocabulary. Never a silent skip."""

    SATISFIED = "satisfied"
    VIOLATED = "violated"
    NOT_APPLICABLE = "not_applicable"
    INCONCLUSIVE = "inconclusive"
    BLOCKED = "blocked"


class Side(StrEnum):
    """Whose behaviour a requirement is about."""

    SERVER = "server"
    CLIENT = "client"
    STDIO = "stdio"
    EXAMPLE = "example"


class Stage(StrEnum):
    """What a requirement is judged from."""

    PAGE = "page"
    """The page alone: nothing has to run."""
    START = "start"
    """The attempts to start the example."""
    CONVERSATION = "conversation"
    """The conversation with the example that runs."""


SIDES: Final[Mapping[ExampleKind, frozenset[Side]]] = {
    ExampleKind.HTTP_SERVER: frozenset({Side.SERVER, Side.EXAMPLE}),
    ExampleKind.STDIO_SERVER: frozenset({Side.STDIO, Side.EXAMPLE}),
    ExampleKind.CLIENT: frozenset({Side.CLIENT, Side.EXAMPLE}),
    ExampleKind.OTHER: frozenset({Side.SERVER, Side.CLIENT, Side.EXAMPLE}),
}
"""Whose requirements apply to an example of each kind; of ``other``, those that printed exchanges can decide."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """One row of the catalogue. The id is the same for pass and fail."""

    id: str
    title: str
    """One line, for tables."""
    side: Side
    levels: Mapping[str, Level]
    """Level per revision; a revision that is no key does not have the requirement."""
    basis: Mapping[str, Basis]
    """Basis per revision (same keys as ``levels``)."""
    effect: str
    """What a violation does to a client or user, one sentence."""
    fix: str
    """What to do, one or two sentences."""
    avoid: str = ""
    """What not to do: the tempting wrong fix."""
    stage: Stage = Stage.CONVERSATION
    always_warns: bool = False
    """Whether a violation is a warning although no sentence of the text states the requirement."""


@dataclass(frozen=True, slots=True)
class BoundRequirement:
    """A requirement in one revision, with the sentence it stands on in the docs in hand."""

    requirement: Requirement
    revision: str
    level: Level
    basis: Basis
    statement: Statement | None
    """None for advice and interpretation without a sentence, and where the binding drifted away."""


@dataclass(frozen=True, slots=True)
class Edit:
    """Whole lines of a page and what stands there instead."""

    span: Span
    text: str
    """The new lines, each with its line end; empty to delete."""


@dataclass(frozen=True, slots=True)
class Patch:
    """A change of the docs that was proven: with it the example runs and the finding is gone."""

    description: str
    edits: tuple[Edit, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """One verdict."""

    requirement: str
    level: Level
    basis: Basis
    verdict: Verdict
    revision: str
    summary: str
    """One or two plain sentences: what was sent, what came back, why that decides."""
    statement: Statement | None = None
    evidence: tuple[int, ...] = ()
    """Numbers of the exchanges that decide, controls included."""
    blame: tuple[Span, ...] = ()
    """Docs lines that cause it; empty where no honest guess is possible."""
    fix: str | None = None
    gates: bool = False
    patch: Patch | None = None
    """A verified fix, where ``docprobe fix`` found one."""


class DriftKind(StrEnum):
    """How a bound sentence differs from the catalogue's fingerprint."""

    CHANGED = "changed"
    MOVED = "moved"
    VANISHED = "vanished"


@dataclass(frozen=True, slots=True)
class Drift:
    """A binding that no longer finds its sentence as it was."""

    requirement: str
    revision: str
    kind: DriftKind
    page: str
    anchor: str
    expected: str
    """Fingerprint in the catalogue."""
    nearest: Statement | None
    """The nearest sentence now, if any is near."""
    similarity: float = 0.0
    """0 to 1, Jaccard over shingles."""
    gates: bool = False
