"""The TCP connections of a pod's end of the tunnel, and the listeners of docprobe's services.

Runs inside the container with Python 3.9 or newer and the standard library.
"""

from __future__ import annotations

import errno
import selectors
import socket
import struct
import time
from typing import TYPE_CHECKING

from harness.engine.tunnel.frames import ACCEPTED_FROM, MAX_PAYLOAD, WINDOW, Kind

if TYPE_CHECKING:
    from harness.engine.inside.host_stream import HostStream

MAX_CONNECTIONS = 512
LINGER_S = 5.0
"""How long a closed connection may take to flush."""
CREDIT_STEP = WINDOW // 4
LOOPBACK = ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"))


class Connection:
    """One TCP connection inside the pod."""

    def __init__(self, channel: int, sock: socket.socket, connecting: bool) -> None:
        self.channel = channel
        self.sock = sock
        self.connecting = connecting
        self.pending = bytearray()
        """From docprobe, not yet written."""
        self.credit = WINDOW
        """Bytes that docprobe still takes."""
        self.consumed = 0
        """Bytes written since docprobe was last granted credit."""
        self.read_ended = False
        self.end_after = False
        """Whether to close the writing side when ``pending`` is empty."""
        self.close_by = 0.0
        """Set once docprobe closed the channel: flush until then."""


