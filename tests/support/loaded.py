"""A conversation of which one answer decides nothing: as load could have left it, or still to be polled for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from harness.model import BodyFault, Failure, FailureKind, SseEvent
from harness.profiles.mcp.steps import TOOL_STEPS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.model import Exchange, Transcript

_STREAM: Final = (("content-type", "text/event-stream"), ("x-accel-buffering", "no"))


def under_load(transcript: Transcript) -> Iterator[tuple[str, Transcript]]:
    """Each step, with the conversation in which its answer did not come in time, did not end, or says: overload."""
    for exchange in transcript.exchanges:
        for late in _left_open(exchange, transcript):
            exchanges = (late if each is exchange else each for each in transcript.exchanges)
            yield exchange.step, replace(transcript, exchanges=tuple(exchanges))


def polled(transcript: Transcript) -> Iterator[tuple[str, Transcript]]:
    """Each step that was answered, with the conversation in which the response is still to be polled for."""
    for exchange in transcript.exchanges:
        if exchange.reply is None or exchange.method != "POST" or exchange.status != 200:
            continue
        others = (pair for pair in exchange.reply.headers if pair[0].lower() not in dict(_STREAM))
        primed = (SseEvent("message", "", "polled-1", exchange.started_s, 1000),)
        begun = replace(exchange.reply, headers=(*others, *_STREAM), body="", events=primed, complete=True, fault=None)
        later = replace(exchange, reply=begun, answered=None)
        exchanges = (later if each is exchange else each for each in transcript.exchanges)
        yield exchange.step, replace(transcript, exchanges=tuple(exchanges))


def _left_open(exchange: Exchange, transcript: Transcript) -> Iterator[Exchange]:
    """No wait is longer than a few other answers of the same process took: it decides nothing."""
    if exchange.reply is None:
        return
    ordinary = [
        other.duration_s
        for other in transcript.exchanges
        if (other.process, other.revision) == (exchange.process, exchange.revision)
        and other is not exchange
        and other.reply is not None
        and other.reply.complete
        and other.method != "GET"
        and not other.step.startswith(TOOL_STEPS)
    ]
    waited_s = 3 * max(ordinary, default=0.0)
    yield replace(exchange, reply=None, answered=None, failure=Failure(FailureKind.TIMEOUT), duration_s=waited_s)
    overload = replace(exchange.reply, status=503, headers=(), body="", events=(), body_bytes=0)
    yield replace(exchange, reply=overload, answered=None)
    opened = exchange.method == "GET" and exchange.reply.media_type == "text/event-stream"
    by_head = opened or exchange.method == "DELETE"
    if exchange.reply.complete and exchange.status == 200 and not by_head:
        begun = replace(exchange.reply, body="", events=(), body_bytes=0, complete=False, fault=BodyFault.TIMEOUT)
        yield replace(exchange, reply=begun, answered=None, duration_s=waited_s)
