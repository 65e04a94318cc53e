"""Session ids themselves, and what a server may choose to do with them (2025-03-26 to 2025-11-25).

Sentences: transports page, "Session Management", items 1 and 5.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from extractor.model import Level
from harness.judge.findings import count, inconclusive, not_applicable, satisfied, violated
from harness.model import Requirement, Side
from harness.profiles.mcp import steps
from harness.profiles.mcp.messages import SESSION_HEADER
from harness.profiles.mcp.revisions import SESSIONS, level, reading, text
from harness.profiles.mcp.rules.answers import (
    NOT_SERVED,
    describe,
    describe_legs,
    evidence_of,
    is_served,
    legs_of,
    served_request,
    undecided_of,
    why_nothing_decided,
)
from harness.profiles.mcp.rules.id_makers import id_makers, random_ids
from harness.profiles.mcp.rules.preconditions import IN_SESSION, not_asked, session_issued
from harness.profiles.mcp.rules.randomness import unpredictable_session_ids
from harness.profiles.mcp.rules.transcript import exchange_of, sessions_of
from harness.profiles.mcp.rules.wrong_answers import dead_session_answers
from harness.rule import Decision, Rule

if TYPE_CHECKING:
    from harness.model import BoundRequirement, Finding, Transcript

NO_FIX: Final = "No fix needed: this records what the server chose."


def id_charset(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge item 1: the session id MUST only contain visible ASCII, 0x21 to 0x7E."""
    sessions = sessions_of(transcript, bound.revision)
    by_number = {exchange.number: exchange for exchange in transcript.exchanges}
    for session in sessions:
        wrong = sorted({character for character in session.id if not "!" <= character <= "~"})
        if wrong:
            characters = ", ".join(f"0x{ord(character):02X}" for character in wrong)
            return violated(
                bound,
                f"The initialize answer carried the session id {session.id!r}, which contains {characters}",
                [by_number.get(session.exchange)],
                expected="0x21 to 0x7E only",
            )
    return satisfied(
        bound,
        f"All characters of {count(len(sessions), 'session id')} are visible ASCII.",
        [by_number.get(session.exchange) for session in sessions],
    )


ID_CHARSET: Final = Rule(
    Requirement(
        id="session.id-charset",
        title="The session id is visible ASCII",
        side=Side.SERVER,
        levels=level(Level.MUST, SESSIONS),
        basis=text(SESSIONS),
        effect="Clients and proxies drop, fold or reject header values with other bytes, and the session is lost.",
        fix="Use characters from 0x21 to 0x7E only, such as a UUID or base64url.",
        avoid="Don't put user names or other free text into the id.",
    ),
    Decision(id_charset, (session_issued,)),
    printed=Decision(id_charset, (session_issued,)),
    blame=id_makers,
)

ID_SECURE: Final = Rule(
    Requirement(
        id="session.id-secure",
        title="The session id is globally unique and cryptographically secure",
        side=Side.SERVER,
        levels=level(Level.SHOULD, SESSIONS),
        basis=text(SESSIONS),
        effect="Whoever can work out an id can join another user's session.",
        fix="Generate ids with a cryptographic generator, such as crypto.randomUUID() or secrets.token_urlsafe().",
        avoid="Don't hash a counter or a clock: the result looks random and is as easy to guess as its input.",
    ),
    Decision(unpredictable_session_ids, (session_issued,)),
    blame=id_makers,
    fix=random_ids,
)


def may_assign(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Record the choice of item 1: the server MAY assign an id."""
    answer = exchange_of(transcript, bound.revision, steps.BASELINE_INITIALIZE)
    return satisfied(bound, f"The initialize answer carried a session id in {SESSION_HEADER}.", [answer])


MAY_ASSIGN: Final = Rule(
    Requirement(
        id="session.may-assign",
        title="The server may assign a session id at initialization",
        side=Side.SERVER,
        levels=level(Level.MAY, SESSIONS),
        basis=text(SESSIONS),
        effect="None: without an id the server is stateless, and the session rules don't apply to it.",
        fix=NO_FIX,
    ),
    Decision(may_assign, (session_issued,)),
)


def delete_405(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Record the choice of item 5: the server MAY answer DELETE by 405."""
    end = exchange_of(transcript, bound.revision, steps.TERMINATED_END)
    if end is None:
        return not_asked(transcript, bound, "DELETE with a live session id")
    if end.status == 405:
        return satisfied(bound, "DELETE of a live session returned 405: clients cannot end sessions here.", [end])
    if is_served(end):
        return not_applicable(bound, f"DELETE returned {end.status}: clients can end sessions here.", [end])
    return inconclusive(bound, f"DELETE of a live session returned {describe(end)}.", [end])


DELETE_405: Final = Rule(
    Requirement(
        id="session.delete-405",
        title="The server may refuse to let clients end sessions",
        side=Side.SERVER,
        levels=level(Level.MAY, SESSIONS),
        basis=text(SESSIONS),
        effect="None: with 405 a session ends only when the server ends it.",
        fix=NO_FIX,
    ),
    Decision(delete_405, IN_SESSION),
)


def unknown_404(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge an id that was never issued: SDKs answer 404, since after a restart it looks like an old one.

    No sentence covers it. Served requests mean that the server does not look at the id: its choice.
    """
    legs = legs_of(transcript, bound.revision, steps.UNKNOWN)
    evidence = evidence_of(legs)
    if not legs:
        return not_asked(transcript, bound, "A request with an id that was never issued")
    if served_request(legs) is not None:
        return not_applicable(bound, "A request with an id that was never issued is served like any other.", evidence)
    decided = [leg for leg in legs if leg.answer in NOT_SERVED]
    answers = f"Requests with an id that was never issued returned {describe_legs(decided)}"
    if all(leg.fault.status == 404 for leg in decided):
        if not decided or undecided_of(legs):
            return inconclusive(bound, f"With an id that was never issued, {why_nothing_decided(legs)}.", evidence)
        return satisfied(bound, f"{answers}.", evidence)
    return violated(
        bound,
        f"{answers}. No sentence covers it; SDKs answer 404, as for an id that a restart forgot.",
        evidence,
        {leg.name: leg.fault.status == 404 for leg in decided},
    )


UNKNOWN_404: Final = Rule(
    Requirement(
        id="session.unknown-404",
        title="A session id that was never issued gets 404",
        side=Side.SERVER,
        levels=level(Level.SHOULD, SESSIONS),
        basis=reading(SESSIONS),
        effect="After a restart a server cannot distinguish an unknown id from an ended one, and a client "
        "cannot read from another status that its session is gone.",
        fix="Treat an id that you don't know like one that ended: 404.",
        avoid="Don't answer a missing id the same way: that one gets 400.",
    ),
    Decision(unknown_404, IN_SESSION),
    blame=dead_session_answers,
)

RULES: Final = (ID_CHARSET, ID_SECURE, MAY_ASSIGN, DELETE_405, UNKNOWN_404)
