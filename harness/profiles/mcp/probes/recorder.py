"""Send one exchange per call, exactly as asked, and record it whatever happens.

Nothing is added to a request but Host and Content-Length: no redirect is followed, no cookie kept, no proxy or
environment read, no compression asked for, and each exchange has a connection of its own, so that a connection the
server closed while it was idle is never taken for an answer.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import anyio
import httpx

from harness.base.jsonrpc import Message, error_code, response_to
from harness.model import Answered, Exchange, Failure, Reply
from harness.profiles.mcp.probes.body import Body, Plan
from harness.profiles.mcp.probes.exchanges import WIRE_ERRORS, Answer, Ask, Held, StoppedError, failure

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from anyio.abc import TaskGroup, TaskStatus

CLOSE_S: Final = 1.0
"""Time a transport may take to close a connection."""


class Conversation:
    """Sends and records. The one mutable thing of a conversation; groups of probes share it."""

    def __init__(self, transport: Callable[[], httpx.AsyncBaseTransport], *, timeout_s: float, budget_s: float) -> None:
        """Begin; the clock of the transcript starts here.

        Args:
            transport: gives the transport into the pod; asked again after every restart.
            timeout_s: time to the head of a reply, and then for its body.
            budget_s: time for everything; past it :class:`StoppedError` is raised instead of sending.
        """
        self._new_transport = transport
        self._transport = transport()
        self._timeout_s = timeout_s
        self.started = anyio.current_time()
        """On the event loop's clock, which is that of ``time.monotonic``."""
        self._deadline = self.started + budget_s
        self._exchanges: dict[int, Exchange] = {}
        self._count = 0
        self._rpc_id = 0
        self._secrets: dict[str, str] = {}
        self.process = 0

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """Everything said so far, by number."""
        return tuple(exchange for _, exchange in sorted(self._exchanges.items()))

    def rpc_id(self) -> int:
        """A JSON-RPC id that this conversation never used (a reused one may swallow an answer)."""
        self._rpc_id += 1
        return self._rpc_id

    def secret(self, value: str, label: str) -> None:
        """From now on record ``<token:label>`` wherever ``value`` stands."""
        self._secrets[value] = f"<token:{label}>"

    def redact(self, text: str) -> str:
        """``text`` with every known secret replaced by its label."""
        for value, name in self._secrets.items():
            if value in text:
                text = text.replace(value, name)
        return text

    async def restarted(self) -> None:
        """The server's process is a new one: new number, new transport."""
        self.process += 1
        await self.close()
        self._transport = self._new_transport()

    async def close(self) -> None:
        """Close the transport."""
        with anyio.move_on_after(CLOSE_S, shield=True):
            await self._transport.aclose()

    def amend(
        self,
        number: int,
        *,
        step: str | None = None,
        control: int | None = None,
        handle: str | None = None,
        note: str | None = None,
    ) -> None:
        """Add to an exchange what was only known later; what is None stays as it was."""
        exchange = self._exchanges[number]
        self._exchanges[number] = replace(
            exchange,
            step=step or exchange.step,
            control=control if control is not None else exchange.control,
            handle=handle if handle is not None else exchange.handle,
            note=note or exchange.note,
        )

    async def send(self, ask: Ask) -> Answer:
        """Send one request and read its reply within the limits. Never raises for what the server does.

        Raises:
            StoppedError: the budget is used up; nothing was sent.
        """
        return await self._exchange(ask, Body(self.started))

    @asynccontextmanager
    async def hold(self, ask: Ask) -> AsyncIterator[Held]:
        """Send a request whose stream stays open inside the block; it is recorded when the block ends."""
        body = Body(self.started)
        self._check_time()
        listening = replace(ask, listen_s=self._deadline - anyio.current_time())
        async with task_group() as tasks:
            number, head = await tasks.start(self._exchange_held, listening, body)
            try:
                yield Held(number, head, body)
            finally:
                body.stop()

    async def _exchange_held(self, ask: Ask, body: Body, *, task_status: TaskStatus[tuple[int, Reply | None]]) -> None:
        await self._exchange(ask, body, task_status)

    async def _exchange(
        self, ask: Ask, body: Body, task_status: TaskStatus[tuple[int, Reply | None]] | None = None
    ) -> Answer:
        self._check_time()
        now = anyio.current_time()
        self._count += 1
        number, process = self._count, self.process
        request = httpx.Request(
            ask.method,
            ask.url,
            headers=[(k.encode("latin-1"), v.encode("latin-1")) for k, v in ask.headers],
            content=ask.body or None,
        )
        response, failed = await self._head(request)
        if task_status is not None:
            task_status.started((number, body.reply(response) if response is not None else None))
        if response is not None:
            try:
                owed = ask.method == "POST" and ask.rpc_id is not None
                plan = Plan(self._timeout_s, ask.rpc_id, ask.linger_s, None if owed else ask.listen_s)
                await body.read(response, plan)
            finally:
                with anyio.move_on_after(CLOSE_S, shield=True):
                    await _close(response)
        answer = response_to(body.messages, ask.rpc_id)
        reply = self._redacted(body.reply(response)) if response is not None else None
        exchange = Exchange(
            number=number,
            step=ask.step,
            revision=ask.revision,
            process=process,
            method=ask.method,
            target=request.url.raw_path.decode("latin-1"),
            headers=tuple((k.decode("latin-1"), self.redact(v.decode("latin-1"))) for k, v in request.headers.raw),
            body=self.redact(ask.body.decode("utf-8", "backslashreplace")),
            reply=reply,
            failure=replace(failed, detail=self.redact(failed.detail)) if failed else None,
            started_s=round(now - self.started, 4),
            duration_s=round(anyio.current_time() - now, 4),
            session=ask.session,
            token=ask.token,
            control=ask.control,
            answered=_answered(reply, answer),
            note=ask.note,
        )
        self._exchanges[number] = exchange
        return Answer(exchange, body.messages, answer)

    def _check_time(self) -> None:
        if anyio.current_time() >= self._deadline:
            raise StoppedError("out of time")

    async def _head(self, request: httpx.Request) -> tuple[httpx.Response | None, Failure | None]:
        """The response with its body unread, or why there is none."""
        try:
            with anyio.fail_after(self._timeout_s):
                return await self._transport.handle_async_request(request), None
        except WIRE_ERRORS as error:
            return None, failure(error)

    def _redacted(self, reply: Reply) -> Reply:
        if not self._secrets:
            return reply
        return replace(
            reply,
            headers=tuple((k, self.redact(v)) for k, v in reply.headers),
            body=self.redact(reply.body),
            events=tuple(replace(event, data=self.redact(event.data)) for event in reply.events),
        )


def _answered(reply: Reply | None, answer: Message | None) -> Answered | None:
    if reply is None or not reply.truncated or answer is None:
        return None
    return Answered(error="result" not in answer, code=error_code(answer))


async def _close(response: httpx.Response) -> None:
    try:
        await response.aclose()
    except WIRE_ERRORS:
        return


@asynccontextmanager
async def task_group() -> AsyncIterator[TaskGroup]:
    """``anyio.create_task_group``; errors that are all of one type are raised as the first of them."""
    try:
        async with anyio.create_task_group() as tasks:
            yield tasks
    except BaseExceptionGroup as group:
        if len({type(error) for error in group.exceptions}) == 1:
            raise group.exceptions[0] from None
        raise
