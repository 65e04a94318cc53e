"""The server under probe: where it is, what was learned about it, and how to send it one request.

:class:`ProbedServer` builds requests from a :class:`~harness.profiles.mcp.messages.Caller`;
:mod:`harness.profiles.mcp.probes.sessions` opens sessions on it.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import anyio

from harness.exchanges.http_exchange import LINGER_S, ProbeAnswer, ProbeRequest
from harness.exchanges.recorder import TOO_MANY
from harness.model import Facts
from harness.profiles.mcp import messages, steps
from harness.profiles.mcp.messages import (
    ACCEPT_BOTH,
    ACCEPT_STREAM,
    EVENT_HEADER,
    SESSION_HEADER,
    Caller,
    EndpointAddress,
    Headers,
    headers,
)
from harness.profiles.mcp.probes.polling import Poller
from harness.profiles.mcp.revisions import FIRST_SESSIONLESS
from harness.profiles.mcp.tokens import GivenTokens

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from extractor.model import StatedHeader
    from harness.base.jsonrpc import Message
    from harness.engine.protocol import Pod
    from harness.exchanges.recorder import OpenStream, Recorder
    from harness.model import RevisionFacts, Session
    from harness.profiles.mcp.probes.tools import ServerTool
    from harness.profiles.mcp.tokens import TokenSource

SESSION_NOT_FOUND: Final = 404
"""Answer to a request of a session that is over."""
_ON_LIVE_SESSIONS: Final = ("version.", "origin.", "batch.", "feature.", "task.", "tool.", "resource.", "post.")
"""Groups of steps that send a fault on a session which nothing has ended."""
_OF_THE_REQUEST: Final = frozenset({"accept", "content-type", EVENT_HEADER.lower()})
"""Headers that the answer to a server's request does not take from the request that opened the stream."""
REPLAY_LINGER_S: Final = 0.1
"""How long to listen on after the replayed response: what comes with it may be someone else's."""
AUTHORIZATION: Final = "authorization"
MOST_CHOICES: Final = 5
"""Sets of stated headers that are tried."""
CLOSING_PAUSES_S: Final = (0.02, 0.05, 0.1, 0.2, 0.4)
"""Waits for a server to notice that a stream was closed, before a GET is sent again."""


@dataclass(frozen=True, slots=True)
class NegotiatedRevisions:
    """Which revisions a server really negotiates."""

    with_handshake: tuple[str, ...] = ()
    """By initialize, newest first."""
    sessionless: Mapping[str, str] = field(default_factory=dict)
    """Without one: revision to the method that it served, newest first."""

    @property
    def all(self) -> tuple[str, ...]:
        """All of them, oldest first."""
        return tuple(sorted((*self.with_handshake, *self.sessionless)))


def _header_choices(stated: Sequence[StatedHeader], *, has_tokens: bool) -> tuple[Headers, ...]:
    """Return the sets of headers that the page says requests carry: one value for each name, then the other values.

    Where an authorization server gives tokens, a stated Authorization header counts only when none of those does.
    """
    first: dict[str, StatedHeader] = {}
    for header in stated:
        first.setdefault(header.name.lower(), header)
    choices = [first, *({**first, header.name.lower(): header} for header in stated)]
    if has_tokens:
        choices.insert(0, {name: header for name, header in first.items() if name != AUTHORIZATION})
    found = (tuple((header.name, header.value) for header in choice.values()) for choice in choices)
    return tuple(dict.fromkeys(found))[:MOST_CHOICES]


