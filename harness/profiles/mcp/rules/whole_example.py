"""The example as a whole: the requirements that every specification has, and two pieces of advice for servers.

No sentence of the specification states them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from extractor.model import Level
from harness.judge.example import example_rules
from harness.judge.findings import inconclusive, not_applicable, satisfied, violated
from harness.model import Requirement, Side
from harness.profiles.mcp import steps
from harness.profiles.mcp.revisions import ALL, ANYWHERE, SESSIONS, advice, judged_under, level
from harness.profiles.mcp.rules.answers import (
    METHOD_NOT_OFFERED,
    Answer,
    classify_answer,
    describe,
    is_served,
    why_undecided,
)
from harness.profiles.mcp.rules.preconditions import BASELINE, IN_SESSION, not_asked
from harness.profiles.mcp.rules.transcript import exchange_of
from harness.rule import Decision, Rule

if TYPE_CHECKING:
    from harness.model import BoundRequirement, Finding, Transcript

_NEGOTIATION: Final = (steps.DISCOVER_INITIALIZE, steps.DISCOVER_MODERN, steps.STDIO_INITIALIZE)
"""Steps that ask for one revision each."""


def survives(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge, as advice, that the server still initializes and serves after the whole conversation.

    Asked once for all revisions.
    """
    facts = transcript.facts
    for incident, what in ((facts.crashed, "exited"), (facts.died, "stopped serving")):
        if incident is not None:
            when = f", before exchange {incident.exchange}" if incident.exchange else ""
            return violated(bound, f"The server {what} during the conversation{when}: {incident.sentence}.")
    opening = exchange_of(transcript, None, steps.SURVIVES_INITIALIZE)
    request = exchange_of(transcript, None, steps.SURVIVES_REQUEST)
    asked = [exchange for exchange in (opening, request) if exchange is not None]
    if not asked:
        return not_asked(transcript, bound, "A new client after everything else")
    failed = next((exchange for exchange in asked if not is_served(exchange)), None)
    if failed is None:
        return satisfied(bound, "After the whole conversation a new client was served.", asked)
    control = exchange_of(transcript, None, steps.BASELINE_INITIALIZE)
    undecided = classify_answer(transcript, failed, control) is Answer.UNDECIDED
    if undecided and (failed.timed_out or failed.reply is not None):
        return inconclusive(bound, f"After the conversation {why_undecided(failed)}.", [failed])
    single = " The process serves one session in its life." if facts.single_session else ""
    return violated(bound, f"After the conversation a new client got {describe(failed)}.{single}", asked)


SERVER_SURVIVES: Final = Rule(
    Requirement(
        id="server.survives",
        title="The server still serves after the whole conversation",
        side=Side.SERVER,
        levels=level(Level.MAY, ANYWHERE),
        basis=advice(ANYWHERE),
        effect="One client's DELETE, or a second client, takes the server down for everybody.",
        fix="Make one transport per session and keep the listener apart from it.",
        avoid="Don't restart the process to paper over it: all other sessions are lost.",
    ),
    Decision(survives, BASELINE),
)


def isolation(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge, as advice, that ending session A leaves session B alive."""
    before = exchange_of(transcript, bound.revision, steps.ISOLATION_BEFORE_B)
    end = exchange_of(transcript, bound.revision, steps.ISOLATION_END_A)
    after = exchange_of(transcript, bound.revision, steps.ISOLATION_REQUEST_B)
    evidence = [before, end, after]
    if end is None or before is None:
        return not_asked(transcript, bound, "DELETE of one of two sessions")
    if end.status in METHOD_NOT_OFFERED:
        return not_applicable(bound, f"DELETE returned {end.status}: clients cannot end sessions here.", evidence)
    if after is None or not is_served(before) or not is_served(end):
        return inconclusive(bound, "Two sessions could not be used at the same time, or neither be ended.", evidence)
    if is_served(after):
        return satisfied(bound, f"After DELETE of session A ({end.status}), a request on B was served.", evidence)
    if classify_answer(transcript, after, before) is Answer.UNDECIDED:
        return inconclusive(bound, f"After DELETE of session A, {why_undecided(after)}.", evidence)
    return violated(
        bound,
        f"After DELETE of session A ({end.status}), a request on session B returned {describe(after)}; before, it was "
        "served.",
        evidence,
    )


SESSION_ISOLATION: Final = Rule(
    Requirement(
        id="session.isolation",
        title="Ending one session leaves the others alive and apart",
        side=Side.SERVER,
        levels=level(Level.MAY, SESSIONS),
        basis=advice(SESSIONS),
        effect="One user's goodbye ends another's work, or one user reads another's messages.",
        fix="Keep the state of a session under its id only, and remove nothing else when it ends.",
        avoid="Don't share one server object with per-client state between transports.",
    ),
    Decision(isolation, IN_SESSION),
)

RULES: Final = (
    *example_rules(ALL, _NEGOTIATION, steps.BASELINE_INITIALIZE, judged_under),
    SERVER_SURVIVES,
    SESSION_ISOLATION,
)
