"""Connections that break before the response: closed by the server, or by the client.

Sentences: transports page, "Sending Messages to the Server", item 6.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from extractor.model import Level
from harness.judge.findings import count, inconclusive, not_applicable, satisfied, violated
from harness.model import BodyFault, Requirement, Side
from harness.profiles.mcp import steps
from harness.profiles.mcp.revisions import SESSIONS, level, text
from harness.profiles.mcp.rules.answers import (
    describe,
    is_event_stream,
    is_json_error,
    is_result,
    is_served,
    is_success,
    was_watched_enough,
    why_late,
    without_response,
)
from harness.profiles.mcp.rules.preconditions import BASELINE, not_asked
from harness.profiles.mcp.rules.transcript import exchange_of, exchanges_of, messages, method_of, opening_of, sent
from harness.rule import Decision, Rule

if TYPE_CHECKING:
    from harness.model import BoundRequirement, Exchange, Finding, Transcript

_REQUESTS: Final = (
    steps.BASELINE_REQUEST,
    steps.BASELINE_OTHER,
    steps.BASELINE_TOOL,
    steps.GET_WHILE_OPEN,
    steps.STREAM_TWO_A,
    steps.STREAM_TWO_B,
)


def retry_before_close(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that a server that closes a connection before the response SHOULD send a ``retry`` field first.

    It may close it after an event with an id; a stream without ids that ends early is stream.carries-response.
    """
    asked = exchanges_of(transcript, bound.revision, *_REQUESTS)
    if not asked:
        return not_asked(transcript, bound, "A request")
    closed = [exchange for exchange in asked if _was_closed_early(exchange)]
    for exchange in closed:
        if exchange.reply is not None and all(event.retry_ms is None for event in exchange.reply.events):
            return violated(
                bound,
                f"The connection of {method_of(exchange)} was closed before the response, and no event had a retry "
                "field.",
                [exchange],
            )
    if not closed:
        return not_applicable(bound, "No connection was closed before the response, after an event with an id.")
    return satisfied(bound, "Before a connection was closed without the response, a retry field was sent.", closed)


RETRY_BEFORE_CLOSE: Final = Rule(
    Requirement(
        id="stream.retry-before-close",
        title="A retry field comes before an early close",
        side=Side.SERVER,
        levels=level(Level.SHOULD, SESSIONS[2:]),
        basis=text(SESSIONS[2:]),
        effect="Clients reconnect at once, over and over, or much too late.",
        fix="Send an event with a `retry` field (milliseconds) before you close the connection.",
    ),
    Decision(retry_before_close, BASELINE),
)


