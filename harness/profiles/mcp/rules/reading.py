"""Reading a transcript: which exchanges belong to a step, and what an answer is worth beside its control.

The rules stand in the requirement catalogue, "Rules for every probe": a fault request differs from its control by one
thing; if the control was served, the answer to the fault decides, except for 429, 503 and a connection that the HTTP
parser closed.
"""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from harness.model import FailureKind
from harness.profiles.mcp import steps
from harness.profiles.mcp.rules import jsonrpc
from harness.profiles.mcp.steps import LEGS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.model import Exchange, Session, Transcript

SESSION_HEADER: Final = "mcp-session-id"
VERSION_HEADER: Final = "mcp-protocol-version"
NEVER_DECIDE: Final = frozenset({429, 503})
"""Statuses that speak of load, not of the request."""
LEG_NAMES: Final = dict(zip(LEGS, ("POST request", "POST notification", "GET", "DELETE"), strict=True))
_PARSER_LIMIT_CHARACTERS: Final = 8_000
"""Header size from which on an HTTP parser may be what refuses (Node's limit is 16 kB for all headers)."""


class Answer(StrEnum):
    """What came back, seen beside the control."""

    SERVED = "served"
    REFUSED = "refused"
    """An answer that is no service: another status, or a JSON-RPC error."""
    SILENT = "silent"
    """No head, though requests like it were answered in a fraction of the time."""
    CUT = "cut"
    """The connection was closed without an answer, though the server lived on and the bytes were harmless."""
    UNDECIDED = "undecided"
    """Load, an HTTP parser (the server's or ours), a dead process: says nothing about the rule."""


def of_step(transcript: Transcript, step: str, revision: str | None = None) -> tuple[Exchange, ...]:
    """Exchanges of a step in order of sending; of one revision, or of all where ``revision`` is None."""
    return tuple(
        exchange
        for exchange in transcript.exchanges
        if exchange.step == step and (revision is None or exchange.revision == revision)
    )


def first(transcript: Transcript, step: str, revision: str | None = None) -> Exchange | None:
    """The step's first exchange; None if the step was not taken."""
    return next(iter(of_step(transcript, step, revision)), None)


def opening_of(transcript: Transcript, revision: str) -> Exchange | None:
    """Return the first request of the revision that was served: what its server does when it answers."""
    return first(transcript, steps.BASELINE_INITIALIZE, revision) or first(transcript, steps.MODERN_CONTROL, revision)


def control_of(transcript: Transcript, exchange: Exchange) -> Exchange | None:
    """The exchange that differs from this one by the fault only; None if there is none."""
    if exchange.control is None:
        return None
    return next((other for other in transcript.exchanges if other.number == exchange.control), None)


def sessions_of(transcript: Transcript, revision: str) -> tuple[Session, ...]:
    """Sessions that the server issued under a revision."""
    return tuple(session for session in transcript.sessions if session.revision == revision)


def spoken_as(transcript: Transcript, revision: str, name: str) -> Transcript:
    """The transcript with everything said under ``revision`` labelled ``name`` instead."""

    def named(label: str | None) -> str | None:
        return name if label == revision else label

    return replace(
        transcript,
        exchanges=tuple(replace(exchange, revision=named(exchange.revision)) for exchange in transcript.exchanges),
        sessions=tuple(replace(session, revision=named(session.revision) or "") for session in transcript.sessions),
        negotiated=tuple(named(label) or "" for label in transcript.negotiated),
        modern=tuple(named(label) or "" for label in transcript.modern),
        facts=replace(
            transcript.facts,
            revisions={named(label) or "": known for label, known in transcript.facts.revisions.items()},
        ),
    )


def is_json_error(exchange: Exchange) -> bool:
    """Whether the request was answered by a JSON-RPC error."""
    if exchange.answered is not None:
        return exchange.answered.error
    message = jsonrpc.response(exchange)
    return message is not None and "error" in message


def is_result(exchange: Exchange) -> bool:
    """Whether the request was answered by a JSON-RPC result."""
    if exchange.answered is not None:
        return not exchange.answered.error
    message = jsonrpc.response(exchange)
    return message is not None and "result" in message


