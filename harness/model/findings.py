"""What was found: one verdict on one requirement, with its evidence, its blame and its fix. Published."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated

from msgspec import Meta

from extractor.model import DocsPath, Level, LineNumber, Span, Statement
from harness.model.described import Revision
from harness.model.requirements import Basis
from harness.model.running import LibraryFunction


class Verdict(StrEnum):
    """What a requirement came to. There is no silent skip."""

    SATISFIED = "satisfied"
    VIOLATED = "violated"
    NOT_APPLICABLE = "not_applicable"
    INCONCLUSIVE = "inconclusive"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True)
class Citation:
    """A normative sentence as it stands in the docs that were checked."""

    file: DocsPath
    first: LineNumber
    last: LineNumber
    text: str
    level: Level
    keyword: Annotated[str, Meta(description="The keyword as written.")]
    anchor: Annotated[str, Meta(description="Anchor of its section; empty before the first heading.")]
    revision: Revision | None
    subject: str
    fingerprint: Annotated[str, Meta(description="SHA-256 of the normalised text.")]
    line: Annotated[int, Meta(description="Line of the keyword, 1-based; 0 if not known.")] = 0

    @classmethod
    def of(cls, statement: Statement) -> Citation:
        """Cite a statement of the docs."""
        span = statement.span
        return cls(
            file=span.file,
            first=span.first,
            last=span.last,
            text=statement.text,
            level=statement.level,
            keyword=statement.keyword,
            anchor=statement.anchor,
            revision=statement.revision,
            subject=statement.subject,
            fingerprint=statement.fingerprint,
            line=statement.line,
        )

    @property
    def span(self) -> Span:
        """Where the sentence stands."""
        return Span(self.file, self.first, self.last)


@dataclass(frozen=True, slots=True)
class Edit:
    """Whole lines of a page and what stands there instead."""

    file: DocsPath
    first: LineNumber
    last: LineNumber
    text: Annotated[str, Meta(description="The new lines, each with its line end; empty to delete.")]

    @property
    def span(self) -> Span:
        """The lines that are replaced."""
        return Span(self.file, self.first, self.last)


@dataclass(frozen=True, slots=True)
class Patch:
    """A change of the docs that was proven by running it."""

    description: str
    edits: tuple[Edit, ...]


class BlameSource(StrEnum):
    """How it is known which lines cause a violation."""

    EXECUTION = "execution"
    """The program was run again: these lines ran for the request that failed, and not for the one that was right."""
    READING = "reading"
    """Its code was read."""
    LOG = "log"
    """Its log names the line."""


class Certainty(StrEnum):
    """How sure it is that these lines cause a violation."""

    CERTAIN = "certain"
    LIKELY = "likely"
    POSSIBLE = "possible"


@dataclass(frozen=True, slots=True)
class BlameBasis:
    """How it is known what causes a violation, and how sure that is."""

    by: BlameSource
    certainty: Certainty
    library: Annotated[
        LibraryFunction | None, Meta(description="What answers instead of the page, where no line of the page does.")
    ] = None

    def __str__(self) -> str:
        return f"by {self.by.value}, {self.certainty.value}"


class FindingChange(StrEnum):
    """What a change of the docs did to a finding (``--changed-since``)."""

    INTRODUCED = "introduced"
    """Violated now, and not at the merge base; or more of it is."""
    UNCHANGED = "unchanged"
    """Violated now as it was at the merge base."""
    FIXED = "fixed"
    """Violated at the merge base, and not any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One verdict on one requirement by the text of one revision."""

    requirement: Annotated[str, Meta(description="Id of the requirement; the same for pass and fail.")]
    level: Level
    basis: Basis
    verdict: Verdict
    gates: Annotated[bool, Meta(description="Whether this finding makes the exit code 1.")] = False
    revision: Revision
    statement: Annotated[
        Citation | None, Meta(description="Null for advice, readings without a sentence, and example-level outcomes.")
    ] = None
    blame: Annotated[
        tuple[Span, ...], Meta(description="Lines of the docs that cause it; empty where no line is to blame.")
    ] = ()
    evidence: Annotated[tuple[int, ...], Meta(description="Numbers of the transcript's exchanges that decide.")] = ()
    """Controls included."""
    summary: str
    """One or two plain sentences: what was sent, what came back, why that decides."""
    fix: str | None = None
    patch: Patch | None = None
    """A fix that was proved by running it, if there is one."""
    blame_basis: Annotated[
        BlameBasis | None, Meta(description="How the blamed lines are known; null where the rule itself names them.")
    ] = None
    legs: Annotated[
        Mapping[str, Verdict],
        Meta(description="Of a requirement on several kinds of requests or things: each that was decided, by name."),
    ] = field(default_factory=dict)
    """Those that are violated are part of what the finding is: a further one is a new finding."""
    expected: Annotated[
        Mapping[str, str],
        Meta(
            description="Of a violation, what should have come instead, by the number of each exchange that is wrong."
        ),
    ] = field(default_factory=dict)
    """Empty where the rule names no single exchange, and in results of versions that did not write it."""
    change: Annotated[
        FindingChange | None, Meta(description="With --changed-since, of a violation: compared with the merge base.")
    ] = None
    flaky: Annotated[
        bool, Meta(description="With --changed-since: whether a second run of the same program shows it otherwise.")
    ] = False
    """Inconclusive, unless what is left of it was there before the change."""

    @property
    def failing_legs(self) -> frozenset[str]:
        """The names of the legs that are violated."""
        return frozenset(name for name, verdict in self.legs.items() if verdict is Verdict.VIOLATED)
