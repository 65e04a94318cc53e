"""Any ASGI app as a :class:`~harness.engine.protocol.Service`: HTTP over a byte stream, with no listening port.

uvicorn's h11 protocol needs a socket of the event loop; one end of a socket pair is that socket, and the bytes of the
other end are pumped to and from the stream that comes out of the pod.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import TYPE_CHECKING, Any, Final

import anyio
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

if TYPE_CHECKING:
    from anyio.abc import ByteStream

PIECE_BYTES: Final = 64 * 1024
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
        outer, inner = socket.socketpair()
        outer.setblocking(False)
        inner.setblocking(False)
        loop = asyncio.get_running_loop()
        transport, _ = await loop.connect_accepted_socket(
            lambda: H11Protocol(self._config, self._state, {}, loop), sock=inner
        )
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(_requests, stream, outer)
                await _replies(outer, stream)
                tasks.cancel_scope.cancel()
        finally:
            transport.close()
            outer.close()
            with anyio.move_on_after(1, shield=True):
                with contextlib.suppress(*_BROKEN):
                    await stream.aclose()


async def _requests(stream: ByteStream, outer: socket.socket) -> None:
    """Pump from the pod to the app; the end of the requests does not end the replies."""
    loop = asyncio.get_running_loop()
    try:
        while True:
            await loop.sock_sendall(outer, await stream.receive(PIECE_BYTES))
    except _BROKEN:
        try:
            outer.shutdown(socket.SHUT_WR)
        except OSError:
            return


async def _replies(outer: socket.socket, stream: ByteStream) -> None:
    """Pump from the app to the pod, until the app closes the connection or the pod does."""
    loop = asyncio.get_running_loop()
    try:
        while data := await loop.sock_recv(outer, PIECE_BYTES):
            await stream.send(data)
    except _BROKEN:
        return