def is_served(exchange: Exchange | None) -> bool:
    """Whether the server did what was asked.

    POST of a request: 2xx with a result. POST of a notification or batch, and DELETE: 2xx. GET: 200 with an event
    stream (its head is enough: the stream may stay silent).
    """
    if exchange is None or exchange.status is None or not 200 <= exchange.status < 300:
        return False
    match exchange.method:
        case "GET":
            return exchange.reply is not None and exchange.reply.media_type == "text/event-stream"
        case "POST":
            request = jsonrpc.sent(exchange)
            return request is None or "id" not in request or is_result(exchange)
        case _:
            return True


def weigh(transcript: Transcript, exchange: Exchange, control: Exchange | None) -> Answer:
    """What the answer to ``exchange`` is worth, given that ``control`` was served."""
    if exchange.reply is not None:
        if exchange.reply.status in NEVER_DECIDE:
            return Answer.UNDECIDED
        if is_served(exchange):
            return Answer.SERVED
        if exchange.reply.status in (400, 431) and _may_upset_a_parser(exchange, control):
            return Answer.UNDECIDED
        return Answer.REFUSED
    failure = exchange.failure.kind if exchange.failure is not None else None
    if failure is FailureKind.TIMEOUT:
        return Answer.SILENT if waited_enough(transcript, exchange, control) else Answer.UNDECIDED
    if failure in (FailureKind.REFUSED, FailureKind.MALFORMED) or _may_upset_a_parser(exchange, control):
        return Answer.UNDECIDED
    return Answer.CUT if answered_later(transcript, exchange) else Answer.UNDECIDED


def waited_enough(transcript: Transcript, exchange: Exchange, control: Exchange | None) -> bool:
    """Return whether silence decides: the wait was many times as long as the control, and requests like it, took.

    Requests like it are those of the same process and revision, before and after it, that no tool had to work for.
    """
    if control is None:
        return False
    beside = [
        other.duration_s
        for other in transcript.exchanges
        if (other.process, other.revision) == (exchange.process, exchange.revision) and _needs_no_work(other)
    ]
    return exchange.duration_s >= steps.PATIENCE * max(control.duration_s, *beside, 0.0)


def _needs_no_work(exchange: Exchange) -> bool:
    """Return whether the time of an exchange says how fast the server was then: a whole answer, and not a tool's."""
    whole = exchange.reply is not None and exchange.reply.complete
    return whole and exchange.method in ("POST", "DELETE") and not exchange.step.startswith(steps.TOOL_STEPS)


def answered_later(transcript: Transcript, exchange: Exchange) -> bool:
    """Whether the same process still answered anything after ``exchange``."""
    return any(
        other.number > exchange.number and other.process == exchange.process and other.reply is not None
        for other in transcript.exchanges
    )


def said(exchange: Exchange) -> str:
    """What came back, in a few words for a summary: ``404``, ``200 with a result``, ``no answer in 10 s``."""
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
    if 200 <= exchange.reply.status < 300 and exchange.method == "POST":
        if is_result(exchange):
            return f"{status} with a result"
        if is_json_error(exchange):
            code = jsonrpc.error_code(exchange)
            return f"{status} with JSON-RPC error{f' {code}' if code is not None else ''}"
    return status


def why_undecided(exchange: Exchange) -> str:
    """Why an answer decides nothing, for a summary."""
    if exchange.status in NEVER_DECIDE:
        return f"{exchange.status} speaks of load, not of the request"
    if exchange.reply is None:
        return f"{said(exchange)} says nothing about the rule"
    return f"{said(exchange)} may come from the HTTP parser"


def _may_upset_a_parser(exchange: Exchange, control: Exchange | None) -> bool:
    """Whether the bytes that the control did not have could make an HTTP parser refuse the request by itself."""
    known: Sequence[tuple[str, str]] = control.headers if control is not None else ()
    fresh = [value for pair in exchange.headers if pair not in known for value in pair]
    return sum(map(len, fresh)) > _PARSER_LIMIT_CHARACTERS or any(
        not " " <= character <= "~" for value in fresh for character in value
    )
