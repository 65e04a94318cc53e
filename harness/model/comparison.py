"""What a change of the docs did, compared with the merge base. Published."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from msgspec import Meta

from extractor.model import DocsPath, Level, LineNumber
from harness.model.described import Revision
from harness.model.terms import Gate


@dataclass(frozen=True, slots=True)
class NoLongerRunnable:
    """An example that could be run before the change and cannot any more."""

    example: str
    page: DocsPath
    line: LineNumber
    """Where it stands, 1-based; 1 if it is gone from the page."""
    ref: Annotated[str, Meta(description="What the change is compared with.")]
    """As given."""
    reason: Annotated[str, Meta(description="What it is now, and why.")]


@dataclass(frozen=True, slots=True)
class FixedFinding:
    """A finding at the merge base, or some of its legs, that a change fixes."""

    example: Annotated[str, Meta(description="Id of the example as it is now.")]
    requirement: str
    revision: Revision
    level: Level
    legs: Annotated[tuple[str, ...], Meta(description="The legs that are fixed; empty if the finding has none.")] = ()
    whole: Annotated[bool, Meta(description="Whether nothing of the finding is left.")] = True


@dataclass(frozen=True, slots=True)
class NotCompared:
    """An example with findings that count as introduced because the merge base has no verdict to compare them with."""

    example: str
    reason: Annotated[str, Meta(description="Why the merge base gives no verdict.")]
    requirement: Annotated[str | None, Meta(description="The one finding that it is about; null for all.")] = None


@dataclass(frozen=True, slots=True)
class Rejudged:
    """An example of a page without a revision that another revision's text decides about since a change."""

    example: str
    before: Revision
    now: Revision


@dataclass(frozen=True, slots=True)
class Compared:
    """What the findings of a change were compared with."""

    base: Annotated[str, Meta(description="Full hash of the merge base.")]
    ref: Annotated[str, Meta(description="As given to --changed-since.")]
    gate: Gate = Gate.NEW
    fixed: tuple[FixedFinding, ...] = ()
    not_compared: tuple[NotCompared, ...] = ()
    rejudged: tuple[Rejudged, ...] = ()
    origins: Annotated[
        Mapping[str, str], Meta(description="Of examples that were moved, renamed or copied: id at the merge base.")
    ] = field(default_factory=dict)
