"""An exchange as a page shows it in full: the request and the reply as they went over the wire. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from itertools import groupby
from typing import TYPE_CHECKING, Final

from harness.base import jsonrpc
from harness.report.evidence import NOT_HTTP, curl, status_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.model import Exchange, Reply

BODY_LIMIT: Final = 4_000
"""Characters of a body, or of a stream of events, shown on a page. The transcript has all that was read."""


@dataclass(frozen=True, slots=True)
class ExchangeView:
    """One exchange in full."""

    number: int
    step: str
    title: str
    status: str
    request: str
    reply: str
    curl: str
    """Empty for what is not HTTP (stdio, process events)."""
    duration_ms: int
    note: str
    blamed: bool
    """Whether a violated finding is based on it."""


@dataclass(frozen=True, slots=True)
class StepView:
    """Exchanges of one part of the conversation, one after the other."""

    name: str
    """``session`` for ``session.open`` and what follows it."""
    exchanges: tuple[ExchangeView, ...]

    @property
    def numbers(self) -> str:
        """``#14`` or ``#14–17``."""
        first, last = self.exchanges[0].number, self.exchanges[-1].number
        return f"#{first}" if first == last else f"#{first}–{last}"

    @property
    def blamed(self) -> int:
        """Exchanges that a violated finding is based on."""
        return sum(one.blamed for one in self.exchanges)

    @property
    def duration_ms(self) -> int:
        """Of all exchanges."""
        return sum(one.duration_ms for one in self.exchanges)


def steps_of(exchanges: Iterable[ExchangeView]) -> tuple[StepView, ...]:
    """Return a conversation by the parts that its steps are named for, in its order."""
    parts = groupby(exchanges, key=lambda one: one.step.partition(".")[0])
    return tuple(StepView(name, tuple(of_part)) for name, of_part in parts)


def exchange_view(exchange: Exchange, endpoint: str, *, blamed: bool) -> ExchangeView:
    """Return an exchange in full.

    Args:
        exchange: the exchange.
        endpoint: URL for the curl command.
        blamed: whether a violated finding is based on it.
    """
    return ExchangeView(
        number=exchange.number,
        step=exchange.step,
        title=" ".join(part for part in (exchange.method, exchange.target, jsonrpc.methods(exchange.body)) if part),
        status=status_of(exchange),
        request=request_text(exchange),
        reply=reply_text(exchange),
        curl="" if exchange.method in NOT_HTTP else curl(exchange, endpoint),
        duration_ms=round(exchange.duration_s * 1000),
        note=exchange.note or "",
        blamed=blamed,
    )


def request_text(exchange: Exchange) -> str:
    """Return request line, headers and body; for stdio the message written."""
    if exchange.method == "STDOUT":
        return "(nothing was sent)"
    if exchange.method in NOT_HTTP:
        return exchange.body or exchange.method.lower()
    lines = [f"{exchange.method} {exchange.target} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in exchange.headers]
    return "\n".join((*lines, "", _cut(exchange.body))).rstrip("\n")


def reply_text(exchange: Exchange) -> str:
    """Return status line, headers and body; without a reply, why there is none."""
    if exchange.method == "STDOUT":
        return _cut(exchange.body)
    if exchange.reply is None:
        return f"({status_of(exchange)})"
    reply = exchange.reply
    ending = f"\n({reply.fault}: the body was not read to its end)" if reply.fault else ""
    if exchange.method == "STDIN":
        return _cut(reply.body) + ending
    try:
        phrase = HTTPStatus(reply.status).phrase
    except ValueError:
        phrase = ""
    lines = [f"HTTP/1.1 {reply.status} {phrase}".rstrip()]
    lines += [f"{name}: {value}" for name, value in reply.headers]
    return "\n".join((*lines, "", _body(reply))).rstrip("\n") + ending


def _body(reply: Reply) -> str:
    if reply.body or not reply.events:
        return _cut(reply.body)
    events = []
    for event in reply.events:
        head = [f"id: {event.id}"] if event.id is not None else []
        head += [f"event: {event.event}"] if event.event else []
        events.append("\n".join((*head, *(f"data: {line}" for line in event.data.split("\n")))))
    return _cut("\n\n".join(events))


def _cut(text: str) -> str:
    """``text``, or its beginning and how much is left out."""
    if len(text) <= BODY_LIMIT:
        return text
    return f"{text[:BODY_LIMIT]}\n… {len(text) - BODY_LIMIT:,} more characters"
