"""The anchor: first process of a pod, owner of its namespaces, and the pod's end of the tunnel.

It speaks frames on its stdin and stdout: opens connections inside the pod for the host, listens for the host's
services, reports which sockets listen, and lays out the example's files before the example starts. When stdin ends,
docprobe is gone: the anchor ends, and with it (it is process 1 of the PID namespace) everything in the pod.

Runs inside the container with Python 3.9 or newer and the standard library.
"""

from __future__ import annotations

import errno
import json
import os
import selectors
import signal
import socket
import struct
import sys
import time

from harness.engine.inside.files import Files
from harness.engine.inside.host_stream import Host
from harness.engine.inside.listening import Scan, listening
from harness.engine.tunnel.frames import ACCEPTED_FROM, MAX_PAYLOAD, WINDOW, Frame, Kind

POLL_S = 0.02
"""How often listening sockets are looked for, until one is there."""
SETTLED_POLL_S = 0.1
"""And from then on."""
FIRST_WORD_S = 15.0
"""How long the host may take to say something at first: it may have died before there was a stdin to end."""
SILENCE_S = 90.0
"""How long the host, which pings, may then be silent: the end of stdin does not always come through."""
MAX_CHANNELS = 512
MAX_REPORTED = 128
LINGER_S = 5.0
"""How long a closed connection may take to flush."""


class Connection:
    """One TCP connection inside the pod."""

    def __init__(self, channel: int, sock: socket.socket, connecting: bool) -> None:
        self.channel = channel
        self.sock = sock
        self.connecting = connecting
        self.pending = bytearray()
        """From the host, not yet written."""
        self.credit = WINDOW
        """Bytes the host still takes."""
        self.consumed = 0
        """Bytes written since the last credit was given to the host."""
        self.read_ended = False
        self.end_after = False
        """Shut the writing side down when ``pending`` is empty."""
        self.close_by = 0.0
        """Set once the host closed: flush until then."""


