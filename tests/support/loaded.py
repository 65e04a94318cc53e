"""A conversation as load could have left it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from harness.model import BodyFault, Failure, FailureKind
from harness.profiles.mcp.steps import TOOL_STEPS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.model import Exchange, Transcript


def under_load(transcript: Transcript) -> Iterator[tuple[str, Transcript]]:
    """Each step, with the conversation in which its answer did not come in time, did not end, or says: overload."""
    for exchange in transcript.exchanges:
        for late in _left_open(exchange, transcript):
            exchanges = (late if each is exchange else each for each in transcript.exchanges)
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
