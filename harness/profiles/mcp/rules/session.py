"""Session ids: what a missing, unknown or terminated one is answered, and what the server chose.

Sentences: transports page, "Session Management", items 1 to 5 (2025-03-26 to 2025-11-25).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from harness.judge.findings import as_interpretation, inconclusive, listed, not_applicable, satisfied, violated
from harness.profiles.mcp import steps
from harness.profiles.mcp.rules import jsonrpc
from harness.profiles.mcp.rules.legs import NOT_SERVED, Leg, legs, request_served, why_nothing
from harness.profiles.mcp.rules.reading import SESSION_HEADER, Answer, first, is_served, said, sessions_of
from harness.profiles.mcp.rules.verdicts import not_asked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.model import BoundRequirement, Exchange, Finding, Transcript

NOT_ALLOWED: Final = (405, 501)
"""Statuses of a server that has no such method here."""


def terminated_404(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Item 3: after termination, requests with that id MUST get 404: POST, GET and DELETE alike.

    A DELETE that was answered 2xx ended the session; that a session may not live on after it is a reading, since no
    sentence gives a 2xx DELETE a meaning. A 404 that a fresh initialize gets too is a dead endpoint's, and decides
    nothing.
    """
    end = first(transcript, steps.TERMINATED_END, bound.revision)
    if end is None:
        return not_asked(transcript, bound, "DELETE with a live session id")
    if end.status in NOT_ALLOWED:
        return not_applicable(bound, f"DELETE was answered {end.status}: clients cannot end sessions here.", [end])
    if not is_served(end):
        return inconclusive(bound, f"DELETE was answered {said(end)}, so no session is known to have ended.", [end])
    asked = legs(transcript, steps.TERMINATED, bound.revision)
    evidence = [end, *(exchange for leg in asked for exchange in (leg.control, leg.fault))]
    decided = [leg for leg in asked if leg.answer not in (None, Answer.UNDECIDED)]
    answers = f"{listed(leg.name for leg in decided)} with that id {'were' if len(decided) > 1 else 'was'} answered "
    answers += ", ".join(said(leg.fault) for leg in decided)
    wrong = [leg for leg in decided if leg.fault.status != 404]
    if wrong:
        found = violated(
            bound,
            f"DELETE was answered {end.status}; after it {answers} instead of {_each_404(len(decided))}.",
            evidence,
        )
        lives_on = all(leg.answer is Answer.SERVED for leg in decided)
        return as_interpretation(found) if lives_on else found
    if not decided:
        return inconclusive(bound, f"DELETE was answered {end.status}; {why_nothing(asked)}.", evidence)
    dead = [other for other in _initializes_after(transcript, end) if other.status == 404]
    if dead:
        return inconclusive(
            bound,
            f"DELETE was answered {end.status}; after it a fresh initialize was answered 404 like everything else, so "
            "the 404 of the ended session says nothing about the session.",
            [*evidence, dead[0]],
        )
    return satisfied(bound, f"DELETE was answered {end.status}; after it {answers}.", evidence)


