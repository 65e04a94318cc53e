"""Event ids and what a resumed stream may replay.

Sentences: transports page, "Resumability and Redelivery", items 1 and 2 (2025-03-26 to 2025-11-25).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from harness.judge.findings import inconclusive, not_applicable, satisfied, violated
from harness.profiles.mcp import steps
from harness.profiles.mcp.rules import jsonrpc
from harness.profiles.mcp.rules.reading import first, is_served, of_step, said
from harness.profiles.mcp.rules.verdicts import not_asked

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.model import BoundRequirement, Exchange, Finding, Transcript


def id_unique(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """If present, event ids MUST be unique across all streams of a session. Two sessions may share ids."""
    streams = _streams(transcript, bound.revision)
    if not streams:
        return _no_ids(transcript, bound)
    per_session: dict[str | None, list[Exchange]] = {}
    for stream in streams:
        per_session.setdefault(_session(transcript, stream), []).append(stream)
    for label, ours in per_session.items():
        seen: dict[str, Exchange] = {}
        for stream in ours:
            for id in _event_ids(stream):
                earlier = seen.setdefault(id, stream)
                if earlier is not stream:
                    whose = f"session {label}" if label else "the client"
                    return violated(
                        bound, f"The event id {id[:60]!r} came on two streams of {whose}.", [earlier, stream]
                    )
            if len(set(_event_ids(stream))) < len(_event_ids(stream)):
                return violated(bound, "One stream carried the same event id twice.", [stream])
    most = max(per_session.values(), key=len)
    if len(most) < 2:
        return inconclusive(bound, "No session had two streams with event ids.", streams)
    return satisfied(bound, f"{len(most)} streams of one session carried event ids; none was repeated.", most)


def no_cross_stream(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """The server MUST NOT replay messages of a different stream, least of all of another session.

    Two sessions run a request with the same JSON-RPC id and different results; the first resumes its own stream, then
    the second asks with the first one's event id. A message is foreign if it was delivered to others and never to the
    stream that is resumed.
    """
    mine = first(transcript, steps.RESUME_A, bound.revision)
    theirs = first(transcript, steps.RESUME_B, bound.revision)
    own = first(transcript, steps.RESUME_OWN, bound.revision)
    cross = first(transcript, steps.RESUME_CROSS, bound.revision)
    evidence = [mine, theirs, own, cross]
    if mine is None or own is None:
        return (
            _no_ids(transcript, bound) if not _streams(transcript, bound.revision) else _not_resumed(transcript, bound)
        )
    if own.status == 405:
        return not_applicable(bound, "GET is answered 405: no stream can be resumed.", evidence)
    others = [stream for stream in _streams(transcript, bound.revision) if stream is not mine]
    foreign = _data(others) - _data([mine])
    if _data([own]) & foreign:
        return violated(
            bound, "A session resumed after an event of its own stream and got a message of another stream.", evidence
        )
    if cross is not None and theirs is not None:
        of_first = [stream for stream in (mine, *others) if _session(transcript, stream) == _session(transcript, mine)]
        of_second = [stream for stream in others if _session(transcript, stream) == _session(transcript, theirs)]
        if _data([cross]) & (_data(of_first) - _data(of_second)):
            return violated(
                bound, "A session asked with another session's event id and got that session's messages.", evidence
            )
    if not is_served(own):
        return inconclusive(bound, f"Resuming its own stream, a session got {said(own)}.", evidence)
    if not _data([own]) & _data([mine]):
        return inconclusive(bound, "Resuming its own stream, a session got no message: replay was not seen.", evidence)
    if cross is None:
        return inconclusive(bound, "A session got its own stream again; no second session could ask for it.", evidence)
    return satisfied(
        bound,
        f"A session got its own stream again; another session that asked with the same event id got {said(cross)} and "
        "nothing of it.",
        evidence,
    )


def _streams(transcript: Transcript, revision: str) -> list[Exchange]:
    """Every stream of the revision that carried event ids, resumed ones left out: those repeat ids rightly."""
    return [
        exchange
        for exchange in transcript.exchanges
        if exchange.revision == revision
        and _event_ids(exchange)
        and not any(name.lower() == "last-event-id" for name, _ in exchange.headers)
    ]


def _event_ids(exchange: Exchange) -> list[str]:
    return [event.id for event in exchange.reply.events if event.id] if exchange.reply is not None else []


def _session(transcript: Transcript, exchange: Exchange) -> str | None:
    """Label of the session a stream belongs to; that of an initialize is the one it opened."""
    issued = {session.exchange: session.label for session in transcript.sessions}
    return issued.get(exchange.number, exchange.session)


def _data(streams: Iterable[Exchange]) -> set[str]:
    """The messages of some streams, each in one spelling."""
    return {
        json.dumps(message, sort_keys=True)
        for stream in streams
        if stream.reply is not None
        for message in jsonrpc.messages(stream.reply)
    }


def _no_ids(transcript: Transcript, bound: BoundRequirement) -> Finding:
    asked = of_step(transcript, steps.BASELINE_REQUEST, bound.revision)
    if not asked:
        return not_asked(transcript, bound, "A request")
    return not_applicable(bound, "The server's events carry no ids: its streams are not resumable.", asked)


def _not_resumed(transcript: Transcript, bound: BoundRequirement) -> Finding:
    return not_asked(transcript, bound, "GET with an event id of a stream of the same session")