def carries_response(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that the event stream of a request SHOULD carry its response before it ends.

    That of a request that needs no work is rpc.response-form too. One whose events have ids may end early and be
    resumed. One that was not watched for long enough decides nothing.
    """
    asked = exchanges_of(transcript, bound.revision, *_REQUESTS, f"{steps.LIVE}.post-request")
    streams = [exchange for exchange in asked if is_success(exchange) and is_event_stream(exchange)]
    if not streams:
        return _no_streams(transcript, bound, asked)
    opening = opening_of(transcript, bound.revision)
    undecided = []
    for exchange in streams:
        wrong = without_response(exchange)
        if wrong is None:
            continue
        if not was_watched_enough(transcript, exchange, opening):
            undecided.append(exchange)
            continue
        what = f"{method_of(exchange) or 'A request'} got {wrong}"
        return violated(bound, what, [opening, exchange], expected="the response on it")
    if undecided:
        return inconclusive(bound, "A stream carried no response while docprobe watched it; it may be slow.", undecided)
    right = [exchange for exchange in streams if is_result(exchange) or is_json_error(exchange)]
    if not right:
        return inconclusive(bound, "No stream was watched until its response came.", streams)
    return satisfied(bound, f"Event streams carried the response ({count(len(right), 'stream')}).", right)


def _no_streams(transcript: Transcript, bound: BoundRequirement, asked: list[Exchange]) -> Finding:
    if not asked:
        return not_asked(transcript, bound, "A request")
    if any(is_success(exchange) for exchange in asked):
        return not_applicable(bound, "Requests are not answered by an event stream.", asked)
    return inconclusive(bound, f"No request returned 2xx: {describe(asked[0])}.", asked)


CARRIES_RESPONSE: Final = Rule(
    Requirement(
        id="stream.carries-response",
        title="The event stream of a request carries its response",
        side=Side.SERVER,
        levels=level(Level.SHOULD, SESSIONS),
        basis=text(SESSIONS),
        effect="A client waits for an answer that never comes.",
        fix="Send the response as an event on the stream, and close the stream afterwards.",
    ),
    Decision(carries_response),
)


def not_cancelled(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that a lost connection SHOULD NOT cancel its request: the response can be fetched by its event id.

    It shows only where the server replays, and where the connection broke before the response.
    """
    cut = exchange_of(transcript, bound.revision, steps.STREAM_CUT)
    asked = exchanges_of(transcript, bound.revision, steps.STREAM_CUT_RESUMED)
    if cut is None:
        if not exchanges_of(transcript, bound.revision, *_REQUESTS):
            return not_asked(transcript, bound, "A request")
        return not_applicable(bound, "No stream can be resumed, so what becomes of a lost request cannot be seen.")
    control = exchange_of(transcript, bound.revision, steps.RESUME_OWN)
    evidence = [control, cut, *asked]
    if is_result(cut) or is_json_error(cut) or not asked:
        return inconclusive(bound, "The response came before the connection could be closed.", evidence)
    if control is None or not messages(control.reply):
        return inconclusive(bound, "The server did not replay an uninterrupted stream either.", evidence)
    own = (sent(cut) or {}).get("id")
    rest = [message for resumed in asked for message in messages(resumed.reply)]
    if any(message.get("id") == own and "method" not in message for message in rest):
        return satisfied(
            bound, "After its connection was closed, the response to a request could be fetched.", evidence
        )
    if not is_served(asked[-1]):
        return inconclusive(
            bound, f"Asked for the rest of the stream, the server returned {describe(asked[-1])}.", evidence
        )
    if (stalled := next((exchange for exchange in asked if exchange.stood_still), None)) is not None:
        return inconclusive(bound, f"The response did not come in time{why_late(stalled)}.", evidence)
    waited_s = asked[-1].started_s + asked[-1].duration_s - asked[0].started_s
    return violated(
        bound,
        f"After docprobe closed the connection of a request, its response never came ({waited_s:.0f} s); a "
        "stream that was not interrupted was replayed.",
        evidence,
    )


NOT_CANCELLED: Final = Rule(
    Requirement(
        id="disconnect.not-cancel",
        title="A lost connection does not cancel its request",
        side=Side.SERVER,
        levels=level(Level.SHOULD_NOT, SESSIONS),
        basis=text(SESSIONS),
        effect="A tool call is lost whenever the network fails for a moment, though the server can resume streams.",
        fix="Finish the request and keep its events; cancel on notifications/cancelled only.",
        avoid="Don't tie the request to the connection's abort signal.",
    ),
    Decision(not_cancelled, BASELINE),
)

RULES: Final = (CARRIES_RESPONSE, RETRY_BEFORE_CLOSE, NOT_CANCELLED)


def _was_closed_early(exchange: Exchange) -> bool:
    """Return whether a connection ended without the response, after an event with an id; it may have been resumed."""
    reply = exchange.reply
    if reply is None or not is_event_stream(exchange):
        return False
    if (is_result(exchange) or is_json_error(exchange)) and not reply.resumed:
        return False
    ended = reply.fault in (None, BodyFault.CLOSED_EARLY, BodyFault.RESET)
    return ended and any(event.id for event in reply.events)
