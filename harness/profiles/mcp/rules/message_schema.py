"""Every message that a server or a client sends, by the JSON Schema of the revision, where the docs at hand have one.

The schema is the source of truth of the protocol's messages (base protocol page, "Schema"); no sentence says so with a
keyword, so a violation is a reading of the text.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Final

from extractor.model import Level
from harness.base import jsonrpc
from harness.base.jsonrpc import is_response
from harness.judge.findings import inconclusive, not_applicable, satisfied, violated
from harness.model import Requirement, Side
from harness.profiles.mcp.revisions import ALL, advice, level, reading
from harness.profiles.mcp.rules.answers import is_success
from harness.profiles.mcp.rules.preconditions import BASELINE
from harness.profiles.mcp.rules.sent_requests import received
from harness.profiles.mcp.rules.transcript import messages, method_of, sent
from harness.rule import Decision, Rule

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

    from harness.base.jsonrpc import Message
    from harness.model import BoundRequirement, Exchange, Finding, MessageSchema, Transcript

_SHOWN: Final = 160
"""Characters of a violation that a summary shows: it quotes the example."""
_SIDES: Final = ("Client", "Server")
"""Beginnings of definitions that join those of one side."""
_ERRORS: Final = ("JSONRPCErrorResponse", "JSONRPCError")
"""Definition of an error, by the newer and the older name."""
_INPUT_REQUIRED: Final = "InputRequiredResult"


def valid_messages(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge every message that the server sent by the schema of its revision. Fields that it does not name are allowed.

    That an error is a refusal without an id is not looked at here: transports allow it.
    """
    schema = bound.schema
    if schema is None:
        return not_applicable(bound, "These docs have no JSON Schema for this revision.")
    checked = 0
    for exchange in transcript.exchanges:
        if exchange.revision != bound.revision:
            continue
        for message in messages(exchange.reply):
            if message.get("jsonrpc") != "2.0":
                continue
            name = _definition(schema, message, exchange)
            if name is None:
                continue
            checked += 1
            wrong = _violation(schema, name, _judged_part(message, name))
            if wrong is not None:
                what = _what(message, exchange)
                return violated(bound, f"{what} is not valid by {schema.file}: {wrong}.", [exchange])
    if not checked:
        return inconclusive(bound, "No message was sent that the JSON Schema has a definition for.")
    return satisfied(bound, f"Every message is valid by {schema.file}.")


MESSAGE_SCHEMA: Final = Rule(
    Requirement(
        id="message.schema",
        title="Every message is valid by the JSON Schema of the revision",
        side=Side.ANY_SERVER,
        levels=level(Level.MUST, ALL),
        basis=reading(ALL),
        effect="Clients that check messages, as the SDKs' do, refuse the answer or read it wrongly.",
        fix="Send the fields that the schema requires, with the types that it has.",
        always_warns=True,
    ),
    Decision(valid_messages, BASELINE),
    by_schema=True,
)


def valid_sent(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge every message that a client sent by the schema of its revision, as :func:`valid_messages` does."""
    schema = bound.schema
    if schema is None:
        return not_applicable(bound, "These docs have no JSON Schema for this revision.")
    checked = 0
    for exchange in received(transcript):
        for message in jsonrpc.messages(exchange.body) or ():
            if bound.revision != (exchange.revision or _offered(message)) or message.get("jsonrpc") != "2.0":
                continue
            name = _definition(schema, message, exchange)
            if name is None:
                continue
            checked += 1
            wrong = _violation(schema, name, _judged_part(message, name))
            if wrong is not None:
                what = _what(message, exchange)
                return violated(bound, f"{what} of the client is not valid by {schema.file}: {wrong}.", [exchange])
    if not checked:
        return inconclusive(bound, "The client sent no message that the JSON Schema has a definition for.")
    return satisfied(bound, f"Every message of the client is valid by {schema.file}.")


SENT_SCHEMA: Final = Rule(
    Requirement(
        id="client.message-schema",
        title="Every message of the client is valid by the JSON Schema of the revision",
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
                bound, "The error of a refusal has the id null; expected a string, a number or no id.", [exchange]
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


@functools.lru_cache(maxsize=64)
def _methods(schema: MessageSchema) -> dict[str, str]:
    """Return the definition of the requests and notifications of a schema, by method."""
    found: dict[str, str] = {}
    for name, definition in schema.definitions.items():
        fields = definition.get("properties") if isinstance(definition, dict) else None
        method = fields.get("method") if isinstance(fields, dict) else None
        if isinstance(method, dict) and isinstance(method.get("const"), str) and not name.startswith(_SIDES):
            found[method["const"]] = name
    return found


def _definition(schema: MessageSchema, message: Message, exchange: Exchange) -> str | None:
    """Return the name of the definition that a message must follow; None if the schema has none for it."""
    method = message.get("method")
    if isinstance(method, str):
        return _methods(schema).get(method)
    if not is_response(message):
        return None
    if "error" in message:
        return next((name for name in _ERRORS if name in schema.definitions), None)
    request = sent(exchange) or {}
    asked = _methods(schema).get(str(request.get("method")))
    if asked is None or message.get("id") != request.get("id"):
        return None
    result = message.get("result")
    interim = isinstance(result, dict) and result.get("resultType") == "input_required"
    if interim and _INPUT_REQUIRED in schema.definitions:
        return _INPUT_REQUIRED
    name = f"{asked.removesuffix('Request')}Result"
    return next((each for each in (name, "EmptyResult", "Result") if each in schema.definitions), None)


def _judged_part(message: Message, definition: str) -> Any:
    """Return the result of a response, or the whole message; an error without an id gets one."""
    if "method" in message:
        return message
    if definition in _ERRORS:
        return message if message.get("id") is not None else {**message, "id": 0}
    return message["result"]


def _violation(schema: MessageSchema, name: str, value: Any) -> str | None:
    """Return where and how a value breaks a definition, with the path in the schema; None if it is valid."""
    from jsonschema.exceptions import best_match
    from referencing.exceptions import Unresolvable

    try:
        error = best_match(_validator(schema, name).iter_errors(value))
    except (Unresolvable, RecursionError):
        return None
    if error is None:
        return None
    place = "/".join(str(step) for step in error.absolute_path)
    rule = "/".join(str(step) for step in error.absolute_schema_path)
    return f"{f'{place}: ' if place else ''}{error.message[:_SHOWN]} ({schema.key}/{name}, {rule[:_SHOWN]})"


@functools.lru_cache(maxsize=512)
def _validator(schema: MessageSchema, name: str) -> Validator:
    # imported here: only docs with schemas need it
    from jsonschema.validators import validator_for
    from referencing import Registry

    document = {**schema.document, "$ref": f"#/{schema.key}/{name}"}
    # with a registry of its own nothing is fetched: the schema is the docs'
    return validator_for(schema.document)(document, registry=Registry())


def _offered(message: Message) -> str | None:
    """Return the revision that an initialize offers, which is the one that it is written in."""
    params = message.get("params")
    version = params.get("protocolVersion") if isinstance(params, dict) else None
    return version if isinstance(version, str) else None


def _what(message: Message, exchange: Exchange) -> str:
    if "method" in message:
        return str(message["method"])[:_SHOWN]
    return f"The {'error' if 'error' in message else 'result'} of {method_of(exchange) or 'a request'}"
