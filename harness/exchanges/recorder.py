"""Send one exchange per call, exactly as asked, and record it whatever happens.

Nothing is added to a request but Host and Content-Length: no redirect is followed, no cookie kept, no proxy or
environment read, no compression asked for, and each exchange has a connection of its own, so that a connection the
server closed while it was idle is never taken for an answer.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import anyio
import httpx

from harness.base.jsonrpc import Message, error_code, is_response, messages, response_to
from harness.exchanges.body import READ_BYTES, BodyReader, KeptBody, ReadPlan
from harness.exchanges.http_exchange import (
    BRIEF_S,
    LINGER_S,
    WIRE_ERRORS,
    ProbeAnswer,
    ProbeRequest,
    StoppedError,
    classify_failure,
)
from harness.exchanges.stalls import StallWatch
from harness.model import LOOKING_STEP, RETRY_STEP, Answered, Exchange, Failure, Reply

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from anyio.abc import TaskGroup, TaskStatus

TOO_MANY: Final = 429
"""Status of a server that refuses a request for the number of those before it (RFC 6585, section 4)."""
PAUSE_S: Final = 1.0
"""Wait after a 429 that names none in seconds."""
MOST_PAUSE_S: Final = 10.0
"""The longest wait before one request is sent again, whatever Retry-After asks for."""
MOST_REPEATS: Final = 4
"""Times that one request is sent again."""
MOST_PAUSES_S: Final = 90.0
"""All waits of one conversation together; past it a 429 is an answer like any other."""
MOST_ANSWERS: Final = 10
"""Requests of the peer that are answered while one stream of it is read."""
CLOSE_S: Final = 1.0
"""Time a transport may take to close a connection."""


@dataclass(frozen=True, slots=True)
class OpenStream:
    """A stream that is held open."""

    number: int
    """Number of the exchange."""
    head: Reply | None
    """What is known of it since the head arrived; None if there was none."""
    body: BodyReader

    @property
    def open(self) -> bool:
        """Whether an event stream was opened."""
        return self.head is not None and self.head.status == 200 and self.head.media_type == "text/event-stream"


class Recorder:
    """Sends requests and records the exchanges of one conversation. Mutable; all groups of probes share it."""

    def __init__(
        self,
        transport: Callable[[], httpx.AsyncBaseTransport],
        *,
        timeout_s: float,
        start_s: float = 0.0,
        budget_s: float,
        exchange_bytes: int = READ_BYTES,
    ) -> None:
        """Start the clock of the transcript.

        Args:
            transport: gives the transport into the pod; asked again after every restart.
            timeout_s: time to the head of a reply, and then for its body.
            start_s: time to the head of a process's first reply, if that is more: it may have to load what it needs.
            budget_s: time for everything; past it :class:`StoppedError` is raised instead of sending.
            exchange_bytes: what is read of one reply.
        """
        self._exchange_bytes = exchange_bytes
        self._kept = KeptBody()
        self._new_transport = transport
        self._transport = transport()
        self.timeout_s = timeout_s
        self._start_s = max(start_s, timeout_s)
        self._started_process = True
        """Whether nothing was asked of the process yet."""
        self.started = anyio.current_time()
        """On the event loop's clock, which is that of ``time.monotonic``."""
        self._deadline = self.started + budget_s
        self._exchanges: dict[int, Exchange] = {}
        self._count = 0
        self._rpc_id = 0
        self._paused_s = 0.0
        self.process = 0
        self.answer_to: Callable[[ProbeRequest, httpx.Headers, Message], ProbeRequest | None] = lambda *_: None
        """Returns what is sent at once because of a message that came on a stream; None for nothing.

        It is given the request that opened the stream, the headers of the stream, and the message.
        """

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """The exchanges so far, by number."""
        return tuple(exchange for _, exchange in sorted(self._exchanges.items()))

    def rpc_id(self) -> int:
        """Return a JSON-RPC id that this conversation never used (a reused one may swallow an answer)."""
        self._rpc_id += 1
        return self._rpc_id

    async def restarted(self) -> None:
        """Number the exchanges that follow as those of a new process, and connect to it anew."""
        self.process += 1
        self._started_process = True
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
        revision: str | None = None,
        control: int | None = None,
        handle: str | None = None,
        note: str | None = None,
    ) -> None:
        """Add to an exchange what was only known later; what is None stays as it was."""
        exchange = self._exchanges[number]
        self._exchanges[number] = replace(
            exchange,
            step=step or exchange.step,
            revision=revision or exchange.revision,
            control=control if control is not None else exchange.control,
            handle=handle if handle is not None else exchange.handle,
            note=note or exchange.note,
        )

    def add_rest(self, answer: ProbeAnswer, rest: Sequence[ProbeAnswer]) -> ProbeAnswer:
        """Record how the stream of an exchange went on in others, and return its answer with what came there.

        Events that came before are left out. Where a response to another request came, it was more than this stream:
        the response that was waited for is all that counts.
        """
        exchange, own = answer.exchange, next((each.response for each in rest if each.response is not None), None)
        if exchange.reply is None or not rest:
            return answer
        came = tuple(message for each in rest for message in each.messages)
        mixed = any(is_response(message) and message != own for message in came)
        fresh = [event for each in rest for event in (each.reply.events if each.reply is not None else ())]
        known = {event.id for event in exchange.reply.events if event.id is not None}
        resumed = tuple(
            event for event in fresh if event.id not in known and (not mixed or own in (messages(event.data) or ()))
        )
        truncated = exchange.reply.truncated or any(each.reply.truncated for each in rest if each.reply is not None)
        reply = replace(exchange.reply, resumed=resumed, truncated=truncated)
        exchange = replace(exchange, reply=reply, answered=_answered(reply, own))
        self._exchanges[exchange.number] = exchange
        return ProbeAnswer(exchange, (*answer.messages, *((own,) if mixed and own else () if mixed else came)), own)

    async def send(self, request: ProbeRequest) -> ProbeAnswer:
        """Send one request and read its reply within the limits. Never raises for what the server does.

        A request that is answered 429 is sent again after the wait that Retry-After asks for (:meth:`pause`).

        Raises:
            StoppedError: the budget is used up; nothing was sent.
        """
        for _ in range(MOST_REPEATS):
            answer = await self._exchange(request, self._reader(request.step))
            if not await self.pause(answer.number, answer.reply):
                return answer
        return await self._exchange(request, self._reader(request.step))

    def _reader(self, step: str) -> BodyReader:
        """A reader of one reply. While the endpoint is looked for, many addresses share the conversation's budget."""
        looking = step.startswith(LOOKING_STEP)
        return BodyReader(
            self.started, most_bytes=self._exchange_bytes // 4 if looking else self._exchange_bytes, kept=self._kept
        )

    async def pause(self, number: int, reply: Reply | None) -> bool:
        """Wait as a 429 asks for, and record its exchange as one that is sent again.

        Args:
            number: of the exchange.
            reply: that answered it.

        Returns:
            Whether to send the request again; False for other answers, and once all waits are used up.
        """
        if reply is None or reply.status != TOO_MANY or self._paused_s >= MOST_PAUSES_S:
            return False
        wait_s = min(_retry_after_s(reply), MOST_PAUSE_S, MOST_PAUSES_S - self._paused_s)
        self._paused_s += wait_s
        self.amend(number, step=f"{RETRY_STEP}.{self._exchanges[number].step}")
        await anyio.sleep(wait_s)
        return True

    @asynccontextmanager
    async def hold(self, request: ProbeRequest) -> AsyncIterator[OpenStream]:
        """Send a request whose stream stays open inside the block; it is recorded when the block ends."""
        body = self._reader(request.step)
        self._check_time()
        listening = replace(request, listen_s=self._deadline - anyio.current_time())
        async with task_group() as tasks:
            number, head = await tasks.start(self._exchange_held, listening, body)
            try:
                yield OpenStream(number, head, body)
            finally:
                body.stop()

    async def _exchange_held(
        self, request: ProbeRequest, body: BodyReader, *, task_status: TaskStatus[tuple[int, Reply | None]]
    ) -> None:
        await self._exchange(request, body, task_status)

    async def _exchange(
        self, request: ProbeRequest, body: BodyReader, task_status: TaskStatus[tuple[int, Reply | None]] | None = None
    ) -> ProbeAnswer:
        self._check_time()
        now = anyio.current_time()
        self._count += 1
        number, process = self._count, self.process
        sent = httpx.Request(
            request.method,
            _url(request.url),
            headers=[(k.encode("latin-1"), v.encode("latin-1")) for k, v in request.headers],
            content=request.body or None,
        )
        with StallWatch() as watch:
            response, failed = await self._head(sent)
            if task_status is not None:
                task_status.started((number, body.reply(response) if response is not None else None))
            if response is not None:
                try:
                    owed = request.method == "POST" and request.rpc_id is not None
                    listen_s = None if owed else listening_s(request, anyio.current_time() - now)
                    plan = ReadPlan(self.timeout_s, request.rpc_id, request.linger_s, listen_s, request.cuts)
                    await self._read(request, response, body, plan)
                finally:
                    with anyio.move_on_after(CLOSE_S, shield=True):
                        await _close(response)
        answer = response_to(body.messages, request.rpc_id)
        reply = body.reply(response) if response is not None else None
        exchange = Exchange(
            number=number,
            step=request.step,
            revision=request.revision,
            process=process,
            method=request.method,
            target=sent.url.raw_path.decode("latin-1"),
            headers=tuple((k.decode("latin-1"), v.decode("latin-1")) for k, v in sent.headers.raw),
            body=request.body.decode("utf-8", "backslashreplace"),
            reply=reply,
            failure=failed,
            started_s=round(now - self.started, 4),
            duration_s=round(anyio.current_time() - now, 4),
            stalled_s=watch.stalled_s,
            session=request.session,
            token=request.token,
            control=request.control,
            answered=_answered(reply, answer),
        )
        self._exchanges[number] = exchange
        return ProbeAnswer(exchange, body.messages, answer)

    async def _read(self, request: ProbeRequest, response: httpx.Response, body: BodyReader, plan: ReadPlan) -> None:
        """Read a body, and answer meanwhile what the peer asks in it."""
        answered = 0
        async with task_group() as tasks:

            def heard(message: Message) -> None:
                nonlocal answered
                answer = self.answer_to(request, response.headers, message) if answered < MOST_ANSWERS else None
                if answer is not None:
                    answered += 1
                    tasks.start_soon(self._exchange, answer, self._reader(answer.step))

            body.heard = heard
            await body.read(response, plan)

    def _check_time(self) -> None:
        if anyio.current_time() >= self._deadline:
            raise StoppedError("out of time")

    async def _head(self, sent: httpx.Request) -> tuple[httpx.Response | None, Failure | None]:
        """Return the response with its body unread, or why there is none."""
        timeout_s = self._start_s if self._started_process else self.timeout_s
        self._started_process = False
        try:
            with anyio.fail_after(timeout_s):
                return await self._transport.handle_async_request(sent), None
        except WIRE_ERRORS as error:
            return None, classify_failure(error)