class Anchor:
    """The event loop."""

    def __init__(self, root: str, linger_s: float) -> None:
        self.files = Files(root)
        self.linger_s = linger_s
        self.selector = selectors.DefaultSelector()
        self.host = Host()
        self.connections: dict[int, Connection] = {}
        self.listeners: dict[socket.socket, int] = {}
        self.next_accepted = ACCEPTED_FROM + 1
        self.scan = Scan()
        self.reported = ""
        self.speak_by = time.monotonic() + FIRST_WORD_S

    def run(self) -> None:
        """Serve until stdin ends."""
        # as process 1 it would ignore the signal by which an engine that is stopped asks it to end
        signal.signal(signal.SIGTERM, lambda number, frame: os._exit(0))
        self.selector.register(0, selectors.EVENT_READ, self)
        self.say(Kind.READY, 0, os.uname().release.encode())
        next_poll = 0.0
        while True:
            now = time.monotonic()
            if now > self.speak_by:
                os._exit(0)
            if now >= next_poll:
                self.poll(now)
                next_poll = now + (POLL_S if self.reported in {"", "[]"} else SETTLED_POLL_S)
            self.flush()
            for key, events in self.selector.select(max(0.0, next_poll - time.monotonic())):
                if key.fd == 0:
                    self.hear()
                elif key.fd != 1:
                    self.serve(key.data, events)

    # --- the host's side ---

    def say(self, kind: Kind, channel: int = 0, payload: bytes = b"") -> None:
        """Queue a frame for the host."""
        self.host.say(kind, channel, payload)

    def flush(self) -> None:
        """Write what the host will take; once there is room again, connections may be read again."""
        was_full = self.host.full
        waiting = self.host.flush()
        if waiting != (1 in self.selector.get_map()):
            if waiting:
                self.selector.register(1, selectors.EVENT_WRITE, self)
            else:
                self.selector.unregister(1)
        if was_full and not self.host.full:
            for connection in self.connections.values():
                self.watch(connection)

    def hear(self) -> None:
        """Take what the host sent; its end is ours."""
        frames = self.host.read()
        if frames is None:
            # docprobe died. Anchors of one run end one after the other: engines do not like many at one moment.
            time.sleep(self.linger_s)
            os._exit(0)
        self.speak_by = time.monotonic() + SILENCE_S
        for frame in frames:
            self.obey(frame)

    def obey(self, frame: Frame) -> None:
        """Do what one frame of the host asks."""
        kind, channel, payload = frame
        connection = self.connections.get(channel)
        if kind is Kind.OPEN:
            self.open(channel, payload)
        elif kind is Kind.PING:
            self.say(Kind.PONG, 0, payload)
        elif kind is Kind.LISTEN:
            self.listen(int(payload))
        elif kind in (Kind.STAGE, Kind.LINK):
            self.lay_out(kind, payload)
        elif kind is Kind.BYE:
            os._exit(0)
        elif kind is Kind.CLOSE:
            self.say(Kind.CLOSED, channel)
            if connection is not None:
                connection.close_by = time.monotonic() + LINGER_S
                self.write_connection(connection)
        elif connection is None:
            return  # it broke here while the host was still sending
        elif kind is Kind.DATA:
            connection.pending += payload
            self.write_connection(connection)
        elif kind is Kind.END:
            connection.end_after = True
            self.write_connection(connection)
        elif kind is Kind.CREDIT:
            connection.credit += struct.unpack("!I", payload)[0]
            self.watch(connection)

    def lay_out(self, kind: Kind, payload: bytes) -> None:
        """Write a piece of one of the example's files, or a link; say what went wrong."""
        fault = self.files.lay_out(kind, payload)
        if fault:
            self.say(Kind.FAULT, 0, fault.encode()[:1000])

    # --- the pod's side ---

    def open(self, channel: int, payload: bytes) -> None:
        """Begin to connect."""
        address, _, port = payload.partition(b"\0")
        family = socket.AF_INET6 if b":" in address else socket.AF_INET
        try:
            sock = socket.socket(family, socket.SOCK_STREAM)
            sock.setblocking(False)
            code = sock.connect_ex((address.decode(), int(port)))
        except OSError as error:
            code = error.errno or errno.EINVAL
        if code not in (0, errno.EINPROGRESS):
            self.say(Kind.FAILED, channel, str(code).encode())
            return
        self.add(Connection(channel, sock, connecting=True))

    def listen(self, port: int) -> None:
        """Listen on both loopback addresses; IPv4 alone is enough where the pod has no IPv6."""
        for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
            try:
                sock = socket.socket(family, socket.SOCK_STREAM)
                if family == socket.AF_INET6:
                    sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                sock.bind((address, port))
                sock.listen(128)
            except OSError as error:
                if family == socket.AF_INET6:
                    continue
                self.say(Kind.FAILED, 0, f"{port} {error.errno}".encode())
                return
            sock.setblocking(False)
            self.listeners[sock] = port
            self.selector.register(sock, selectors.EVENT_READ, sock)
        self.say(Kind.LISTENING, 0, str(port).encode())

    def add(self, connection: Connection) -> None:
        """Begin to serve a connection."""
        self.connections[connection.channel] = connection
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.watch(connection)

    def watch(self, connection: Connection) -> None:
        """Tell the selector what this connection waits for."""
        events = 0
        if connection.connecting or connection.pending:
            events |= selectors.EVENT_WRITE
        readable = not connection.connecting and not connection.read_ended and not connection.close_by
        if readable and connection.credit > 0 and not self.host.full:
            events |= selectors.EVENT_READ
        known = connection.sock in self.selector.get_map()
        if events and known:
            self.selector.modify(connection.sock, events, connection)
        elif events:
            self.selector.register(connection.sock, events, connection)
        elif known:
            self.selector.unregister(connection.sock)

    def serve(self, what: object, events: int) -> None:
        """Do what a socket is ready for."""
        if isinstance(what, socket.socket):
            self.accept(what)
        elif isinstance(what, Connection) and what.channel in self.connections:  # else closed since it was ready
            if what.connecting:
                self.connected(what)
            elif events & selectors.EVENT_WRITE:
                self.write_connection(what)
            if events & selectors.EVENT_READ and what.channel in self.connections and not what.close_by:
                self.read_connection(what)

    def accept(self, listener: socket.socket) -> None:
        """Take a connection to one of the host's services."""
        try:
            sock, _ = listener.accept()
        except OSError:
            return
        if len(self.connections) >= MAX_CHANNELS:
            sock.close()
            return
        sock.setblocking(False)
        channel = self.next_accepted
        self.next_accepted += 1
        self.say(Kind.ACCEPTED, channel, str(self.listeners[listener]).encode())
        self.add(Connection(channel, sock, connecting=False))

    def connected(self, connection: Connection) -> None:
        """A connection was made, or refused."""
        code = connection.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            self.drop(connection, code)
            return
        connection.connecting = False
        if not connection.close_by:
            self.say(Kind.OPENED, connection.channel)
        self.write_connection(connection)

    def read_connection(self, connection: Connection) -> None:
        """Carry bytes to the host, as far as it takes them."""
        try:
            data = connection.sock.recv(min(MAX_PAYLOAD, connection.credit))
        except BlockingIOError:
            return
        except OSError as error:
            self.drop(connection, error.errno or errno.ECONNRESET)
            return
        if data:
            connection.credit -= len(data)
            self.say(Kind.DATA, connection.channel, data)
        else:
            connection.read_ended = True
            self.say(Kind.END, connection.channel)
        self.watch(connection)

    def write_connection(self, connection: Connection) -> None:
        """Carry bytes from the host, as far as the connection takes them."""
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
            self.drop(connection, error.errno or errno.EPIPE)
            return
        if connection.consumed >= WINDOW // 4 and not connection.close_by:
            self.say(Kind.CREDIT, connection.channel, struct.pack("!I", connection.consumed))
            connection.consumed = 0
        if not connection.pending:
            if connection.close_by:
                self.forget(connection)
                return
            if connection.end_after:
                connection.end_after = False
                try:
                    connection.sock.shutdown(socket.SHUT_WR)
                except OSError as error:
                    self.drop(connection, error.errno or errno.EPIPE)
                    return
        self.watch(connection)

    def drop(self, connection: Connection, code: int) -> None:
        """The connection broke: tell the host, who answers with CLOSE."""
        if not connection.close_by:
            self.say(Kind.FAILED, connection.channel, str(code).encode())
        self.forget(connection)

    def forget(self, connection: Connection) -> None:
        """Close a connection."""
        if connection.sock in self.selector.get_map():
            self.selector.unregister(connection.sock)
        connection.sock.close()
        del self.connections[connection.channel]

    # --- the pod's state ---

    def poll(self, now: float) -> None:
        """Reap orphans, give up on connections that do not flush, report listening sockets that changed."""
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            pass
        for connection in [c for c in self.connections.values() if c.close_by and c.close_by < now]:
            self.forget(connection)
        own = {os.fstat(listener.fileno()).st_ino for listener in self.listeners}
        found = listening(own, set(self.listeners.values()), self.scan)
        report = json.dumps(sorted(found)[:MAX_REPORTED])
        if report != self.reported:
            self.reported = report
            self.say(Kind.SOCKETS, 0, report.encode())


def main() -> None:
    """Arguments: root folder of the example's files, seconds to wait before ending when docprobe died."""
    os.umask(0)  # the example has another uid and may write beside its files
    Anchor(sys.argv[1], float(sys.argv[2])).run()
