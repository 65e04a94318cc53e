"""Read the JSON-RPC messages of exchanges."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from harness.base import jsonrpc
from harness.base.jsonrpc import Message, is_response, parse

if TYPE_CHECKING:
    from harness.model import Exchange, Reply, SseEvent

__all__ = [
    "METHOD_NOT_FOUND",
    "Message",
    "error_code",
    "event_message",
    "is_initialize_result",
    "is_response",
    "messages",
    "parse",
    "response",
    "sent",
    "tool_served",
]
METHOD_NOT_FOUND: Final = jsonrpc.METHOD_NOT_FOUND


def sent(exchange: Exchange) -> Message | None:
    """The one message that was sent; None for a batch and for anything that is not a JSON object."""
    return jsonrpc.message(exchange.body)


def event_message(event: SseEvent) -> Message | None:
    """The message an event carries; None for a priming event and for data that is not a JSON object."""
    return jsonrpc.message(event.data)


def messages(reply: Reply) -> tuple[Message, ...]:
    """Every message of a reply, in order: of its events, or of its body (an object or a batch)."""
    if reply.events:
        found = (event_message(event) for event in reply.events)
        return tuple(message for message in found if message is not None)
    return jsonrpc.messages(reply.body) or ()


def response(exchange: Exchange) -> Message | None:
    """The response to the request that was sent; None if there is none.

    An error without an id counts: servers that could not read the id, or refuse at the transport, send it.
    """
    request = sent(exchange)
    if request is None or exchange.reply is None:
        return None
    answers = [message for message in messages(exchange.reply) if is_response(message)]
    answer = jsonrpc.response_to(answers, request.get("id"))
    return answer or next((each for each in answers if each.get("id") is None and "error" in each), None)


def error_code(exchange: Exchange) -> int | None:
    """Code of the JSON-RPC error that answered the request; None if it was not an error."""
    if exchange.answered is not None:
        return exchange.answered.code
    return jsonrpc.error_code(response(exchange))


def is_initialize_result(exchange: Exchange) -> bool:
    """Whether a 200 carries an InitializeResult: the only answer that may give a session id."""
    request = sent(exchange)
    if request is None or request.get("method") != "initialize" or exchange.status != 200:
        return False
    return jsonrpc.initialize_version(response(exchange)) is not None


def tool_served(exchange: Exchange) -> bool:
    """Whether a tools/call was answered by a result that is not a tool error."""
    message = response(exchange)
    result = message.get("result") if message else None
    return isinstance(result, dict) and result.get("isError") is not True