def listening_s(request: ProbeRequest, head_s: float) -> float:
    """Return how many seconds to listen to a stream that owes no response and whose head came after ``head_s``.

    Where nothing is asked for but the status, what is sent at once is still heard: on a slow machine that takes longer.
    """
    return request.listen_s if request.listen_s is not None else min(max(BRIEF_S, 2 * head_s), LINGER_S)


@lru_cache(maxsize=64)
def _url(text: str) -> httpx.URL:
    """Return an address, parsed once: most requests of a conversation go to the same."""
    return httpx.URL(text)


def _retry_after_s(reply: Reply) -> float:
    """Return the seconds of Retry-After (RFC 9110, section 10.2.3); a date, or nothing, is the usual wait."""
    value = (reply.header("retry-after") or "").strip()
    return max(float(value), PAUSE_S / 10) if value.isascii() and value.isdecimal() else PAUSE_S


def _answered(reply: Reply | None, answer: Message | None) -> Answered | None:
    """Return what the response was, if the transcript does not keep enough of the reply to show it."""
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
    """Open ``anyio.create_task_group``; errors that are all of one type are raised as the first of them."""
    try:
        async with anyio.create_task_group() as tasks:
            yield tasks
    except BaseExceptionGroup as group:
        if len({type(error) for error in group.exceptions}) == 1:
            raise group.exceptions[0] from None
        raise
