"""The anchor: first process of a pod, owner of its namespaces, and the pod's end of the tunnel.

It speaks frames on its stdin and stdout: opens connections inside the pod for docprobe, listens for docprobe's
services, reports which sockets listen, and writes the example's files before the example starts. When stdin ends,
docprobe is gone: the anchor ends, and with it (it is process 1 of the PID namespace) everything in the pod.

Runs inside the container with Python 3.9 or newer and the standard library.
"""

from __future__ import annotations

import json
import os
import selectors
import signal
import sys
import time
from contextlib import suppress

from harness.engine.inside.connections import Connections
from harness.engine.inside.host_stream import HostStream
from harness.engine.inside.listening import Scan, listening
from harness.engine.tunnel.frames import Frame, Kind

POLL_S = 0.02
"""How often listening sockets are looked for, until one is there."""
SETTLED_POLL_S = 0.1
"""And from then on."""
FIRST_WORD_S = 15.0
"""How long docprobe may take to send anything at first: it may have died before there was a stdin to end."""
SILENCE_S = 90.0
"""How long docprobe, which pings, may then be silent: the end of stdin does not always come through."""
MAX_REPORTED = 128


class Files:
    """The example's files, below a root folder."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.folders: set[str] = set()
        """Those that are known to exist."""

    def write(self, kind: Kind, payload: bytes) -> str | None:
        """Append to a file (STAGE: ``path NUL bytes``) or make a link (LINK: ``path NUL target``).

        Returns what went wrong, or None. A path that would leave the root is refused. A script that names its
        interpreter (``#!``) can be executed, as in a reader's checkout.
        """
        name, _, rest = payload.partition(b"\0")
        relative = name.decode()
        if relative.startswith("/") or ".." in relative.split("/"):
            return "path leaves the example: " + relative[:200]
        path = os.path.join(self.root, relative)
        folder = os.path.dirname(path)
        try:
            if folder not in self.folders:
                os.makedirs(folder, exist_ok=True)
                self.folders.add(folder)
            if kind is Kind.LINK:
                os.symlink(rest.decode(), path)
            else:
                with open(path, "ab") as file:
                    file.write(rest)
                if rest.startswith(b"#!"):
                    os.chmod(path, 0o755)
        except OSError as error:
            return f"{relative}: {error.strerror}"
        return None


class Anchor:
    """The event loop."""

    def __init__(self, root: str, linger_s: float) -> None:
        self.files = Files(root)
        self.linger_s = linger_s
        self.selector = selectors.DefaultSelector()
        self.host = HostStream()
        self.connections = Connections(self.selector, self.host)
        self.scan = Scan()
        self.reported = ""
        self.silent_until = time.monotonic() + FIRST_WORD_S

    def run(self) -> None:
        """Serve until stdin ends."""
        # as process 1 it would ignore the signal by which an engine that is stopped asks it to end
        signal.signal(signal.SIGTERM, lambda number, frame: os._exit(0))
        self.selector.register(0, selectors.EVENT_READ, self)
        self.host.send(Kind.READY, 0, os.uname().release.encode())
        next_poll = 0.0
        while True:
            now = time.monotonic()
            if now > self.silent_until:
                os._exit(0)
            if now >= next_poll:
                self.poll(now)
                next_poll = now + (POLL_S if self.reported in {"", "[]"} else SETTLED_POLL_S)
            self.flush()
            for key, events in self.selector.select(max(0.0, next_poll - time.monotonic())):
                if key.fd == 0:
                    self.receive()
                elif key.fd != 1:
                    self.connections.serve(key.data, events)

    def flush(self) -> None:
        """Send what docprobe takes; once there is room again, connections may be read again."""
        was_full = self.host.full
        waiting = self.host.flush()
        if waiting != (1 in self.selector.get_map()):
            if waiting:
                self.selector.register(1, selectors.EVENT_WRITE, self)
            else:
                self.selector.unregister(1)
        if was_full and not self.host.full:
            self.connections.watch_all()

    def receive(self) -> None:
        """Act on what docprobe sent; at the end of stdin, end."""
        frames = self.host.read()
        if frames is None:
            # docprobe died. Anchors of one run end one after the other: engines do not like many at one moment.
            time.sleep(self.linger_s)
            os._exit(0)
        self.silent_until = time.monotonic() + SILENCE_S
        for frame in frames:
            self.take(frame)

    def take(self, frame: Frame) -> None:
        """Act on one frame."""
        kind, channel, payload = frame
        if kind is Kind.OPEN:
            self.connections.open(channel, payload)
        elif kind is Kind.PING:
            # what has ended or begun is reported first: see Tunnel.sync
            self.poll(time.monotonic())
            self.host.send(Kind.PONG, 0, payload)
        elif kind is Kind.LISTEN:
            self.connections.listen(int(payload))
        elif kind in (Kind.STAGE, Kind.LINK):
            fault = self.files.write(kind, payload)
            if fault:
                self.host.send(Kind.FAULT, 0, fault.encode()[:1000])
        else:
            self.connections.take(kind, channel, payload)

    def poll(self, now: float) -> None:
        """Reap orphans, close connections that do not flush, report listening sockets that changed."""
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            pass
        self.connections.close_overdue(now)
        listeners = self.connections.listeners
        own = {os.fstat(listener.fileno()).st_ino for listener in listeners}
        sockets = listening(own, set(listeners.values()), self.scan)
        report = json.dumps(sorted(sockets)[:MAX_REPORTED])
        if report != self.reported:
            self.reported = report
            self.host.send(Kind.SOCKETS, 0, report.encode())


def main() -> None:
    """Arguments: root folder of the example's files, seconds to wait before ending when docprobe died."""
    os.umask(0)  # the example has another uid and may write beside its files
    with suppress(OSError):
        os.chmod(sys.argv[1], 0o1777)  # Podman gives the folder to this user; elsewhere it is open to all already
    Anchor(sys.argv[1], float(sys.argv[2])).run()
