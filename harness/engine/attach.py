"""A container's stdin, stdout and stderr, as a byte stream of the event loop."""

from __future__ import annotations

import socket
import ssl
import struct
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import anyio
from anyio.abc import ByteStream

from harness.base.errors import EngineError

if TYPE_CHECKING:
    from harness.engine.api import Api

STDOUT: Final = 1
STDERR: Final = 2
_HEADER: Final = struct.Struct("!BxxxI")
_CHUNK: Final = 256 * 1024
_AHEAD: Final = 16 * 1024
"""Bytes that are read at once where less is wanted: a small piece comes with its header, and often with the next."""


class Attached(ByteStream):
    """An attached container. ``receive`` returns stdout only; :meth:`receive_any` says which stream it was."""

    def __init__(self, sock: socket.socket, keep: Any) -> None:
        """``keep`` is docker-py's own object: the connection closes when it is collected."""
        self._sock = sock
        self._keep = keep
        self._ahead = bytearray()
        self._left = 0
        self._source = 0
        self._closed = False

    async def receive_any(self, max_bytes: int = _CHUNK) -> tuple[int, bytes]:
        """Return the stream (STDOUT or STDERR) and its next bytes. Raises EndOfStream when the container ended."""
        self._check()
        ahead = self._ahead
        while self._left == 0:
            if len(ahead) < _HEADER.size:
                ahead += await self._read(_AHEAD)
                continue
            self._source, self._left = _HEADER.unpack_from(ahead)
            del ahead[: _HEADER.size]
        wanted = min(max_bytes, self._left)
        if not ahead and wanted >= _AHEAD:
            data = await self._read(wanted)
        else:
            ahead += b"" if ahead else await self._read(_AHEAD)
            data = bytes(ahead[:wanted])
            del ahead[:wanted]
        self._left -= len(data)
        return self._source, data

    async def receive(self, max_bytes: int = _CHUNK) -> bytes:
        """Return the next bytes of stdout; stderr is dropped."""
        while True:
            source, data = await self.receive_any(max_bytes)
            if source == STDOUT:
                return data

    async def send(self, item: bytes) -> None:
        """Write to stdin."""
        view = memoryview(item)
        while view:
            self._check()
            try:
                view = view[self._sock.send(view) :]
            except ssl.SSLWantReadError:
                await anyio.wait_readable(self._sock)
            except (BlockingIOError, ssl.SSLWantWriteError):
                await anyio.wait_writable(self._sock)
            except OSError as error:
                raise anyio.BrokenResourceError from error

    async def send_eof(self) -> None:
        """Close stdin; output is still read, except over TLS, which cannot be closed one way."""
        if isinstance(self._sock, ssl.SSLSocket):
            await self.aclose()
            return
        with suppress(OSError):
            self._sock.shutdown(socket.SHUT_WR)

    async def aclose(self) -> None:
        """Close the connection: the container's stdin ends."""
        if self._closed:
            return
        self._closed = True
        anyio.notify_closing(self._sock)
        # docker-py's object shares the connection, so it must be shut down, not only closed
        with suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)
        self._sock.close()
        parts: list[Any] = [getattr(self._keep, name, None) for name in ("_response", "_sock")]
        for part in (*parts, self._keep):
            with suppress(OSError, ValueError, AttributeError):
                part.close()

    async def _read(self, count: int) -> bytes:
        while True:
            self._check()
            try:
                data = self._sock.recv(count)
            except ssl.SSLWantWriteError:
                await anyio.wait_writable(self._sock)
                continue
            except (BlockingIOError, ssl.SSLWantReadError):
                await anyio.wait_readable(self._sock)
                continue
            except OSError as error:
                raise anyio.BrokenResourceError from error
            if not data:
                raise anyio.EndOfStream
            return data

    def _check(self) -> None:
        if self._closed:
            raise anyio.ClosedResourceError


async def attach(api: Api, container: str, *, stdin: bool) -> Attached:
    """Attach to a container that was created and not started yet. Raises EngineError."""
    streams = {"stdin": int(stdin), "stdout": 1, "stderr": 1, "stream": 1}
    handle = await api.call("attach to a container", api.raw.attach_socket, container, params=streams)
    return Attached(_socket_of(handle), handle)


def _socket_of(handle: Any) -> socket.socket:
    """Return the socket below docker-py's object, non-blocking: a UNIX or TCP socket, or an SSLSocket.

    Raises EngineError for other transports.
    """
    inner = getattr(handle, "_sock", handle)
    if not isinstance(inner, socket.socket):
        raise EngineError(
            "cannot attach to containers over this DOCKER_HOST transport",
            "use a unix, ssh or tcp address in DOCKER_HOST",
        )
    inner.setblocking(False)
    return inner
