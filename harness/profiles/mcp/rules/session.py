"""Requests with an ended session id, and requests without one (2025-03-26 to 2025-11-25).

Sentences: transports page, "Session Management", items 2 and 3.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from extractor.model import Level
from harness.judge.findings import as_interpretation, inconclusive, not_applicable, satisfied, violated
from harness.model import Requirement, Side
from harness.profiles.mcp import steps
from harness.profiles.mcp.messages import SESSION_HEADER
from harness.profiles.mcp.revisions import SESSIONS, level, text
from harness.profiles.mcp.rules.answer_fixes import fix_statuses_by_id
from harness.profiles.mcp.rules.answers import (
    METHOD_NOT_OFFERED,
    NOT_SERVED,
    Answer,
    describe,
    describe_legs,
    evidence_of,
    is_served,
    is_success,
    legs_of,
    served_request,
    undecided_of,
    why_nothing_decided,
)
from harness.profiles.mcp.rules.preconditions import IN_SESSION, not_asked
from harness.profiles.mcp.rules.sent_requests import (
    OPTIONAL_METHODS,
    is_printed_whole,
    is_same_id,
    name_of,
    printed_in_sessions,
)
from harness.profiles.mcp.rules.transcript import exchange_of, header, method_of
from harness.profiles.mcp.rules.wrong_answers import dead_session_answers, missing_id_answers
from harness.profiles.mcp.seen_clients import seen_effect
from harness.rule import Decision, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.model import BoundRequirement, Exchange, Finding, Transcript
    from harness.profiles.mcp.rules.answers import Leg

ACCEPTED: Final = 202
"""Status of a server that will do what was asked, and has not done it yet."""


def terminated_404(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge item 3: after termination, requests with that id MUST get 404: POST, GET and DELETE.

    A DELETE that was answered 2xx ended the session; that a session may not live on after it is a reading, since no
    sentence gives a 2xx DELETE a meaning. 202 only accepts the DELETE (RFC 9110, section 15.3.3): the probes ask again
    for a while. A 404 that a fresh initialize gets too is a dead endpoint's, and decides nothing.
    """
    end = exchange_of(transcript, bound.revision, steps.TERMINATED_END)
    if end is None:
        return not_asked(transcript, bound, "DELETE with a live session id")
    if end.status in METHOD_NOT_OFFERED:
        return not_applicable(bound, f"DELETE returned {end.status}: clients cannot end sessions here.", [end])
    if not is_served(end):
        return inconclusive(bound, f"DELETE returned {describe(end)}, so no session is known to have ended.", [end])
    legs = legs_of(transcript, bound.revision, steps.TERMINATED)
    evidence = [end, *evidence_of(legs)]
    decided = [leg for leg in legs if leg.answer not in (None, Answer.UNDECIDED)]
    after = f"After DELETE ({end.status}), requests with the ended session id returned {describe_legs(decided)}"
    if any(leg.fault.status != 404 for leg in decided):
        by_leg = {leg.name: leg.fault.status == 404 for leg in decided}
        finding = violated(bound, after, evidence, by_leg, expected="404", wrong=_without(404, decided))
        lives_on = all(leg.answer is Answer.SERVED for leg in decided)
        return as_interpretation(finding) if lives_on else finding
    if not decided or undecided_of(legs):
        return inconclusive(bound, f"DELETE returned {end.status}; {why_nothing_decided(legs)}.", evidence)
    dead = next((other for other in _initializes_after(transcript, end) if other.status == 404), None)
    if dead is not None:
        return inconclusive(
            bound,
            f"After DELETE ({end.status}) a fresh initialize returned 404 like everything else, so the 404 of the "
            "ended session says nothing about the session.",
            [*evidence, dead],
        )
    return satisfied(bound, f"{after}.", evidence)


def _without(status: int, legs: Sequence[Leg]) -> list[Exchange]:
    """Return the exchanges of ``legs`` that were answered otherwise than by ``status``."""
    return [leg.fault for leg in legs if leg.fault.status != status]


