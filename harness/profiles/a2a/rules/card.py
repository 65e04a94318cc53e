"""The Agent Card: where it is, what it must have, what it says of the agent, and how it may be cached.

Sentences: sections 8.1, 8.3.1 and 8.6.1, 5.7, 5.5, 13.3 and 14.3.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from extractor.base.loopback import is_local
from extractor.model import Level
from harness.base import jsonrpc
from harness.judge.findings import inconclusive, not_applicable, satisfied, violated
from harness.model import Basis, BodyFault
from harness.profiles.a2a import steps
from harness.profiles.a2a.reading import (
    capability,
    card_in,
    card_of,
    described,
    exchange_of,
    interfaces_of,
    response_of,
    values_in,
)
from harness.profiles.a2a.rules.common import asked, has_card, held, rule, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from harness.base.jsonrpc import Message
    from harness.model import BoundRequirement, Finding, Transcript

_CARD_FIELDS: Final[Mapping[str, type]] = {
    "name": str, "description": str, "supportedInterfaces": list, "version": str, "capabilities": dict,
    "defaultInputModes": list, "defaultOutputModes": list, "skills": list,
}  # fmt: skip
_INTERFACE_FIELDS: Final[Mapping[str, type]] = {"url": str, "protocolBinding": str, "protocolVersion": str}
_SKILL_FIELDS: Final[Mapping[str, type]] = {"id": str, "name": str, "description": str, "tags": list}
"""Of specification/a2a.proto: the fields that are marked REQUIRED, and their JSON types."""
_ABSENT: Final = frozenset({404, 405, 410})


def available(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that servers MUST make an Agent Card available: at its well-known address, as others find it."""
    asked_for = [e for e in transcript.exchanges if e.step in {steps.CARD, steps.LOOK_CARD}]
    last = exchange_of(transcript, steps.CARD)
    if card_of(last) is not None:
        return satisfied(bound, f"The Agent Card is at {last.target if last else ''}.", [last])
    if last is None or last.reply is None or last.reply.status not in _ABSENT | {200}:
        return inconclusive(bound, "It could not be determined whether there is an Agent Card.", asked_for)
    if last.reply.status == 200:
        return inconclusive(bound, f"What {last.target} returns is not an Agent Card (see card.valid).", asked_for)
    return violated(bound, f"There is no Agent Card at {steps.CARD_PATH} ({last.reply.status}).", asked_for)


