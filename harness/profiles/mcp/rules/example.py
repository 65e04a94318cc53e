"""Whether the example serves its page's revision."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from extractor.model import ExampleKind
from harness.judge.findings import inconclusive, listed, satisfied, violated
from harness.model import FailureKind, Transport
from harness.profiles.mcp import steps
from harness.profiles.mcp.revisions import STREAMABLE
from harness.profiles.mcp.rules.reading import first

if TYPE_CHECKING:
    from harness.model import BoundRequirement, Exchange, Finding, Transcript

_NEGOTIATION: Final = (steps.DISCOVER_INITIALIZE, steps.DISCOVER_MODERN, steps.STDIO_INITIALIZE)
"""Steps that ask for one revision each."""


def match(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """revision.match: the example serves the revision of its page.

    A page of a revision without Streamable HTTP (2024-11-05) is not matched by a server of that transport, even if it
    also agrees to the number.
    """
    asked = [first(transcript, step) for step in (steps.BASELINE_INITIALIZE, *_NEGOTIATION)]
    if not transcript.negotiated:
        return inconclusive(bound, "The example negotiated no revision.", asked)
    spoken = listed(transcript.negotiated)
    unanswered = [e for e in transcript.exchanges if e.step in _NEGOTIATION and _timed_out(e)]
    if bound.revision not in transcript.negotiated and unanswered:
        return inconclusive(
            bound, f"The example negotiates {spoken}, and left a revision unanswered: it was slow.", unanswered
        )
    if bound.revision not in transcript.negotiated:
        return violated(bound, f"The page belongs to {bound.revision}; its example negotiates {spoken}.", asked)
    if not transport_known(transcript, bound.revision):
        return violated(
            bound,
            f"The page belongs to {bound.revision}, which has no Streamable HTTP; its example speaks that transport "
            f"and negotiates {spoken}.",
            asked,
        )
    return satisfied(bound, f"The example negotiates {spoken}.", asked)


def _timed_out(exchange: Exchange) -> bool:
    return exchange.failure is not None and exchange.failure.kind is FailureKind.TIMEOUT


def transport_known(transcript: Transcript, revision: str) -> bool:
    """Whether the revision's text has the transport that was spoken: 2024-11-05 has no Streamable HTTP."""
    if transcript.kind is not ExampleKind.HTTP_SERVER:
        return True
    sse = transcript.facts.transport is Transport.HTTP_SSE
    return sse or not revision[:1].isdigit() or revision in STREAMABLE
