"""The stream to docprobe: frames on stdin and stdout, without ever waiting.

Runs inside the container with Python 3.9 or newer and the standard library.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from harness.engine.tunnel.frames import Decoder, Kind, encode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.engine.tunnel.frames import Frame

FULL = 1024 * 1024
"""Bytes waiting to be sent above which nothing more should be read from connections."""
CHUNK = 256 * 1024


class HostStream:
    """Frames from and to docprobe, the other end of stdin and stdout."""

    def __init__(self) -> None:
        self.decoder = Decoder()
        self.out = bytearray()
        for fd in (0, 1):
            os.set_blocking(fd, False)

    @property
    def full(self) -> bool:
        """Whether enough is waiting to be sent."""
        return len(self.out) >= FULL

    def send(self, kind: Kind, channel: int = 0, payload: bytes = b"") -> None:
        """Queue a frame."""
        self.out += encode(kind, channel, payload)

    def flush(self) -> bool:
        """Write as much as is taken; return whether something is still waiting."""
        while self.out:
            try:
                written = os.write(1, self.out[:CHUNK])
            except BlockingIOError:
                return True
            except OSError:
                os._exit(0)
            del self.out[:written]
        return False

    def read(self) -> Iterator[Frame] | None:
        """Return the frames that came; None at the end of stdin."""
        try:
            data = os.read(0, CHUNK)
        except BlockingIOError:
            return iter(())
        return self.decoder.feed(data) if data else None
