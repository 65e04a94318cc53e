"""Event streams: the standalone one that GET opens, what may travel on which, and when one ends.

Sentences: transports page, "Listening for Messages from the Server", "Multiple Connections" and "Sending Messages".
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from harness.judge.findings import inconclusive, not_applicable, satisfied, violated
from harness.model import BodyFault
from harness.profiles.mcp import steps
from harness.profiles.mcp.rules import jsonrpc
from harness.profiles.mcp.rules.reading import (
    Answer,
    first,
    is_json_error,
    is_result,
    is_served,
    of_step,
    opening_of,
    said,
    waited_enough,
    weigh,
)
from harness.profiles.mcp.rules.verdicts import not_asked

if TYPE_CHECKING:
    from harness.model import BoundRequirement, Exchange, Finding, Transcript
    from harness.profiles.mcp.rules.jsonrpc import Message

EVENT_STREAM: Final = "text/event-stream"
SECOND_STREAM: Final = 409
"""What SDKs answer to a second GET on a session: literally outside the sentence, and left undecided."""


def sse_or_405(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """GET on a live session MUST be answered as text/event-stream or by 405, also with a Last-Event-ID issued here.

    With such an id a 4xx is left undecided: the text does not say what an id whose stream is over gets.
    """
    plain = _asked(transcript, bound.revision, steps.BASELINE_GET, steps.GET_STREAM)
    resumed = _asked(transcript, bound.revision, steps.GET_RESUME_ISSUED)
    if not plain:
        return not_asked(transcript, bound, "GET on a live session")
    control = first(transcript, steps.BASELINE_REQUEST, bound.revision)
    good: list[Exchange] = []
    undecided: list[Exchange] = []
    for exchange in (*plain, *resumed):
        if is_served(exchange) or exchange.status == 405:
            good.append(exchange)
        elif _leaves_open(exchange, weigh(transcript, exchange, control), resumed):
            undecided.append(exchange)
        else:
            with_id = " with a Last-Event-ID that this server issued" if exchange in resumed else ""
            return violated(
                bound,
                f"GET on a live session{with_id} was answered {said(exchange)} instead of 200 {EVENT_STREAM} or 405; "
                "POST on the same session was served.",
                [control, exchange],
            )
    if not good:
        return inconclusive(bound, f"GET on a live session was answered {said(undecided[0])}.", undecided)
    return satisfied(bound, f"GET on a live session was answered {said(good[0])}.", good)


def invented_event_id(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Advice: a Last-Event-ID that the server never issued is not answered by a 5xx, nor by hanging up."""
    asked = first(transcript, steps.GET_RESUME_INVENTED, bound.revision)
    if asked is None:
        plain = first(transcript, steps.BASELINE_GET, bound.revision)
        if plain is not None and plain.status == 405:
            return not_applicable(bound, "GET is answered 405: the server offers no stream to resume.", [plain])
        return not_asked(transcript, bound, "GET with an invented Last-Event-ID")
    answer = weigh(transcript, asked, first(transcript, steps.BASELINE_GET, bound.revision))
    if answer in (Answer.UNDECIDED, Answer.SILENT):
        return inconclusive(bound, f"GET with an invented Last-Event-ID got {said(asked)}.", [asked])
    if answer is Answer.CUT or (asked.status or 0) >= 500:
        return violated(bound, f"GET with an invented Last-Event-ID was answered {said(asked)}.", [asked])
    return satisfied(bound, f"GET with an invented Last-Event-ID was answered {said(asked)}.", [asked])


