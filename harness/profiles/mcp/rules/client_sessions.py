"""Clients and the sessions that servers give them (2025-03-26 to 2025-11-25).

Sentences: transports page, "Session Management", items 2, 4 and 5. A client may stop after a 404 if its program ends.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from extractor.model import Level
from harness.judge.blame.logged_errors import uncaught_error
from harness.judge.findings import count, inconclusive, not_applicable, satisfied, violated
from harness.model import Requirement, Side
from harness.profiles.mcp.messages import SESSION_HEADER
from harness.profiles.mcp.revisions import SESSIONS, level, text
from harness.profiles.mcp.rules.preconditions import CLIENT, not_asked
from harness.profiles.mcp.rules.sent_requests import (
    is_printed_whole,
    is_same_id,
    name_of,
    openings,
    printed_in_sessions,
    received,
    sent_in_sessions,
)
from harness.profiles.mcp.rules.transcript import header, issued_id, method_of
from harness.rule import Decision, Rule

if TYPE_CHECKING:
    from harness.model import BoundRequirement, Exchange, Finding, Transcript

_SHOWN: Final = 40
"""Characters of a session id that a summary shows."""


def sends_session_id(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge item 2: the client MUST include the id it was given on all of its later requests."""
    issued = _openings_with_id(transcript)
    if not issued:
        return not_asked(transcript, bound, "An initialize answer with a session id")
    later = list(sent_in_sessions(transcript))
    for exchange, ids in later:
        id = header(exchange, SESSION_HEADER)
        if id is None or not any(is_same_id(id, known) for known in ids):
            carried = "no session id" if id is None else "another session id"
            return violated(
                bound,
                f"After an initialize answer with a session id, {name_of(exchange)} carried {carried}",
                [*issued, exchange],
                expected="the id on every request",
            )
    if not later:
        return inconclusive(bound, "The client sent nothing after its initialize was answered.", issued)
    evidence = [*issued, *(exchange for exchange, _ in later)]
    return satisfied(
        bound, f"Every request after initialize carried the session id ({count(len(later), 'request')}).", evidence
    )


def printed_sends_session_id(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge item 2 by what a page prints: requests after an answer with an id carry it."""
    later = [(exchange, id) for exchange, id in printed_in_sessions(transcript) if id or is_printed_whole(exchange)]
    for exchange, id in later:
        if id is None or not any(is_same_id(id, session.id) for session in transcript.sessions):
            what = "no session id" if id is None else f"the session id {id[:_SHOWN]!r}, which no answer gave"
            return violated(bound, f"Inside a session, the page prints {name_of(exchange)} with {what}.", [exchange])
    if not later:
        return inconclusive(bound, "No request of a session is printed with its headers.")
    return satisfied(
        bound,
        f"Every printed request of a session carries the session id ({count(len(later), 'request')}).",
        [exchange for exchange, _ in later],
    )


SENDS_SESSION_ID: Final = Rule(
    Requirement(
        id="client.sends-session-id",
        title="The client sends the session id on every later request",
        side=Side.CLIENT,
        levels=level(Level.MUST, SESSIONS),
        basis=text(SESSIONS),
        effect="Servers answer 400, or open a new session for every request.",
        fix="Keep the id from the initialize answer and send it on every POST, GET and DELETE.",
    ),
    Decision(sends_session_id, CLIENT),
    printed=Decision(printed_sends_session_id),
)


def reinit_on_404(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge item 4: on 404 to a request with a session id the client MUST send a new initialize without an id."""
    requests = received(transcript)
    gone = next((e for e in requests if e.status == 404 and e.method == "POST" and header(e, SESSION_HEADER)), None)
    if gone is None:
        return not_asked(transcript, bound, "A 404 to a request with a session id")
    after = [e for e in requests if e.process == gone.process and e.number > gone.number]
    again = next((e for e in after if method_of(e) == "initialize"), None)
    if again is not None and header(again, SESSION_HEADER) is None:
        return satisfied(bound, "After a 404 the client sent a new initialize without a session id.", [gone, again])
    if again is not None:
        return violated(
            bound, "After a 404 the client sent a new initialize with a session id", [gone, again], expected="none"
        )
    posts = [e for e in after if e.method == "POST"]
    if posts:
        return violated(
            bound,
            f"After a 404 the client sent {name_of(posts[0])}",
            [gone, *posts],
            expected="a new initialize",
            wrong=posts[:1],
        )
    failed = transcript.facts.failed_when_gone
    cause = uncaught_error(line for line in transcript.logs if line.at_s >= gone.started_s)
    if cause is not None and cause == uncaught_error(line for line in transcript.logs if line.at_s < gone.started_s):
        # with a session that lives, it failed in the same way: for want of a language model, say
        what = f"The client fails without a 404 too ({cause!r}), and sent nothing more after one"
        return inconclusive(bound, what, [gone, *after])
    if failed is not None and cause is not None:
        return violated(
            bound,
            f"After a 404 the client {failed.sentence} with an error that nothing caught ({cause!r})",
            [gone, *after],
            expected="a new initialize",
            wrong=(),
        )
    return inconclusive(
        bound, "After a 404 the client sent no further message: its program may have ended.", [gone, *after]
    )


REINIT_ON_404: Final = Rule(
    Requirement(
        id="client.reinit-on-404",
        title="On 404 the client starts a new session",
        side=Side.CLIENT,
        levels=level(Level.MUST, SESSIONS),
        basis=text(SESSIONS),
        effect="After a restart of the server the client fails until it is restarted too.",
        fix="On 404 to a request with a session id, drop the id and send a new initialize request without one.",
        avoid="Don't retry the request with the old id.",
    ),
    Decision(reinit_on_404, CLIENT),
)


def deletes_session(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge item 5: a client that no longer needs a session SHOULD end it by DELETE."""
    issued = _openings_with_id(transcript)
    if not issued:
        return not_asked(transcript, bound, "An initialize answer with a session id")
    first = issued[0]
    requests = [exchange for exchange in received(transcript) if exchange.process == first.process]
    if any(exchange.status == 404 for exchange in requests):
        return not_applicable(bound, "The server ended the session.", issued)
    for exchange in requests:
        id = header(exchange, SESSION_HEADER)
        if exchange.method == "DELETE" and id is not None and is_same_id(id, issued_id(first) or ""):
            return satisfied(bound, "The client ended its session by DELETE.", [first, exchange])
    stopped = transcript.facts.stopped
    if stopped is not None:
        return inconclusive(bound, f"The client was still running when it was stopped: {stopped.sentence}.", issued)
    return violated(bound, "The client ended without a DELETE of its session.", [first, requests[-1]])


DELETES_SESSION: Final = Rule(
    Requirement(
        id="client.deletes-session",
        title="The client ends a session it no longer needs",
        side=Side.CLIENT,
        levels=level(Level.SHOULD, SESSIONS),
        basis=text(SESSIONS),
        effect="Servers keep the state of sessions that nobody uses.",
        fix="Send DELETE with the session id before the client ends; the SDKs' clients have a call for it.",
        avoid="Don't treat 405 as a failure: servers may refuse.",
    ),
    Decision(deletes_session, CLIENT),
)

RULES: Final = (SENDS_SESSION_ID, REINIT_ON_404, DELETES_SESSION)


def _openings_with_id(transcript: Transcript) -> list[Exchange]:
    return [opening for opening in openings(transcript) if issued_id(opening)]
