"""Operations that the card does not declare.

Sentences: section 3.3.4.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from harness.base import jsonrpc
from harness.judge.findings import inconclusive, not_applicable, satisfied, violated
from harness.profiles.a2a import steps
from harness.profiles.a2a.reading import capability, card_in, described, exchange_of, response_of
from harness.profiles.a2a.rules.common import asked, has_card, is_left_open, rule

if TYPE_CHECKING:
    from harness.model import BoundRequirement, Finding, Transcript

_STREAMING: Final = (steps.STREAM, steps.SUBSCRIBE)
_PUSH: Final = tuple(f"{steps.PUSH}{leg}" for leg in ("create", "get", "list", "delete"))


def streaming_unsupported(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that an agent without streaming MUST answer UnsupportedOperationError to what asks for a stream."""
    if capability(card_in(transcript), "streaming"):
        return not_applicable(bound, "The card declares streaming.")
    return _refused(transcript, bound, _STREAMING, steps.UNSUPPORTED_OPERATION, "streaming")


def push_unsupported(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that an agent without push notifications MUST answer PushNotificationNotSupportedError about them."""
    if capability(card_in(transcript), "pushNotifications"):
        return not_applicable(bound, "The card declares push notifications.")
    return _refused(transcript, bound, _PUSH, steps.PUSH_NOT_SUPPORTED, "push notifications")


def _refused(transcript: Transcript, bound: BoundRequirement, names: tuple[str, ...], code: int, what: str) -> Finding:
    """The finding of operations that are not declared, each of which should be refused with one code."""
    exchanges = {name.rpartition(".")[2]: exchange_of(transcript, name) for name in names}
    legs = {
        leg: jsonrpc.error_code(response_of(exchange)) == code
        for leg, exchange in exchanges.items()
        if exchange is not None and not is_left_open(exchange)
    }
    wrong = next((leg for leg, met in legs.items() if not met), None)
    if wrong is not None:
        exchange = exchanges[wrong]
        how = described(exchange) if exchange is not None else ""
        return violated(
            bound,
            f"The card declares no {what}; {wrong} was answered {how}",
            exchanges.values(),
            legs,
            expected=str(code),
            wrong=[exchange],
        )
    if len(legs) < len(names):
        return inconclusive(bound, "Not every request was answered.", exchanges.values())
    return satisfied(bound, f"What needs {what} is answered by error {code}.", exchanges.values())


RULES: Final = (
    rule(
        "stream.unsupported",
        "Streaming that is not declared is refused as unsupported",
        streaming_unsupported,
        has_card,
        asked(steps.STREAM, "The agent does not speak JSON-RPC."),
        effect="Clients cannot tell a missing feature from a failure.",
        fix="Answer with error -32004, or declare `capabilities.streaming`.",
    ),
    rule(
        "push.unsupported",
        "Push notifications that are not declared are refused as not supported",
        push_unsupported,
        has_card,
        asked(f"{steps.PUSH}create", "The agent declares push notifications, or does not speak JSON-RPC."),
        effect="A client waits for notifications that are never sent.",
        fix="Answer the four methods with error -32003, or declare `capabilities.pushNotifications`.",
    ),
)
"""In the order in which reports show them."""
