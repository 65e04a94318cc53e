"""What is asked and what was found: requirements, verdicts, findings, drift. Findings and drift are published."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Any, Final

from msgspec import Meta

from extractor.model import DocsPath, ExampleKind, Level, LineNumber, Span, Statement
from harness.model.described import Revision
from harness.model.running import LibraryFunction

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


class Verdict(StrEnum):
    """What a requirement came to. There is no silent skip."""

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


@dataclass(frozen=True, slots=True, eq=False)
class MessageSchema:
    """The JSON Schema of one revision's messages. Two are the same only if they are one value."""

    file: str
    """Where it was read, for messages."""
    document: Mapping[str, Any]
    key: str
    """Of the definitions: ``$defs`` or ``definitions``."""

    @property
    def definitions(self) -> Mapping[str, Any]:
        """The definitions, by name."""
        definitions: Mapping[str, Any] = self.document[self.key]
        return definitions


@dataclass(frozen=True, slots=True)
class BoundRequirement:
    """A requirement in one revision, with the sentence it is based on in the docs in hand."""

    requirement: Requirement
    revision: str
    level: Level
    basis: Basis
    statement: Statement | None
    """None for advice and interpretation without a sentence, and where the binding drifted away."""
    doubt: Drift | None = None
    """How its sentence changed in meaning, until that is accepted: then no verdict can be given."""
    schema: MessageSchema | None = field(default=None, compare=False, repr=False)
    """Of the revision's messages, where the docs have one."""
    others: tuple[Statement, ...] = ()
    """Further sentences that it is bound to in this revision: it says in several what is decided by one check."""

    def sentence_with(self, words: str) -> Statement | None:
        """Return the first of its sentences that contains ``words``, in any case; the first of all if none does."""
        every = (self.statement, *self.others) if self.statement is not None else ()
        return next((one for one in every if words.lower() in one.text.lower()), self.statement)


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

    @property
    def failing_legs(self) -> frozenset[str]:
        """The names of the legs that are violated."""
        return frozenset(name for name, verdict in self.legs.items() if verdict is Verdict.VIOLATED)


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
