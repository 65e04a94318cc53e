"""Server-sent events from bytes as they arrive: httpx-sse parses, this cuts the stream into event blocks.

Each block goes to a decoder of its own, so that an event shows only the id that it carried itself: a decoder that
lives as long as the stream repeats the last id on every later event (as the standard wants for reconnecting), and
a check for unique ids could not tell the two apart.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import httpx
from httpx_sse import EventSource

if TYPE_CHECKING:
    from collections.abc import Iterator

    from httpx_sse import ServerSentEvent

_BLANK_LINE: Final = re.compile(rb"(?:\r\n|\n|\r(?!\n)){2}")
_HEADERS: Final = {"content-type": "text/event-stream"}


class EventParser:
    """Takes a stream's bytes piece by piece, gives its events as soon as each is whole. LF, CRLF and CR."""

    def __init__(self) -> None:
        self._rest = bytearray()
        self._searched = 0

    def feed(self, data: bytes) -> Iterator[ServerSentEvent]:
        """The events that ``data`` completed."""
        self._rest += data
        while True:
            # a final CR may be the first half of a CRLF that is still on its way
            end = len(self._rest) - 1 if self._rest.endswith(b"\r") else len(self._rest)
            blank = _BLANK_LINE.search(self._rest, self._searched, end)
            if blank is None:
                self._searched = max(0, end - 3)
                return
            block = bytes(self._rest[: blank.end()])
            del self._rest[: blank.end()]
            self._searched = 0
            yield from EventSource(httpx.Response(200, headers=_HEADERS, content=block)).iter_sse()
