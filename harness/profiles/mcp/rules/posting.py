"""What a POST is answered: 202 for a notification, an event stream or one JSON object for a request, 400 for a version.

Sentences: transports page, "Sending Messages to the Server" (2026-07-28: "Sending Messages") and "Protocol Version
Header".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from extractor.model import Level
from harness.base.jsonrpc import is_response, parse
from harness.judge.findings import as_interpretation, count, inconclusive, join_words, satisfied, violated
from harness.model import BodyFault, FailureKind, Requirement, Side
from harness.profiles.mcp import steps
from harness.profiles.mcp.revisions import STREAMABLE, level, text
from harness.profiles.mcp.rules.answer_fixes import accept_messages, status_fix
from harness.profiles.mcp.rules.answers import (
    NEVER_DECIDE,
    Answer,
    classify_answer,
    describe,
    is_json_error,
    is_result,
    is_success,
    waited_enough,
    why_undecided,
    without_response,
)
from harness.profiles.mcp.rules.preconditions import BASELINE, must_answer, not_asked
from harness.profiles.mcp.rules.sent_requests import name_of
from harness.profiles.mcp.rules.transcript import exchange_of, exchanges_of, messages, opening_of, sent
from harness.profiles.mcp.rules.version_guards import guard_version
from harness.profiles.mcp.rules.wrong_answers import answers_about, notification_answers
from harness.rule import Decision, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

    from harness.model import BoundRequirement, Exchange, Finding, Transcript
    from harness.rule import TextEdit

_NOTIFICATIONS: Final = (
    steps.BASELINE_INITIALIZED,
    steps.OPEN_INITIALIZED,
    f"{steps.LIVE}.post-notification",
    steps.LIVE_RESPONSE,
    steps.ANSWER,
    steps.MODERN_NOTIFICATION,
)
_REQUESTS: Final = (
    steps.BASELINE_REQUEST,
    steps.BASELINE_OTHER,
    steps.BASELINE_TOOL,
    f"{steps.LIVE}.post-request",
    steps.MODERN_CONTROL,
)
_WITH_VERSION_HEADER: Final = STREAMABLE[1:]
_ACCEPTED: Final = "202 Accepted"
"""Words of the sentence on what an accepted notification is answered."""
_UNASKED_RESPONSE: Final = "A response that answers no request"
_ERROR_STATUS: Final = 400
"""From here on a status is one of an error."""


def notification_202(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that a notification or response that the server accepts MUST get 202 with no body.

    A 4xx or 5xx says that it was not accepted, which is the server's right; to answer nothing is not.
    """
    asked = exchanges_of(transcript, bound.revision, *_NOTIFICATIONS)
    if not asked:
        return not_asked(transcript, bound, "A notification")
    opening = opening_of(transcript, bound.revision)
    for exchange in asked:
        if _is_unanswered(transcript, exchange, opening):
            return violated(
                bound,
                f"{_message(exchange)} got {describe(exchange)}",
                [opening, exchange],
                quoting=_ACCEPTED,
                expected="a status",
            )
    accepted = [exchange for exchange in asked if is_success(exchange)]
    if not accepted:
        return inconclusive(bound, f"No notification was accepted: {describe(asked[0])}.", asked)
    for exchange in accepted:
        reply = exchange.reply
        if reply is not None and (reply.status != 202 or reply.body_bytes > 0):
            body = f" with a body of {count(reply.body_bytes, 'byte')}" if reply.body_bytes else ""
            answered = any(is_response(message) for message in messages(reply))
            return violated(
                bound,
                f"{_message(exchange)} returned {reply.status}{body}",
                [exchange],
                quoting="MUST NOT send a response" if answered else _ACCEPTED,
                expected="202 and no body",
            )
    late = next((e for e in asked if e.timed_out or e.status in NEVER_DECIDE), None)
    if late is not None:
        return inconclusive(bound, f"{_message(late)} was inconclusive: {why_undecided(late)}.", [late])
    return satisfied(bound, f"Notifications returned 202 without a body ({count(len(accepted), 'message')}).", accepted)


