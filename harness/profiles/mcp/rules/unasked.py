"""What a server sends though nobody asked for it: requests, log messages, notifications of a subscription.

Sentences: Streamable HTTP page of 2026-07-28, "Receiving Messages"; message patterns, subscriptions and logging pages;
lifecycle page of the older revisions, "Initialization" and "Operation"; their overview, "Requests".
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from extractor.model import Level
from harness.base.jsonrpc import is_response
from harness.judge.findings import inconclusive, not_applicable, satisfied, violated
from harness.model import STDIN, Requirement, Side
from harness.profiles.mcp import steps
from harness.profiles.mcp.messages import EVENT_HEADER, META, SESSION_HEADER
from harness.profiles.mcp.revisions import ALL, HTTP_SSE, MODERN, SESSIONS, level, text
from harness.profiles.mcp.rules.answers import (
    NOT_SERVED,
    answer_to_fault,
    describe,
    is_event_stream,
    is_success,
    waited_enough,
)
from harness.profiles.mcp.rules.preconditions import BASELINE, not_asked
from harness.profiles.mcp.rules.transcript import (
    control_of,
    exchange_of,
    header,
    issued_id,
    messages,
    progress_token,
    sent,
)
from harness.rule import Decision, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.base.jsonrpc import Message
    from harness.model import BoundRequirement, Exchange, Finding, Transcript

_ACKNOWLEDGED: Final = "notifications/subscriptions/acknowledged"
_CHANGES: Final = {
    "notifications/tools/list_changed": "toolsListChanged",
    "notifications/prompts/list_changed": "promptsListChanged",
    "notifications/resources/list_changed": "resourcesListChanged",
    "notifications/resources/updated": "resourceSubscriptions",
}
"""By notification: what a subscription names to get it."""
_NOTIFICATION: Final = "notifications/"
"""Begins the method of every notification."""
_SHOWN: Final = 60
"""Characters of a method that a summary shows."""
_AFTER_CAPABILITIES: Final = ("sampling/createMessage", "elicitation/create", "roots/list")
"""Requests of servers that a client must have declared a capability for: docprobe declares none."""


def no_server_requests(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that a server MUST NOT send requests."""
    for exchange, message in _received(transcript, bound.revision):
        if _is_request(message):
            return violated(bound, f"The server sent the request {_method(message)}.", [exchange])
    return _nothing(transcript, bound, "No message of the server is a request")


NO_SERVER_REQUESTS: Final = Rule(
    Requirement(
        id="stream.no-server-requests",
        title="The server sends no requests",
        side=Side.ANY_SERVER,
        levels=level(Level.MUST_NOT, MODERN),
        basis=text(MODERN),
        effect="Clients have no way to answer: the request hangs, and with it the tool that waits for it.",
        fix='Ask for input in a result with `"resultType": "input_required"`.',
        avoid="Don't keep the calls of older revisions (sampling, elicitation, roots) on a stream.",
    ),
    Decision(no_server_requests, BASELINE),
)


