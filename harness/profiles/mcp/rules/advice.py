"""Good engineering that no sentence asks for: sessions kept apart, and a server that outlives its clients."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.judge.findings import inconclusive, not_applicable, satisfied, violated
from harness.model import FailureKind
from harness.profiles.mcp import steps
from harness.profiles.mcp.rules.reading import Answer, first, is_served, said, weigh, why_undecided
from harness.profiles.mcp.rules.session import NOT_ALLOWED
from harness.profiles.mcp.rules.verdicts import not_asked

if TYPE_CHECKING:
    from harness.model import BoundRequirement, Finding, Transcript


def isolation(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Advice: ending session A leaves session B alive."""
    before = first(transcript, steps.ISOLATION_BEFORE_B, bound.revision)
    end = first(transcript, steps.ISOLATION_END_A, bound.revision)
    after = first(transcript, steps.ISOLATION_REQUEST_B, bound.revision)
    evidence = [before, end, after]
    if end is None or before is None:
        return not_asked(transcript, bound, "DELETE of one session beside another")
    if end.status in NOT_ALLOWED:
        return not_applicable(bound, f"DELETE was answered {end.status}: clients cannot end sessions here.", evidence)
    if after is None or not is_served(before) or not is_served(end):
        return inconclusive(bound, "Two sessions could not be used beside each other, or neither be ended.", evidence)
    if is_served(after):
        return satisfied(bound, f"After DELETE of A ({end.status}), a request on B was served.", evidence)
    if weigh(transcript, after, before) is Answer.UNDECIDED:
        return inconclusive(bound, f"After DELETE of A, {why_undecided(after)}.", evidence)
    return violated(
        bound, f"A request on session B was served; after DELETE of session A it was answered {said(after)}.", evidence
    )


def survives(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Advice: after the whole conversation the server still initializes and serves. Asked once for all revisions."""
    facts = transcript.facts
    for incident, what in ((facts.crashed, "ended by itself"), (facts.died, "stopped serving")):
        if incident is not None:
            return violated(bound, f"The server {what} during the conversation ({incident}).")
    opening = first(transcript, steps.SURVIVES_INITIALIZE)
    request = first(transcript, steps.SURVIVES_REQUEST)
    asked = [exchange for exchange in (opening, request) if exchange is not None]
    if not asked:
        return not_asked(transcript, bound, "A new client after everything else")
    failed = next((exchange for exchange in asked if not is_served(exchange)), None)
    if failed is None:
        return satisfied(bound, "After the whole conversation a new client was served.", asked)
    undecided = weigh(transcript, failed, first(transcript, steps.BASELINE_INITIALIZE)) is Answer.UNDECIDED
    timed_out = failed.failure is not None and failed.failure.kind is FailureKind.TIMEOUT
    if undecided and (timed_out or failed.reply is not None):
        return inconclusive(bound, f"After the conversation {why_undecided(failed)}.", [failed])
    alone = " The process serves one session in its life." if facts.single_session else ""
    return violated(bound, f"After the conversation a new client got {said(failed)}.{alone}", asked)
