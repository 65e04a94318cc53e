"""A specification as one value: what docprobe must know of it to judge examples by its text.

Everything below this module works on the value and imports no specification; ``harness.profiles`` makes the values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeAlias

from extractor.base.suggest import suggestion
from extractor.languages.common.roles import CodeProfile
from extractor.model import PLAIN_PARTIES, Layout, Parties
from harness.base.errors import UsageError
from harness.model import BoundRequirement, Finding, LogLine, Requirement, Transcript

if TYPE_CHECKING:
    from pathlib import Path

    from tree_sitter import Node

    from extractor.model import Block, Bundle, Example
    from harness.engine.protocol import Pod, Service
    from harness.model import Recording


@dataclass(frozen=True, slots=True)
class TextEdit:
    """Replace the bytes from ``start`` to ``end`` of a file's UTF-8 text by ``new``."""

    start: int
    end: int
    new: str


Check: TypeAlias = Callable[[Transcript, BoundRequirement], Finding]
"""Pure: the same transcript and requirement give the same finding."""
Precondition: TypeAlias = Callable[[Transcript, BoundRequirement], Finding | None]
"""Returns the finding if the check must not be asked, None if it may."""
ExampleCheck: TypeAlias = Callable[["Example", "Recording", BoundRequirement], Finding | None]
"""Pure: judges by the page and the attempts to start the example; None if they decide nothing."""
BlameRule: TypeAlias = Callable[["Node", Finding, Transcript], Iterator["Node"]]
"""Yields the parts of one file's syntax tree that cause a violation. Nothing where only a guess is possible."""
FixRule: TypeAlias = Callable[["Node", Finding, Transcript], Iterator[TextEdit]]
"""Yields the edits of one file, given as its syntax tree, that may fix a violation. Running them proves them."""


@dataclass(frozen=True, slots=True)
class Decision:
    """How a requirement is decided from a transcript."""

    check: Check
    after: tuple[Precondition, ...] = ()
    """Asked in this order before ``check``."""

    def judge(self, transcript: Transcript, bound: BoundRequirement) -> Finding:
        """Return the finding of the first precondition that does not hold, else that of the check."""
        for precondition in self.after:
            if (finding := precondition(transcript, bound)) is not None:
                return finding
        return self.check(transcript, bound)


@dataclass(frozen=True, slots=True)
class Rule:
    """One requirement of a catalogue and all that is done with it."""

    requirement: Requirement
    conversation: Decision | None = None
    """By a conversation with the running example; None for what is decided before any."""
    printed: Decision | None = None
    """By the exchanges that a page prints; None where print decides nothing."""
    example: ExampleCheck | None = None
    """Before any conversation; set for the stages ``page`` and ``start``."""
    reading_blocks: bool = False
    """Whether a violation of a MUST decides the exit code even where it is a reading of the text."""
    blame: BlameRule | None = None
    """None: no line of the page is blamed."""
    fix: FixRule | None = None
    """None: there is the requirement's advice in words and no patch."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Every requirement of a specification, in the order in which reports show them."""

    rules: tuple[Rule, ...] = ()

    @property
    def requirements(self) -> tuple[Requirement, ...]:
        """The rows alone."""
        return tuple(rule.requirement for rule in self.rules)

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids that a finding may carry."""
        return tuple(rule.requirement.id for rule in self.rules)

    def rule(self, id: str) -> Rule:
        """Return the rule for a requirement's id.

        Raises:
            UsageError: the id is unknown; the hint has the nearest ones.
        """
        for rule in self.rules:
            if rule.requirement.id == id:
                return rule
        hint = suggestion(id, self.ids, "`docprobe statements` lists the requirements in use")
        raise UsageError(f"unknown requirement '{id}'", hint)

    def requirement(self, id: str) -> Requirement:
        """Return the row for an id. Raises UsageError as :meth:`rule`."""
        return self.rule(id).requirement


@dataclass(frozen=True, slots=True)
class Settings:
    """How a conversation is held."""

    revisions: tuple[str, ...]
    """Revisions of the protocol that are asked for, oldest first."""
    timeout_s: float
    """Time to the head of an answer."""
    start_s: float
    """Time a start may take."""


@dataclass(frozen=True, slots=True)
class ReadyEndpoint:
    """Where a running example can be reached."""

    address: str
    """IP address inside the pod."""
    port: int
    path: str
    """Path and query of the endpoint."""
    url: str
    """The same as the example sees it: its Host header must name this one if it validates hosts."""
    token: str | None = None
    """A bearer token that it accepts, if it demands one."""


@dataclass(frozen=True, slots=True)
class PrintedExchanges:
    """Exchanges that a page prints, as if they had been held."""

    transcript: Transcript
    blocks: tuple[Block, ...]
    """The blocks that they stand in."""


class Probe(Protocol):
    """How one example is talked to, made for its bundle before it is started."""

    @property
    def services(self) -> tuple[Service, ...]:
        """What the example expects beside it."""
        ...

    async def converse(self, pod: Pod, settings: Settings, progress: Callable[[str], None]) -> Transcript:
        """Hold the whole conversation with the started example (one that serves HTTP listens already)."""
        ...

    def serves(self, transcript: Transcript) -> bool:
        """Return whether the example runs, in the specification's sense: only then is it judged."""
        ...

    def failure(self, transcript: Transcript) -> str:
        """Return why it does not serve, as part of a sentence; empty if unknown."""
        ...

    def redact(self, logs: Sequence[LogLine]) -> tuple[LogLine, ...]:
        """Return log lines without the secrets that the example was given."""
        ...

    async def find_endpoint(self, pod: Pod, settings: Settings) -> ReadyEndpoint:
        """Find where the listening example serves, with a token if it demands one."""
        ...


def _heard(transcript: Transcript, bound: Sequence[BoundRequirement], page_revision: str | None) -> Transcript:
    return transcript


def _nothing_printed(blocks: Sequence[Block], page: str) -> PrintedExchanges | None:
    return None


def _always(transcript: Transcript, revision: str) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Profile:
    """One specification."""

    name: str
    """As in ``profile = "…"`` of a configuration."""
    parties: Parties = PLAIN_PARTIES
    """The words for those that its sentences bind."""
    layout: Layout = field(default_factory=Layout)
    """Where its documentation has revisions and normative pages."""
    code: CodeProfile = field(default_factory=CodeProfile)
    """Which code of a page is about it, and what that code does."""
    revisions: tuple[str, ...] = ()
    """Every revision of the protocol that is known, oldest first."""
    catalogue: Catalogue = field(default_factory=Catalogue)
    bindings: Path | None = None
    """The bindings of the catalogue to the sentences of its documentation."""
    probe_for: Callable[[Bundle], Probe] | None = None
    """None: examples are built and started, and nothing is asked of them."""
    printed: Callable[[Sequence[Block], str], PrintedExchanges | None] = _nothing_printed
    """Reads the exchanges that the blocks of a page print: blocks, page; None if there are none."""
    heard_for: Callable[[Transcript, Sequence[BoundRequirement], str | None], Transcript] = _heard
    """The transcript as it counts for a page of that revision (a draft is spoken as the newest release)."""
    judged_under: Callable[[Transcript, str], bool] = _always
    """Whether a revision's text has the transport that was spoken, so that it can judge the conversation."""


