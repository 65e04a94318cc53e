"""One TCP connection through the tunnel, as an anyio byte stream."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final, Protocol

import anyio
from anyio.abc import ByteStream

from harness.base.errors import PodError
from harness.engine.tunnel.frames import MAX_PAYLOAD, WINDOW, FrameError, Kind

if TYPE_CHECKING:
    from collections.abc import Awaitable

_CREDIT_STEP: Final = WINDOW // 4
_MAX_CREDIT: Final = 2 * WINDOW


class Carrier(Protocol):
    """What a channel needs of its tunnel."""

    def send(self, kind: Kind, channel: int = 0, payload: bytes = b"") -> Awaitable[None]:
        """Send one frame."""
        ...

    def close_channel(self, number: int) -> Awaitable[None]:
        """Tell the other side that the channel is closed on this one."""
        ...


class Channel(ByteStream):
    """A TCP connection. One task may read while another writes.

    ``receive`` and ``send`` raise BrokenResourceError if the connection broke inside the pod (its OSError is the
    cause), and PodError if the tunnel ended.
    """

    def __init__(self, carrier: Carrier, number: int) -> None:
        self._carrier = carrier
        self._number = number
        self._buffer: deque[bytes] = deque()
        self._buffered = 0
        self._consumed = 0
        self._credit = WINDOW
        self._ended = False
        self._closed = False
        self._failure: OSError | PodError | None = None
        self._readable = anyio.Event()
        self._writable = anyio.Event()
        self.connecting = False
        """Whether it is not known yet that the connection was made, and nobody waits for that."""

    @property
    def refusal(self) -> OSError | None:
        """Why the connection was not made; None if it was, or may still be."""
        return self._failure if self.connecting and isinstance(self._failure, OSError) else None

    @property
    def readable(self) -> bool:
        """Whether :meth:`receive` would return at once: there is data, or the end."""
        return bool(self._buffer) or self._ended or self._closed or self._failure is not None

    async def receive(self, max_bytes: int = 65536) -> bytes:
        """Return the next bytes. Raises EndOfStream at the end."""
        while not self._buffer:
            self._check_open()
            if self._failure is not None:
                raise self._error() from self._failure
            if self._ended:
                raise anyio.EndOfStream
            self._readable = anyio.Event()
            await self._readable.wait()
        data = self._buffer.popleft()
        if len(data) > max_bytes:
            self._buffer.appendleft(data[max_bytes:])
            data = data[:max_bytes]
        self._buffered -= len(data)
        self._consumed += len(data)
        if self._consumed >= _CREDIT_STEP and not self._ended and self._failure is None:
            consumed, self._consumed = self._consumed, 0
            await self._carrier.send(Kind.CREDIT, self._number, consumed.to_bytes(4, "big"))
        return data

    async def send(self, item: bytes) -> None:
        """Send all of ``item``; waits while the other side does not read."""
        view = memoryview(item)
        while view:
            self._check_open()
            while self._credit == 0 and self._failure is None and not self._closed:
                self._writable = anyio.Event()
                await self._writable.wait()
            self._check_open()
            if self._failure is not None:
                raise self._error() from self._failure
            piece = view[: min(self._credit, MAX_PAYLOAD)]
            self._credit -= len(piece)
            await self._carrier.send(Kind.DATA, self._number, bytes(piece))
            view = view[len(piece) :]

    async def send_eof(self) -> None:
        """Close the writing side."""
        self._check_open()
        if self._failure is None:
            await self._carrier.send(Kind.END, self._number)

    async def aclose(self) -> None:
        """Close; what was sent is still delivered."""
        if not self._closed:
            self._closed = True
            self._buffer.clear()
            self._readable.set()
            self._writable.set()
            await self._carrier.close_channel(self._number)

    # --- called by the tunnel ---

    def feed(self, data: bytes) -> None:
        """Take bytes from the pod. Raises FrameError if they are more than it was granted."""
        if self._buffered + len(data) > WINDOW or self._ended:
            raise FrameError("more data than was granted")
        if data:
            self._buffer.append(data)
            self._buffered += len(data)
            self._readable.set()

    def end(self) -> None:
        """Note that the pod sends no more."""
        self._ended = True
        self._readable.set()

    def add_credit(self, count: int) -> None:
        """Note that the pod takes ``count`` bytes more. Raises FrameError if that is more than was used."""
        self._credit += count
        if self._credit > _MAX_CREDIT:
            raise FrameError("more credit than was used")
        self._writable.set()

    def fail(self, failure: OSError | PodError) -> None:
        """Note that the connection, or the whole tunnel, broke."""
        if self._failure is None:
            self._failure = failure
        self._readable.set()
        self._writable.set()

    def _check_open(self) -> None:
        if self._closed:
            raise anyio.ClosedResourceError

    def _error(self) -> Exception:
        if isinstance(self._failure, PodError):
            return PodError(self._failure.message, self._failure.hint)
        return anyio.BrokenResourceError()
