"""What a transcript says of an agent: its card, responses, tasks and streams. Everything read is untrusted. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from harness.base import jsonrpc
from harness.model import BodyFault
from harness.profiles.a2a import steps

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.base.jsonrpc import Message
    from harness.model import Exchange, SseEvent, Transcript

EVENT_STREAM: Final = "text/event-stream"
_MOST_INTERFACES: Final = 8
_MOST_VALUES: Final = 10_000


@dataclass(frozen=True, slots=True)
class Task:
    """A task, as a result or an event gives it."""

    id: str
    state: str
    """Empty if it is none that text could name."""
    context: str


def exchange_of(transcript: Transcript, step: str) -> Exchange | None:
    """Return the last exchange of a step; None if it was not taken."""
    return next((exchange for exchange in reversed(transcript.exchanges) if exchange.step == step), None)


def card_of(exchange: Exchange | None) -> Message | None:
    """Return the Agent Card that an exchange brought; None if it brought none."""
    if exchange is None or exchange.reply is None or exchange.reply.status != 200:
        return None
    card = jsonrpc.message(exchange.reply.body)
    return card if card is not None and {"name", "skills", "supportedInterfaces"} & card.keys() else None


def card_in(transcript: Transcript) -> Message | None:
    """Return the Agent Card of the conversation; None if none was found."""
    return card_of(exchange_of(transcript, steps.CARD))


def interfaces_of(card: Message | None, binding: str) -> list[Message]:
    """Return the interfaces that a card declares for a protocol binding and this version of the protocol."""
    declared = (card or {}).get("supportedInterfaces")
    found = [one for one in declared if isinstance(one, dict)] if isinstance(declared, list) else []
    major = steps.REVISION.partition(".")[0]
    return [
        one
        for one in found[:_MOST_INTERFACES]
        if one.get("protocolBinding") == binding
        and isinstance(one.get("url"), str)
        and str(one.get("protocolVersion", major)).partition(".")[0] == major
    ]


def capability(card: Message | None, name: str) -> bool:
    """Return whether a card declares a capability."""
    declared = (card or {}).get("capabilities")
    return isinstance(declared, dict) and declared.get(name) is True


def response_of(exchange: Exchange | None) -> Message | None:
    """Return the JSON-RPC response of an exchange, of a stream the first; None if it has none."""
    if exchange is None or exchange.reply is None:
        return None
    texts = [event.data for event in exchange.reply.events] or [exchange.reply.body]
    messages = (jsonrpc.message(text) for text in texts)
    return next((message for message in messages if message is not None and _is_response(message)), None)


def _is_response(message: Message) -> bool:
    """Whether a JSON object is a response of JSON-RPC 2.0: other APIs answer objects with a field ``error`` too."""
    return message.get("jsonrpc") == "2.0" and jsonrpc.is_response(message)


def result_of(exchange: Exchange | None) -> Message | None:
    """Return the result of an exchange that is an object; None without one."""
    result = (response_of(exchange) or {}).get("result")
    return result if isinstance(result, dict) else None


def task_of(value: object) -> Task | None:
    """Return the task in a result of SendMessage, in an event, or that is the value itself; None if there is none."""
    if not isinstance(value, dict):
        return None
    inner = value.get("task", value)
    name = inner.get("id") if isinstance(inner, dict) else None
    if not isinstance(name, str) or not name or not isinstance(inner, dict):
        return None
    return Task(name, state_of(inner), context if isinstance(context := inner.get("contextId"), str) else "")


def state_of(value: Message) -> str:
    """Return the state in a task or in an update of its status; empty without one."""
    status = value.get("status")
    state = status.get("state") if isinstance(status, dict) else None
    return state if isinstance(state, str) else ""


def items_of(exchange: Exchange) -> list[tuple[SseEvent, Message]]:
    """Return the results in a stream, each with its event."""
    events = exchange.reply.events if exchange.reply is not None else ()
    found = ((event, (jsonrpc.message(event.data) or {}).get("result")) for event in events)
    return [(event, result) for event, result in found if isinstance(result, dict)]


def described(exchange: Exchange) -> str:
    """Return how an exchange was answered, in a few words that follow "was answered"."""
    if exchange.reply is None:
        return f"by nothing ({exchange.failure})"
    response = response_of(exchange)
    if response is None:
        ended = exchange.reply.fault is not BodyFault.TIMEOUT
        return f"{exchange.reply.status} without a JSON-RPC response" + ("" if ended else " in time")
    if "error" in response:
        return f"by JSON-RPC error {jsonrpc.error_code(response)}"
    return "by a result"


def values_in(value: Any) -> Iterator[tuple[str, Any]]:
    """Return every field of nested objects with its value, but what stands below free-form ones."""
    waiting, count = [value], 0
    while waiting and count < _MOST_VALUES:
        count += 1
        one = waiting.pop()
        if isinstance(one, dict):
            for name, inner in one.items():
                yield name, inner
                if name not in {"metadata", "data", "params", "header", "securitySchemes", "schemes", "scopes"}:
                    waiting.append(inner)
        elif isinstance(one, list):
            waiting.extend(one)
