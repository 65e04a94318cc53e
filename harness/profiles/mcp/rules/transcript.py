"""Queries of a transcript: the exchanges of a step, their headers, and the JSON-RPC messages in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from harness.base import jsonrpc
from harness.profiles.mcp import steps
from harness.profiles.mcp.messages import META, SESSION_HEADER, UNSUPPORTED_VERSION, VERSION_HEADER, initialize_version

if TYPE_CHECKING:
    from harness.base.jsonrpc import Message
    from harness.model import Exchange, Reply, Session, SseEvent, Transcript

EVENT_STREAM: Final = "text/event-stream"
_BATCHES: Final = (None, "2025-03-26")
"""Revisions whose streams may batch responses; None before the revision is known."""
_SHOWN: Final = 60
"""Characters of a method's name that a summary shows: the name is the example's, and hostile."""


def exchanges_of(transcript: Transcript, revision: str | None, *names: str) -> list[Exchange]:
    """Return the exchanges of one or more steps: step by step, each in order of sending.

    Args:
        transcript: the conversation.
        revision: those of one revision only; None for all.
        names: of the steps (:mod:`harness.profiles.mcp.steps`).
    """
    return [
        exchange
        for name in names
        for exchange in transcript.exchanges
        if exchange.step == name and (revision is None or exchange.revision == revision)
    ]


def exchange_of(transcript: Transcript, revision: str | None, step: str) -> Exchange | None:
    """Return the first exchange of a step, as :func:`exchanges_of`; None if the step was not taken."""
    return next(iter(exchanges_of(transcript, revision, step)), None)


def control_of(transcript: Transcript, exchange: Exchange) -> Exchange | None:
    """Return the exchange that differs from this one by the fault only; None if there is none."""
    if exchange.control is None:
        return None
    return next((other for other in transcript.exchanges if other.number == exchange.control), None)


def opening_of(transcript: Transcript, revision: str) -> Exchange | None:
    """Return the first request of the revision that was served: what its server does when it answers."""
    opening = exchange_of(transcript, revision, steps.BASELINE_INITIALIZE)
    return opening or exchange_of(transcript, revision, steps.MODERN_CONTROL)


def sessions_of(transcript: Transcript, revision: str) -> tuple[Session, ...]:
    """Return the sessions that the server opened under a revision."""
    return tuple(session for session in transcript.sessions if session.revision == revision)


def header(exchange: Exchange, name: str) -> str | None:
    """Return a header of the request, its name in any case; None if it is absent or empty."""
    return next((value for key, value in exchange.headers if key.lower() == name.lower() and value), None)


def issued_id(exchange: Exchange) -> str | None:
    """Return the session id that a reply carries; None if it carries none."""
    return exchange.reply.header(SESSION_HEADER) if exchange.reply is not None else None


def sent(exchange: Exchange) -> Message | None:
    """Return the message that was sent; None for a batch and for anything else that is not one JSON object."""
    return jsonrpc.message(exchange.body)


def method_of(exchange: Exchange) -> str | None:
    """Return the JSON-RPC method of the message that was sent, shortened; None if it has none."""
    method = (sent(exchange) or {}).get("method")
    return method[:_SHOWN] if isinstance(method, str) else None


def event_messages(event: SseEvent) -> tuple[Message, ...]:
    """Return the messages in an event: one, or those of a batch; empty for a priming event and for other data."""
    return jsonrpc.messages(event.data) or ()


def messages(reply: Reply | None) -> tuple[Message, ...]:
    """Return every message of a reply, in order: of its events, or of its body (an object or a batch).

    A body answers: one that has a ``method`` and does not say that it is JSON-RPC is a document of its own, such as
    that of a framework which names the method of the HTTP request.
    """
    if reply is None:
        return ()
    if reply.events:
        return tuple(message for event in reply.all_events for message in event_messages(event))
    return tuple(one for one in jsonrpc.messages(reply.body) or () if "jsonrpc" in one or "method" not in one)


def identified_messages(reply: Reply | None) -> tuple[tuple[str | None, Message], ...]:
    """Return every message of a reply, as :func:`messages`, with its event's id; None for a message without one."""
    if reply is None or not reply.events:
        return tuple((None, message) for message in messages(reply))
    return tuple((event.id or None, message) for event in reply.all_events for message in event_messages(event))


def is_same_message(one: tuple[str | None, Message], other: tuple[str | None, Message]) -> bool:
    """Return whether two messages, each with its event's id, are one message that was sent twice.

    Equal messages with ids of their own are two (a greeting of each stream), unless they name the request that they
    belong to: a response, or the progress of a request.
    """
    if one[1] != other[1]:
        return False
    if one[0] is None or other[0] is None or one[0] == other[0]:
        return True
    return jsonrpc.is_response(one[1]) or progress_token(one[1]) is not None


