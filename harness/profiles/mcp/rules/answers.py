"""What an answer means next to the answer of its control, and how a summary describes it.

A fault request differs from its control by one thing. If the control was served, the answer to the fault decides,
except for 429, 503 and a connection that an HTTP parser may have closed.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from harness.judge.findings import join_words
from harness.model import BodyFault, FailureKind
from harness.profiles.mcp.rules.transcript import (
    EVENT_STREAM,
    control_of,
    error_code,
    exchange_of,
    response,
    sent,
)
from harness.profiles.mcp.steps import LEGS, PATIENCE, SESSION_OVER, TOOL_STEPS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from harness.model import Exchange, Transcript

NEVER_DECIDE: Final = frozenset({429, 503})
"""Statuses that are about load, not about the request."""
METHOD_NOT_OFFERED: Final = (405, 501)
"""Statuses of a server that does not offer the HTTP method here."""
LEG_NAMES: Final = dict(zip(LEGS, ("POST request", "POST notification", "GET", "DELETE"), strict=True))
_PARSER_LIMIT_CHARACTERS: Final = 8_000
"""Header size from which on an HTTP parser may be what refuses (Node's limit is 16 kB for all headers)."""


class Answer(StrEnum):
    """What came back, next to the control."""

    SERVED = "served"
    REFUSED = "refused"
    """Answered and not served: another status, or a JSON-RPC error."""
    SILENT = "silent"
    """No head, though requests like it were answered in a fraction of the time."""
    CUT = "cut"
    """The connection was closed without an answer, though the server lived on and the bytes were harmless."""
    UNDECIDED = "undecided"
    """Load, an HTTP parser (the server's or ours), a dead process, a session that had ended, or a response that may be
    polled for: nothing about the rule."""


NOT_SERVED: Final = (Answer.REFUSED, Answer.SILENT, Answer.CUT)


def is_json_error(exchange: Exchange) -> bool:
    """Return whether the request was answered by a JSON-RPC error."""
    if exchange.answered is not None:
        return exchange.answered.error
    message = response(exchange)
    return message is not None and "error" in message


def is_result(exchange: Exchange) -> bool:
    """Return whether the request was answered by a JSON-RPC result."""
    if exchange.answered is not None:
        return not exchange.answered.error
    message = response(exchange)
    return message is not None and "result" in message


def is_success(exchange: Exchange) -> bool:
    """Return whether the reply's status is 2xx."""
    return exchange.status is not None and 200 <= exchange.status < 300


def is_served(exchange: Exchange | None) -> bool:
    """Return whether the server did what was asked.

    POST of a request: 2xx with a result. POST of a notification or batch, and DELETE: 2xx. GET: 200 with an event
    stream (its head is enough: the stream may stay silent).
    """
    if exchange is None or not is_success(exchange):
        return False
    match exchange.method:
        case "GET":
            return is_event_stream(exchange)
        case "POST":
            request = sent(exchange)
            return request is None or "id" not in request or is_result(exchange)
        case _:
            return True


def is_event_stream(exchange: Exchange) -> bool:
    """Return whether the reply is an event stream."""
    return exchange.reply is not None and exchange.reply.media_type == EVENT_STREAM


def is_polled(exchange: Exchange) -> bool:
    """Return whether the response to a request is still to come, on a stream that can be resumed.

    After an event with an id the server may close the connection, and is then polled for the rest. A stream that it
    keeps open is like any other.
    """
    reply = exchange.reply
    if reply is None or exchange.method != "POST" or not is_success(exchange) or not is_event_stream(exchange):
        return False
    if reply.fault is BodyFault.TIMEOUT:
        return False
    answered = is_result(exchange) or is_json_error(exchange)
    return not answered and any(event.id is not None for event in reply.events)


def without_response(exchange: Exchange) -> str | None:
    """Return what came back, if it is an event stream that has no response to its request; None for any other answer.

    A server that is polled may still send it; a tool may take its time.
    """
    reply = exchange.reply
    if reply is None or not is_success(exchange) or not is_event_stream(exchange):
        return None
    working = exchange.step.startswith(TOOL_STEPS) and reply.fault is BodyFault.TIMEOUT
    if is_result(exchange) or is_json_error(exchange) or is_polled(exchange) or working:
        return None
    fault = "" if reply.fault in (None, BodyFault.OPEN) else f" ({reply.fault})"
    return f"{reply.status} and an event stream without the response{fault}"


def was_watched_enough(transcript: Transcript, exchange: Exchange, opening: Exchange | None) -> bool:
    """Return whether a stream ended, or was watched for many times as long as ordinary answers take.

    Args:
        transcript: the conversation.
        exchange: whose answer is the stream.
        opening: the first request that was served.
    """
    cut = exchange.reply is not None and exchange.reply.fault in (BodyFault.TIMEOUT, BodyFault.OPEN)
    return not cut or waited_enough(transcript, exchange, opening)


def classify_answer(transcript: Transcript, exchange: Exchange, control: Exchange | None) -> Answer:
    """Return what the answer to ``exchange`` means, given that ``control`` was served."""
    if exchange.reply is not None:
        if exchange.reply.status in NEVER_DECIDE or exchange.note == SESSION_OVER:
            return Answer.UNDECIDED
        if is_served(exchange):
            return Answer.SERVED
        if is_polled(exchange):
            return Answer.UNDECIDED
        if is_success(exchange) and exchange.reply.fault is BodyFault.TIMEOUT:
            return _silence(transcript, exchange, control)
        if exchange.reply.status in (400, 431) and _may_upset_a_parser(exchange, control):
            return Answer.UNDECIDED
        return Answer.REFUSED
    failure = exchange.failure.kind if exchange.failure is not None else None
    if failure is FailureKind.TIMEOUT:
        return _silence(transcript, exchange, control)
    if failure in (FailureKind.REFUSED, FailureKind.MALFORMED) or _may_upset_a_parser(exchange, control):
        return Answer.UNDECIDED
    return Answer.CUT if _answered_later(transcript, exchange) else Answer.UNDECIDED


def _silence(transcript: Transcript, exchange: Exchange, control: Exchange | None) -> Answer:
    """Return what an answer means that did not come in time, or began and did not end."""
    silent = control is not exchange and waited_enough(transcript, exchange, control)
    return Answer.SILENT if silent else Answer.UNDECIDED


def is_left_open(transcript: Transcript, exchange: Exchange) -> bool:
    """Return whether an answer decides nothing: it is late, did not end, is polled for, or is about load."""
    cut = exchange.reply is not None and exchange.reply.fault is BodyFault.TIMEOUT and not is_served(exchange)
    if exchange.timed_out or cut:
        return not waited_enough(transcript, exchange, exchange)
    return exchange.status in NEVER_DECIDE or is_polled(exchange)


def first_left_open(transcript: Transcript, exchanges: Iterable[Exchange | None]) -> Exchange | None:
    """Return the first exchange that is left open, itself or by its control; None if there is none."""
    for exchange in exchanges:
        for each in (control_of(transcript, exchange), exchange) if exchange is not None else ():
            if each is not None and is_left_open(transcript, each):
                return each
    return None


def waited_enough(transcript: Transcript, exchange: Exchange, control: Exchange | None) -> bool:
    """Return whether silence decides: the wait was many times as long as the control, and requests like it, took.

    Requests like it are those of the same process and revision, before and after it, that no tool had to work for.

    Args:
        transcript: the conversation.
        exchange: whose answer did not end, or did not come.
        control: a request that was served; ``exchange`` itself where it is the first one.
    """
    if control is None:
        return False
    ordinary = [
        other.duration_s
        for other in transcript.exchanges
        if (other.process, other.revision) == (exchange.process, exchange.revision) and _needs_no_work(other)
    ]
    if control is not exchange:
        ordinary.append(control.duration_s)
    return bool(ordinary) and exchange.waited_s >= PATIENCE * max(ordinary)


def answer_to_fault(transcript: Transcript, exchange: Exchange) -> Answer:
    """Return what the answer to ``exchange`` means; undecided if its control was not served."""
    control = control_of(transcript, exchange)
    return classify_answer(transcript, exchange, control) if is_served(control) else Answer.UNDECIDED


def with_controls(transcript: Transcript, exchanges: Iterable[Exchange]) -> list[Exchange | None]:
    """Return exchanges with their controls: the evidence of a finding about them."""
    return [other for exchange in exchanges for other in (control_of(transcript, exchange), exchange)]


def describe(exchange: Exchange | None) -> str:
    """Return what came back in a few words: ``404``, ``200 with a result``, ``no answer in 10 s``."""
    if exchange is None:
        return "nothing"
    if exchange.reply is None:
        match exchange.failure.kind if exchange.failure is not None else None:
            case FailureKind.TIMEOUT:
                return f"no answer in {exchange.duration_s:.0f} s" if exchange.duration_s >= 1 else "no answer in time"
            case FailureKind.REFUSED:
                return "a refused connection"
            case FailureKind.RESET | FailureKind.CLOSED:
                return "a closed connection"
            case FailureKind.MALFORMED | FailureKind.NOT_SHOWN | None:
                return f"an unreadable answer ({exchange.failure or 'no answer'})"
    status = str(exchange.reply.status)
    if exchange.reply.status == 200 and exchange.method == "GET":
        return f"{status} {exchange.reply.media_type or 'without a content type'}"
    if is_success(exchange) and exchange.method == "POST":
        if is_result(exchange):
            return f"{status} with a result"
        if is_json_error(exchange):
            code = error_code(exchange)
            return f"{status} with JSON-RPC error{f' {code}' if code is not None else ''}"
    return status


def describe_each(answers: Iterable[tuple[str, Exchange]]) -> str:
    """Return what came back for several requests, equal answers together: ``404 (GET, DELETE) and 400 (POST request)``.

    Args:
        answers: name of each request, and its exchange.
    """
    names: defaultdict[str, list[str]] = defaultdict(list)
    for name, exchange in answers:
        names[describe(exchange)].append(name)
    return join_words(f"{answer} ({', '.join(which)})" for answer, which in names.items())


def why_undecided(exchange: Exchange) -> str:
    """Return why an answer decides nothing, as a sentence without its full stop."""
    if exchange.note == SESSION_OVER:
        return SESSION_OVER
    if exchange.status in NEVER_DECIDE:
        return f"{exchange.status} is about load, not about the request"
    if exchange.reply is None:
        return f"{describe(exchange)} says nothing about the rule{why_late(exchange)}"
    if is_polled(exchange):
        return f"{describe(exchange)} and an event stream that can be resumed, on which the response is still to come"
    if exchange.reply.fault is BodyFault.TIMEOUT:
        return f"{describe(exchange)}, and the rest did not come in time{why_late(exchange)}"
    return f"{describe(exchange)} may come from the HTTP parser"


def why_late(exchange: Exchange, otherwise: str = "") -> str:
    """Return why it shows nothing that something did not come in time, as the end of a sentence.

    Args:
        exchange: whose answer did not come, or did not end.
        otherwise: the reason unless docprobe itself stood still.
    """
    reason = f"docprobe itself stood still for {exchange.stalled_s:.1f} s" if exchange.stood_still else otherwise
    return f"; {reason}" if reason else ""


@dataclass(frozen=True, slots=True)
class Leg:
    """One of the four kinds of request with a fault, and its control."""

    name: str
    """``POST request``, ``POST notification``, ``GET`` or ``DELETE``."""
    fault: Exchange
    control: Exchange | None
    answer: Answer | None
    """None if the control was not served, and was not left open either: the answer means nothing."""


def legs_of(transcript: Transcript, revision: str, group: str) -> tuple[Leg, ...]:
    """Return the legs of a group of steps (``missing``, ``unknown``, …) that were sent, in their order."""
    legs = []
    for leg, name in LEG_NAMES.items():
        fault = exchange_of(transcript, revision, f"{group}.{leg}")
        if fault is None:
            continue
        control = control_of(transcript, fault)
        asked = control is not None and (is_served(control) or is_left_open(transcript, control))
        answer = answer_to_fault(transcript, fault) if asked else None
        legs.append(Leg(name, fault, control, answer))
    return tuple(legs)


def evidence_of(legs: Iterable[Leg]) -> list[Exchange | None]:
    """Return the exchanges of legs, controls included."""
    return [exchange for leg in legs for exchange in (leg.control, leg.fault)]


def describe_legs(legs: Iterable[Leg]) -> str:
    """Return what came back for each leg, as :func:`describe_each`."""
    return describe_each((leg.name, leg.fault) for leg in legs)


def undecided_of(legs: Iterable[Leg]) -> list[Leg]:
    """Return the legs whose answer, or that of whose control, decides nothing: load, or an HTTP parser."""
    return [leg for leg in legs if leg.answer is Answer.UNDECIDED]


def served_request(legs: Iterable[Leg]) -> Leg | None:
    """Return the leg of the POST request if it was served."""
    return next((leg for leg in legs if leg.answer is Answer.SERVED and leg.name == LEG_NAMES["post-request"]), None)


def why_nothing_decided(legs: Sequence[Leg]) -> str:
    """Return why no leg decided anything, as a sentence without its full stop."""
    for leg in legs:
        if leg.answer is Answer.UNDECIDED and is_served(leg.control):
            return f"{leg.name} was inconclusive: {why_undecided(leg.fault)}"
        if leg.answer is Answer.UNDECIDED and leg.control is not None:
            return f"the {leg.name} control was inconclusive: {why_undecided(leg.control)}"
    for leg in legs:
        if leg.answer is None and leg.control is not None:
            return f"no control was served (the {leg.name} control returned {describe(leg.control)})"
    return "nothing was asked"


def _needs_no_work(exchange: Exchange) -> bool:
    """Return whether the time of an exchange shows how fast the server was then: a whole answer, and not a tool's."""
    whole = exchange.reply is not None and exchange.reply.complete
    return whole and exchange.method in ("POST", "DELETE") and not exchange.step.startswith(TOOL_STEPS)


def _answered_later(transcript: Transcript, exchange: Exchange) -> bool:
    """Return whether the same process still answered anything after ``exchange``."""
    return any(
        other.number > exchange.number and other.process == exchange.process and other.reply is not None
        for other in transcript.exchanges
    )


def _may_upset_a_parser(exchange: Exchange, control: Exchange | None) -> bool:
    """Return whether bytes that the control did not have could make an HTTP parser refuse the request."""
    known: Sequence[tuple[str, str]] = control.headers if control is not None else ()
    fresh = [value for pair in exchange.headers if pair not in known for value in pair]
    return sum(map(len, fresh)) > _PARSER_LIMIT_CHARACTERS or any(
        not " " <= character <= "~" for value in fresh for character in value
    )
