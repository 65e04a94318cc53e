"""Event ids and what a resumed stream may replay (2025-03-26 to 2025-11-25).

Sentences: transports page, "Resumability and Redelivery", items 1 and 2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from extractor.model import Level
from harness.judge.findings import inconclusive, not_applicable, satisfied, violated
from harness.model import Requirement, Side
from harness.profiles.mcp import steps
from harness.profiles.mcp.revisions import SESSIONS, level, text
from harness.profiles.mcp.rules.answers import describe, first_left_open, is_served, why_undecided
from harness.profiles.mcp.rules.preconditions import BASELINE, IN_SESSION, not_asked
from harness.profiles.mcp.rules.transcript import (
    exchange_of,
    exchanges_of,
    header,
    identified_messages,
    is_same_message,
)
from harness.rule import Decision, Rule

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.model import BoundRequirement, Exchange, Finding, Transcript

_NAMES_THE_REVISION: Final = (
    steps.BASELINE_REQUEST,
    steps.BASELINE_OTHER,
    steps.BASELINE_TOOL,
    steps.STREAM_TWO_A,
    steps.STREAM_TWO_B,
)
"""Requests by which a server can know that the client is one of the revision: those with the version in a header."""
_SHOWN: Final = 60
"""Characters of an event id that a summary shows."""


def id_unique(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge item 1: if present, event ids MUST be unique across all streams of a session, not of two sessions."""
    streams = _streams(transcript, bound.revision)
    if not streams:
        return _no_ids(transcript, bound)
    by_session: dict[str | None, list[Exchange]] = {}
    for stream in streams:
        by_session.setdefault(_session(transcript, stream), []).append(stream)
    for label, own in by_session.items():
        seen: dict[str, Exchange] = {}
        for stream in own:
            ids = _event_ids(stream)
            for id in ids:
                earlier = seen.setdefault(id, stream)
                if earlier is not stream:
                    whose = f"session {label}" if label else "the client"
                    return violated(
                        bound, f"The event id {id[:_SHOWN]!r} came on two streams of {whose}.", [earlier, stream]
                    )
            if len(set(ids)) < len(ids):
                return violated(bound, "One stream carried the same event id twice.", [stream])
    most = max(by_session.values(), key=len)
    if len(most) < 2:
        return inconclusive(bound, "No session had two streams with event ids.", streams)
    return satisfied(bound, f"{len(most)} streams of one session carried event ids; none was repeated.", most)


RESUME_ID_UNIQUE: Final = Rule(
    Requirement(
        id="resume.id-unique",
        title="Event ids are unique across the streams of a session",
        side=Side.SERVER,
        levels=level(Level.MUST, SESSIONS),
        basis=text(SESSIONS),
        effect="A resumed client gets the wrong messages, or misses some, and cannot notice.",
        fix="Make the stream's own id part of each event id.",
        avoid="Don't count from zero on every stream.",
    ),
    Decision(id_unique, BASELINE),
)


