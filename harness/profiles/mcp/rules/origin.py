"""A foreign Origin: whether it is served, and how it is refused.

Sentences: transports page, "Security Warning" (2026-07-28: "Security & Endpoint"), item 1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from harness.judge.findings import as_interpretation, inconclusive, listed, satisfied, violated
from harness.profiles.mcp import steps
from harness.profiles.mcp.rules.reading import Answer, control_of, first, is_served, said, weigh, why_undecided
from harness.profiles.mcp.rules.verdicts import not_asked

if TYPE_CHECKING:
    from harness.model import BoundRequirement, Exchange, Finding, Transcript

FOREIGN: Final = {
    steps.ORIGIN_FOREIGN_INITIALIZE: "initialize",
    steps.ORIGIN_FOREIGN_REQUEST: "a request",
}


def validate(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Servers MUST validate Origin: one that is foreign is not served.

    What is foreign a black box knows only of a server that binds loopback; elsewhere the finding is a reading.
    """
    found = _validate(transcript, bound)
    return found if binds_loopback(transcript) else as_interpretation(found)


def refused_403(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """A foreign Origin that is refused MUST be refused by 403. One that is served is http.origin-validate's matter."""
    asked = _asked(transcript, bound.revision)
    if not asked:
        return not_asked(transcript, bound, "A request with a foreign Origin")
    evidence = _evidence(transcript, asked)
    refused = {what: exchange for what, exchange in asked.items() if _answer(transcript, exchange) in _NOT_SERVED}
    wrong = {what: exchange for what, exchange in refused.items() if exchange.status != 403}
    if wrong:
        answers = listed(f"{said(exchange)} for {what}" for what, exchange in wrong.items())
        return violated(
            bound,
            f"A foreign Origin was refused by {answers} instead of 403; without it the same was served.",
            evidence,
        )
    if refused:
        return satisfied(bound, f"A foreign Origin was refused by 403 for {listed(refused)}.", evidence)
    if any(is_served(exchange) for exchange in asked.values()):
        return inconclusive(bound, "A foreign Origin was served, so there is no refusal to judge.", evidence)
    return inconclusive(bound, _why_nothing(transcript, asked), evidence)


def binds_loopback(transcript: Transcript) -> bool:
    """Whether every socket of the endpoint's port is reachable from its own host only, as seen in the pod."""
    port = urlsplit(transcript.endpoint or "").port
    sockets = [socket for socket in transcript.sockets if port is None or socket.port == port]
    return bool(sockets) and all(socket.loopback for socket in sockets)


def _validate(transcript: Transcript, bound: BoundRequirement) -> Finding:
    asked = _asked(transcript, bound.revision)
    if not asked:
        return not_asked(transcript, bound, "A request with a foreign Origin")
    evidence = _evidence(transcript, asked)
    served = {what: exchange for what, exchange in asked.items() if is_served(exchange)}
    if served:
        answers = listed(f"{what} ({said(exchange)})" for what, exchange in served.items())
        return violated(bound, f"The server served {answers} with a foreign Origin.", evidence)
    refused = {
        what: exchange
        for what, exchange in asked.items()
        if _answer(transcript, exchange) in (Answer.REFUSED, Answer.CUT)
    }
    if not refused:
        return inconclusive(bound, _why_nothing(transcript, asked), evidence)
    answers = listed(f"{what} ({said(exchange)})" for what, exchange in refused.items())
    return satisfied(
        bound, f"The server refused {answers} with a foreign Origin; without it the same was served.", evidence
    )


_NOT_SERVED: Final = (Answer.REFUSED, Answer.SILENT, Answer.CUT)


def _asked(transcript: Transcript, revision: str) -> dict[str, Exchange]:
    found = {what: first(transcript, step, revision) for step, what in FOREIGN.items()}
    return {what: exchange for what, exchange in found.items() if exchange is not None}


def _answer(transcript: Transcript, exchange: Exchange) -> Answer:
    control = control_of(transcript, exchange)
    return weigh(transcript, exchange, control) if is_served(control) else Answer.UNDECIDED


def _evidence(transcript: Transcript, asked: dict[str, Exchange]) -> list[Exchange | None]:
    return [other for exchange in asked.values() for other in (control_of(transcript, exchange), exchange)]


def _why_nothing(transcript: Transcript, asked: dict[str, Exchange]) -> str:
    exchange = next(iter(asked.values()))
    control = control_of(transcript, exchange)
    if not is_served(control):
        return f"The same request without an Origin was answered {said(control) if control else 'nothing'}."
    return f"A foreign Origin decided nothing: {why_undecided(exchange)}."
