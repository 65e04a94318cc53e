"""Errors: that there is one, and what it must convey.

Sentences: sections 3.3.2 and 9.5; the media type is that of section 9.1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from harness.judge.findings import inconclusive, not_applicable, satisfied, violated
from harness.model import Basis
from harness.profiles.a2a import steps
from harness.profiles.a2a.reading import described, exchange_of, response_of
from harness.profiles.a2a.rules.common import asked, rule

if TYPE_CHECKING:
    from harness.model import BoundRequirement, Exchange, Finding, Transcript

_FAULTS: Final = {"unknown method": steps.UNKNOWN_METHOD, "missing parameters": steps.MISSING_PARAMS}
_JSON: Final = "application/json"
_SPEAKS_NONE: Final = "The agent does not speak JSON-RPC."


def returned(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that servers MUST answer faulty requests by errors."""
    exchanges = {leg: exchange_of(transcript, step) for leg, step in _FAULTS.items()}
    legs = {
        leg: "error" in (response_of(exchange) or {})
        for leg, exchange in exchanges.items()
        if exchange is not None and exchange.reply is not None
    }
    wrong = [leg for leg, met in legs.items() if not met]
    if wrong:
        got = " and ".join(
            f"{leg} was answered {described(e)}" for leg, e in exchanges.items() if leg in wrong and e is not None
        )
        return violated(bound, f"A faulty request was not answered by an error: {got}.", exchanges.values(), legs)
    return satisfied(bound, "An unknown method and missing parameters are answered by errors.", exchanges.values())


def payload(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that errors MUST convey a code and a message."""
    found = _errors(transcript)
    if not found:
        return inconclusive(bound, "No request of the conversation was answered by an error.")
    for exchange, error in found:
        code, message = (error.get("code"), error.get("message")) if isinstance(error, dict) else (None, None)
        if not isinstance(code, int) or isinstance(code, bool) or not isinstance(message, str) or not message:
            return violated(bound, "An error has no numeric `code`, or no `message`.", [exchange])
    return satisfied(bound, "Every error has a numeric code and a message.", [exchange for exchange, _ in found])


def detail_types(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that each object in an error's data MUST have @type."""
    found = [
        (exchange, error["data"])
        for exchange, error in _errors(transcript)
        if isinstance(error, dict) and isinstance(error.get("data"), list) and error["data"]
    ]
    if not found:
        return not_applicable(bound, "No error has details in `data`.")
    for exchange, details in found:
        if not all(isinstance(detail, dict) and isinstance(detail.get("@type"), str) for detail in details):
            return violated(bound, "The details of an error have an object without `@type`.", [exchange])
    return satisfied(bound, "Every detail of an error has `@type`.", [exchange for exchange, _ in found])


def media_type(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that responses that are not streams are application/json."""
    answered = [e for e in transcript.exchanges if e.method == "POST" and response_of(e) is not None]
    plain = [e for e in answered if e.reply is not None and not e.reply.events]
    if not plain:
        return inconclusive(bound, "Every request was answered by a stream or not at all.")
    wrong = next((e for e in plain if e.reply is not None and e.reply.media_type != _JSON), None)
    if wrong is not None and wrong.reply is not None:
        return violated(bound, f"A response has the media type `{wrong.reply.media_type[:60]}`.", [wrong])
    return satisfied(bound, f"Responses are {_JSON}.", plain[:1])


def _errors(transcript: Transcript) -> list[tuple[Exchange, Any]]:
    """Every error of the conversation, each with its exchange."""
    found = ((exchange, response_of(exchange)) for exchange in transcript.exchanges if exchange.method == "POST")
    return [
        (exchange, response["error"]) for exchange, response in found if response is not None and "error" in response
    ]


RULES: Final = (
    rule(
        "error.returned",
        "Faulty requests are answered by errors",
        returned,
        asked(steps.UNKNOWN_METHOD, _SPEAKS_NONE),
        asked(steps.MISSING_PARAMS, _SPEAKS_NONE),
        effect="Clients believe that a request was served that was not.",
        fix="Answer an unknown method with error -32601 and wrong parameters with -32602.",
    ),
    rule(
        "error.payload",
        "An error has a code and a message",
        payload,
        asked(steps.UNKNOWN_METHOD, _SPEAKS_NONE),
        effect="Clients cannot tell what went wrong.",
        fix="Give every error a numeric `code` and a `message`.",
    ),
    rule(
        "error.detail-type",
        "Each detail of an error has @type",
        detail_types,
        asked(steps.UNKNOWN_METHOD, _SPEAKS_NONE),
        effect="Clients cannot read the details.",
        fix="Put objects such as google.rpc.ErrorInfo into `data`, each with its `@type`.",
    ),
    rule(
        "http.media-type",
        "Responses are application/json",
        media_type,
        asked(steps.SEND, _SPEAKS_NONE),
        effect="Clients that look at the media type refuse the answer.",
        fix="Answer with `Content-Type: application/json`.",
        # section 9.1 lists it without a keyword
        basis=Basis.INTERPRETATION,
    ),
)
"""In the order in which reports show them."""
