"""Responses that are polled for: the stream of a request whose connection the server closed, resumed as a client would.

Sentences: transports page, "Sending Messages to the Server" (item 6) and "Resumability and Redelivery" (item 2).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import anyio

from harness.base import jsonrpc
from harness.model import BodyFault
from harness.profiles.mcp import steps
from harness.profiles.mcp.messages import ACCEPT_STREAM, EVENT_HEADER, SESSION_HEADER
from harness.profiles.mcp.revisions import FIRST_SESSIONLESS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.exchanges.http_exchange import ProbeAnswer, ProbeRequest
    from harness.exchanges.recorder import Recorder
    from harness.model import SseEvent

MOST_POLLS: Final = 8
"""GETs for the rest of one stream."""
MOST_IN_VAIN: Final = 3
"""Streams of a conversation whose rest did not come; after that none is asked for."""
RETRY_S: Final = 0.1
"""First wait before a GET where the server names none; each further one is twice as long."""
_OF_THE_POST: Final = frozenset({"accept", "content-type"})
_CLOSED: Final = (None, BodyFault.CLOSED_EARLY, BodyFault.RESET)
"""How a connection ends that the server closed."""


class Poller:
    """Fetches responses that did not come on the connection of their request. Mutable: it gives up after a while."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._in_vain = 0

    def is_due(self, request: ProbeRequest, answer: ProbeAnswer) -> bool:
        """Return whether a client would ask for the rest of a reply: it was closed after an event with an id."""
        reply = answer.reply
        return (
            self._in_vain < MOST_IN_VAIN
            and request.rpc_id is not None
            and not any(jsonrpc.is_response(message) for message in answer.messages)
            and reply is not None
            and reply.media_type == "text/event-stream"
            and 200 <= reply.status < 300
            and reply.fault in _CLOSED
            and not request.cuts
            and (request.revision or "") < FIRST_SESSIONLESS
            and last_event_id(reply.events) is not None
        )

    async def poll(self, request: ProbeRequest, answer: ProbeAnswer) -> ProbeAnswer:
        """GET the rest of a stream until the response comes, and return the answer with what came.

        The server's ``retry`` is respected; one that is longer than the wait for any reply is not waited for.
        """
        rest: list[ProbeAnswer] = []
        events = answer.reply.events if answer.reply is not None else ()
        retry_ms = _retry_ms(events)
        until = anyio.current_time() + self._recorder.timeout_s
        for count in range(MOST_POLLS):
            wait_s = retry_ms / 1000 if retry_ms is not None else RETRY_S * 2**count
            last = last_event_id(events)
            if last is None or anyio.current_time() + wait_s > until:
                break
            await anyio.sleep(wait_s)
            resumed = await self._recorder.send(_resuming(request, answer, last, until - anyio.current_time()))
            if resumed.status == _STILL_CLOSING:
                continue
            if resumed.reply is None or resumed.status != 200 or resumed.reply.media_type != "text/event-stream":
                break
            rest.append(resumed)
            if resumed.response is not None:
                return self._recorder.add_rest(answer, rest)
            events += resumed.reply.events
            retry_ms = _retry_ms(events)
        self._in_vain += 1
        return self._recorder.add_rest(answer, rest)


_STILL_CLOSING: Final = 409
"""Answer of a server that has not noticed yet that the connection is closed."""


def last_event_id(events: Iterable[SseEvent]) -> str | None:
    """Return the id of the last event that has one; None if it cannot stand in a header, or if there is none."""
    last = next((event.id for event in reversed(tuple(events)) if event.id is not None), None)
    return last if last is not None and last.isascii() and last.isprintable() else None


def _retry_ms(events: Iterable[SseEvent]) -> int | None:
    return next((event.retry_ms for event in reversed(tuple(events)) if event.retry_ms is not None), None)


def _resuming(request: ProbeRequest, answer: ProbeAnswer, last: str, listen_s: float) -> ProbeRequest:
    """Make the GET for the rest of a stream: with the headers of its request, and the session that it opened."""
    kept = [pair for pair in request.headers if pair[0].lower() not in _OF_THE_POST]
    issued = answer.reply.header(SESSION_HEADER) if answer.reply is not None else None
    if issued is not None and all(name.lower() != SESSION_HEADER.lower() for name, _ in kept):
        kept.append((SESSION_HEADER, issued))
    return replace(
        request,
        step=f"{steps.POLLED}.{request.step}",
        method="GET",
        headers=(*kept, ("Accept", ACCEPT_STREAM), (EVENT_HEADER, last)),
        body=b"",
        control=answer.number,
        listen_s=listen_s,
    )
