"""The form of what a server sends: JSON-RPC 2.0, a response under the id of its request, in UTF-8.

Sentences: base protocol page, "Messages", "Responses" and "Notifications"; transports page, its beginning.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from extractor.model import Level
from harness.base.jsonrpc import is_response
from harness.judge.findings import as_interpretation, inconclusive, satisfied, violated
from harness.model import STDIN, BodyFault, Requirement, Side
from harness.profiles.mcp import steps
from harness.profiles.mcp.revisions import ALL, SESSIONS, STREAMABLE, level, text
from harness.profiles.mcp.rules.answers import is_success, was_watched_enough, without_response
from harness.profiles.mcp.rules.preconditions import BASELINE, baseline_served, not_asked
from harness.profiles.mcp.rules.transcript import exchanges_of, messages, method_of, opening_of, response, sent
from harness.rule import Decision, Rule

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.base.jsonrpc import Message
    from harness.model import BoundRequirement, Exchange, Finding, Transcript

_NEEDS_NO_WORK: Final = (
    steps.BASELINE_REQUEST,
    steps.BASELINE_OTHER,
    f"{steps.LIVE}.post-request",
    steps.MODERN_CONTROL,
)
_SHOWN: Final = 60
"""Characters of a method that a summary shows."""
ANOTHER_ID: Final = "has another id than the request"
_NEITHER: Final = "has neither a result nor an error"
_BOTH: Final = "has both a result and an error"
_NO_MESSAGE: Final = "has an error without a message"
_NO_CODE: Final = "has an error whose code is not an integer"
_UNVERSIONED: Final = 'does not say `"jsonrpc": "2.0"`'
_WITH_ID: Final = "is a notification with an id"
_NO_ID: Final = "has an error without the request's id, under a status of success"
_ANSWERED: Final = "MUST NOT send a response"
"""Words of the sentence about notifications, which 2024-11-05 leaves to JSON-RPC."""
_SAID_OF: Final = {
    ANOTHER_ID: "same ID",
    _NO_ID: "same ID",
    _NEITHER: " a result ",
    _BOTH: "MUST NOT set both",
    _NO_MESSAGE: "code and message",
    _NO_CODE: "MUST be integers",
    _UNVERSIONED: "MUST follow the JSON-RPC 2.0",
    _WITH_ID: "Notifications MUST NOT include an ID",
}
"""By what is wrong: words of the sentence about it."""


def response_form(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that every response MUST follow JSON-RPC: the request's id, a result or an error, its code an integer.

    So do the notifications and requests that a server sends: they say that they are JSON-RPC, and a notification has
    no id. That a request which needs no work MUST get a response at all is a reading: JSON-RPC 2.0 says so in its
    section 5.

    Of responses only those to a POST of one request are looked at. An error without an id, or with a null one, may be
    about a request that could not be read; with a status that refuses the request it is what SDKs send, up to
    2025-11-25 with an id of their own. The body of such a refusal need not be JSON-RPC at all: one that does not say so
    is the server's own document.
    """
    opening, late = opening_of(transcript, bound.revision), []
    for exchange in exchanges_of(transcript, bound.revision, *_NEEDS_NO_WORK):
        came = without_response(exchange)
        if came is not None and was_watched_enough(transcript, exchange, opening):
            finding = violated(bound, f"{method_of(exchange) or 'A request'} got {came}.", [opening, exchange])
            return as_interpretation(finding)
        if came is not None:
            late.append(exchange)
    if (unserved := baseline_served(transcript, bound)) is not None:
        return unserved
    for exchange in transcript.exchanges:
        for message in messages(exchange.reply) if exchange.revision == bound.revision else ():
            wrong = _wrong_of_its_own(message)
            if wrong is not None:
                what = f"{str(message['method'])[:_SHOWN]}, which the server sent, {wrong}"
                return violated(bound, f"{what}.", [exchange], quoting=_SAID_OF[wrong])
    seen = []
    for at, exchange in enumerate(transcript.exchanges):
        request = sent(exchange)
        asked = exchange.revision == bound.revision and request is not None and "id" in request
        if not asked or exchange.method not in ("POST", "STDIN"):
            continue
        for message in messages(exchange.reply):
            if "method" in message or not ("result" in message or "error" in message or "id" in message):
                continue
            if not is_success(exchange) and "jsonrpc" not in message:
                continue
            seen.append(exchange)
            wrong = _wrong(exchange, message, request["id"] if request is not None else None)
            if wrong == ANOTHER_ID and bound.revision in SESSIONS and not is_success(exchange):
                continue
            before = transcript.exchanges[:at]
            if wrong in (_NO_ID, ANOTHER_ID) and (notified := _notification_just_before(exchange, before)) is not None:
                what = f"{method_of(notified) or 'A notification'}, a notification, got a response."
                quoting = _ANSWERED if bound.revision >= STREAMABLE[0] else _SAID_OF[_UNVERSIONED]
                return violated(bound, what, [notified, exchange], quoting=quoting)
            if wrong is not None:
                what = f"The response to {method_of(exchange) or 'a request'} {wrong}"
                return violated(bound, f"{what}.", [exchange], quoting=_SAID_OF.get(wrong, ""))
    if late:
        return inconclusive(bound, "A stream carried no response while docprobe watched it; it may be slow.", late)
    if not seen:
        return not_asked(transcript, bound, "A request that gets a response")
    return satisfied(bound, "Every message of the server follows JSON-RPC 2.0.", seen[:1])


