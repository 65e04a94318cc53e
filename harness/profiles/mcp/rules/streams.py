"""Event streams: what may travel on which, and when one ends.

Sentences: transports page, "Listening for Messages from the Server", "Multiple Connections" and "Sending Messages".
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from extractor.languages.common.syntax import CALLS, arguments_of, callee_of, enclosing, statement, text_of, walk
from extractor.model import Level
from harness.base.jsonrpc import is_response
from harness.judge.findings import count, inconclusive, not_applicable, satisfied, violated
from harness.model import BodyFault, Requirement, Side
from harness.profiles.mcp import steps
from harness.profiles.mcp.messages import EVENT_HEADER
from harness.profiles.mcp.revisions import SESSIONS, STREAMABLE, level, text
from harness.profiles.mcp.rules.answers import (
    describe,
    first_left_open,
    is_event_stream,
    is_json_error,
    is_result,
    is_served,
    waited_enough,
    why_undecided,
)
from harness.profiles.mcp.rules.preconditions import BASELINE, not_asked
from harness.profiles.mcp.rules.transcript import (
    exchange_of,
    exchanges_of,
    header,
    identified_messages,
    is_same_message,
    messages,
    opening_of,
    progress_token,
)
from harness.rule import Decision, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

    from harness.base.jsonrpc import Message
    from harness.model import BoundRequirement, Exchange, Finding, Transcript

_SHOWN: Final = 80
"""Characters of a message that a summary shows."""


def no_responses(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that the server MUST NOT send a response on the standalone stream unless it resumes one."""
    stream = exchange_of(transcript, bound.revision, steps.GET_STREAM)
    if stream is None or not is_served(stream):
        return _no_stream(transcript, bound, stream)
    requests = _requests_during_streams(transcript, bound.revision)
    evidence = [stream, *requests]
    for message in messages(stream.reply):
        if is_response(message):
            return violated(
                bound,
                f"While GET held the standalone stream open, the response with id {message.get('id')!r} came on it",
                evidence,
                expected="it on the stream of its request",
                wrong=[stream],
            )
    if not any(is_served(request) for request in requests):
        return inconclusive(bound, "No request was served while the standalone stream was open.", evidence)
    return satisfied(
        bound,
        f"While the standalone stream was open, {count(len(requests), 'request')} ran; no response came on it.",
        evidence,
    )


def _no_stream(transcript: Transcript, bound: BoundRequirement, stream: Exchange | None) -> Finding:
    """Return the finding of a conversation without an open standalone stream: by the server's choice, or not."""
    plain = stream or exchange_of(transcript, bound.revision, steps.BASELINE_GET)
    if plain is None:
        return not_asked(transcript, bound, "GET on a live session")
    if plain.status == 405:
        return not_applicable(bound, "GET returned 405: the server offers no standalone stream.", [plain])
    return inconclusive(
        bound, f"No standalone stream was held open: GET on a live session returned {describe(plain)}.", [plain]
    )


_LOOPS: Final = frozenset({"for_statement", "for_in_statement", "enhanced_for_statement", "for_expression"})
_WRITES: Final = re.compile(r"(?i)\.(?:\w*(?:send|write|event|emit|publish|push|notify|put)\w*)$")


def writes_to_all(root: Node, finding: Finding, transcript: Transcript) -> Iterator[Node]:
    """Yield the calls that write to each of several connections: those in a loop that name what it goes through."""
    for node in walk(root):
        if node.type not in CALLS or not _WRITES.search(callee_of(node)):
            continue
        loop = enclosing(node, _LOOPS)
        while loop is not None:
            variable = text_of(loop.child_by_field_name("left") or loop.child_by_field_name("pattern"))
            names = re.findall(r"\w+$", variable)
            # a loop over messages writes several to one connection; over connections, one to several
            if any(name in _written_to(node) for name in names):
                yield statement(node)
                break
            loop = enclosing(loop, _LOOPS)


def _written_to(call: Node) -> set[str]:
    """Return the names of what a call may write to: what it is called on, and its first argument."""
    arguments = arguments_of(call)
    return {callee_of(call).partition(".")[0], text_of(arguments[0]) if len(arguments) > 1 else ""}


GET_NO_RESPONSES: Final = Rule(
    Requirement(
        id="get.no-responses",
        title="No response travels on the standalone stream unless it resumes one",
        side=Side.SERVER,
        levels=level(Level.MUST_NOT, SESSIONS),
        basis=text(SESSIONS),
        effect="A client waits for the answer on the stream of its POST and times out.",
        fix="Send each response on the stream, or in the body, that answers its own POST.",
        avoid="Don't use one shared stream per session for everything.",
    ),
    Decision(no_responses, BASELINE),
    blame=writes_to_all,
)


