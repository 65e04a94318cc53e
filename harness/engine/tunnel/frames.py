"""The frames of the tunnel, spoken by the host and by the anchor inside the pod.

Standard library only, and old Python too: the anchor runs this file inside the container. A frame is a header
(kind, channel, payload length; network order) and its payload. Channel 0 is the tunnel itself; the host numbers the
connections it opens from 1, the anchor those it accepted from :data:`ACCEPTED_FROM`; a number is never used again.
"""

from __future__ import annotations

import struct
from enum import IntEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

HEADER = struct.Struct("!BII")
MAX_PAYLOAD = 32 * 1024
"""Bytes; small enough that one busy connection does not hold up another."""
WINDOW = 256 * 1024
"""Bytes of one connection and direction that may be under way before the reader has taken them."""
ACCEPTED_FROM = 0x8000_0000


class Kind(IntEnum):
    """What a frame says. Names are from the sender's view."""

    # host to anchor
    OPEN = 1
    """Connect to ``address NUL port``."""
    CLOSE = 2
    """The host is done with the channel: flush, close, answer CLOSED. The host's last frame for it."""
    LISTEN = 3
    """Listen on the port (text) of both loopback addresses; channel 0."""
    STAGE = 4
    """Append to a file of the example: ``path NUL bytes``; channel 0."""
    LINK = 5
    """Make a symbolic link: ``path NUL target``; channel 0."""
    PING = 6
    BYE = 7
    """End at once."""
    # anchor to host
    READY = 16
    """The anchor is up."""
    OPENED = 17
    FAILED = 18
    """Opening or listening failed, or the connection broke: errno as text."""
    ACCEPTED = 19
    """A connection to the listener of this port (text)."""
    CLOSED = 20
    """The anchor's last frame for the channel."""
    LISTENING = 21
    """The port (text) is being listened on."""
    SOCKETS = 22
    """JSON: ``[[address, port], …]``, all TCP sockets that listen and are not the anchor's."""
    PONG = 23
    FAULT = 24
    """Something the host asked for went wrong inside the pod; text."""
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
    """The other side does not speak the protocol."""


_KINDS = {int(kind): kind for kind in Kind}


def encode(kind: Kind, channel: int = 0, payload: bytes = b"") -> bytes:
    """One frame as bytes. ``payload`` has at most MAX_PAYLOAD bytes."""
    if len(payload) > MAX_PAYLOAD:
        raise FrameError(f"payload of {len(payload)} bytes")
    return HEADER.pack(kind, channel, len(payload)) + payload


class Decoder:
    """Bytes in, frames out. Holds at most one unfinished frame."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[Frame]:
        """The frames that ``data`` completes.

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