def valid(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that what is served at the well-known address MUST be an AgentCard object."""
    exchange = exchange_of(transcript, steps.CARD)
    reply = exchange.reply if exchange is not None else None
    if reply is None or reply.status != 200:
        return not_applicable(bound, f"Nothing is served at {steps.CARD_PATH}.", [exchange])
    if reply.truncated:
        return inconclusive(bound, "The card is too long to be kept, and was not judged.", [exchange])
    if card_of(exchange) is None:
        if reply.fault is BodyFault.TIMEOUT:
            return inconclusive(bound, "The card did not come in time.", [exchange])
        what = "an object of another kind" if jsonrpc.message(reply.body) is not None else "no JSON object"
        return violated(bound, f"{steps.CARD_PATH} returns {what}.", [exchange])
    return satisfied(bound, f"{steps.CARD_PATH} returns an AgentCard object.", [exchange])


def required_fields(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that required fields MUST be present and set, in the card, its interfaces and its skills."""
    exchange, card = exchange_of(transcript, steps.CARD), card_in(transcript) or {}
    missing = [*_lacking(card, _CARD_FIELDS, "")]
    for list_name, fields in (("supportedInterfaces", _INTERFACE_FIELDS), ("skills", _SKILL_FIELDS)):
        items = card.get(list_name)
        for number, item in enumerate(items if isinstance(items, list) else []):
            missing += _lacking(item if isinstance(item, dict) else {}, fields, f"{list_name}[{number}].")
    if missing:
        return violated(bound, f"The Agent Card lacks {shown(missing)}.", [exchange])
    return satisfied(bound, "The Agent Card has every required field.", [exchange])


def _lacking(value: Message, fields: Mapping[str, type], where: str) -> Iterator[str]:
    for name, kind in fields.items():
        if not isinstance(value.get(name), kind):
            yield where + name


def declared_url(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that an interface MUST accurately declare its transport protocol and URL: JSON-RPC is spoken there."""
    card = exchange_of(transcript, steps.CARD)
    local = [one for one in interfaces_of(card_in(transcript), steps.JSON_RPC) if _is_here(one["url"])]
    if not local:
        return not_applicable(bound, "The card declares no JSON-RPC interface on this machine.", [card])
    wrong = exchange_of(transcript, steps.DECLARED)
    if wrong is not None:
        if wrong.reply is None or wrong.reply.status not in _ABSENT:
            return inconclusive(bound, f"The declared URL was answered {described(wrong)}.", [card, wrong])
        return violated(
            bound,
            f"The card declares JSON-RPC at {wrong.target[:80]}, which answers {wrong.reply.status}"
            + (f"; it is spoken at {transcript.endpoint}." if transcript.endpoint else "."),
            [card, wrong],
        )
    first = exchange_of(transcript, steps.SEND)
    if first is None or response_of(first) is None:
        return inconclusive(bound, "The declared URL was not answered, or leads elsewhere.", [card, first])
    return satisfied(bound, f"JSON-RPC is spoken at {transcript.endpoint}, as declared.", [card, first])


def _is_here(url: str) -> bool:
    try:
        return is_local(urlsplit(url).hostname or "")
    except ValueError:
        return False


def camel_case(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that JSON field names MUST be camelCase: fields of the protocol, in the card and in results."""
    found: list[str] = []
    exchanges = [exchange_of(transcript, step) for step in (steps.CARD, steps.SEND, steps.STREAM)]
    for exchange in exchanges:
        value = card_of(exchange) if exchange is not None and exchange.step == steps.CARD else response_of(exchange)
        found += [name for name, _ in values_in(value) if name in _SNAKE]
    if found:
        return violated(bound, f"There are fields in snake_case: {shown(sorted(set(found)))}.", exchanges)
    if all(exchange is None or exchange.reply is None for exchange in exchanges):
        return inconclusive(bound, "No request was answered.", exchanges)
    return satisfied(bound, "Every field of the protocol that was seen is in camelCase.", exchanges)


_SNAKE: Final = frozenset(
    {"supported_interfaces", "protocol_binding", "protocol_version", "default_input_modes", "default_output_modes",
     "push_notifications", "extended_agent_card", "input_modes", "output_modes", "security_requirements",
     "security_schemes", "documentation_url", "icon_url", "context_id", "task_id", "message_id", "artifact_id",
     "reference_task_ids", "media_type", "status_update", "artifact_update", "last_chunk", "next_page_token"}
)  # fmt: skip
"""Fields of a2a.proto by their own names, which JSON does not use."""


def cache_control(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that the card's endpoint SHOULD send Cache-Control with max-age."""
    exchange = held(transcript, steps.CARD)
    value = (exchange.reply.header("cache-control") if exchange.reply is not None else None) or ""
    if "max-age" in value.lower():
        return satisfied(bound, f"The card is sent with `Cache-Control: {value[:60]}`.", [exchange])
    said = f"with `Cache-Control: {value[:60]}`" if value else "without Cache-Control"
    return violated(bound, f"The card is sent {said}.", [exchange])


def etag(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that the card's endpoint SHOULD send an ETag."""
    exchange = held(transcript, steps.CARD)
    if exchange.reply is not None and exchange.reply.header("etag"):
        return satisfied(bound, "The card is sent with an ETag.", [exchange])
    return violated(bound, "The card is sent without an ETag.", [exchange])


def extended_unsupported(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that GetExtendedAgentCard MUST be answered UnsupportedOperationError if it is not declared."""
    exchange = held(transcript, steps.EXTENDED_CARD)
    if capability(card_in(transcript), "extendedAgentCard"):
        return not_applicable(bound, "The card declares an extended card.", [exchange])
    if jsonrpc.error_code(response_of(exchange)) == steps.UNSUPPORTED_OPERATION:
        return satisfied(bound, "GetExtendedAgentCard is answered by UnsupportedOperationError.", [exchange])
    return violated(
        bound,
        f"The card declares no extended card; GetExtendedAgentCard was answered {described(exchange)}, "
        f"expected {steps.UNSUPPORTED_OPERATION}.",
        [exchange],
    )


def extended_authenticated(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that GetExtendedAgentCard MUST require authentication: nobody gets it without credentials."""
    exchange = held(transcript, steps.EXTENDED_CARD)
    if not capability(card_in(transcript), "extendedAgentCard"):
        return not_applicable(bound, "The card declares no extended card.", [exchange])
    if transcript.facts.stated_headers:
        return not_applicable(bound, "Requests carried what the page states, which may be credentials.", [exchange])
    if "result" in (response_of(exchange) or {}):
        return violated(bound, "The extended card was given to a request without any credentials.", [exchange])
    return satisfied(
        bound, f"Without credentials, GetExtendedAgentCard was answered {described(exchange)}.", [exchange]
    )


_EXTENDED: Final = asked(steps.EXTENDED_CARD, "The agent has no Agent Card, or does not speak JSON-RPC.")

RULES: Final = (
    rule(
        "card.available",
        "The agent has an Agent Card at its well-known address",
        available,
        effect="Clients cannot find out what the agent can do and where to ask it.",
        fix="Serve the card at `/.well-known/agent-card.json`.",
        # a card may be published in a registry as well, which nobody sees from here
        basis=Basis.INTERPRETATION,
    ),
    rule(
        "card.valid",
        "The well-known address returns an AgentCard object",
        valid,
        effect="Clients cannot read the card.",
        fix="Return the card itself as a JSON object.",
    ),
    rule(
        "card.required-fields",
        "The Agent Card has every required field",
        required_fields,
        has_card,
        effect="Clients that validate the card refuse the agent.",
        fix="Add the fields that specification/a2a.proto marks as REQUIRED.",
    ),
    rule(
        "card.interface-url",
        "JSON-RPC is spoken at the URL that the card declares",
        declared_url,
        has_card,
        effect="A client that follows the card sends its requests to a URL where nothing answers.",
        fix="Declare the URL at which the JSON-RPC handler is mounted.",
    ),
    rule(
        "json.camel-case",
        "Field names are in camelCase",
        camel_case,
        effect="Clients cannot find the fields.",
        fix="Serialize by ProtoJSON, or name the fields in camelCase.",
    ),
    rule(
        "card.cache-control",
        "The card is sent with Cache-Control and max-age",
        cache_control,
        has_card,
        level=Level.SHOULD,
        effect="Clients fetch the card again and again, or keep an old one.",
        fix="Send `Cache-Control: max-age=…` with the card.",
    ),
    rule(
        "card.etag",
        "The card is sent with an ETag",
        etag,
        has_card,
        level=Level.SHOULD,
        effect="Clients cannot ask whether the card has changed.",
        fix="Send an ETag made from the card's version or content.",
    ),
    rule(
        "card.extended-unsupported",
        "An extended card that is not declared is refused as unsupported",
        extended_unsupported,
        _EXTENDED,
        has_card,
        effect="Clients cannot tell a missing feature from a failure.",
        fix="Answer GetExtendedAgentCard with error -32004, or declare `capabilities.extendedAgentCard`.",
    ),
    rule(
        "card.extended-authenticated",
        "The extended card is given to authenticated clients only",
        extended_authenticated,
        _EXTENDED,
        has_card,
        effect="Anyone can read what is meant for authenticated clients.",
        fix="Refuse GetExtendedAgentCard without credentials, and declare the scheme in `securitySchemes`.",
    ),
)
"""In the order in which reports show them."""
