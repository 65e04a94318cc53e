"""Any ASGI app as a :class:`~harness.engine.protocol.Service`: HTTP over a byte stream, with no listening port.

uvicorn's h11 protocol is given an asyncio transport that writes to the stream that comes out of the pod: no socket of
this machine is in between, whose every piece would cost several turns of the event loop.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any, Final

import anyio
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

if TYPE_CHECKING:
    from anyio.abc import ByteStream

PIECE_BYTES: Final = 64 * 1024
UNSENT_BYTES: Final = 64 * 1024
"""What may wait to be sent before the app waits too."""
IDLE_S: Final = 60
"""Time a connection may wait for its next request."""
_BROKEN: Final = (OSError, anyio.EndOfStream, anyio.BrokenResourceError, anyio.ClosedResourceError)


class AsgiServer:
    """Serves one ASGI app to as many streams as come."""

    def __init__(self, app: Any) -> None:
        self._config = uvicorn.Config(
            app,
            http=H11Protocol,
            ws="none",
            lifespan="off",
            log_config=None,
            # a client that asks for another protocol, as Java's for HTTP/2, is answered in this one: nothing to say
            log_level="error",
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=IDLE_S,
        )
        self._state = ServerState()

    async def serve(self, stream: ByteStream) -> None:
        """Serve one connection until either side ends it; the stream is closed afterwards."""
        loop = asyncio.get_running_loop()
        protocol = H11Protocol(self._config, self._state, {}, loop)
        transport = _StreamTransport(protocol)
        protocol.connection_made(transport)
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(_requests, stream, transport, protocol)
                with contextlib.suppress(*_BROKEN):
                    await transport.send_all(stream)
                tasks.cancel_scope.cancel()
        finally:
            transport.abort()
            protocol.connection_lost(None)
            with anyio.move_on_after(1, shield=True):
                with contextlib.suppress(*_BROKEN):
                    await stream.aclose()


class _StreamTransport(asyncio.Transport):
    """What a protocol writes, until a stream takes it."""

    def __init__(self, protocol: asyncio.Protocol) -> None:
        super().__init__()
        self._protocol = protocol
        self._unsent = bytearray()
        self._paused = False
        self._ending = False
        self._changed = asyncio.Event()
        self._reading = asyncio.Event()
        self._reading.set()

    async def send_all(self, stream: ByteStream) -> None:
        """Send what is written, until the protocol has closed the connection and all of it is sent."""
        while self._unsent or not self._ending:
            if not self._unsent:
                self._changed.clear()
                await self._changed.wait()
                continue
            data = bytes(self._unsent)
            self._unsent.clear()
            await stream.send(data)
            if self._paused and len(self._unsent) <= UNSENT_BYTES:
                self._paused = False
                self._protocol.resume_writing()

    async def wait_reading(self) -> None:
        """Wait until the protocol wants more."""
        await self._reading.wait()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Return ``default``: nothing is known of a socket, since none is involved."""
        return default

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send some bytes soon."""
        if self._ending:
            return
        self._unsent += data
        self._changed.set()
        if len(self._unsent) > UNSENT_BYTES and not self._paused:
            self._paused = True
            self._protocol.pause_writing()

    def is_closing(self) -> bool:
        """Return whether the connection ends."""
        return self._ending

    def close(self) -> None:
        """End the connection once everything is sent."""
        self._ending = True
        self._changed.set()
        self._reading.set()

    def abort(self) -> None:
        """End the connection at once."""
        self._unsent.clear()
        self.close()

    def pause_reading(self) -> None:
        """Receive no more for now."""
        self._reading.clear()

    def resume_reading(self) -> None:
        """Receive again."""
        self._reading.set()


async def _requests(stream: ByteStream, transport: _StreamTransport, protocol: asyncio.Protocol) -> None:
    """Hand the app what comes from the pod, until either side ends the connection."""
    try:
        while not transport.is_closing():
            protocol.data_received(await stream.receive(PIECE_BYTES))
            await transport.wait_reading()
    except _BROKEN:
        transport.close()
