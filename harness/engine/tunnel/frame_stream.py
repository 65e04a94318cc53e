"""Frames over a byte stream. Everything that arrives is checked."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import anyio

from harness.engine.tunnel.frames import MAX_PAYLOAD, Decoder, Frame, Kind, encode
from harness.model import ListeningSocket

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from anyio.abc import ByteStream

STREAM_ERRORS: Final = (OSError, anyio.BrokenResourceError, anyio.ClosedResourceError)
"""What a stream raises when it is gone."""


class FrameStream:
    """Sends and receives frames over a byte stream."""

    def __init__(self, stream: ByteStream) -> None:
        self._stream = stream
        self._decoder = Decoder()
        self._writing = anyio.Lock(fast_acquire=True)
        self._held = b""

    def hold(self, kind: Kind, channel: int, payload: bytes) -> None:
        """Keep one frame back until the next is sent: both go as one."""
        self._held += encode(kind, channel, payload)

    async def send(self, kind: Kind, channel: int = 0, payload: bytes = b"") -> None:
        """Send one frame whole, even if the caller is cancelled: half a frame would end the tunnel.

        So a send can hang until :meth:`aclose`. Raises one of STREAM_ERRORS.
        """
        frame, self._held = self._held + encode(kind, channel, payload), b""
        with anyio.CancelScope(shield=True):
            async with self._writing:
                await self._stream.send(frame)

    async def frames(self) -> AsyncIterator[Frame]:
        """Yield frames as they come. Raises FrameError, EndOfStream or one of STREAM_ERRORS."""
        while True:
            for frame in self._decoder.feed(await self._stream.receive(MAX_PAYLOAD * 8)):
                yield frame

    async def aclose(self) -> None:
        """Close the stream."""
        with suppress(*STREAM_ERRORS):
            await self._stream.aclose()


def read_sockets(payload: bytes) -> tuple[ListeningSocket, ...]:
    """Read the payload of a SOCKETS frame. Raises ValueError or RecursionError if it is malformed."""
    report = json.loads(payload)
    if not isinstance(report, list):
        raise ValueError("report of sockets is not a list")
    sockets = []
    for entry in report:
        match entry:
            case [str(address), int(port)] if len(address) < 64 and 0 < port < 65536:
                sockets.append(ListeningSocket(address, port))
            case _:
                raise ValueError("report of sockets is malformed")
    return tuple(sockets)