class Connections:
    """All connections and listeners, registered with one selector."""

    def __init__(self, selector: selectors.BaseSelector, host: HostStream) -> None:
        self.selector = selector
        self.host = host
        self.by_channel: dict[int, Connection] = {}
        self.listeners: dict[socket.socket, int] = {}
        """Listening socket to port."""
        self.next_accepted = ACCEPTED_FROM + 1

    # --- what docprobe asks for ---

    def open(self, channel: int, payload: bytes) -> None:
        """Begin to connect to ``address NUL port``."""
        address, _, port = payload.partition(b"\0")
        family = socket.AF_INET6 if b":" in address else socket.AF_INET
        try:
            sock = socket.socket(family, socket.SOCK_STREAM)
            sock.setblocking(False)
            code = sock.connect_ex((address.decode(), int(port)))
        except OSError as error:
            code = error.errno or errno.EINVAL
        if code not in (0, errno.EINPROGRESS):
            self.host.send(Kind.FAILED, channel, str(code).encode())
            return
        self.add(Connection(channel, sock, connecting=True))

    def listen(self, port: int) -> None:
        """Listen on both loopback addresses; IPv4 alone is enough where the pod has no IPv6."""
        for family, address in LOOPBACK:
            try:
                sock = socket.socket(family, socket.SOCK_STREAM)
                if family == socket.AF_INET6:
                    sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                sock.bind((address, port))
                sock.listen(128)
            except OSError as error:
                if family == socket.AF_INET6:
                    continue
                self.host.send(Kind.FAILED, 0, f"{port} {error.errno}".encode())
                return
            sock.setblocking(False)
            self.listeners[sock] = port
            self.selector.register(sock, selectors.EVENT_READ, sock)
        self.host.send(Kind.LISTENING, 0, str(port).encode())

    def take(self, kind: Kind, channel: int, payload: bytes) -> None:
        """Act on a frame of a channel: DATA, END, CREDIT or CLOSE."""
        connection = self.by_channel.get(channel)
        if kind is Kind.CLOSE:
            self.host.send(Kind.CLOSED, channel)
            if connection is not None:
                connection.close_by = time.monotonic() + LINGER_S
                self.write(connection)
        elif connection is None:
            return  # it broke here while docprobe was still sending
        elif kind is Kind.DATA:
            connection.pending += payload
            self.write(connection)
        elif kind is Kind.END:
            connection.end_after = True
            self.write(connection)
        elif kind is Kind.CREDIT:
            connection.credit += struct.unpack("!I", payload)[0]
            self.watch(connection)

    # --- what the sockets are ready for ---

    def serve(self, ready: object, events: int) -> None:
        """Do what a socket is ready for; ``ready`` is what it was registered with."""
        if isinstance(ready, socket.socket):
            self.accept(ready)
        elif isinstance(ready, Connection) and ready.channel in self.by_channel:  # else closed since it was ready
            if ready.connecting:
                self.finish_connecting(ready)
            elif events & selectors.EVENT_WRITE:
                self.write(ready)
            if events & selectors.EVENT_READ and ready.channel in self.by_channel and not ready.close_by:
                self.read(ready)

    def accept(self, listener: socket.socket) -> None:
        """Accept a connection to one of docprobe's services."""
        try:
            sock, _ = listener.accept()
        except OSError:
            return
        if len(self.by_channel) >= MAX_CONNECTIONS:
            sock.close()
            return
        sock.setblocking(False)
        channel = self.next_accepted
        self.next_accepted += 1
        self.host.send(Kind.ACCEPTED, channel, str(self.listeners[listener]).encode())
        self.add(Connection(channel, sock, connecting=False))

    def finish_connecting(self, connection: Connection) -> None:
        """Report that a connection was made, or refused."""
        code = connection.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            self.fail(connection, code)
            return
        connection.connecting = False
        if not connection.close_by:
            self.host.send(Kind.OPENED, connection.channel)
        self.write(connection)

    def read(self, connection: Connection) -> None:
        """Send bytes of a connection to docprobe, as far as it takes them."""
        try:
            data = connection.sock.recv(min(MAX_PAYLOAD, connection.credit))
        except BlockingIOError:
            return
        except OSError as error:
            self.fail(connection, error.errno or errno.ECONNRESET)
            return
        if data:
            connection.credit -= len(data)
            self.host.send(Kind.DATA, connection.channel, data)
        else:
            connection.read_ended = True
            self.host.send(Kind.END, connection.channel)
        self.watch(connection)

    def write(self, connection: Connection) -> None:
        """Write docprobe's bytes to a connection, as far as it takes them."""
        if connection.connecting:
            return
        try:
            while connection.pending:
                sent = connection.sock.send(connection.pending)
                del connection.pending[:sent]
                connection.consumed += sent
        except BlockingIOError:
            pass
        except OSError as error:
            self.fail(connection, error.errno or errno.EPIPE)
            return
        if connection.consumed >= CREDIT_STEP and not connection.close_by:
            self.host.send(Kind.CREDIT, connection.channel, struct.pack("!I", connection.consumed))
            connection.consumed = 0
        if not connection.pending:
            if connection.close_by:
                self.close(connection)
                return
            if connection.end_after:
                connection.end_after = False
                try:
                    connection.sock.shutdown(socket.SHUT_WR)
                except OSError as error:
                    self.fail(connection, error.errno or errno.EPIPE)
                    return
        self.watch(connection)

    # --- bookkeeping ---

    def add(self, connection: Connection) -> None:
        """Begin to serve a connection."""
        self.by_channel[connection.channel] = connection
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.watch(connection)

    def watch(self, connection: Connection) -> None:
        """Register with the selector what a connection waits for."""
        events = 0
        if connection.connecting or connection.pending:
            events |= selectors.EVENT_WRITE
        readable = not connection.connecting and not connection.read_ended and not connection.close_by
        if readable and connection.credit > 0 and not self.host.full:
            events |= selectors.EVENT_READ
        registered = connection.sock in self.selector.get_map()
        if events and registered:
            self.selector.modify(connection.sock, events, connection)
        elif events:
            self.selector.register(connection.sock, events, connection)
        elif registered:
            self.selector.unregister(connection.sock)

    def watch_all(self) -> None:
        """Register all connections again: docprobe takes bytes again."""
        for connection in self.by_channel.values():
            self.watch(connection)

    def close_overdue(self, now: float) -> None:
        """Close the connections that did not flush in time."""
        for connection in [c for c in self.by_channel.values() if c.close_by and c.close_by < now]:
            self.close(connection)

    def fail(self, connection: Connection, code: int) -> None:
        """Report that a connection broke; docprobe answers with CLOSE."""
        if not connection.close_by:
            self.host.send(Kind.FAILED, connection.channel, str(code).encode())
        self.close(connection)

    def close(self, connection: Connection) -> None:
        """Close a connection."""
        if connection.sock in self.selector.get_map():
            self.selector.unregister(connection.sock)
        connection.sock.close()
        del self.by_channel[connection.channel]
