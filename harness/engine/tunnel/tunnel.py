"""docprobe's end of the tunnel: many TCP connections over the anchor's one attached stream.

The protocol, and what is trusted: ``tunnel/__init__.py``.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import anyio
from anyio.abc import ByteStream, TaskGroup, TaskStatus

from extractor.base.text import printable
from harness.base.errors import PodError
from harness.engine.tunnel.channel import Channel
from harness.engine.tunnel.frame_stream import STREAM_ERRORS, FrameStream, read_sockets
from harness.engine.tunnel.frames import ACCEPTED_FROM, MAX_PAYLOAD, Frame, FrameError, Kind

if TYPE_CHECKING:
    from harness.engine.received import Received
    from harness.model import ListeningSocket

PING_EVERY_S: Final = 5.0
PING_DEADLINE_S: Final = 20.0
"""An anchor that has not answered for so long is gone: an engine that was cut off sends no end of stream."""
MAX_CHANNELS: Final = 1024
_MAX_FAULTS: Final = 20
_HINT: Final = "run docprobe again; if it fails again, check the engine with `docprobe doctor`"

Handler = Callable[[ByteStream], Awaitable[None]]
"""Serves one connection of a listener. Stream errors are expected; any other exception ends the tunnel."""


class Tunnel:
    """One pod's tunnel. :meth:`run` must run as a task."""

    def __init__(self, stream: ByteStream, budgets: Sequence[Received] = ()) -> None:
        """Take the stream that carries the frames of both directions.

        Args:
            stream: from the engine.
            budgets: of bytes on connections that docprobe opened; the tunnel ends when one is used up.
        """
        self._budgets = budgets
        self._frames = FrameStream(stream)
        self._channels: dict[int, Channel] = {}
        self._closing: set[int] = set()
        self._opening: dict[int, anyio.Event] = {}
        self._refused: dict[int, int] = {}
        self._handlers: dict[int, Handler] = {}
        self._listening: dict[int, anyio.Event] = {}
        self._pings: dict[bytes, anyio.Event] = {}
        self._next = 1
        self._last_accepted = ACCEPTED_FROM
        self._faults: list[str] = []
        self._failure: PodError | None = None
        self._ready = anyio.Event()
        self.kernel = ""
        """Release of the kernel that the anchor sees, once it is ready."""
        self._sockets: tuple[ListeningSocket, ...] = ()
        self._changed = anyio.Event()
        self._tasks: TaskGroup | None = None

    # --- for the pod ---

    @property
    def failure(self) -> PodError | None:
        """Why the tunnel ended; None while it works."""
        return self._failure

    def sockets(self) -> tuple[ListeningSocket, ...]:
        """Return the sockets that listen inside the pod, without the services', as last reported."""
        return self._sockets

    def changed(self) -> anyio.Event:
        """Return an event that is set when :meth:`sockets` changes, or the tunnel ends."""
        return self._changed

    async def ready(self, timeout_s: float) -> None:
        """Wait for the anchor's first frame. Raises PodError if it does not come."""
        with anyio.move_on_after(timeout_s):
            await self._ready.wait()
        self._check()
        if not self._ready.is_set():
            raise PodError(f"the pod's anchor did not answer within {timeout_s:g} s", _HINT)

    async def connect(self, address: str, port: int) -> Channel:
        """Open a connection to ``address`` (an IP address) and ``port`` inside the pod.

        Raises:
            OSError: as a local connect would.
            PodError: the tunnel ended.
        """
        number, channel = self._next_channel()
        self._opening[number] = answered = anyio.Event()
        try:
            await self.send(Kind.OPEN, number, f"{address}\0{port}".encode())
            await answered.wait()
            self._check()
        except BaseException:
            with anyio.CancelScope(shield=True):
                await channel.aclose()
            raise
        finally:
            del self._opening[number]
        code = self._refused.pop(number, None)
        if code is not None:
            await channel.aclose()
            raise OSError(code, os.strerror(code))
        return channel

    def open(self, address: str, port: int) -> Channel:
        """Open a connection as :meth:`connect`, without waiting: what is sent first goes with the request for it.

        If it is refused, the channel breaks, and its ``refusal`` says why.

        Raises:
            OSError: there are too many connections.
            PodError: the tunnel ended.
        """
        number, channel = self._next_channel()
        channel.connecting = True
        self._frames.hold(Kind.OPEN, number, f"{address}\0{port}".encode())
        return channel

    async def listen(self, port: int, handler: Handler) -> None:
        """Serve ``port`` of both loopback addresses inside the pod. Raises PodError if the port is taken."""
        self._handlers[port] = handler
        self._listening[port] = answered = anyio.Event()
        await self.send(Kind.LISTEN, 0, str(port).encode())
        await answered.wait()
        self._check()
        self._raise_faults()

    async def stage(self, path: str, content: bytes) -> None:
        """Write one of the example's files. Failures are raised by :meth:`sync`."""
        head = path.encode() + b"\0"
        room = MAX_PAYLOAD - len(head)
        for start in range(0, max(len(content), 1), room):
            await self.send(Kind.STAGE, 0, head + content[start : start + room])

    async def link(self, path: str, target: str) -> None:
        """Make a symbolic link among the example's files. Failures are raised by :meth:`sync`."""
        await self.send(Kind.LINK, 0, path.encode() + b"\0" + target.encode())

    async def sync(self) -> None:
        """Wait until the anchor has done all that was asked of it; :meth:`sockets` are those of now.

        Raises PodError if some of it failed.
        """
        answered = anyio.Event()
        await self._ping(answered)
        await answered.wait()
        self._check()
        self._raise_faults()

    async def send(self, kind: Kind, channel: int = 0, payload: bytes = b"") -> None:
        """Send one frame. Raises PodError if the tunnel ended."""
        self._check()
        try:
            await self._frames.send(kind, channel, payload)
        except STREAM_ERRORS as error:
            self._fail("the pod's tunnel broke", error)
            self._check()

    async def aclose(self) -> None:
        """End the tunnel, and with it the pod."""
        self._fail("the pod was closed")
        await self._frames.aclose()

    # --- reading ---

    async def run(self, *, task_status: TaskStatus[None] = anyio.TASK_STATUS_IGNORED) -> None:
        """Serve the tunnel until it ends. Nothing that the pod does raises: see :attr:`failure`."""
        try:
            async with anyio.create_task_group() as self._tasks:
                self._tasks.start_soon(self._watch)
                task_status.started()
                await self._read()
                self._tasks.cancel_scope.cancel()
        finally:
            self._fail("the pod's tunnel was stopped")

    async def _read(self) -> None:
        try:
            async for frame in self._frames.frames():
                self._take(frame)
                if self._failure is not None:
                    return
        except (FrameError, ValueError, KeyError, RecursionError) as error:
            self._fail("the pod broke the tunnel's protocol", error)
        except (anyio.EndOfStream, *STREAM_ERRORS) as error:
            self._fail("the pod's anchor ended", error)

    def _take(self, frame: Frame) -> None:
        """Act on one frame. Raises FrameError, ValueError or KeyError if it breaks the protocol."""
        kind, number, payload = frame
        if number == 0:
            self._take_control(kind, payload)
            return
        if kind is Kind.ACCEPTED:
            self._accept(number, int(payload))
            return
        if kind is Kind.CLOSED:
            self._closing.remove(number)
            return
        if number in self._closing:
            return  # was on the way when docprobe closed the channel
        channel = self._channels[number]
        if kind is Kind.OPENED and channel.connecting:
            channel.connecting = False
        elif kind is Kind.OPENED:
            self._opening[number].set()
        elif kind is Kind.FAILED:
            code = int(payload)
            if number in self._opening and not self._opening[number].is_set():
                self._refused[number] = code
                self._opening[number].set()
            channel.fail(OSError(code, os.strerror(code)))
        elif kind is Kind.DATA:
            channel.feed(payload)
            if number < ACCEPTED_FROM:  # what the example sends to services is bounded by their windows
                self._count(len(payload))
        elif kind is Kind.END:
            channel.end()
        elif kind is Kind.CREDIT:
            channel.add_credit(int.from_bytes(payload, "big"))
        else:
            raise FrameError(f"{kind.name} from the anchor")

    def _count(self, count: int) -> None:
        for budget in self._budgets:
            budget.add(count)
            if (excess := budget.excess()) is not None:
                self._fail(excess.message, hint=excess.hint)

    def _take_control(self, kind: Kind, payload: bytes) -> None:
        if kind is Kind.READY:
            self.kernel = payload[:200].decode("utf-8", "replace")
            self._ready.set()
        elif kind is Kind.PONG:
            self._pings.pop(payload).set()
        elif kind is Kind.SOCKETS:
            self._sockets = read_sockets(payload)
            self._changed.set()
            self._changed = anyio.Event()
        elif kind is Kind.LISTENING:
            self._listening[int(payload)].set()
        elif kind is Kind.FAILED:
            port, code = map(int, payload.split())
            self._faults.append(f"port {port} inside the pod: {os.strerror(code)}")
            self._listening[port].set()
        elif kind is Kind.FAULT:
            if len(self._faults) < _MAX_FAULTS:
                self._faults.append(printable(payload[:1000].decode("utf-8", "backslashreplace")))
        else:
            raise FrameError(f"{kind.name} on channel 0")

    def _accept(self, number: int, port: int) -> None:
        handler = self._handlers[port]
        if number <= self._last_accepted or self._tasks is None:
            raise FrameError(f"connection {number} accepted twice")
        if len(self._channels) >= MAX_CHANNELS:
            raise FrameError(f"more than {MAX_CHANNELS} connections at once")
        self._last_accepted = number
        self._tasks.start_soon(self._serve, handler, self._channel(number))

    async def _serve(self, handler: Handler, channel: Channel) -> None:
        try:
            await handler(channel)
        except (anyio.BrokenResourceError, anyio.EndOfStream, anyio.ClosedResourceError, PodError):
            pass  # the example closed the connection
        except Exception as error:
            self._fail("a service failed", error)
        finally:
            with anyio.CancelScope(shield=True):
                await channel.aclose()

    # --- keeping it alive ---

    async def _watch(self) -> None:
        while self._failure is None:
            answered = anyio.Event()
            # in a task of its own: a frame is always sent whole, so a send that hangs cannot be cancelled
            assert self._tasks is not None
            self._tasks.start_soon(self._ping, answered)
            with anyio.move_on_after(PING_DEADLINE_S) as scope:
                await answered.wait()
            if scope.cancelled_caught:
                self._fail(f"the pod has not answered for {PING_DEADLINE_S:g} s")
                await self._frames.aclose()  # ends sends that hang
            await anyio.sleep(PING_EVERY_S)

    async def _ping(self, answered: anyio.Event) -> None:
        """Send a ping; its answer, or the tunnel's end, sets the event."""
        token = os.urandom(8)
        self._pings[token] = answered
        try:
            await self.send(Kind.PING, 0, token)
        except PodError:
            answered.set()

    def _next_channel(self) -> tuple[int, Channel]:
        """Return the channel of a further connection, with its number. Raises OSError if there are too many."""
        self._check()
        if len(self._channels) >= MAX_CHANNELS:
            raise OSError(errno.EMFILE, f"more than {MAX_CHANNELS} connections at once")
        number, self._next = self._next, self._next + 1
        return number, self._channel(number)

    def _channel(self, number: int) -> Channel:
        channel = self._channels[number] = Channel(self, number)
        return channel

    async def close_channel(self, number: int) -> None:
        """Tell the anchor that a channel is closed (called by the channel, once)."""
        del self._channels[number]
        self._closing.add(number)
        if self._failure is None:
            with suppress(PodError):
                await self.send(Kind.CLOSE, number)

    def _check(self) -> None:
        if self._failure is not None:
            raise PodError(self._failure.message, self._failure.hint)

    def _raise_faults(self) -> None:
        if self._faults:
            faults, self._faults = self._faults, []
            raise PodError(f"the pod could not be set up: {'; '.join(faults[:3])}", _HINT)

    def _fail(self, message: str, cause: BaseException | None = None, hint: str | None = _HINT) -> None:
        """End the tunnel and everything that waits for it. The first reason is kept."""
        if self._failure is not None:
            return
        detail = f": {printable(str(cause))[:300]}" if cause is not None and str(cause) else ""
        self._failure = PodError(f"{message}{detail}", hint)
        waiting = [*self._opening.values(), *self._listening.values(), *self._pings.values()]
        for event in (*waiting, self._ready, self._changed):
            event.set()
        for channel in self._channels.values():
            channel.fail(self._failure)
