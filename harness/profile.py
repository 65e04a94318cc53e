"""A specification as one value: what docprobe must know of it to judge examples by its text.

Everything below this module works on the value and imports no specification; ``harness.profiles`` makes the values.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Protocol

from extractor.languages.common.roles import CodeProfile
from extractor.model import PLAIN_PARTIES, Layout, Parties
from harness.rule import PLAIN_SERVING, Catalogue, Serving

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from extractor.model import Block, Bundle
    from harness.engine.protocol import Pod, Service
    from harness.model import BoundRequirement, LogLine, Transcript
    from harness.rule import Rule


@dataclass(frozen=True, slots=True)
class ProbeSettings:
    """How a conversation is held."""

    revisions: tuple[str, ...]
    """Revisions of the protocol that are asked for, oldest first."""
    timeout_s: float
    """Time to wait for response headers."""
    start_s: float
    """Time that a start may take."""
    exchange_bytes: int = 8 * 1024 * 1024
    """What is read of one reply."""
    ends_sessions: bool = True
    """Whether DELETE may be sent, which ends sessions; the server may be somebody's."""
    tokens: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Bearer tokens that a user gave, ``user1``'s and perhaps ``user2``'s; empty if docprobe issues its own."""
    endpoint: str | None = None
    """Path and query of the only endpoint that may be asked more than whether it serves; None: it is looked for."""
    heard: Callable[[Transcript], None] = field(default=lambda transcript: None, repr=False, compare=False)
    """May be called once with the conversation so far, while it goes on."""


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
    headers: tuple[tuple[str, str], ...] = ()
    """What requests carry because the page states it."""


@dataclass(frozen=True, slots=True)
class OpeningRequest:
    """The first request of a client, for users who want to try a running example by hand."""

    headers: tuple[tuple[str, str], ...]
    body: str


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
        """What the example expects next to it."""
        ...

    async def converse(self, pod: Pod, settings: ProbeSettings, progress: Callable[[str], None]) -> Transcript:
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

    async def find_endpoint(self, pod: Pod, settings: ProbeSettings) -> ReadyEndpoint:
        """Find where the listening example serves, with a token if it demands one."""
        ...


def _heard(transcript: Transcript, bound: Sequence[BoundRequirement], page_revision: str | None) -> Transcript:
    return transcript


def _nothing_printed(blocks: Sequence[Block], page: str, source: str) -> PrintedExchanges | None:
    return None


def _one_conversation(transcript: Transcript) -> tuple[Transcript, ...]:
    return (transcript,)


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
    rules: Callable[[], tuple[Rule, ...]] = tuple
    """Returns the rules of its catalogue, in the order in which reports show them. They are asked for when they are
    needed: pages and their blocks are listed without them."""
    bindings: Path | None = None
    """The bindings of the catalogue to the sentences of its documentation."""
    serving: Serving = PLAIN_SERVING
    """What it means that an example runs."""
    opening: OpeningRequest | None = None
    """None if it is a GET."""
    sdk_servers: Path | None = None
    """What servers of its SDKs were seen to do, requirement by requirement; None if that is not kept."""
    takes_tokens: bool = False
    """Whether its probe uses the tokens of :class:`ProbeSettings`; else requests carry the first as a header."""
    repository: str = ""
    """Where its documentation is, as ``owner/name``, for hints; empty if it is not on GitHub."""
    probe_for: Callable[[Bundle], Probe | None] = lambda bundle: None
    """None for a bundle that is built and started, and of which nothing is asked."""
    printed: Callable[[Sequence[Block], str, str], PrintedExchanges | None] = _nothing_printed
    """Reads the exchanges and messages that a page prints: its blocks, path and source; None if there are none."""
    transcript_for_page: Callable[[Transcript, Sequence[BoundRequirement], str | None], Transcript] = _heard
    """The transcript as it counts for a page of that revision (a draft is spoken as the newest release)."""
    conversations: Callable[[Transcript], tuple[Transcript, ...]] = _one_conversation
    """The parts of a transcript that are judged each on its own: what a client says to servers over two transports."""
    judged_under: Callable[[Transcript, str], bool] = _always
    """Whether a revision's text has the transport that was spoken, so that it can judge the conversation."""

    @property
    def catalogue(self) -> Catalogue:
        """Every requirement that examples are judged by."""
        return _catalogue(self.rules)


@cache
def _catalogue(rules: Callable[[], tuple[Rule, ...]]) -> Catalogue:
    return Catalogue(rules())
