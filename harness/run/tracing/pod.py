"""A pod whose requests are counted, and of which it is recorded what they execute."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

import anyio
import httpx

from harness.exchanges.http_exchange import StoppedError
from harness.model import STDIN

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from anyio.abc import ByteStream

    from harness.engine.protocol import ExitState, Pod
    from harness.model import ListeningSocket, LogLine, Transcript
    from harness.run.tracing.service import Executed, TraceService

QUIET_S: Final = 0.02
"""After a program was asked what it executed, which it tells once it is quiet: so long it need not be asked again."""


class TracedPod:
    """A pod whose requests are counted, and of which it is recorded what they execute."""

    def __init__(self, pod: Pod, service: TraceService) -> None:
        """Watch a pod.

        Args:
            pod: with the program started.
            service: that asks its processes.
        """
        self._pod, self._service = pod, service
        self.last: int | None = None
        """Number of the request after which the conversation is stopped; None if it goes on to its end."""
        self._count = 0
        self._quiet_until = 0.0
        """By the monotonic clock: until then the program is taken to be as quiet as it was when it last answered."""
        self._open: set[int] = set()
        self._mixed: set[int] = set()
        self.executed: dict[int, Executed] = {}
        """By the number of the request. Without those beside which another one was open."""

    def begin(self) -> int:
        """Count a request that begins. Raises StoppedError after the last one."""
        self._stop_if_done()
        self._count += 1
        if self._open:
            self._mixed |= {*self._open, self._count}
        self._open.add(self._count)
        return self._count

    def _stop_if_done(self) -> None:
        last = self.last
        if last is not None and self._count >= last and not any(number <= last for number in self._open):
            raise StoppedError("everything that was wanted is traced")

    async def settle(self) -> None:
        """Discard what ran before: it belongs to no request that follows."""
        if time.monotonic() > self._quiet_until:
            await self._service.take()

    async def end(self, number: int) -> None:
        """Record what a request has executed, if nothing else was open beside it."""
        if number not in self._open:
            return
        self._open.discard(number)
        if number not in self._mixed:
            executed = await self._service.take()
            self._quiet_until = time.monotonic() + QUIET_S
            if executed is not None and number not in self._mixed:
                self.executed[number] = executed

    async def _end_message(self) -> None:
        """Record what the last message on standard input has executed: whatever ran until the next one comes."""
        with anyio.CancelScope(shield=True):
            for number in sorted(self._open):
                await self.end(number)

    def numbered(self, transcript: Transcript) -> dict[int, Executed]:
        """Return what was executed by the numbers of exchanges: on standard output lines come between the messages."""
        messages = [one.number for one in transcript.exchanges if one.method == STDIN]
        if not messages:
            return self.executed
        return {messages[at - 1]: found for at, found in self.executed.items() if at <= len(messages)}

    def transport(self) -> httpx.AsyncBaseTransport:
        """See :class:`harness.engine.protocol.Pod`."""
        return _Transport(self._pod.transport(), self)

    async def restart(self) -> None:
        """See :class:`harness.engine.protocol.Pod`. Raises StoppedError if nothing is left to trace."""
        await self._end_message()
        self._stop_if_done()
        self._service.forget()
        await self._pod.restart()

    async def connect(self, host: str, port: int) -> ByteStream:
        """See :class:`harness.engine.protocol.Pod`."""
        return await self._pod.connect(host, port)

    async def wait_listening(self, timeout_s: float) -> tuple[ListeningSocket, ...]:
        """See :class:`harness.engine.protocol.Pod`."""
        return await self._pod.wait_listening(timeout_s)

    def sockets(self) -> tuple[ListeningSocket, ...]:
        """See :class:`harness.engine.protocol.Pod`."""
        return self._pod.sockets()

    def exit_state(self) -> ExitState | None:
        """See :class:`harness.engine.protocol.Pod`."""
        return self._pod.exit_state()

    async def send_stdin(self, data: bytes) -> None:
        """See :class:`harness.engine.protocol.Pod`."""
        await self._end_message()
        with anyio.CancelScope(shield=True):
            await self.settle()
        self.begin()
        await self._pod.send_stdin(data)

    async def receive_stdout(self) -> bytes:
        """See :class:`harness.engine.protocol.Pod`."""
        return await self._pod.receive_stdout()

    async def close_stdin(self) -> None:
        """See :class:`harness.engine.protocol.Pod`."""
        await self._end_message()
        await self._pod.close_stdin()

    async def wait_exit(self, timeout_s: float) -> ExitState | None:
        """See :class:`harness.engine.protocol.Pod`."""
        return await self._pod.wait_exit(timeout_s)

    def logs(self) -> tuple[LogLine, ...]:
        """See :class:`harness.engine.protocol.Pod`."""
        return self._pod.logs()


class _Transport(httpx.AsyncBaseTransport):
    def __init__(self, inner: httpx.AsyncBaseTransport, pod: TracedPod) -> None:
        self._inner, self._pod = inner, pod

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        number = self._pod.begin()
        with anyio.CancelScope(shield=True):
            await self._pod.settle()
        try:
            response = await self._inner.handle_async_request(request)
        except BaseException:
            with anyio.CancelScope(shield=True):
                await self._pod.end(number)
            raise
        response.stream = _Stream(response, number, self._pod)
        return response

    async def aclose(self) -> None:
        await self._inner.aclose()


class _Stream(httpx.AsyncByteStream):
    """A reply's body; before it is closed, what its request executed is recorded."""

    def __init__(self, response: httpx.Response, number: int, pod: TracedPod) -> None:
        assert isinstance(response.stream, httpx.AsyncByteStream)
        self._inner, self._number, self._pod = response.stream, number, pod

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._inner:
            yield part

    async def aclose(self) -> None:
        with anyio.CancelScope(shield=True):
            await self._pod.end(self._number)
        await self._inner.aclose()