def no_cross_stream(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge item 2: the server MUST NOT replay messages of a different stream, least of all of another session.

    Two sessions run a request with the same JSON-RPC id and different results; the first resumes its own stream, then
    the second asks with the first one's event id. A message is foreign if it was delivered to others and never to the
    stream that is resumed; an equal message under an event id of its own is another one.
    """
    first = exchange_of(transcript, bound.revision, steps.RESUME_A)
    second = exchange_of(transcript, bound.revision, steps.RESUME_B)
    own = exchange_of(transcript, bound.revision, steps.RESUME_OWN)
    cross = exchange_of(transcript, bound.revision, steps.RESUME_CROSS)
    after = exchange_of(transcript, bound.revision, steps.RESUME_AFTER)
    evidence = [first, second, after, own, cross]
    streams = _streams(transcript, bound.revision)
    if first is None or own is None:
        if not streams:
            return _no_ids(transcript, bound)
        return not_asked(transcript, bound, "GET with an event id of a stream of the same session")
    if own.status == 405:
        return not_applicable(bound, "GET returned 405: no stream can be resumed.", evidence)
    others = [stream for stream in streams if stream is not first]
    if _has_foreign(own, others, [first]):
        return violated(
            bound,
            "A session resumed after an event of its own stream and got a message of another stream",
            evidence,
            expected="those of its own stream",
            wrong=[own],
        )
    if cross is not None and second is not None:
        of_first = [s for s in (first, *others) if _session(transcript, s) == _session(transcript, first)]
        of_second = [s for s in others if _session(transcript, s) == _session(transcript, second)]
        if _has_foreign(cross, of_first, of_second):
            return violated(
                bound,
                "A session asked with another session's event id and got that session's messages",
                evidence,
                expected="none of them",
                wrong=[cross],
            )
    if not is_served(own):
        return inconclusive(bound, f"Resuming its own stream, a session got {describe(own)}.", evidence)
    if not _has_foreign(own, [first], []):
        return inconclusive(bound, "No messages were replayed when a session resumed its own stream.", evidence)
    if (late := first_left_open(transcript, [after, cross])) is not None:
        return inconclusive(bound, f"A stream was inconclusive: {why_undecided(late)}.", evidence)
    if cross is None:
        return inconclusive(bound, "A session got its own stream again; no second session could ask for it.", evidence)
    return satisfied(
        bound,
        f"A session got its own stream again; another session that asked with the same event id got {describe(cross)} "
        "and no message of it.",
        evidence,
    )


RESUME_NO_CROSS_STREAM: Final = Rule(
    Requirement(
        id="resume.no-cross-stream",
        title="Messages of another stream are never replayed",
        side=Side.SERVER,
        levels=level(Level.MUST_NOT, SESSIONS),
        basis=text(SESSIONS),
        effect="A client receives another request's data; with a shared event store, another user's.",
        fix="Scope the event store's stream ids to the session as well as to the request.",
        avoid="Don't use the JSON-RPC id as stream id: two sessions number their requests alike.",
    ),
    Decision(no_cross_stream, IN_SESSION),
)


def primed(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that a stream whose events have ids SHOULD begin with an event that has an id and no data."""
    asked = exchanges_of(transcript, bound.revision, *_NAMES_THE_REVISION)
    streams = [exchange for exchange in asked if _event_ids(exchange)]
    if not streams:
        return _no_ids(transcript, bound)
    for stream in streams:
        first = stream.reply.events[0] if stream.reply is not None else None
        if first is None or first.id is None or first.data:
            return violated(
                bound, "A stream with event ids does not begin with an event that has an id and no data.", [stream]
            )
    return satisfied(bound, "Streams with event ids begin with an event that has an id and no data.", streams[:1])


RESUME_PRIMED: Final = Rule(
    Requirement(
        id="resume.primed",
        title="A stream begins with an event to resume from",
        side=Side.SERVER,
        levels=level(Level.SHOULD, SESSIONS[2:]),
        basis=text(SESSIONS[2:]),
        effect="A client that loses the connection before the first message has no id to resume from, and asks again.",
        fix="Send an event with an id and empty data as soon as a stream is opened.",
    ),
    Decision(primed, BASELINE),
)

RULES: Final = (RESUME_ID_UNIQUE, RESUME_NO_CROSS_STREAM, RESUME_PRIMED)


def _streams(transcript: Transcript, revision: str) -> list[Exchange]:
    """Return every stream of the revision with event ids, except resumed ones, which repeat ids rightly."""
    return [
        exchange
        for exchange in transcript.exchanges
        if exchange.revision == revision and _event_ids(exchange) and header(exchange, "last-event-id") is None
    ]


def _event_ids(exchange: Exchange) -> list[str]:
    return [event.id for event in exchange.reply.events if event.id] if exchange.reply is not None else []


def _session(transcript: Transcript, exchange: Exchange) -> str | None:
    """Return the label of the session that a stream belongs to; that of an initialize is the one it opened."""
    opened = {session.exchange: session.label for session in transcript.sessions}
    return opened.get(exchange.number, exchange.session)


def _has_foreign(resumed: Exchange, others: Iterable[Exchange], own: Iterable[Exchange]) -> bool:
    """Return whether a resumed stream carried a message of ``others`` that none of ``own`` carried."""
    foreign = [each for stream in others for each in identified_messages(stream.reply)]
    known = [each for stream in own for each in identified_messages(stream.reply)]
    return any(
        any(is_same_message(each, other) for other in foreign)
        and not any(is_same_message(each, other) for other in known)
        for each in identified_messages(resumed.reply)
    )


def _no_ids(transcript: Transcript, bound: BoundRequirement) -> Finding:
    asked = exchanges_of(transcript, bound.revision, steps.BASELINE_REQUEST)
    if not asked:
        return not_asked(transcript, bound, "A request")
    return not_applicable(bound, "The server's events carry no ids: its streams are not resumable.", asked)
