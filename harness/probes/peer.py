"""The server as the prober knows it: where it is, what it was told, and how to ask it one thing.

:class:`Peer` builds requests from a :class:`~harness.probes.wire.Caller`, opens sessions, and starts the process
afresh when it accepts no further initialize (transports that live for one session, or die with it).
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import anyio

from harness.model import Session
from harness.probes import messages, steps
from harness.probes.conversation import Answer, Ask, Conversation, Held, StoppedError
from harness.probes.wire import ACCEPT_BOTH, ACCEPT_STREAM, SESSION_HEADER, Caller, Headers, Place, headers

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from harness.engine.protocol import Pod
    from harness.probes.messages import Message
    from harness.probes.tools import Tool
    from harness.services.tokens import TokenSource

MOST_RESTARTS: Final = 60
REPLAY_LINGER_S: Final = 0.1
"""How long to listen on after the replayed response: what comes with it may be someone else's."""
NOTICE_S: Final = 1.0
"""Time for the end of a process to be noticed after its connections broke."""
CLOSING_PAUSES_S: Final = (0.02, 0.05, 0.1, 0.2, 0.4)
"""Waits for a server to notice that a stream was closed, before a GET is sent again."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """Which revisions a server really negotiates."""

    legacy: tuple[str, ...] = ()
    """By initialize, newest first."""
    modern: Mapping[str, str] = field(default_factory=dict)
    """Without: revision to the method that it served, newest first."""

    @property
    def all(self) -> tuple[str, ...]:
        """Every one, oldest first."""
        return tuple(sorted((*self.legacy, *self.modern)))


class Peer:
    """A server under probe."""

    def __init__(
        self, pod: Pod, conversation: Conversation, place: Place, tokens: TokenSource | None, *, start_s: float
    ) -> None:
        self.pod = pod
        self.conversation = conversation
        self.place = place
        self.tokens = tokens
        self.audience = ""
        self.token: str | None = None
        """Label of the token that ordinary requests carry; None while none is demanded."""
        self.facts: dict[str, str] = {}
        self.sessions: list[Session] = []
        self.answered: dict[str, str] = {}
        """Version offered to version answered, of every initialize that was served."""
        self.spoken = Spoken()
        self.demands_token = False
        self.method = "tools/list"
        """Method of ordinary requests."""
        self.tool: Tool | None = None
        self.suffix = ""
        """Appended to the labels of sessions (``@<revision>``)."""
        self._start_s = start_s
        self._restarts = 0
        self._served_here = 0
        """Initializes that this process served."""
        self._streams_closed: set[str | None] = set()

    @property
    def single_session(self) -> bool:
        """Whether the process is known to serve one initialize only."""
        return steps.FACT_SINGLE_SESSION in self.facts

    # --- one request each ------------------------------------------------------------------------------------

    def ask(
        self,
        step: str,
        caller: Caller,
        method: str,
        message: Message | list[Message] | None = None,
        *,
        extra: Headers = (),
        control: int | None = None,
        accept: str | None = None,
    ) -> Ask:
        """A request to the endpoint, ready to send."""
        body = b"" if message is None else messages.encode(message)
        bearer = None
        if caller.token is not None and self.tokens is not None:
            bearer = self.tokens.token(caller.token, audience=self.audience)
            self.conversation.secret(bearer, caller.token)
        rpc_id = message.get("id") if isinstance(message, dict) else None
        return Ask(
            step=step,
            method=method,
            url=self.place.url,
            headers=headers(self.place, caller, accept=accept, body=bool(body), bearer=bearer) + extra,
            body=body,
            rpc_id=rpc_id,
            revision=caller.revision,
            session=caller.label,
            token=caller.token,
            control=control,
        )

    async def post(
        self,
        step: str,
        caller: Caller,
        message: Message | list[Message],
        *,
        extra: Headers = (),
        control: int | None = None,
        linger_s: float = 0.05,
        note: str | None = None,
    ) -> Answer:
        """POST a message."""
        ask = self.ask(step, caller, "POST", message, extra=extra, control=control, accept=ACCEPT_BOTH)
        return await self.conversation.send(replace(ask, linger_s=linger_s, note=note))

    async def request(self, step: str, caller: Caller, *, control: int | None = None, linger_s: float = 0.05) -> Answer:
        """POST the ordinary request (tools/list or ping)."""
        message = messages.request(self.conversation.rpc_id(), self.method)
        return await self.post(step, caller, message, control=control, linger_s=linger_s)

    async def notify(self, step: str, caller: Caller, *, control: int | None = None) -> Answer:
        """POST the ordinary notification."""
        return await self.post(step, caller, messages.notification("notifications/initialized"), control=control)

    async def delete(self, step: str, caller: Caller, *, control: int | None = None) -> Answer:
        """DELETE the endpoint."""
        return await self.conversation.send(self.ask(step, caller, "DELETE", control=control))

    async def get(
        self,
        step: str,
        caller: Caller,
        *,
        control: int | None = None,
        listen_s: float = 0.05,
        replays: int | None = None,
        extra: Headers = (),
    ) -> Answer:
        """GET the endpoint and listen for ``listen_s``, or until the response to request ``replays`` comes."""
        ask = self.ask(step, caller, "GET", extra=extra, control=control, accept=ACCEPT_STREAM)
        ask = replace(ask, rpc_id=replays, linger_s=REPLAY_LINGER_S)
        for pause_s in (*CLOSING_PAUSES_S, None):
            answer = await self.conversation.send(replace(ask, listen_s=listen_s))
            if pause_s is None or not self._still_closing(caller, answer.status):
                break
            self.conversation.amend(answer.number, step=f"{steps.RETRY}.{step}")
            await anyio.sleep(pause_s)
        self._streams_closed.add(caller.id)
        return answer

    @asynccontextmanager
    async def stream(self, step: str, caller: Caller) -> AsyncIterator[Held]:
        """GET the endpoint and hold the stream open inside the block."""
        ask = self.ask(step, caller, "GET", accept=ACCEPT_STREAM)
        for pause_s in (*CLOSING_PAUSES_S, None):
            async with self.conversation.hold(ask) as held:
                closing = self._still_closing(caller, held.head.status if held.head else None)
                if pause_s is None or not closing:
                    yield held
                    break
            self.conversation.amend(held.number, step=f"{steps.RETRY}.{step}")
            await anyio.sleep(pause_s)
        self._streams_closed.add(caller.id)

    def _still_closing(self, caller: Caller, status: int | None) -> bool:
        """Whether a 409 may be about the stream we closed a moment ago, which the server has yet to notice."""
        return status == 409 and caller.id in self._streams_closed

    async def leg(self, leg: str, step: str, caller: Caller, *, control: int | None = None) -> Answer:
        """One of ``steps.LEGS`` as ``<step>.<leg>``."""
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

    # --- sessions --------------------------------------------------------------------------------------------

    async def initialize(
        self, step: str, caller: Caller, version: str, *, role: str | None = None, control: int | None = None
    ) -> tuple[Answer, Caller | None]:
        """POST an initialize and, if it is answered by an InitializeResult, the caller of the new session.

        The caller's id is None if the server issued none. A session without a ``role`` is labelled by its number.
        """
        message = messages.initialize(self.conversation.rpc_id(), version)
        answer = await self.post(step, caller, message, control=control)
        spoken = messages.initialize_version(answer.response) if answer.status == 200 else None
        if spoken is None or answer.reply is None:
            return answer, None
        self.answered.setdefault(version, spoken)
        self._served_here += 1
        issued = answer.reply.header(SESSION_HEADER)
        label = f"{role}{self.suffix}" if role else str(answer.number)
        if issued is not None:
            self.sessions.append(Session(label, issued, spoken, self.conversation.process, answer.number))
        opened = replace(
            caller, revision=spoken, version=spoken, id=issued, label=label if issued is not None else None
        )
        return answer, opened

    async def fresh_initialize(
        self, step: str, caller: Caller, version: str, *, role: str | None = None, control: int | None = None
    ) -> tuple[Answer, Caller | None]:
        """As :meth:`initialize`, for a request that a living server serves: if it does not, the process is restarted.

        What the restart teaches is recorded: one initialize per process, a crash, or a process that no longer serves.
        """
        await self.ready()
        answer, opened = await self.initialize(step, caller, version, role=role, control=control)
        if opened is not None or not self.answered or answer.status in (401, 403, 429, 503):
            return answer, opened
        served_here = self._served_here
        crashed = self.pod.exit_state()
        if crashed is None and answer.exchange.failure is not None:
            crashed = await self.pod.wait_exit(NOTICE_S)
        if crashed is None and served_here == 0:
            return answer, opened
        self.conversation.amend(answer.number, step=f"{steps.RETRY}.{step}")
        await self.restart()
        last = answer
        answer, opened = await self.initialize(step, caller, version, role=role, control=control)
        if crashed is not None:
            self.facts.setdefault(steps.FACT_CRASHED, f"before {last.number}: {crashed.sentence}")
        elif opened is not None and served_here == 1:
            self.facts[steps.FACT_SINGLE_SESSION] = "yes"
        elif opened is not None:
            self.facts.setdefault(steps.FACT_DIED, f"before {last.number}: initialize answered {last.status}")
        return answer, opened

    async def open(self, role: str, revision: str, *, token: str | None = None) -> Caller | None:
        """A session of its own, initialized; None if the server gives none."""
        caller = Caller(revision, token=token or self.token)
        _, opened = await self.fresh_initialize(steps.OPEN_INITIALIZE, caller, revision, role=role)
        if opened is not None:
            await self.notify(steps.OPEN_INITIALIZED, opened)
        return opened

    # --- the process -----------------------------------------------------------------------------------------

    async def ready(self) -> None:
        """Make sure that an initialize can be served, as far as is known."""
        if self._served_here and self.single_session:
            await self.restart()

    async def restart(self) -> None:
        """Start the server's process afresh.

        Raises:
            StoppedError: too many restarts, or it does not listen again.
        """
        self._restarts += 1
        if self._restarts > MOST_RESTARTS:
            raise StoppedError(f"the server had to be restarted more than {MOST_RESTARTS} times")
        await self.pod.restart()
        sockets = await self.pod.wait_listening(self._start_s)
        if not sockets:
            state = self.pod.exit_state()
            raise StoppedError(f"after a restart the server {state.sentence if state else 'never listened'}")
        ports = {socket.port for socket in sockets}
        if self.place.port not in ports:
            self.place = replace(self.place, port=min(ports))
        self._served_here = 0
        self._streams_closed.clear()
        await self.conversation.restarted()