def no_responses(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """The server MUST NOT send a response on the standalone stream unless it resumes one."""
    stream = _open_stream(transcript, bound.revision)
    if stream is None or not is_served(stream):
        return _no_stream(transcript, bound, stream)
    requests = _beside(transcript, bound.revision)
    evidence = [stream, *requests]
    for message in _messages(stream):
        if jsonrpc.is_response(message):
            return violated(
                bound,
                f"While GET held the standalone stream open, the response with id {message.get('id')!r} came on it.",
                evidence,
            )
    if not any(is_served(request) for request in requests):
        return inconclusive(bound, "No request was served while the standalone stream was open.", evidence)
    return satisfied(
        bound, f"While the standalone stream was open, {len(requests)} requests ran; no response came on it.", evidence
    )


def no_broadcast(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """The server MUST send each message on only one of the connected streams.

    Equal notifications on two POST streams are two messages unless they name the request they belong to (a progress
    token, a JSON-RPC id); on the standalone stream and a POST stream they are one, since one request made them. A
    response on the standalone stream is get.no-responses, and only that.
    """
    get = _open_stream(transcript, bound.revision)
    posts = [exchange for exchange in _beside(transcript, bound.revision) if _is_stream(exchange)]
    streams = [exchange for exchange in (get, *posts) if exchange is not None and _is_stream(exchange)]
    if not posts:
        asked = _beside(transcript, bound.revision)
        if not asked:
            return not_asked(transcript, bound, "A request beside an open stream")
        return not_applicable(bound, "Requests are not answered by event streams: nothing can be sent on two.", asked)
    if get is not None and is_served(get):
        on_get = {_same(message) for message in _messages(get) if not jsonrpc.is_response(message)}
        for post in posts:
            for message in _messages(post):
                if _same(message) in on_get:
                    return violated(
                        bound, f"{_named(message)} came on the standalone stream and on that of a POST.", [get, post]
                    )
    for at, one in enumerate(posts):
        for other in posts[at + 1 :]:
            shared = _identified(one) & _identified(other)
            if shared:
                return violated(
                    bound,
                    f"The same message came on the streams of two POST requests: {min(shared)[:80]}.",
                    [one, other],
                )
    if len(streams) < 2 or not any(_messages(stream) for stream in streams):
        return inconclusive(bound, "Fewer than two streams were open with a message on one of them.", streams)
    count = sum(len(_messages(stream)) for stream in streams)
    return satisfied(bound, f"{len(streams)} streams carried {count} messages, each on one of them.", streams)


def end_after_response(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """After the response the server SHOULD end the stream. The baseline's request is watched for 2 s or more."""
    asked = _asked(transcript, bound.revision, steps.BASELINE_REQUEST, steps.MODERN_CONTROL)
    if not asked:
        return not_asked(transcript, bound, "A request")
    streams = [exchange for exchange in asked if _is_stream(exchange)]
    if not streams:
        return not_applicable(bound, "Requests are not answered by an event stream.", asked)
    answered = [exchange for exchange in streams if is_result(exchange) or is_json_error(exchange)]
    if not answered:
        return inconclusive(bound, "The stream never carried the response.", streams)
    still_open = [e for e in answered if e.reply is not None and e.reply.fault is BodyFault.OPEN]
    for exchange in still_open:
        if waited_enough(transcript, exchange, opening_of(transcript, bound.revision)):
            return violated(
                bound, f"The stream was still open {exchange.duration_s:.0f} s after the request.", [exchange]
            )
    if still_open:
        return inconclusive(
            bound, "The stream was still open when docprobe stopped watching it; the server was slow.", still_open
        )
    return satisfied(bound, "The stream ended after the response.", answered)


def _leaves_open(exchange: Exchange, answer: Answer, resumed: list[Exchange]) -> bool:
    """Whether the text leaves this answer open, or the answer decides nothing.

    Silence is left open too: some servers send the head with the first event.
    """
    if answer in (Answer.UNDECIDED, Answer.SILENT) or exchange.status == SECOND_STREAM:
        return True
    return exchange in resumed and exchange.status is not None and 400 <= exchange.status < 500


def _asked(transcript: Transcript, revision: str, *names: str) -> list[Exchange]:
    return [exchange for step in names for exchange in of_step(transcript, step, revision)]


def _open_stream(transcript: Transcript, revision: str) -> Exchange | None:
    return first(transcript, steps.GET_STREAM, revision)


def _no_stream(transcript: Transcript, bound: BoundRequirement, stream: Exchange | None) -> Finding:
    """No standalone stream was held open: by the server's choice, or not."""
    plain = stream or first(transcript, steps.BASELINE_GET, bound.revision)
    if plain is None:
        return not_asked(transcript, bound, "GET on a live session")
    if plain.status == 405:
        return not_applicable(bound, "GET is answered 405: the server offers no standalone stream.", [plain])
    return inconclusive(bound, f"GET on a live session was answered {said(plain)}: no stream was open.", [plain])


def _beside(transcript: Transcript, revision: str) -> list[Exchange]:
    """The requests that ran while the standalone stream was open, or beside each other."""
    return _asked(transcript, revision, steps.GET_WHILE_OPEN, steps.STREAM_TWO_A, steps.STREAM_TWO_B)


def _is_stream(exchange: Exchange) -> bool:
    return exchange.reply is not None and exchange.reply.media_type == EVENT_STREAM


def _messages(exchange: Exchange) -> tuple[Message, ...]:
    return jsonrpc.messages(exchange.reply) if exchange.reply is not None else ()


def _same(message: Message) -> str:
    """Equal for equal messages, whatever the order of their keys."""
    return json.dumps(message, sort_keys=True)


def _identified(exchange: Exchange) -> set[str]:
    """The messages of a stream that name what they belong to, and so exist once."""
    return {_same(message) for message in _messages(exchange) if "id" in message or _token(message) is not None}


def _token(message: Message) -> object:
    params = message.get("params")
    return params.get("progressToken") if isinstance(params, dict) else None


def _named(message: Message) -> str:
    return f"The message {str(message.get('method'))[:60]}"
