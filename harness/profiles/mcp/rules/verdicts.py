"""The preconditions that several checks share, and judging a status that must be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.judge.findings import inconclusive, not_applicable, satisfied, violated
from harness.model import Transport
from harness.profiles.mcp import steps
from harness.profiles.mcp.rules.reading import (
    Answer,
    control_of,
    first,
    is_served,
    said,
    sessions_of,
    weigh,
    why_undecided,
)

if TYPE_CHECKING:
    from harness.model import BoundRequirement, Finding, Transcript


def not_asked(transcript: Transcript, bound: BoundRequirement, what: str) -> Finding:
    """The conversation holds no exchange for this requirement; says why, as far as the prober knows."""
    facts = transcript.facts
    if facts.transport is Transport.HTTP_SSE:
        return not_applicable(bound, "The server speaks the HTTP+SSE transport of 2024-11-05, which has no such rule.")
    for incident in (facts.crashed, facts.stopped):
        if incident is not None:
            return inconclusive(bound, f"{what} was not sent: {incident.sentence}.")
    return inconclusive(bound, f"{what} was not sent in this conversation.")


def baseline_served(transcript: Transcript, bound: BoundRequirement) -> Finding | None:
    """Precondition: the server handled initialize, initialized and one request of this revision."""
    reason = transcript.facts.why_not_served(bound.revision)
    if reason is None:
        return None
    asked = [first(transcript, step, bound.revision) for step in _BASELINE]
    return inconclusive(bound, f"The baseline of {bound.revision} was not served: {reason.rstrip('.')}.", asked)


def session_issued(transcript: Transcript, bound: BoundRequirement) -> Finding | None:
    """Precondition: initialize gave a session id under this revision."""
    if sessions_of(transcript, bound.revision):
        return None
    answer = first(transcript, steps.BASELINE_INITIALIZE, bound.revision)
    return not_applicable(bound, "The initialize answer carried no session id: the server is stateless.", [answer])


def token_demanded(transcript: Transcript, bound: BoundRequirement) -> Finding | None:
    """Precondition: the server serves nothing without a token."""
    if transcript.demands_token:
        return None
    return not_applicable(bound, "The server serves requests without a token: it has no authorization.")


def only_modern(transcript: Transcript, bound: BoundRequirement) -> Finding | None:
    """Precondition: the server supports sessionless revisions only."""
    legacy = [revision for revision in transcript.negotiated if revision not in transcript.modern]
    if not legacy:
        return None
    return not_applicable(
        bound, f"The server also negotiates {', '.join(legacy)} by initialize: the rule is for servers that don't."
    )


def must_answer(transcript: Transcript, bound: BoundRequirement, step: str, status: int, request: str) -> Finding:
    """Judge "``request`` MUST be answered ``status``" by the step's exchange and its control.

    Args:
        transcript: the conversation.
        bound: the requirement.
        step: the step that sent the request under test.
        status: the one right status.
        request: what was sent, for the summary (``A request with MCP-Protocol-Version 1999-01-01``).
    """
    fault = first(transcript, step, bound.revision)
    if fault is None:
        return not_asked(transcript, bound, request)
    control = control_of(transcript, fault)
    both = [fault, control]
    if not is_served(control):
        why = f"was answered {said(control)}" if control is not None else "was not sent"
        return inconclusive(bound, f"{request} was answered {said(fault)}, but its control {why}.", both)
    match weigh(transcript, fault, control):
        case Answer.UNDECIDED:
            return inconclusive(bound, f"{request} decided nothing: {why_undecided(fault)}.", both)
        case Answer.REFUSED if fault.status == status:
            return satisfied(bound, f"{request} was answered {status}; the same without the fault was served.", both)
        case Answer.SERVED | Answer.REFUSED | Answer.SILENT | Answer.CUT:
            return violated(
                bound,
                f"{request} was answered {said(fault)} instead of {status}; the same without the fault was served.",
                both,
            )


_BASELINE = (steps.BASELINE_INITIALIZE, steps.BASELINE_INITIALIZED, steps.BASELINE_REQUEST)
