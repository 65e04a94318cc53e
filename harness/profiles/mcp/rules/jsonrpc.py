"""Reading JSON-RPC messages out of exchanges. Everything in them is hostile: any shape may turn up."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.model import Exchange, Reply, SseEvent

Message: TypeAlias = "Mapping[str, Any]"

METHOD_NOT_FOUND: Final = -32601


def parse(text: str) -> Any:
    """The JSON value of ``text``; None if it is none, or nested too deeply to be read."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def sent(exchange: Exchange) -> Message | None:
    """The one message that was sent; None for a batch and for anything that is no JSON object."""
    value = parse(exchange.body)
    return value if isinstance(value, dict) else None


def event_message(event: SseEvent) -> Message | None:
    """The message an event carries; None for a priming event and for data that is no JSON object."""
    value = parse(event.data) if event.data else None
    return value if isinstance(value, dict) else None


def messages(reply: Reply) -> tuple[Message, ...]:
    """Every message of a reply, in order: of its events, or of its body (an object or a batch)."""
    if reply.events:
        found = (event_message(event) for event in reply.events)
        return tuple(message for message in found if message is not None)
    value = parse(reply.body)
    items = value if isinstance(value, list) else [value]
    return tuple(item for item in items if isinstance(item, dict))


def is_response(message: Message) -> bool:
    """Whether ``message`` answers a request: a result or an error, and no method."""
    return "method" not in message and ("result" in message or "error" in message)


def response(exchange: Exchange) -> Message | None:
    """The response to the request that was sent; None if there is none.

    An error without an id counts: servers that could not read the id, or refuse at the transport, send it.
    """
    request = sent(exchange)
    if request is None or exchange.reply is None:
        return None
    answers = [message for message in messages(exchange.reply) if is_response(message)]
    for message in answers:
        if message.get("id") == request.get("id"):
            return message
    return next((message for message in answers if message.get("id") is None and "error" in message), None)


def error_code(exchange: Exchange) -> int | None:
    """Code of the JSON-RPC error that answered the request; None if it was no error."""
    message = response(exchange)
    error = message.get("error") if message else None
    code = error.get("code") if isinstance(error, dict) else None
    return code if isinstance(code, int) and not isinstance(code, bool) else None


def is_initialize_result(exchange: Exchange) -> bool:
    """Whether a 200 carries an InitializeResult: the only answer that may give a session id."""
    request = sent(exchange)
    if request is None or request.get("method") != "initialize" or exchange.status != 200:
        return False
    message = response(exchange)
    result = message.get("result") if message else None
    return isinstance(result, dict) and isinstance(result.get("protocolVersion"), str)


def tool_served(exchange: Exchange) -> bool:
    """Whether a tools/call was answered by a result that is no tool error."""
    message = response(exchange)
    result = message.get("result") if message else None
    return isinstance(result, dict) and result.get("isError") is not True