def log_not_asked(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that log messages MUST NOT be sent for a request that names no log level, nor on a subscription.

    The one request that names a level names one that does not exist: log.level-refused.
    """
    for exchange, message in _received(transcript, bound.revision):
        if message.get("method") != "notifications/message" or _names_a_level(exchange):
            continue
        if exchange.step == steps.MODERN_LISTEN:
            summary, quoting = "The server sent notifications/message on a subscription.", "MUST NOT deliver it"
        else:
            summary, quoting = "The server sent notifications/message for a request that names no log level.", ""
        return violated(bound, summary, [exchange], quoting=quoting)
    return _nothing(transcript, bound, "No log message was sent for requests that name no log level")


LOG_NOT_ASKED: Final = Rule(
    Requirement(
        id="log.not-asked",
        title="Log messages are sent only where the request names a level",
        side=Side.ANY_SERVER,
        levels=level(Level.MUST_NOT, MODERN),
        basis=text(MODERN),
        effect="Clients get messages that they did not ask for and may not handle.",
        fix="Send notifications/message only for requests whose `_meta` has `io.modelcontextprotocol/logLevel`.",
    ),
    Decision(log_not_asked, BASELINE),
)


def listen_acknowledged(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that a subscription MUST begin with its acknowledgment, which carries its id, and bring what was asked for.

    Only what came in the time that docprobe listened is seen.
    """
    asked = exchange_of(transcript, bound.revision, steps.MODERN_LISTEN)
    if asked is None:
        return not_applicable(bound, "Discovery declares no lists that may change.")
    both = [control_of(transcript, asked), asked]
    request = sent(asked) or {}
    got = messages(asked.reply)
    if not got:
        if answer_to_fault(transcript, asked) in NOT_SERVED:
            return violated(bound, f"subscriptions/listen returned {describe(asked)}", both, expected="a stream")
        opened = is_success(asked) and is_event_stream(asked)
        if opened and waited_enough(transcript, asked, control_of(transcript, asked)):
            return violated(
                bound, f"subscriptions/listen opened a stream that stayed silent for {asked.duration_s:.0f} s.", both
            )
        return inconclusive(bound, f"subscriptions/listen returned {describe(asked)}.", both)
    first = got[0]
    if is_response(first):
        return violated(bound, f"subscriptions/listen returned {describe(asked)}", both, expected="a stream")
    if first.get("method") != _ACKNOWLEDGED:
        return violated(
            bound,
            f"The first message of a subscription is {_method(first)}",
            both,
            quoting="as the first message",
            expected="its acknowledgment",
        )
    for message in got:
        if "method" in message and not _carries(message, request.get("id")):
            summary = f"{_method(message)} of a subscription lacks its id, `{META}subscriptionId`."
            return violated(bound, summary, both, quoting="MUST include io.modelcontextprotocol/subscriptionId")
        change = _CHANGES.get(_method(message))
        if change is not None and not _asked_for(request, change):
            summary = f"A subscription brought {_method(message)}, and `{change}` was not asked for."
            return violated(bound, summary, both, quoting="not explicitly requested")
    return satisfied(bound, "A subscription began with its acknowledgment, under its id.", both)


def _asked_for(request: Message, change: str) -> bool:
    """Return whether a subscriptions/listen asks for a kind of change."""
    params = request.get("params")
    asked = params.get("notifications") if isinstance(params, dict) else None
    return isinstance(asked, dict) and bool(asked.get(change))


LISTEN_ACKNOWLEDGED: Final = Rule(
    Requirement(
        id="listen.acknowledged",
        title="A subscription begins with its acknowledgment and brings only what was asked for",
        side=Side.SERVER,
        levels=level(Level.MUST, MODERN),
        basis=text(MODERN),
        effect="A client does not know what it subscribed to, or to which subscription a change belongs.",
        fix="Send notifications/subscriptions/acknowledged first, and put the request's id under "
        "`io.modelcontextprotocol/subscriptionId` into the `_meta` of every notification.",
    ),
    Decision(listen_acknowledged, BASELINE),
)


def no_undeclared_requests(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that a server MUST only use what was negotiated: no request for which the client declared no capability."""
    for exchange, message in _received(transcript, bound.revision):
        if _is_request(message) and message.get("method") in _AFTER_CAPABILITIES:
            return violated(
                bound, f"The server sent {_method(message)}, and the client declared no capability.", [exchange]
            )
    return _nothing(transcript, bound, "The server asked for nothing that the client had not declared")


NO_UNDECLARED_REQUESTS: Final = Rule(
    Requirement(
        id="server.no-undeclared-requests",
        title="The server asks only for what the client declared",
        side=Side.ANY_SERVER,
        levels=level(Level.SHOULD, (*HTTP_SSE, *SESSIONS[:1])) | level(Level.MUST, SESSIONS[1:]),
        basis=text((*HTTP_SSE, *SESSIONS)),
        effect="Clients without sampling, elicitation or roots answer with an error or never: tools fail or hang.",
        fix="Look at the client's capabilities in initialize before sending sampling, elicitation or roots requests.",
    ),
    Decision(no_undeclared_requests, BASELINE),
)


def cancels_own(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that a server MUST only cancel requests that it sent itself."""
    received = list(_received(transcript, bound.revision))
    own = [message["id"] for _, message in received if _is_request(message)]
    for exchange, message in received:
        if message.get("method") != "notifications/cancelled":
            continue
        params = message.get("params")
        # one without the field names no request: from 2025-11-25 on it may be about a task
        if isinstance(params, dict) and "requestId" in params and params["requestId"] not in own:
            return violated(bound, "The server cancelled a request that it had not sent.", [exchange])
    return _nothing(transcript, bound, "The server cancelled no request of the client")


CANCELS_OWN: Final = Rule(
    Requirement(
        id="cancel.own-requests",
        title="A server cancels only its own requests",
        side=Side.ANY_SERVER,
        levels=level(Level.MUST, (*HTTP_SSE, *SESSIONS)),
        basis=text((*HTTP_SSE, *SESSIONS)),
        effect="A client that waits for a response stops waiting, or takes the notification for an error.",
        fix="Answer a request that you give up with a JSON-RPC error.",
    ),
    Decision(cancels_own, BASELINE),
)


def request_ids(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that the server's own requests MUST have a string or an integer as id, none that the session had before.

    What a resumed stream brings came before. A message that came in two streams may be one that was sent to both.
    """
    used: dict[object, dict[tuple[str, object], tuple[Exchange, Message]]] = {}
    seen = None
    for exchange, message in _received(transcript, bound.revision):
        if not _is_request(message) or header(exchange, EVENT_HEADER) is not None:
            continue
        if _method(message).startswith(_NOTIFICATION):
            continue  # a notification with an id: rpc.response-form
        seen, id = exchange, message["id"]
        if not isinstance(id, (str, int)) or isinstance(id, bool):
            summary = f"The server sent {_method(message)} with the id {json.dumps(id)[:_SHOWN]}."
            return violated(bound, summary, [exchange], quoting="MUST NOT be null" if id is None else "")
        session = header(exchange, SESSION_HEADER) or issued_id(exchange)
        # over HTTP, without a session's id, only what comes in one reply is known to belong together
        together = (exchange.process, session) if session or exchange.method == STDIN else exchange.number
        known = used.setdefault(together, {})
        named = (type(id).__name__, id)
        if named not in known:
            known[named] = (exchange, message)
            continue
        other, earlier = known[named]
        if other is exchange or earlier != message:
            summary = f"The server sent {_method(earlier)} and {_method(message)} with the id {json.dumps(id)[:_SHOWN]}"
            both = [exchange] if other is exchange else [other, exchange]
            return violated(bound, f"{summary} in one session.", both, quoting="previously used")
    if seen is None:
        return not_applicable(bound, "The server sent no requests.")
    return satisfied(bound, "The server's own requests had ids that were new in their session.", [seen])


REQUEST_IDS: Final = Rule(
    Requirement(
        id="server.request-ids",
        title="The id of a server's request is a string or an integer, and its own",
        side=Side.ANY_SERVER,
        levels=level(Level.MUST, (*HTTP_SSE, *SESSIONS)),
        basis=text((*HTTP_SSE, *SESSIONS)),
        effect="A client cannot tell which request its answer belongs to, and may drop the second as a duplicate.",
        fix="Number the requests of a session, or give each a UUID.",
    ),
    Decision(request_ids, BASELINE),
)


def progress_rules(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge progress: it MUST name a token of a request, rise with each notification, and stop at the response.

    What a resumed stream brings came before.
    """
    # a stream that was opened before a request may carry its progress
    given = {_own_token(exchange) for exchange in transcript.exchanges if exchange.revision == bound.revision}
    seen = None
    for exchange in transcript.exchanges:
        if exchange.revision != bound.revision:
            continue
        if header(exchange, EVENT_HEADER) is not None:
            continue
        last: dict[object, float] = {}
        ended = False
        for message in messages(exchange.reply):
            ended |= is_response(message)
            if message.get("method") != "notifications/progress":
                continue
            seen = exchange
            token, progress = progress_token(message), _progress(message)
            if not isinstance(token, (str, int)) or token not in given:
                summary = f"Progress names the token {str(token)[:_SHOWN]!r}, which no request gave."
                return violated(bound, summary, [exchange], quoting="provided in an active request")
            if ended and token == _own_token(exchange):
                summary = "Progress of a request came after its response."
                return violated(bound, summary, [exchange], quoting="stop after completion")
            if progress is not None and progress <= last.get(token, progress - 1):
                summary = f"Progress does not rise: {last[token]:g}, then {progress:g}."
                return violated(bound, summary, [exchange], quoting="MUST increase")
            last[token] = progress if progress is not None else last.get(token, 0)
    if seen is None:
        return not_applicable(bound, "The server sent no progress.")
    return satisfied(bound, "Progress names its request, rises, and stops at the response.", [seen])


PROGRESS_RULES: Final = Rule(
    Requirement(
        id="progress.rules",
        title="Progress names its request, rises, and ends with it",
        side=Side.ANY_SERVER,
        levels=level(Level.MUST, ALL),
        basis=text(ALL),
        effect="Clients show the progress of the wrong request, or progress that jumps back or never ends.",
        fix="Send the request's own progressToken, with a number that grows, and nothing after the response.",
    ),
    Decision(progress_rules, BASELINE),
)

RULES: Final = (
    NO_SERVER_REQUESTS,
    LOG_NOT_ASKED,
    LISTEN_ACKNOWLEDGED,
    NO_UNDECLARED_REQUESTS,
    CANCELS_OWN,
    REQUEST_IDS,
    PROGRESS_RULES,
)


def _own_token(exchange: Exchange) -> object:
    """Return the progress token that a request gives; None if it gives none."""
    params = (sent(exchange) or {}).get("params")
    meta = params.get("_meta") if isinstance(params, dict) else None
    token = meta.get("progressToken") if isinstance(meta, dict) else None
    return token if isinstance(token, (str, int)) else None


def _names_a_level(exchange: Exchange) -> bool:
    params = (sent(exchange) or {}).get("params")
    meta = params.get("_meta") if isinstance(params, dict) else None
    return isinstance(meta, dict) and f"{META}logLevel" in meta


def _progress(notification: Message) -> float | None:
    progress = (notification.get("params") or {}).get("progress")
    return progress if isinstance(progress, (int, float)) and not isinstance(progress, bool) else None


def _received(transcript: Transcript, revision: str) -> Iterator[tuple[Exchange, Message]]:
    """Yield every message that the server sent under a revision, with the exchange that it came in."""
    for exchange in transcript.exchanges:
        if exchange.revision == revision:
            yield from ((exchange, message) for message in messages(exchange.reply))


def _nothing(transcript: Transcript, bound: BoundRequirement, summary: str) -> Finding:
    """Return the finding of a conversation in which nothing unasked came."""
    got = list(_received(transcript, bound.revision))
    if not got:
        return not_asked(transcript, bound, "A request")
    return satisfied(bound, f"{summary}.", [got[0][0]])


def _is_request(message: Message) -> bool:
    return isinstance(message.get("method"), str) and "id" in message


def _method(message: Message) -> str:
    return str(message.get("method"))[:_SHOWN]


def _carries(message: Message, id: object) -> bool:
    params = message.get("params")
    meta = params.get("_meta") if isinstance(params, dict) else None
    return isinstance(meta, dict) and meta.get(f"{META}subscriptionId") == id
