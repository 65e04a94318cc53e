"""An exchange as text: the request and the reply as they went over the wire, cut where they get long. Pure."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from harness.report.evidence import status_of

if TYPE_CHECKING:
    from harness.model import Exchange, Reply

BODY_LIMIT: Final = 4_000
"""Characters of a body, or of a stream of events, shown on a page. The transcript keeps all that was read."""


STDIO: Final = frozenset({"STDIN", "STDOUT", "SPAWN", "CLOSE"})
"""Methods of exchanges that are no HTTP."""


def request_text(exchange: Exchange) -> str:
    """Request line, headers and body; for stdio the message written."""
    if exchange.method == "STDOUT":
        return "(nothing was sent)"
    if exchange.method in STDIO:
        return exchange.body or exchange.method.lower()
    lines = [f"{exchange.method} {exchange.target} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in exchange.headers]
    return "\n".join((*lines, "", cut(exchange.body))).rstrip("\n")


def reply_text(exchange: Exchange) -> str:
    """Status line, headers and body; without a reply, why there is none."""
    if exchange.method == "STDOUT":
        return cut(exchange.body)
    if exchange.reply is None:
        return f"({status_of(exchange)})"
    reply = exchange.reply
    ending = f"\n({reply.fault}: the body was not read to its end)" if reply.fault else ""
    if exchange.method == "STDIN":
        return cut(reply.body) + ending
    try:
        phrase = HTTPStatus(reply.status).phrase
    except ValueError:
        phrase = ""
    lines = [f"HTTP/1.1 {reply.status} {phrase}".rstrip()]
    lines += [f"{name}: {value}" for name, value in reply.headers]
    return "\n".join((*lines, "", _body(reply))).rstrip("\n") + ending


def _body(reply: Reply) -> str:
    if reply.body or not reply.events:
        return cut(reply.body)
    events = []
    for event in reply.events:
        head = [f"id: {event.id}"] if event.id is not None else []
        head += [f"event: {event.event}"] if event.event else []
        events.append("\n".join((*head, *(f"data: {line}" for line in event.data.split("\n")))))
    return cut("\n\n".join(events))


def cut(text: str) -> str:
    """``text``, or its beginning and how much is left out."""
    if len(text) <= BODY_LIMIT:
        return text
    return f"{text[:BODY_LIMIT]}\n… {len(text) - BODY_LIMIT:,} more characters"
