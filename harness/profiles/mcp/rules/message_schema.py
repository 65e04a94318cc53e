"""Every message that a server or a client sends, by the JSON Schema of the revision, where the docs at hand have one.

The schema is the source of truth of the protocol's messages (base protocol page, "Schema"); no sentence says so with a
keyword, so a violation is a reading of the text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from extractor.model import Level
from harness.base import jsonrpc
from harness.judge.findings import inconclusive, not_applicable, satisfied, violated
from harness.model import Requirement, Side, Transport
from harness.profiles.mcp.revisions import ALL, advice, level, reading
from harness.profiles.mcp.rules.answers import is_success
from harness.profiles.mcp.rules.preconditions import BASELINE
from harness.profiles.mcp.rules.schemas import definition_of, violation
from harness.profiles.mcp.rules.sent_requests import received
from harness.profiles.mcp.rules.transcript import may_be_older, messages, method_of, sent
from harness.rule import Decision, Rule

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.base.jsonrpc import Message
    from harness.model import BoundRequirement, Exchange, Finding, Transcript

UNREAD: Final = "The server speaks the HTTP+SSE transport of 2024-11-05, whose messages docprobe does not judge."
_SHOWN: Final = 160
"""Characters of a violation that a summary shows: it quotes the example."""


def valid_messages(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge every message that the server sent by the schema of its revision. Fields that it does not name are allowed.

    That an error is a refusal without an id is not looked at here: transports allow it. A sessionless request without
    its version may be taken for one of an older revision, whose results are others.
    """
    if transcript.facts.transport is Transport.HTTP_SSE:
        return not_applicable(bound, UNREAD)
    spoken = (
        (exchange, message)
        for exchange in transcript.exchanges
        if exchange.revision == bound.revision
        for message in messages(exchange.reply)
        if "result" not in message or not may_be_older(transcript, exchange)
    )
    return _judge(bound, spoken, "")


MESSAGE_SCHEMA: Final = Rule(
    Requirement(
        id="message.schema",
        title="Every message is valid against the JSON Schema of the revision",
        side=Side.ANY_SERVER,
        levels=level(Level.MUST, ALL),
        basis=reading(ALL),
        effect="Clients that check messages, as the SDKs' do, reject the answer or misread it.",
        fix="Send the fields that the schema requires, with the types that it has.",
        always_warns=True,
    ),
    Decision(valid_messages, BASELINE),
    by_schema=True,
)


def valid_sent(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge every message that a client sent by the schema of its revision, as :func:`valid_messages` does.

    What it writes to the stdin of a server that it started must be messages, whether a schema is at hand or not.
    """
    for exchange in received(transcript):
        if exchange.method == "STDIN" and jsonrpc.messages(exchange.body) is None:
            return violated(
                bound, "The client wrote a line to its server's stdin that is not a JSON-RPC message.", [exchange]
            )
    spoken = (
        (exchange, message)
        for exchange in received(transcript)
        for message in jsonrpc.messages(exchange.body) or ()
        if bound.revision == (exchange.revision or _offered(message))
    )
    return _judge(bound, spoken, " of the client")


def _judge(bound: BoundRequirement, spoken: Iterable[tuple[Exchange, Message]], whose: str) -> Finding:
    """Judge messages of one revision by its schema.

    Args:
        bound: has the schema; without one nothing applies.
        spoken: exchange and message.
        whose: words after "message": empty, or `` of the client``.
    """
    schema = bound.schema
    if schema is None:
        return not_applicable(bound, "These docs have no JSON Schema for this revision.")
    checked = 0
    for exchange, message in spoken:
        name = definition_of(schema, message, sent(exchange)) if message.get("jsonrpc") == "2.0" else None
        if name is None:
            continue
        checked += 1
        wrong = violation(schema, name, message)
        if wrong is not None:
            what = f"{_what(message, exchange)}{whose}"
            return violated(bound, f"{what} is not valid against {schema.file}: {wrong}.", [exchange])
    if not checked:
        return inconclusive(bound, f"No message{whose} was sent that the JSON Schema has a definition for.")
    return satisfied(bound, f"Every message{whose} is valid against {schema.file}.")


SENT_SCHEMA: Final = Rule(
    Requirement(
        id="client.message-schema",
        title="Every message of the client is valid against the JSON Schema of the revision",
        side=Side.CLIENT,
        levels=level(Level.MUST, ALL),
        basis=reading(ALL),
        effect="Servers that check messages, as the SDKs' do, refuse the request.",
        fix="Send the fields that the schema requires, with the types that it has.",
        always_warns=True,
    ),
    Decision(valid_sent),
    by_schema=True,
)


def null_id(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge, as advice and once, that a refusal leaves its id out, where it has none, instead of sending null."""
    if bound.revision != transcript.negotiated[-1]:
        return not_applicable(bound, f"Reported once, under {transcript.negotiated[-1]}.")
    if transcript.facts.transport is Transport.HTTP_SSE:
        return not_applicable(bound, UNREAD)
    refused = [
        (exchange, message)
        for exchange in transcript.exchanges
        if exchange.revision == bound.revision and not is_success(exchange)
        for message in messages(exchange.reply)
        if "error" in message
    ]
    if not refused:
        return inconclusive(bound, "No request was refused with a JSON-RPC error.")
    for exchange, message in refused:
        if "id" in message and message["id"] is None:
            return violated(
                bound, "The error of a refusal has the id null", [exchange], expected="a string, a number or no id"
            )
    return satisfied(bound, "No error of a refusal has the id null.", [refused[0][0]])


NULL_ID: Final = Rule(
    Requirement(
        id="rpc.null-id",
        title="A refusal without an id leaves it out",
        side=Side.SERVER,
        levels=level(Level.MAY, ALL),
        basis=advice(ALL),
        effect="Clients that check messages by the schema cannot read the error.",
        fix="Leave `id` out of an error that answers no request.",
    ),
    Decision(null_id, BASELINE),
)

RULES: Final = (MESSAGE_SCHEMA, SENT_SCHEMA, NULL_ID)


def _offered(message: Message) -> str | None:
    """Return the revision that an initialize offers, which is the one that it is written in."""
    params = message.get("params")
    version = params.get("protocolVersion") if isinstance(params, dict) else None
    return version if isinstance(version, str) else None


def _what(message: Message, exchange: Exchange) -> str:
    if "method" in message:
        return str(message["method"])[:_SHOWN]
    return f"The {'error' if 'error' in message else 'result'} of {method_of(exchange) or 'a request'}"
