"""What is asked of examples: the rows of the catalogue of requirements."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from extractor.model import ExampleKind, Level

MUST_LIKE: Final = frozenset({Level.MUST, Level.MUST_NOT})
SHOULD_LIKE: Final = frozenset({Level.SHOULD, Level.SHOULD_NOT})


class Basis(StrEnum):
    """What a requirement is based on."""

    TEXT = "text"
    """A sentence of the specification."""
    INTERPRETATION = "interpretation"
    """A reading that practice shares, and no sentence states in these words."""
    ADVICE = "advice"
    """Good engineering that the specification does not require."""


class Side(StrEnum):
    """Whose behaviour a requirement is about."""

    SERVER = "server"
    CLIENT = "client"
    STDIO = "stdio"
    ANY_SERVER = "any-server"
    """A server, over HTTP or standard input and output."""
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
    ExampleKind.HTTP_SERVER: frozenset({Side.SERVER, Side.ANY_SERVER, Side.EXAMPLE}),
    ExampleKind.STDIO_SERVER: frozenset({Side.STDIO, Side.ANY_SERVER, Side.EXAMPLE}),
    ExampleKind.CLIENT: frozenset({Side.CLIENT, Side.EXAMPLE}),
    ExampleKind.OTHER: frozenset({Side.SERVER, Side.ANY_SERVER, Side.CLIENT, Side.EXAMPLE}),
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
    """Level per revision; a revision that is not a key does not have the requirement."""
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
