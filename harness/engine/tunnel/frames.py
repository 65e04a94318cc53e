"""The frames of the tunnel, for docprobe and for the anchor inside the pod (protocol: ``tunnel/__init__.py``).

The anchor runs this file inside the container: standard library only, Python 3.9 or newer. A frame is a header (kind,
channel, payload length; network order) and its payload.
"""

from __future__ import annotations

import struct
from enum import IntEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

HEADER = struct.Struct("!BII")
MAX_PAYLOAD = 32 * 1024
"""Bytes; small enough that one busy connection does not delay another."""
WINDOW = 256 * 1024
"""Bytes of one connection and direction that may be on the way before the reader has taken them."""
ACCEPTED_FROM = 0x8000_0000
"""Channels of accepted connections are numbered from here, those of opened ones from 1."""


class Kind(IntEnum):
    """What a frame is. Names are from the sender's view."""

    # docprobe to anchor
    OPEN = 1
    """Connect to ``address NUL port``."""
    CLOSE = 2
    """docprobe is done with the channel: flush, close, answer CLOSED. docprobe's last frame for it."""
    LISTEN = 3
    """Listen on the port (text) of both loopback addresses; channel 0."""
    STAGE = 4
    """Append to a file of the example: ``path NUL bytes``; channel 0."""
    LINK = 5
    """Make a symbolic link: ``path NUL target``; channel 0."""
    PING = 6
    """Answer PONG, with the same payload."""
    # anchor to docprobe
    READY = 16
    """The anchor is up: release of the kernel that it sees."""
    OPENED = 17
    FAILED = 18
    """Opening or listening failed, or the connection broke: errno as text."""
    ACCEPTED = 19
    """Somebody connected to the listener of this port (text)."""
    CLOSED = 20
    """The anchor's last frame for the channel."""
    LISTENING = 21
    """The port (text) has a listener."""
    SOCKETS = 22
    """JSON ``[[address, port], …]``: all TCP sockets that listen and are not the anchor's."""
    PONG = 23
    FAULT = 24
    """Something that docprobe asked for failed inside the pod; text."""
    # both ways
    DATA = 32
    END = 33
    """No more data from this side."""
    CREDIT = 34
    """The other side may send this many bytes (32 bit) more."""


class Frame(NamedTuple):
    """One frame."""

    kind: Kind
    channel: int
    payload: bytes


class FrameError(Exception):
    """The other side broke the protocol."""


_KINDS = {int(kind): kind for kind in Kind}


def encode(kind: Kind, channel: int = 0, payload: bytes = b"") -> bytes:
    """Return one frame as bytes. Raises FrameError if ``payload`` has more than MAX_PAYLOAD bytes."""
    if len(payload) > MAX_PAYLOAD:
        raise FrameError(f"payload of {len(payload)} bytes")
    return HEADER.pack(kind, channel, len(payload)) + payload


class Decoder:
    """Bytes in, frames out. Holds at most one unfinished frame."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[Frame]:
        """Yield the frames that ``data`` completes.

        Raises FrameError at an unknown kind or a length above MAX_PAYLOAD; nothing can be read after that.
        """
        buffer = self._buffer
        buffer += data
        start = 0
        while len(buffer) - start >= HEADER.size:
            kind, channel, length = HEADER.unpack_from(buffer, start)
            if kind not in _KINDS or length > MAX_PAYLOAD:
                raise FrameError(f"frame of kind {kind} with {length} bytes")
            end = start + HEADER.size + length
            if len(buffer) < end:
                break
            yield Frame(_KINDS[kind], channel, bytes(buffer[start + HEADER.size : end]))
            start = end
        del buffer[:start]
