"""GET on a live session: the standalone event stream, or 405 (2025-03-26 to 2025-11-25).

Sentences: transports page, "Listening for Messages from the Server", items 1 and 2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from extractor.model import Level
from harness.judge.findings import inconclusive, not_applicable, satisfied, violated
from harness.model import Requirement, Side
from harness.profiles.mcp import steps
from harness.profiles.mcp.revisions import SESSIONS, advice, level, text
from harness.profiles.mcp.rules.answer_fixes import route_get, status_fix
from harness.profiles.mcp.rules.answers import Answer, classify_answer, describe, first_left_open, is_served
from harness.profiles.mcp.rules.method_guards import guard_get
from harness.profiles.mcp.rules.preconditions import BASELINE, not_asked
from harness.profiles.mcp.rules.transcript import EVENT_STREAM, exchange_of, exchanges_of
from harness.profiles.mcp.rules.wrong_answers import get_answers
from harness.rule import Decision, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

    from harness.model import BoundRequirement, Exchange, Finding, Transcript
    from harness.rule import TextEdit

_SECOND_STREAM: Final = 409
"""What SDKs answer to a second GET on a session: literally outside the sentence, and left undecided."""


def sse_or_405(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that GET on a live session MUST be answered as text/event-stream or by 405.

    Also with a Last-Event-ID that this server issued. With such an id a 4xx is left undecided: the text does not say
    what an id whose stream is over gets.
    """
    plain = exchanges_of(transcript, bound.revision, steps.BASELINE_GET, steps.GET_STREAM)
    resumed = exchanges_of(transcript, bound.revision, steps.GET_RESUME_ISSUED)
    if not plain:
        return not_asked(transcript, bound, "GET on a live session")
    control = exchange_of(transcript, bound.revision, steps.BASELINE_REQUEST)
    right: list[Exchange] = []
    undecided: list[Exchange] = []
    for exchange in (*plain, *resumed):
        if is_served(exchange) or exchange.status == 405:
            right.append(exchange)
        elif _is_left_open(exchange, classify_answer(transcript, exchange, control), resumed):
            undecided.append(exchange)
        else:
            with_id = " with a Last-Event-ID that this server issued" if exchange in resumed else ""
            same = "on the same session " if exchange.session is not None else ""
            return violated(
                bound,
                f"{_get(exchange)}{with_id} returned {describe(exchange)}",
                [control, exchange],
                expected=f"200 {EVENT_STREAM} or 405",
                control=f"POST {same}was served.",
            )
    late = first_left_open(transcript, undecided)
    if late is not None or not right:
        shown = late or undecided[0]
        return inconclusive(bound, f"{_get(shown)} returned {describe(shown)}.", undecided)
    return satisfied(bound, f"{_get(right[0])} returned {describe(right[0])}.", right)


def _get(exchange: Exchange) -> str:
    return "GET on a live session" if exchange.session is not None else "GET"


def _is_left_open(exchange: Exchange, answer: Answer, resumed: list[Exchange]) -> bool:
    """Return whether the text leaves this answer open, or the answer decides nothing.

    Silence is left open too: some servers send the head with the first event.
    """
    if answer in (Answer.UNDECIDED, Answer.SILENT) or exchange.status == _SECOND_STREAM:
        return True
    return exchange in resumed and exchange.status is not None and 400 <= exchange.status < 500


_STATUS: Final = status_fix(get_answers, "405")


def _refuse_get(root: Node, finding: Finding, transcript: Transcript) -> Iterator[TextEdit]:
    """Answer GET by 405: where the code answers it otherwise, else in a route of its own, else by a guard."""
    edits = list(_STATUS(root, finding, transcript)) or list(route_get(root, finding, transcript))
    yield from edits or guard_get(root, transcript)


GET_SSE_OR_405: Final = Rule(
    Requirement(
        id="get.sse-or-405",
        title="GET on a live session opens an event stream or gets 405",
        side=Side.SERVER,
        levels=level(Level.MUST, SESSIONS),
        basis=text(SESSIONS),
        effect="Clients treat anything but 405 as a failure, retry, or give up the session.",
        fix="Route GET of the endpoint: to the transport if you offer a stream, else to a 405.",
        avoid="Don't leave GET unrouted: a framework's 404 means to a client that the session is gone.",
    ),
    Decision(sse_or_405, BASELINE),
    blame=get_answers,
    fix=_refuse_get,
)


def invented_event_id(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge, as advice, that a Last-Event-ID never issued is not answered by a 5xx, nor by a closed connection."""
    asked = exchange_of(transcript, bound.revision, steps.GET_RESUME_INVENTED)
    plain = exchange_of(transcript, bound.revision, steps.BASELINE_GET)
    if asked is None:
        if plain is not None and plain.status == 405:
            return not_applicable(bound, "GET returned 405: the server offers no stream to resume.", [plain])
        return not_asked(transcript, bound, "GET with an invented Last-Event-ID")
    answer = classify_answer(transcript, asked, plain)
    summary = f"GET with an invented Last-Event-ID returned {describe(asked)}"
    if answer in (Answer.UNDECIDED, Answer.SILENT):
        return inconclusive(bound, f"{summary}.", [asked])
    if answer is Answer.CUT or (asked.status or 0) >= 500:
        return violated(bound, summary, [asked], expected="a stream or a 4xx")
    return satisfied(bound, f"{summary}.", [asked])


GET_INVENTED_EVENT_ID: Final = Rule(
    Requirement(
        id="get.invented-event-id",
        title="A Last-Event-ID that the server never issued does no harm",
        side=Side.SERVER,
        levels=level(Level.MAY, SESSIONS),
        basis=advice(SESSIONS),
        effect="One header that a client kept from elsewhere crashes the request.",
        fix="Ignore an event id that you cannot find, or answer with a 4xx.",
        avoid="Don't let the event store's exception become a 500.",
    ),
    Decision(invented_event_id, BASELINE),
)

RULES: Final = (GET_SSE_OR_405, GET_INVENTED_EVENT_ID)
