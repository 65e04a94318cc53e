"""A container's stdin, stdout and stderr as a byte stream of the event loop."""

from __future__ import annotations

import selectors
import socket
import ssl
import struct
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import anyio
from anyio.abc import ByteStream

if TYPE_CHECKING:
    from harness.engine.api import Api

STDOUT: Final = 1
STDERR: Final = 2
_HEADER: Final = struct.Struct("!BxxxI")
_CHUNK: Final = 256 * 1024


class Attached(ByteStream):
    """An attached container. ``receive`` gives stdout only; :meth:`receive_any` tells the streams apart."""

    def __init__(self, sock: socket.socket, keep: Any) -> None:
        """``keep`` is docker-py's own object: the connection closes when it is collected."""
        self._sock = sock
        self._keep = keep
        self._head = b""
        self._left = 0
        self._source = 0
        self._closed = False

    async def receive_any(self, max_bytes: int = _CHUNK) -> tuple[int, bytes]:
        """Which stream, and its next bytes. Raises EndOfStream when the container ended."""
        while self._left == 0:
            self._head += await self._read(_HEADER.size - len(self._head))
            if len(self._head) == _HEADER.size:
                self._source, self._left = _HEADER.unpack(self._head)
                self._head = b""
        data = await self._read(min(max_bytes, self._left))
        self._left -= len(data)
        return self._source, data

    async def receive(self, max_bytes: int = _CHUNK) -> bytes:
        """Next bytes of stdout; what stderr says is dropped."""
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
            except (BlockingIOError, InterruptedError):
                await anyio.wait_writable(self._sock)
            except OSError as error:
                raise anyio.BrokenResourceError from error

    async def send_eof(self) -> None:
        """Close stdin; output is still read."""
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
        for part in (getattr(self._keep, "_response", None), getattr(self._keep, "_sock", None), self._keep):
            with suppress(OSError, ValueError, AttributeError):
                part.close()

    async def _read(self, count: int) -> bytes:
        while True:
            self._check()
            try:
                data = self._sock.recv(count)
            except (BlockingIOError, InterruptedError):
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
    return Attached(_plain_socket(handle), handle)


def _plain_socket(handle: Any) -> socket.socket:
    """A non-blocking plain socket that carries ``handle``'s bytes.

    docker-py gives a SocketIO over a UNIX or TCP socket, an SSLSocket for TLS, or a paramiko channel for SSH. The
    event loop can wait for the first; the others are pumped through a socket pair by a thread.
    """
    inner = getattr(handle, "_sock", handle)
    if isinstance(inner, socket.socket) and not isinstance(inner, ssl.SSLSocket):
        plain = inner.dup()
        plain.setblocking(False)
        return plain
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    threading.Thread(target=_pump, args=(inner, theirs), name="docprobe-attach", daemon=True).start()
    return ours


def _pump(remote: Any, local: socket.socket) -> None:
    """Carry bytes between a TLS or SSH connection and a socket pair until either ends. One thread: TLS needs that."""
    remote.setblocking(False)
    local.setblocking(False)
    ways = {"out": bytearray(), "in": bytearray()}
    open_in = True
    with selectors.DefaultSelector() as selector:
        selector.register(local, selectors.EVENT_READ)
        selector.register(remote, selectors.EVENT_READ)
        try:
            while open_in or ways["in"]:
                selector.modify(local, selectors.EVENT_READ | (selectors.EVENT_WRITE if ways["in"] else 0))
                selector.modify(remote, selectors.EVENT_READ | (selectors.EVENT_WRITE if ways["out"] else 0))
                selector.select()
                if len(ways["out"]) < _CHUNK and _take(local, ways["out"]) is False:
                    break
                if len(ways["in"]) < _CHUNK:
                    open_in = _take(remote, ways["in"]) is not False
                _give(local, ways["in"])
                _give(remote, ways["out"])
        except OSError:
            pass
        finally:
            local.close()
            remote.close()


def _take(source: Any, buffer: bytearray) -> bool | None:
    """Read what there is: True if something came, None if nothing yet, False at the end."""
    try:
        data = source.recv(_CHUNK)
    except (BlockingIOError, TimeoutError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
        return None
    buffer += data
    return bool(data)


def _give(target: Any, buffer: bytearray) -> None:
    with suppress(BlockingIOError, TimeoutError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
        while buffer:
            del buffer[: target.send(bytes(buffer))]