def missing_400(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Item 2: a server that requires an id SHOULD answer a request without one, initialize excepted, by 400.

    A server that serves the request without an id doesn't require one.
    """
    asked = legs(transcript, steps.MISSING, bound.revision)
    evidence = [exchange for leg in asked for exchange in (leg.control, leg.fault)]
    if not asked:
        return not_asked(transcript, bound, "A request without the session id")
    served = request_served(asked)
    if served is not None:
        return not_applicable(
            bound,
            f"A request without the session id was answered {said(served.fault)}: the server issues ids and does not "
            "require them.",
            evidence,
        )
    decided = [leg for leg in asked if leg.answer in NOT_SERVED]
    if not decided:
        return inconclusive(bound, f"Without the session id {why_nothing(asked)}.", evidence)
    answers = f"{listed(leg.name for leg in decided)} without the session id {_were(decided)} answered "
    answers += ", ".join(said(leg.fault) for leg in decided)
    if all(leg.fault.status == 400 for leg in decided):
        return satisfied(bound, f"{answers}; with it the same {_were(decided)} served.", evidence)
    return violated(bound, f"{answers} instead of 400; with it the same {_were(decided)} served.", evidence)


def unknown_404(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """No sentence covers an id that was never issued. SDKs answer 404, since after a restart it looks like an old one.

    Served requests mean that the server does not look at the id: its choice.
    """
    asked = legs(transcript, steps.UNKNOWN, bound.revision)
    evidence = [exchange for leg in asked for exchange in (leg.control, leg.fault)]
    if not asked:
        return not_asked(transcript, bound, "A request with an id that was never issued")
    if request_served(asked) is not None:
        return not_applicable(bound, "A request with an id that was never issued is served like any other.", evidence)
    decided = [leg for leg in asked if leg.answer in NOT_SERVED]
    if not decided:
        return inconclusive(bound, f"With an id that was never issued {why_nothing(asked)}.", evidence)
    answers = f"With an id that was never issued, {listed(leg.name for leg in decided)} {_were(decided)} answered "
    answers += ", ".join(said(leg.fault) for leg in decided)
    if all(leg.fault.status == 404 for leg in decided):
        return satisfied(bound, f"{answers}.", evidence)
    return violated(
        bound, f"{answers}. No sentence covers it; SDKs answer 404, as for an id that a restart forgot.", evidence
    )


def id_charset(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Item 1: the session id MUST only contain visible ASCII, 0x21 to 0x7E."""
    for session in sessions_of(transcript, bound.revision):
        wrong = sorted({character for character in session.id if not "!" <= character <= "~"})
        if wrong:
            shown = ", ".join(f"0x{ord(character):02X}" for character in wrong)
            return violated(
                bound,
                f"The initialize answer carried the session id {session.id!r}, which contains {shown}, outside 0x21 to "
                "0x7E.",
                [_issued_by(transcript, session.exchange)],
            )
    count = len(sessions_of(transcript, bound.revision))
    return satisfied(
        bound,
        f"All characters of {count} session ids are visible ASCII." if count > 1 else "The id is visible ASCII.",
        [_issued_by(transcript, session.exchange) for session in sessions_of(transcript, bound.revision)],
    )


def may_assign(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Item 1: the server MAY assign an id. Records the choice."""
    answer = first(transcript, steps.BASELINE_INITIALIZE, bound.revision)
    return satisfied(bound, f"The initialize answer carried a session id in {SESSION_HEADER}.", [answer])


def delete_405(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Item 5: the server MAY answer DELETE by 405. Records the choice."""
    end = first(transcript, steps.TERMINATED_END, bound.revision)
    if end is None:
        return not_asked(transcript, bound, "DELETE with a live session id")
    if end.status == 405:
        return satisfied(bound, "DELETE of a live session was answered 405: clients cannot end sessions here.", [end])
    if is_served(end):
        return not_applicable(bound, f"DELETE was answered {end.status}: clients can end sessions here.", [end])
    return inconclusive(bound, f"DELETE of a live session was answered {said(end)}.", [end])


def _initializes_after(transcript: Transcript, end: Exchange) -> list[Exchange]:
    """Initialize requests without an id that the same process got after ``end``, under whatever step."""
    return [
        exchange
        for exchange in transcript.exchanges
        if exchange.process == end.process
        and exchange.number > end.number
        and exchange.session is None
        and (jsonrpc.sent(exchange) or {}).get("method") == "initialize"
    ]


def _issued_by(transcript: Transcript, number: int) -> Exchange | None:
    return next((exchange for exchange in transcript.exchanges if exchange.number == number), None)


def _were(items: Sequence[Leg]) -> str:
    return "were" if len(items) > 1 else "was"


def _each_404(count: int) -> str:
    return "404 each" if count > 1 else "404"