class ProbedServer:
    """A server under probe. Mutable: each group of probes adds what it learned."""

    def __init__(
        self,
        pod: Pod,
        recorder: Recorder,
        address: EndpointAddress,
        tokens: TokenSource | None,
        *,
        start_s: float,
        stated_headers: Sequence[StatedHeader] = (),
    ) -> None:
        self.pod = pod
        self.recorder = recorder
        self.address = address
        self.tokens = tokens
        self.header_choices = _header_choices(stated_headers, has_tokens=tokens is not None)
        """What ordinary requests may carry by the page, likeliest first."""
        self.stated_headers = self.header_choices[0]
        """What every request carries because the page states it."""
        self.audience = ""
        self.token: str | None = None
        """Label of the token that ordinary requests carry; None while none is demanded."""
        self.facts = Facts(given_tokens=tokens.labels if isinstance(tokens, GivenTokens) else None)
        self.sessions: list[Session] = []
        self.answered: dict[str, str] = {}
        """By version offered: the version answered, of every initialize that was served."""
        self.negotiated = NegotiatedRevisions()
        self.demands_token = False
        self.method = "tools/list"
        """Method of ordinary requests."""
        self.tool: ServerTool | None = None
        self.listed_tools: dict[str, Message | None] = {}
        """By revision with a handshake: the result of tools/list."""
        self.suffix = ""
        """Appended to the labels of sessions (``@<revision>``)."""
        self.start_s = start_s
        self.ends_sessions = True
        """Whether DELETE may be sent."""
        self.restarts = 0
        self.initializes_served = 0
        """By the process that runs now."""
        self.first: tuple[ProbeAnswer, Caller] | None = None
        """The first initialize that this process served, and its caller."""
        self.streams_closed: set[str | None] = set()
        self.sessions_over: set[str | None] = set()
        """Ids of sessions that the server has ended of its own accord."""
        self._poller = Poller(recorder)
        recorder.answer_to = self._answer_to

    @property
    def single_session(self) -> bool:
        """Whether the process is known to serve one initialize only."""
        return self.facts.single_session

    def has_token(self, label: str | None) -> bool:
        """Return whether a token of that label can be sent; None, which sends no token, always can."""
        given = self.facts.given_tokens
        return label is None or given is None or label in given

    def learn_revision(self, revision: str, facts: RevisionFacts) -> None:
        """Record what was learned about one revision."""
        self.facts = replace(self.facts, revisions={**self.facts.revisions, revision: facts})

    # --- one request each ------------------------------------------------------------------------------------

    def prepare(
        self,
        step: str,
        caller: Caller,
        method: str,
        message: Message | list[Message] | None = None,
        *,
        extra: Headers = (),
        control: int | None = None,
        accept: str | None = None,
    ) -> ProbeRequest:
        """Make a request to the endpoint, ready to send."""
        body = b"" if message is None else messages.encode(message)
        bearer = None
        if caller.token is not None and self.tokens is not None:
            bearer = self.tokens.token(caller.token, audience=self.audience)
        rpc_id = message.get("id") if isinstance(message, dict) else None
        return ProbeRequest(
            step=step,
            method=method,
            url=self.address.url,
            headers=headers(self.address, caller, accept=accept, body=bool(body), bearer=bearer)
            + self.stated_headers
            + extra,
            body=body,
            rpc_id=rpc_id,
            revision=caller.revision,
            session=caller.label,
            token=caller.token,
            control=control,
        )

    def _answer_to(self, request: ProbeRequest, head: Mapping[str, str], message: Message) -> ProbeRequest | None:
        """Make the answer to a request that came on the stream of ``request``: what a living client sends.

        Clients of sessionless revisions send no responses.
        """
        answer = messages.response_to_server(message)
        if answer is None or (request.revision or "") >= FIRST_SESSIONLESS:
            return None
        issued = head.get(SESSION_HEADER)
        kept = [pair for pair in request.headers if pair[0].lower() not in _OF_THE_REQUEST]
        if issued is not None and SESSION_HEADER not in dict(kept):
            kept.append((SESSION_HEADER, issued))
        return ProbeRequest(
            step=steps.ANSWER,
            method="POST",
            url=self.address.url,
            headers=(*kept, ("Accept", ACCEPT_BOTH), ("Content-Type", "application/json")),
            body=messages.encode(answer),
            revision=request.revision,
            session=request.session,
            token=request.token,
        )

    async def post(
        self,
        step: str,
        caller: Caller,
        message: Message | list[Message],
        *,
        extra: Headers = (),
        control: int | None = None,
        linger_s: float = LINGER_S,
        cuts: bool = False,
    ) -> ProbeAnswer:
        """POST a message; ``linger_s`` and ``cuts`` as in :class:`ProbeRequest`."""
        request = self.prepare(step, caller, "POST", message, extra=extra, control=control, accept=ACCEPT_BOTH)
        request = replace(request, linger_s=linger_s, cuts=cuts)
        answer = await self.recorder.send(request)
        if self._poller.is_due(request, answer):
            answer = await self._poller.poll(request, answer)
            self.streams_closed.add(caller.id)
        if answer.status == SESSION_NOT_FOUND and step.startswith(_ON_LIVE_SESSIONS):
            await self._look_at_session(caller, answer.number)
        return answer

    async def _look_at_session(self, caller: Caller, number: int) -> None:
        """Ask on a session whether it lives, after a request with a fault got 404; if not, note that at the request."""
        session = next((session for session in self.sessions if session.id == caller.id), None)
        if session is None:
            return
        plain = Caller(session.revision, session.revision, session.id, session.label, self.token)
        message = messages.request(self.recorder.rpc_id(), self.method)
        if (await self.post(steps.ALIVE, plain, message, control=number)).status == SESSION_NOT_FOUND:
            self.sessions_over.add(session.id)
            self.recorder.amend(number, note=steps.SESSION_OVER)

    async def post_unreadable(self, step: str, caller: Caller, *, extra: Headers = (), control: int) -> ProbeAnswer:
        """POST the beginning of a notification: no JSON, which no server can accept."""
        notification = messages.notification("notifications/initialized")
        request = self.prepare(step, caller, "POST", notification, extra=extra, control=control, accept=ACCEPT_BOTH)
        return await self.recorder.send(replace(request, body=request.body[:-1]))

    async def request(
        self, step: str, caller: Caller, *, control: int | None = None, linger_s: float = LINGER_S
    ) -> ProbeAnswer:
        """POST the ordinary request (tools/list or ping)."""
        message = messages.request(self.recorder.rpc_id(), self.method)
        return await self.post(step, caller, message, control=control, linger_s=linger_s)

    async def notify(self, step: str, caller: Caller, *, control: int | None = None) -> ProbeAnswer:
        """POST the ordinary notification."""
        return await self.post(step, caller, messages.notification("notifications/initialized"), control=control)

    async def delete(self, step: str, caller: Caller, *, control: int | None = None) -> ProbeAnswer:
        """DELETE the endpoint."""
        return await self.recorder.send(self.prepare(step, caller, "DELETE", control=control))

    async def get(
        self,
        step: str,
        caller: Caller,
        *,
        control: int | None = None,
        listen_s: float | None = None,
        replays: int | None = None,
        extra: Headers = (),
    ) -> ProbeAnswer:
        """GET the endpoint and listen for ``listen_s``, or until the response to request ``replays`` comes.

        Where ``listen_s`` is None the status is what is asked for.
        """
        request = self.prepare(step, caller, "GET", extra=extra, control=control, accept=ACCEPT_STREAM)
        request = replace(request, rpc_id=replays, linger_s=REPLAY_LINGER_S, listen_s=listen_s)
        for pause_s in (*CLOSING_PAUSES_S, None):
            answer = await self.recorder.send(request)
            if pause_s is None or not self._still_closing(caller, answer.status):
                break
            self.recorder.amend(answer.number, step=f"{steps.RETRY}.{step}")
            await anyio.sleep(pause_s)
        self.streams_closed.add(caller.id)
        return answer

    @asynccontextmanager
    async def stream(self, step: str, caller: Caller) -> AsyncIterator[OpenStream]:
        """GET the endpoint and hold the stream open inside the block."""
        request = self.prepare(step, caller, "GET", accept=ACCEPT_STREAM)
        for pause_s in (*CLOSING_PAUSES_S, None):
            async with self.recorder.hold(request) as held:
                status = held.head.status if held.head else None
                if pause_s is None or not (status == TOO_MANY or self._still_closing(caller, status)):
                    yield held
                    break
            if not await self.recorder.pause(held.number, held.head):
                self.recorder.amend(held.number, step=f"{steps.RETRY}.{step}")
                await anyio.sleep(pause_s)
        self.streams_closed.add(caller.id)

    def _still_closing(self, caller: Caller, status: int | None) -> bool:
        """Return whether a 409 may be about the stream that was closed a moment ago, unnoticed by the server yet."""
        return status == 409 and caller.id in self.streams_closed

    async def leg(self, leg: str, step: str, caller: Caller, *, control: int | None = None) -> ProbeAnswer:
        """Send the kind of request that ``leg`` (of ``steps.LEGS``) names, recorded as ``<step>.<leg>``."""
        name = f"{step}.{leg}"
        match leg:
            case "post-request":
                return await self.request(name, caller, control=control)
            case "post-notification":
                return await self.notify(name, caller, control=control)
            case "get":
                return await self.get(name, caller, control=control)
            case "delete":
                return await self.delete(name, caller, control=control)
            case _:
                raise ValueError(leg)