def progress_token(message: Message) -> object:
    """Return the progress token that a notification names; None if it names none."""
    params = message.get("params")
    return params.get("progressToken") if isinstance(params, dict) else None


def response(exchange: Exchange) -> Message | None:
    """Return the response to the request that was sent; None if there is none.

    An error without an id counts: servers that could not read the id, or refuse at the transport, send it. One in an
    event with a batch counts in 2025-03-26 only, whose streams may batch responses.
    """
    request = sent(exchange)
    if request is None or exchange.reply is None:
        return None
    came = messages(exchange.reply)
    if exchange.reply.events and exchange.revision not in _BATCHES:
        came = tuple(filter(None, (jsonrpc.message(event.data) for event in exchange.reply.all_events)))
    responses = [message for message in came if jsonrpc.is_response(message)]
    answer = jsonrpc.response_to(responses, request.get("id"))
    return answer or next((each for each in responses if each.get("id") is None and "error" in each), None)


def error_code(exchange: Exchange) -> int | None:
    """Return the code of the JSON-RPC error that answered the request; None if no error did."""
    if exchange.answered is not None:
        return exchange.answered.code
    return jsonrpc.error_code(response(exchange))


def named_version(exchange: Exchange) -> str | None:
    """Return the version that a sessionless request names in its ``_meta``; None if it names none."""
    params = (sent(exchange) or {}).get("params")
    meta = params.get("_meta") if isinstance(params, dict) else None
    version = meta.get(f"{META}protocolVersion") if isinstance(meta, dict) else None
    return version if isinstance(version, str) else None


def may_be_older(transcript: Transcript, exchange: Exchange) -> bool:
    """Return whether a server may take a sessionless request for an older client's: it lacks its version somewhere."""
    if exchange.revision not in transcript.modern or "id" not in (sent(exchange) or {}):
        return False
    return named_version(exchange) is None or (
        exchange.method != "STDIN" and header(exchange, VERSION_HEADER) != named_version(exchange)
    )


def plain_results(transcript: Transcript, revision: str) -> list[tuple[Exchange, Message]]:
    """Return the results of a sessionless revision's requests that name one and the same version, with their exchanges.

    A request without the version, in body or header, may be taken for an older client's.
    """
    found = []
    for exchange in transcript.exchanges:
        version = named_version(exchange) if exchange.revision == revision else None
        over_stdio = exchange.method == "STDIN"
        if version is None or version == UNSUPPORTED_VERSION:
            continue
        if not over_stdio and header(exchange, VERSION_HEADER) != version:
            continue
        result = (response(exchange) or {}).get("result")
        if isinstance(result, dict):
            found.append((exchange, result))
    return found


def discovery_of(transcript: Transcript, revision: str) -> Exchange | None:
    """Return the first server/discover that was sent under a revision; None if there was none."""
    asked = (e for e in transcript.exchanges if e.revision == revision and method_of(e) == "server/discover")
    return next((exchange for exchange in asked if named_version(exchange) not in (None, UNSUPPORTED_VERSION)), None)


def listed_tools(transcript: Transcript, revision: str) -> list[tuple[Exchange, list[Message]]]:
    """Return the tools of every first page of tools/list that has any, with its exchange."""
    found = []
    for exchange in transcript.exchanges:
        if exchange.revision != revision or method_of(exchange) != "tools/list":
            continue
        result = (response(exchange) or {}).get("result")
        tools = result.get("tools") if isinstance(result, dict) else None
        listed = [tool for tool in tools if isinstance(tool, dict)] if isinstance(tools, list) else []
        if listed:
            found.append((exchange, listed))
    return found


def declaration_of(transcript: Transcript, revision: str) -> Exchange | None:
    """Return the exchange in which the server declares its capabilities: initialize, or discovery without sessions."""
    if revision in transcript.modern:
        return discovery_of(transcript, revision)
    return exchange_of(transcript, revision, steps.BASELINE_INITIALIZE)


def capabilities_of(declaration: Exchange | None) -> Message:
    """Return the capabilities that a server declares; empty if it declares none."""
    result = (response(declaration) or {}).get("result") if declaration is not None else None
    capabilities = result.get("capabilities") if isinstance(result, dict) else None
    return capabilities if isinstance(capabilities, dict) else {}


def is_initialize_result(exchange: Exchange) -> bool:
    """Return whether a 200 carries an InitializeResult: the only answer that may give a session id."""
    request = sent(exchange)
    if request is None or request.get("method") != "initialize" or exchange.status != 200:
        return False
    return initialize_version(response(exchange)) is not None


def tool_served(exchange: Exchange) -> bool:
    """Return whether a tools/call was answered by a result that is not a tool error."""
    message = response(exchange)
    result = message.get("result") if message else None
    return isinstance(result, dict) and result.get("isError") is not True
