"""An exchange as a page shows it in full. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.base import jsonrpc
from harness.report.evidence import curl, status_of
from harness.report.html.raw import STDIO, reply_text, request_text

if TYPE_CHECKING:
    from harness.model import Exchange


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
    """Empty where curl cannot say it (stdio, process events)."""
    duration_ms: int
    note: str
    blamed: bool
    """Whether a violated finding rests on it."""


def exchange_view(exchange: Exchange, endpoint: str, *, blamed: bool) -> ExchangeView:
    """An exchange in full; ``blamed`` if a violated finding rests on it."""
    process = exchange.method in STDIO
    return ExchangeView(
        number=exchange.number,
        step=exchange.step,
        title=" ".join(part for part in (exchange.method, exchange.target, jsonrpc.methods(exchange.body)) if part),
        status=status_of(exchange),
        request=request_text(exchange),
        reply=reply_text(exchange),
        curl="" if process else curl(exchange, endpoint),
        duration_ms=round(exchange.duration_s * 1000),
        note=exchange.note or "",
        blamed=blamed,
    )