def no_broadcast(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that the server MUST send each message on only one of the connected streams.

    Equal notifications on two POST streams are two messages unless they name the request they belong to (a progress
    token, a JSON-RPC id that the server did not use before or after); on the standalone stream and a POST stream they
    are one, since one request made them. A response on the standalone stream is get.no-responses, and only that. Where
    both events have ids, equal messages under different ids are two.
    """
    get = exchange_of(transcript, bound.revision, steps.GET_STREAM)
    requests = _requests_during_streams(transcript, bound.revision)
    posts = [exchange for exchange in requests if is_event_stream(exchange)]
    repeated = _repeated_requests(transcript, bound.revision, [get, *requests])
    streams = [exchange for exchange in (get, *posts) if exchange is not None and is_event_stream(exchange)]
    if not posts:
        if not requests:
            return not_asked(transcript, bound, "A request while a stream is open")
        return not_applicable(
            bound, "Requests are not answered by event streams: nothing can be sent on two.", requests
        )
    if get is not None and is_served(get):
        on_get = [
            (id, message)
            for id, message in identified_messages(get.reply)
            if not is_response(message) and message not in repeated
        ]
        for post in posts:
            for each in identified_messages(post.reply):
                if any(is_same_message(each, other) for other in on_get):
                    method = str(each[1].get("method"))[:_SHOWN]
                    return violated(
                        bound,
                        f"The message {method} came on the standalone stream and on the stream of a POST",
                        [get, post],
                        expected="one of them",
                    )
    for at, one in enumerate(posts):
        for other in posts[at + 1 :]:
            on_other = _belonging(other)
            belonging = [(id, message) for id, message in _belonging(one) if message not in repeated]
            shared = [m for id, m in belonging if any(is_same_message((id, m), each) for each in on_other)]
            if shared:
                return violated(
                    bound,
                    f"The same message came on the streams of two POST requests: {_spelled(shared[0])[:_SHOWN]}.",
                    [one, other],
                )
    if (late := first_left_open(transcript, (get, *requests))) is not None:
        return inconclusive(bound, f"A stream was inconclusive: {why_undecided(late)}.", [late, *streams])
    total = sum(len(messages(stream.reply)) for stream in streams)
    if len(streams) < 2 or not total:
        return inconclusive(bound, "Fewer than two streams were open at once, or none carried a message.", streams)
    return satisfied(bound, f"{len(streams)} streams carried {count(total, 'message')}, each on one of them.", streams)


STREAM_NO_BROADCAST: Final = Rule(
    Requirement(
        id="stream.no-broadcast",
        title="One message travels on one stream",
        side=Side.SERVER,
        levels=level(Level.MUST_NOT, SESSIONS),
        basis=text(SESSIONS),
        effect="A client with two streams handles the same message twice.",
        fix="Choose one stream for each message; leave loss to resumption.",
        avoid="Don't loop over all open connections of a session.",
    ),
    Decision(no_broadcast, BASELINE),
    blame=writes_to_all,
)


def end_after_response(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that the server SHOULD end the stream after the response. The baseline's request is watched 2 s or more."""
    asked = exchanges_of(transcript, bound.revision, steps.BASELINE_REQUEST, steps.MODERN_CONTROL)
    if not asked:
        return not_asked(transcript, bound, "A request")
    streams = [exchange for exchange in asked if is_event_stream(exchange)]
    if not streams:
        return not_applicable(bound, "Requests are not answered by an event stream.", asked)
    answered = [exchange for exchange in streams if is_result(exchange) or is_json_error(exchange)]
    if not answered:
        return inconclusive(bound, "The stream never carried the response.", streams)
    last = [_last_connection(transcript, exchange) for exchange in answered]
    still_open = [e for e in last if e.reply is not None and e.reply.fault is BodyFault.OPEN]
    for exchange in still_open:
        if waited_enough(transcript, exchange, opening_of(transcript, bound.revision)):
            return violated(
                bound, f"The stream was still open {exchange.duration_s:.0f} s after the request.", [exchange]
            )
    if still_open:
        return inconclusive(
            bound, "The stream was still open when docprobe stopped watching it; it may be slow.", still_open
        )
    return satisfied(bound, "The stream ended after the response.", answered)


STREAM_END_AFTER_RESPONSE: Final = Rule(
    Requirement(
        id="stream.end-after-response",
        title="The stream ends after the final response",
        side=Side.SERVER,
        levels=level(Level.SHOULD, STREAMABLE),
        basis=text(STREAMABLE),
        effect="Each call leaves a connection open, until client or server runs out of them.",
        fix="Close the stream of a POST once the response to it was sent.",
        avoid="Don't reuse a request's stream for later notifications.",
    ),
    Decision(end_after_response, BASELINE),
)

RULES: Final = (GET_NO_RESPONSES, STREAM_NO_BROADCAST, STREAM_END_AFTER_RESPONSE)


def _last_connection(transcript: Transcript, exchange: Exchange) -> Exchange:
    """Return the exchange that brought the end of a stream: the last one that resumed it, if it was resumed."""
    resuming = [e for e in transcript.exchanges if e.control == exchange.number and e.step.startswith(steps.POLLED)]
    return resuming[-1] if resuming and exchange.reply is not None and exchange.reply.resumed else exchange


def _requests_during_streams(transcript: Transcript, revision: str) -> list[Exchange]:
    """Return the requests that ran while the standalone stream was open, or at the same time."""
    return exchanges_of(transcript, revision, steps.GET_WHILE_OPEN, steps.STREAM_TWO_A, steps.STREAM_TWO_B)


def _repeated_requests(transcript: Transcript, revision: str, open_at_once: list[Exchange | None]) -> list[Message]:
    """Return the server's own requests that it sent, under the same id, on streams that were open at another time too.

    Such a server numbers its requests anew: two that are equal are two messages. What a resumed stream brings came
    before.
    """
    return [
        message
        for exchange in transcript.exchanges
        if exchange.revision == revision and exchange not in open_at_once and header(exchange, EVENT_HEADER) is None
        for message in messages(exchange.reply)
        if "method" in message and message.get("id") is not None
    ]


def _spelled(message: Message) -> str:
    """Return a text that is equal for equal messages, whatever the order of their keys."""
    return json.dumps(message, sort_keys=True)


def _belonging(exchange: Exchange) -> list[tuple[str | None, Message]]:
    """Return the messages of a stream that name what they belong to, and so exist once, with their event ids."""
    return [
        (id, message)
        for id, message in identified_messages(exchange.reply)
        if message.get("id") is not None or progress_token(message) is not None
    ]