def printed_terminated_404(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge item 3 by what a page prints: after a DELETE that was answered 2xx, requests with that id get 404.

    A GET or a DELETE answered 405 is about the server's methods and not about the session: no id would get another
    answer.
    """
    ended: dict[str, Exchange] = {}
    right: list[Exchange] = []
    for exchange in transcript.exchanges:
        if exchange.method in OPTIONAL_METHODS and exchange.status in METHOD_NOT_OFFERED:
            continue
        id = header(exchange, SESSION_HEADER)
        end = next((end for known, end in ended.items() if id is not None and is_same_id(id, known)), None)
        if end is not None and exchange.status and exchange.status != 404:
            return violated(
                bound,
                f"The page prints DELETE with answer {end.status} and then {name_of(exchange)} with the same session "
                f"id and answer {exchange.status}",
                [end, exchange],
                expected="404",
            )
        if end is not None and exchange.status == 404:
            right += [end, exchange]
        if id is not None and exchange.method == "DELETE" and is_success(exchange):
            ended.setdefault(id, exchange)
    if not right:
        return inconclusive(bound, "No request after the end of a session is printed with its answer.")
    return satisfied(bound, "The page prints 404 for an ended session.", right)


def _initializes_after(transcript: Transcript, end: Exchange) -> Iterator[Exchange]:
    """Yield the initialize requests without an id that the same process got after ``end``, under whatever step."""
    for exchange in transcript.exchanges:
        later = exchange.process == end.process and exchange.number > end.number
        if later and exchange.session is None and method_of(exchange) == "initialize":
            yield exchange


def ended_at_once(finding: Finding, transcript: Transcript) -> bool:
    """Return whether the DELETE of a live session was answered as done: 202 only says that it was accepted."""
    end = exchange_of(transcript, finding.revision, steps.TERMINATED_END)
    return end is not None and end.status != ACCEPTED


TERMINATED_404: Final = Rule(
    Requirement(
        id="session.terminated-404",
        title="After termination, every request with that session id gets 404",
        side=Side.SERVER,
        levels=level(Level.MUST, SESSIONS),
        basis=text(SESSIONS),
        effect=seen_effect("session.terminated-404"),
        fix="Forget the session when its DELETE is answered, and answer 404 to every POST, GET and DELETE that carries "
        "an id you don't know; keep 400 for requests that carry no id.",
        avoid="Don't change the status of a branch that handles a missing and an unknown id together: the one-word fix "
        "turns a missing id into 404 too, against the SHOULD 400. Split the branch first, and fix GET and DELETE "
        "together with POST.",
    ),
    Decision(terminated_404, IN_SESSION),
    printed=Decision(printed_terminated_404),
    # nothing but this reading gives a DELETE that was answered 2xx a meaning
    reading_blocks=ended_at_once,
    blame=dead_session_answers,
    fix=fix_statuses_by_id(dead_session_answers),
)


def missing_400(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge item 2: a server that requires an id SHOULD answer a request without one, initialize excepted, by 400.

    A server that serves the request without an id doesn't require one.
    """
    legs = legs_of(transcript, bound.revision, steps.MISSING)
    evidence = evidence_of(legs)
    if not legs:
        return not_asked(transcript, bound, "A request without the session id")
    served = served_request(legs)
    if served is not None:
        return not_applicable(
            bound,
            f"A request without the session id returned {describe(served.fault)}: the server issues ids and does not "
            "require them.",
            evidence,
        )
    decided = [leg for leg in legs if leg.answer in NOT_SERVED]
    answers = f"Requests without the session id returned {describe_legs(decided)}"
    if any(leg.fault.status != 400 for leg in decided):
        by_leg = {leg.name: leg.fault.status == 400 for leg in decided}
        return violated(
            bound,
            answers,
            evidence,
            by_leg,
            expected="400",
            wrong=_without(400, decided),
            control="With the id they were served.",
        )
    if not decided or undecided_of(legs):
        return inconclusive(bound, f"Without the session id, {why_nothing_decided(legs)}.", evidence)
    return satisfied(bound, f"{answers}; with the id they were served.", evidence)


def printed_missing_400(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge item 2 by what a page prints: a request without the required id that is refused for it gets 400."""
    refused = [
        exchange
        for exchange, id in printed_in_sessions(transcript)
        if id is None and is_printed_whole(exchange) and exchange.status in (400, 404, 405, 406, 409, 410, 422)
        if exchange.method not in OPTIONAL_METHODS or exchange.status not in METHOD_NOT_OFFERED
    ]
    wrong = [exchange for exchange in refused if exchange.status != 400]
    if wrong:
        return violated(
            bound,
            f"The page prints {name_of(wrong[0])} without a session id and answer {wrong[0].status}",
            wrong,
            expected="400",
            wrong=wrong,
        )
    if not refused:
        return inconclusive(bound, "No refusal of a request without a session id is printed.")
    return satisfied(bound, "The page prints 400 for a request without a session id.", refused)


MISSING_400: Final = Rule(
    Requirement(
        id="session.missing-400",
        title="A request without the required session id gets 400",
        side=Side.SERVER,
        levels=level(Level.SHOULD, SESSIONS),
        basis=text(SESSIONS),
        effect="A client that lost its id cannot distinguish its own mistake from a session that ended.",
        fix="Where a non-initialize request carries no session id, answer 400 before looking up any session.",
        avoid="Don't answer 404 here: that status means to a client that a session it never named is gone.",
    ),
    Decision(missing_400, IN_SESSION),
    printed=Decision(printed_missing_400),
    blame=missing_id_answers,
    fix=fix_statuses_by_id(missing_id_answers),
)

RULES: Final = (TERMINATED_404, MISSING_400)