def unanswered_blocks(finding: Finding, transcript: Transcript) -> bool:
    """Return True: JSON-RPC, which the sentence makes its own, leaves no doubt that requests are answered."""
    return True


RESPONSE_FORM: Final = Rule(
    Requirement(
        id="rpc.response-form",
        title="Every message of the server follows JSON-RPC",
        side=Side.ANY_SERVER,
        levels=level(Level.MUST, ALL),
        basis=text(ALL),
        effect="A client cannot match the response to its request, cannot read it, or waits for one that never comes.",
        fix='Answer every request with `"jsonrpc": "2.0"`, its own id, and either `result` or `error` with an integer '
        "`code` and a `message`; answer no notification.",
        avoid="Don't build responses by hand: the SDKs fill these fields.",
    ),
    Decision(response_form),
    reading_blocks=unanswered_blocks,
)


def utf_8(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that messages MUST be encoded in UTF-8: every body that is JSON or an event stream."""
    seen = [
        exchange
        for exchange in transcript.exchanges
        if exchange.revision == bound.revision and exchange.reply is not None and messages(exchange.reply)
    ]
    for exchange in seen:
        if exchange.reply is not None and exchange.reply.fault is BodyFault.INVALID_UTF8:
            return violated(
                bound, f"The answer to {method_of(exchange) or exchange.method} is not valid UTF-8.", [exchange]
            )
    if not seen:
        return not_asked(transcript, bound, "A request that gets a message")
    return satisfied(bound, "Every message is encoded in UTF-8.", seen[:1])


UTF_8: Final = Rule(
    Requirement(
        id="message.utf-8",
        title="Messages are encoded in UTF-8",
        side=Side.SERVER,
        levels=level(Level.MUST, STREAMABLE),
        basis=text(STREAMABLE),
        effect="Clients cannot read the message, or show other characters than were meant.",
        fix="Encode JSON in UTF-8, whatever the machine's own encoding is.",
        avoid="Don't rely on a default encoding: it depends on the system.",
    ),
    Decision(utf_8, BASELINE),
)

RULES: Final = (RESPONSE_FORM, UTF_8)


def _notification_just_before(exchange: Exchange, before: Sequence[Exchange]) -> Exchange | None:
    """Return the last notification that a stdio server was sent just before a request which it answered as well.

    What it wrote beside the response to the request answers that notification: nothing else was sent since.
    """
    if exchange.method != STDIN or not before or before[-1].process != exchange.process or response(exchange) is None:
        return None
    message = sent(before[-1])
    return before[-1] if before[-1].method == STDIN and message is not None and "id" not in message else None


def _wrong_of_its_own(message: Message) -> str | None:
    """Return what is wrong with a request or notification of the server; None if nothing is, or it is a response."""
    if not isinstance(message.get("method"), str):
        return None
    if message.get("jsonrpc") != "2.0":
        return _UNVERSIONED
    return _WITH_ID if "id" in message and message["method"].startswith("notifications/") else None


def _wrong(exchange: Exchange, message: Message, id: object) -> str | None:
    """Return what is wrong with a response, as the rest of a sentence; None if nothing is."""
    if message.get("jsonrpc") != "2.0":
        return _UNVERSIONED
    error = message.get("error")
    if not is_response(message) or ("result" in message and "error" in message):
        return _NEITHER if "id" in message and not is_response(message) else _BOTH
    if "error" in message:
        if not isinstance(error, dict) or not isinstance(error.get("message"), str):
            return _NO_MESSAGE
        if not isinstance(error.get("code"), int) or isinstance(error.get("code"), bool):
            return _NO_CODE
        if message.get("id") is None:
            return _NO_ID if is_success(exchange) else None
    answer_id = message.get("id")
    # JSON has one kind of number: 1.0 is 1
    if answer_id != id or isinstance(answer_id, bool):
        return ANOTHER_ID
    return None