def printed_notification_202(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that a notification that a page prints as accepted gets 202 and no body."""
    shown = [
        exchange
        for exchange in transcript.exchanges
        if "id" not in (sent(exchange) or {"id": 0}) and is_success(exchange)
    ]
    for exchange in shown:
        if exchange.reply is not None and (exchange.status != 202 or exchange.reply.body.strip()):
            body = " with a body" if exchange.reply.body.strip() else ""
            return violated(
                bound,
                f"The page prints {name_of(exchange)} with answer {exchange.status}{body}",
                [exchange],
                quoting=_ACCEPTED,
                expected="202 and no body",
            )
    if not shown:
        return inconclusive(bound, "No answer to a notification is printed.")
    return satisfied(bound, f"The page prints 202 for {count(len(shown), 'notification')}.", shown)


NOTIFICATION_202: Final = Rule(
    Requirement(
        id="post.notification-202",
        title="An accepted notification or response gets 202 and no body",
        side=Side.SERVER,
        levels=level(Level.MUST, STREAMABLE),
        basis=text(STREAMABLE),
        effect="Clients that read a body here, or treat other statuses as failure, hang or drop the connection.",
        fix="Answer 202 with an empty body when the message is accepted, and an error status when it isn't.",
        avoid="Don't send `{}` or a JSON-RPC result: a notification has no answer.",
    ),
    Decision(notification_202),
    printed=Decision(printed_notification_202),
    blame=notification_answers,
    fix=accept_messages,
)


def refused_status(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that a notification that the server cannot accept MUST get an error status.

    One whose JSON is cut off is sent. That the sentence is about it is a reading: what cannot be read may be anything.
    A bare 2xx says that the server took it, for what it is worth.
    """
    asked = exchange_of(transcript, bound.revision, steps.POST_UNREADABLE)
    if asked is None:
        return not_asked(transcript, bound, "A notification whose JSON is cut off")
    reply = asked.reply
    if reply is None or asked.status in NEVER_DECIDE:
        return inconclusive(bound, f"A notification whose JSON is cut off returned {describe(asked)}.", [asked])
    if reply.status >= _ERROR_STATUS:
        return satisfied(bound, f"A notification whose JSON is cut off returned {reply.status}.", [asked])
    if is_success(asked) and any("error" in message for message in messages(reply)):
        finding = violated(
            bound,
            f"A notification whose JSON is cut off returned {reply.status} with a JSON-RPC error",
            [asked],
            expected="an error status",
        )
        return as_interpretation(finding)
    return inconclusive(bound, f"A notification whose JSON is cut off was accepted ({reply.status}).", [asked])


REFUSED_STATUS: Final = Rule(
    Requirement(
        id="post.refused-status",
        title="A message that the server cannot accept gets an error status",
        side=Side.SERVER,
        levels=level(Level.MUST, STREAMABLE),
        basis=text(STREAMABLE),
        effect="A client believes that its message arrived: nobody reads the body of an answer to a notification.",
        fix="Answer 400 where the message cannot be read, and say why in the body.",
        avoid="Don't answer every POST with 200 and a JSON-RPC message.",
    ),
    Decision(refused_status, BASELINE),
)


def request_sse_or_json(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that a request MUST be answered as text/event-stream, or as application/json with one object.

    Other statuses than 2xx say that the server did not take the request: they don't decide. No answer at all does,
    for requests that need no work (a tool may take as long as it likes); if it was not waited for long enough, nothing
    is decided. That a stream ends without the response is for stream.carries-response and rpc.response-form.
    """
    asked = exchanges_of(transcript, bound.revision, *_REQUESTS)
    if not asked:
        return not_asked(transcript, bound, "A request")
    opening = opening_of(transcript, bound.revision)
    right, late = [], []
    for exchange in asked:
        if _was_cut_short(exchange) and not waited_enough(transcript, exchange, opening):
            late.append(exchange)
            continue
        wrong = describe(exchange) if _is_unanswered(transcript, exchange, opening) else _wrong_form(exchange)
        if wrong is not None:
            return violated(
                bound,
                f"{_message(exchange)} got {wrong}",
                [opening, exchange],
                expected="an event stream or one JSON object",
            )
        if is_success(exchange):
            right.append(exchange)
        elif exchange.failure is not None and exchange.failure.kind is FailureKind.TIMEOUT:
            late.append(exchange)
    for exchange in late:
        if exchange.step != steps.BASELINE_TOOL:
            return inconclusive(bound, f"{_message(exchange)} was not answered in time; it may be slow.", [exchange])
    if not right:
        return inconclusive(bound, f"No request returned 2xx in time: {describe(asked[0])}.", asked)
    types = join_words(sorted({exchange.reply.media_type for exchange in right if exchange.reply is not None}))
    return satisfied(bound, f"Requests were answered as {types} ({count(len(right), 'request')}).", right)


REQUEST_SSE_OR_JSON: Final = Rule(
    Requirement(
        id="post.request-sse-or-json",
        title="A request is answered as an event stream or as JSON",
        side=Side.SERVER,
        levels=level(Level.MUST, STREAMABLE),
        basis=text(STREAMABLE),
        effect="A client cannot tell how to read the answer, or waits for one that never comes.",
        fix="Set Content-Type to application/json with one JSON-RPC object, or to text/event-stream.",
        avoid="Don't rely on a framework's default type: text/plain and text/html are its usual guesses.",
    ),
    Decision(request_sse_or_json),
)


def unsupported_400(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that an unsupported MCP-Protocol-Version MUST get 400, on POST of a request only.

    On initialize the version is negotiated in the body; GET and DELETE with an unknown version are routed to the
    sessionless handler by servers of both eras.
    """
    step = steps.MODERN_UNSUPPORTED if bound.revision in transcript.modern else steps.VERSION_UNSUPPORTED
    return must_answer(transcript, bound, step, 400, "A request with an MCP-Protocol-Version that does not exist")


_VERSION_ANSWERS: Final = answers_about(re.compile(r"mcp-protocol-version"), "400")
_VERSION_STATUS: Final = status_fix(_VERSION_ANSWERS, "400")


def refuse_versions(root: Node, finding: Finding, transcript: Transcript) -> Iterator[TextEdit]:
    """Answer 400 where the code refuses a version by another status; where it refuses none, by a guard."""
    yield from list(_VERSION_STATUS(root, finding, transcript)) or guard_version(root, transcript)


UNSUPPORTED_400: Final = Rule(
    Requirement(
        id="version.unsupported-400",
        title="An unsupported MCP-Protocol-Version gets 400",
        side=Side.SERVER,
        levels=level(Level.MUST, _WITH_VERSION_HEADER),
        basis=text(_WITH_VERSION_HEADER),
        effect="A client believes that its version is supported, and misreads what follows.",
        fix="Compare the header with the versions you support before handling the message, and answer 400.",
        avoid="Don't require the newest version: the header carries the one that was negotiated.",
    ),
    Decision(unsupported_400, BASELINE),
    blame=_VERSION_ANSWERS,
    fix=refuse_versions,
)

RULES: Final = (NOTIFICATION_202, REFUSED_STATUS, REQUEST_SSE_OR_JSON, UNSUPPORTED_400)


def _is_unanswered(transcript: Transcript, exchange: Exchange, opening: Exchange | None) -> bool:
    """Return whether a message that needs no work got no answer, and that decides something."""
    if exchange.reply is not None or exchange.step in (steps.BASELINE_TOOL, steps.ANSWER):
        return False
    return classify_answer(transcript, exchange, opening) in (Answer.SILENT, Answer.CUT)


def _was_cut_short(exchange: Exchange) -> bool:
    """Return whether a deadline ended the body, or docprobe stopped watching it before the response came."""
    if exchange.reply is None:
        return False
    return exchange.reply.fault is BodyFault.TIMEOUT or (
        exchange.reply.fault is BodyFault.OPEN and without_response(exchange) is not None
    )


def _wrong_form(exchange: Exchange) -> str | None:
    """Return what is wrong with the form of a 2xx answer to a request; None if nothing is, or it is not 2xx."""
    reply = exchange.reply
    if reply is None or not is_success(exchange):
        return None
    answered = is_result(exchange) or is_json_error(exchange)
    whole = reply.fault in (None, BodyFault.OPEN)
    fault = "" if whole else f" ({reply.fault})"
    match reply.media_type:
        case "text/event-stream":
            return None
        case "application/json":
            if (reply.truncated and answered) or (whole and isinstance(parse(reply.body), dict)):
                return None
            return f"{reply.status} as application/json, but not one JSON object{fault}"
        case other:
            return f"{reply.status} {f'as {other}' if other else 'without a content type'}"


def _message(exchange: Exchange) -> str:
    message = sent(exchange)
    if message is None or not is_response(message):
        return name_of(exchange)
    return "A response to the server's own request" if exchange.step == steps.ANSWER else _UNASKED_RESPONSE
