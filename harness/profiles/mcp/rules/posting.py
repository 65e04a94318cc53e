"""What a POST is answered: 202 for a notification, an event stream or one JSON object for a request.

Sentences: transports page, "Sending Messages to the Server" (2026-07-28: "Sending Messages").
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from harness.judge.findings import inconclusive, listed, satisfied, violated
from harness.model import BodyFault
from harness.profiles.mcp import steps
from harness.profiles.mcp.rules import jsonrpc
from harness.profiles.mcp.rules.reading import (
    Answer,
    is_json_error,
    is_result,
    of_step,
    opening_of,
    said,
    waited_enough,
    weigh,
)
from harness.profiles.mcp.rules.verdicts import not_asked

if TYPE_CHECKING:
    from harness.model import BoundRequirement, Exchange, Finding, Transcript

NOTIFICATIONS: Final = (
    steps.BASELINE_INITIALIZED,
    steps.OPEN_INITIALIZED,
    f"{steps.LIVE}.post-notification",
    steps.LIVE_RESPONSE,
    steps.MODERN_NOTIFICATION,
)
REQUESTS: Final = (
    steps.BASELINE_REQUEST,
    steps.BASELINE_TOOL,
    f"{steps.LIVE}.post-request",
    steps.MODERN_CONTROL,
)


def notification_202(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """A notification or response that the server accepts MUST get 202 with no body.

    A 4xx or 5xx says that it was not accepted, which is the server's right; to say nothing is not.
    """
    asked = _asked(transcript, bound.revision, NOTIFICATIONS)
    if not asked:
        return not_asked(transcript, bound, "A notification")
    opening = opening_of(transcript, bound.revision)
    for exchange in asked:
        if (nothing := _unanswered(transcript, exchange, opening)) is not None:
            return violated(bound, f"{_method(exchange)} got {nothing} instead of a status.", [opening, exchange])
    accepted = [exchange for exchange in asked if exchange.status is not None and 200 <= exchange.status < 300]
    if not accepted:
        return inconclusive(bound, f"No notification was accepted: {said(asked[0])}.", asked)
    for exchange in accepted:
        reply = exchange.reply
        if reply is not None and (reply.status != 202 or reply.body_bytes > 0):
            body = f" with a body of {reply.body_bytes} bytes" if reply.body_bytes else ""
            return violated(
                bound, f"{_method(exchange)} was answered {reply.status}{body} instead of 202 without one.", [exchange]
            )
    return satisfied(bound, f"{len(accepted)} messages that need no answer got 202 without a body.", accepted)


def request_sse_or_json(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """A request MUST be answered as text/event-stream, or as application/json with one object.

    Other statuses than 2xx say that the server did not take the request: they don't decide. No answer at all does,
    for requests that need no work (a tool may take as long as it likes).
    """
    asked = _asked(transcript, bound.revision, REQUESTS)
    if not asked:
        return not_asked(transcript, bound, "A request")
    opening = opening_of(transcript, bound.revision)
    right = []
    for exchange in asked:
        if _cut_short(exchange) and not waited_enough(transcript, exchange, opening):
            continue
        wrong = _unanswered(transcript, exchange, opening) or _wrong_form(exchange)
        if wrong is not None:
            return violated(bound, f"{_method(exchange)} got {wrong}.", [opening, exchange])
        if exchange.status is not None and 200 <= exchange.status < 300:
            right.append(exchange)
    if not right:
        return inconclusive(bound, f"No request was answered 2xx in time: {said(asked[0])}.", asked)
    types = listed(sorted({exchange.reply.media_type for exchange in right if exchange.reply is not None}))
    return satisfied(bound, f"{len(right)} requests were answered as {types}.", right)


def _unanswered(transcript: Transcript, exchange: Exchange, opening: Exchange | None) -> str | None:
    """``no answer in 10 s`` for a message that needs no work; None if it was answered or nothing is decided."""
    if exchange.reply is not None or exchange.step == steps.BASELINE_TOOL:
        return None
    answer = weigh(transcript, exchange, opening)
    return said(exchange) if answer in (Answer.SILENT, Answer.CUT) else None


def _cut_short(exchange: Exchange) -> bool:
    """Return whether a deadline ended the body."""
    return exchange.reply is not None and exchange.reply.fault is BodyFault.TIMEOUT


def _wrong_form(exchange: Exchange) -> str | None:
    """What is wrong with the form of a 2xx answer to a request; None if nothing is, or it was no 2xx."""
    reply = exchange.reply
    if reply is None or not 200 <= reply.status < 300:
        return None
    answered = is_result(exchange) or is_json_error(exchange)
    whole = reply.fault in (None, BodyFault.OPEN)
    fault = "" if whole else f" ({reply.fault})"
    match reply.media_type:
        case "text/event-stream":
            # after an event with an id the server may close the connection and be polled; a tool may take its time
            polled = any(event.id is not None for event in reply.events)
            working = exchange.step == steps.BASELINE_TOOL and reply.fault is BodyFault.TIMEOUT
            if answered or polled or working:
                return None
            return f"{reply.status} and an event stream without the response{fault}"
        case "application/json":
            if (reply.truncated and answered) or (whole and isinstance(jsonrpc.parse(reply.body), dict)):
                return None
            return f"{reply.status} as application/json, but not one JSON object{fault}"
        case other:
            return f"{reply.status} {f'as {other}' if other else 'without a content type'}"


def _asked(transcript: Transcript, revision: str, names: tuple[str, ...]) -> list[Exchange]:
    return [exchange for step in names for exchange in of_step(transcript, step, revision)]


def _method(exchange: Exchange) -> str:
    message = jsonrpc.sent(exchange)
    if message is not None and jsonrpc.is_response(message):
        return "A response that nobody asked for"
    method = message.get("method") if message else None
    return str(method)[:60] if method is not None else "A POST"
