"""Read a reply to its end, to a plan, or to a limit: every body ends in bounded time and memory.

Server-sent events are cut out of the bytes as they arrive and parsed by httpx-sse, each by a decoder of its own, so
that an event shows only the id that it carried itself: a decoder that lives as long as the stream repeats the last id
on every later event (as the standard wants for reconnecting), and a check for unique ids could not tell the two apart.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

import anyio
import httpx
from httpx_sse import EventSource

from harness.base import jsonrpc
from harness.exchanges.http_exchange import LINGER_S, WIRE_ERRORS, classify_body_fault
from harness.model import KEPT_BYTES, BodyFault, Reply, SseEvent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from httpx_sse import ServerSentEvent

READ_BYTES: Final = 8 * 1024 * 1024
"""Bytes after which reading stops by default, received or decompressed."""
KEPT_EVENTS: Final = 1000
"""Events after which reading stops."""
EVENTS_BYTES: Final = 256 * 1024
"""Characters of all events of one stream that are kept."""
CONVERSATION_BYTES: Final = 4 * 1024 * 1024
"""Characters of bodies and events that are kept of one conversation; after that, of each the beginning."""
CUT_BYTES: Final = 512
"""Characters that are kept of a body or event beyond those limits."""
MOST_VALUES: Final = 200_000
"""JSON values of one reply. A few bytes each on the wire, they take a hundred times that in memory."""


@dataclass(slots=True)
class KeptBody:
    """What a transcript keeps so far of a whole conversation. Mutable; all its replies share it."""

    characters: int = 0

    def cut(self, text: str, most: int = KEPT_BYTES) -> str:
        """Return what is kept of ``text``: its beginning of up to ``most`` characters, less once much is kept."""
        most = min(most, max(CUT_BYTES, CONVERSATION_BYTES - self.characters))
        text = text[:most]
        self.characters += len(text)
        return text


@dataclass(frozen=True, slots=True)
class ReadPlan:
    """How long a body is read."""

    total_s: float
    """Time for the whole body; past it the fault is ``timeout``."""
    answers: int | None = None
    """JSON-RPC id whose response ends the reading of an event stream; None if none is expected."""
    linger_s: float = LINGER_S
    """Time an event stream may take to end after that response; still open then, the fault is ``open``."""
    listen_s: float | None = None
    """Time to listen to an event stream that owes no response (GET, a notification); then the fault is ``open``."""
    cuts: bool = False
    """Whether to stop at the first event with an id, as a client whose connection breaks; the fault is ``open``."""


class _Decoder(Protocol):
    def __call__(self, data: bytes, limit: int) -> bytes: ...


class _Inflate:
    """gzip, zlib or raw deflate, never giving more than it is asked for."""

    def __init__(self) -> None:
        self._inflate = zlib.decompressobj(zlib.MAX_WBITS | 32)

    def __call__(self, data: bytes, limit: int) -> bytes:
        return self._inflate.decompress(self._inflate.unconsumed_tail + data, limit)


def _plain(data: bytes, limit: int) -> bytes:
    return data[:limit]


def _decoder(encoding: str) -> _Decoder | None:
    match encoding:
        case "" | "identity":
            return _plain
        case "gzip" | "x-gzip" | "deflate":
            return _Inflate()
        case _:
            return None


class BodyReader:
    """A reply's body while it is read: events of a stream that is still open can be seen in it."""

    def __init__(self, started: float, *, most_bytes: int = READ_BYTES, kept: KeptBody | None = None) -> None:
        """Start with nothing read.

        Args:
            started: when the conversation began, on the event loop's clock.
            most_bytes: after which reading stops, received or decompressed.
            kept: what the conversation's transcript has kept so far.
        """
        self._started = started
        self._most_bytes = most_bytes
        self._kept = kept or KeptBody()
        self._of_events = 0
        self._values = 0
        self._body: str | None = None
        self.received = 0
        self.text = bytearray()
        self.events: list[SseEvent] = []
        self.messages: tuple[jsonrpc.Message, ...] = ()
        self.fault: BodyFault | None = None
        self.truncated = False
        self.ended = False
        """Nothing more will come of it."""
        self.heard: Callable[[jsonrpc.Message], None] = lambda message: None
        """Called with each message of an event stream as soon as it is whole."""
        self._scope: anyio.CancelScope | None = None

    def stop(self) -> None:
        """Read no further; a stream that is still open is recorded so."""
        if self._scope is not None:
            self._scope.cancel()

    async def read(self, response: httpx.Response, plan: ReadPlan) -> None:
        """Read by ``plan``; afterwards ``fault`` is why reading stopped, if not at the end."""
        media = (response.headers.get("content-type") or "").split(";")[0].strip().lower()
        stream = media == "text/event-stream"
        decoder = _decoder((response.headers.get("content-encoding") or "").strip().lower())
        if decoder is None:
            self.fault, decoder = BodyFault.BAD_ENCODING, _plain
        parser = EventParser() if stream else None
        listening = stream and plan.listen_s is not None
        answered = False
        with anyio.move_on_after(plan.listen_s if listening else plan.total_s) as scope:
            self._scope = scope
            try:
                async for piece in response.stream:  # type: ignore[union-attr]
                    before = len(self.messages)
                    if not self._take(piece, decoder, parser):
                        break
                    fresh = self.messages[before:]
                    if stream and not answered and jsonrpc.response_to(fresh, plan.answers) is not None:
                        answered = True
                        scope.deadline = min(scope.deadline, anyio.current_time() + plan.linger_s)
                    if plan.cuts and any(event.id for event in self.events):
                        self.fault = BodyFault.OPEN
                        break
            except WIRE_ERRORS as error:
                self.fault = classify_body_fault(error)
        if scope.cancelled_caught:
            self.fault = BodyFault.OPEN if answered or listening else BodyFault.TIMEOUT
        self._finish(media)
        self.ended = True

    def _take(self, piece: bytes, decoder: _Decoder, parser: EventParser | None) -> bool:
        """Keep one piece; return False once a limit is reached."""
        self.received += len(piece)
        room = self._most_bytes - len(self.text)
        try:
            data = decoder(piece, room + 1)
        except zlib.error:
            self.fault = BodyFault.BAD_ENCODING
            return False
        self.text += data
        self._values += sum(map(data.count, (b",", b"[", b"{")))
        if len(self.text) > self._most_bytes or self.received > self._most_bytes or self._values > MOST_VALUES:
            del self.text[self._most_bytes :]
            self.fault = BodyFault.TOO_LARGE
            return False
        for event in parser.feed(data) if parser else ():
            fresh = jsonrpc.messages(event.data) or () if event.data else ()
            self.messages += fresh
            for message in fresh:
                self.heard(message)
            kept = self._kept.cut(event.data, KEPT_BYTES if self._of_events < EVENTS_BYTES else CUT_BYTES)
            self._of_events += len(kept)
            self.truncated |= len(kept) < len(event.data)
            at_s = round(anyio.current_time() - self._started, 4)
            self.events.append(SseEvent(event.event, kept, event.id or None, at_s, event.retry))
            if len(self.events) >= KEPT_EVENTS:
                self.fault = BodyFault.TOO_LARGE
                return False
        return True

    def _finish(self, media: str) -> None:
        """Check a whole body: its encoding, and that it is JSON where it claims to be."""
        stream = media == "text/event-stream"
        messages = None if stream or self._values > MOST_VALUES else jsonrpc.messages(bytes(self.text))
        self.messages = self.messages if stream else messages or ()
        if self.fault is not None or not self.text:
            return
        try:
            self.text.decode()
        except UnicodeDecodeError:
            self.fault = BodyFault.INVALID_UTF8
            return
        if messages is None and media == "application/json":
            self.fault = BodyFault.INVALID_JSON

    def reply(self, response: httpx.Response) -> Reply:
        """Return what is recorded of it."""
        if self._body is None or not self.ended:
            text = bytes(self.text[:KEPT_BYTES]).decode("utf-8", "backslashreplace")
            self._body = self._kept.cut(text, len(text))
            self.truncated |= len(self._body) < len(text)
        return Reply(
            status=response.status_code,
            headers=tuple((k.decode("latin-1"), v.decode("latin-1")) for k, v in response.headers.raw),
            body=self._body,
            body_bytes=self.received,
            events=tuple(self.events),
            complete=self.fault in (None, BodyFault.INVALID_UTF8, BodyFault.INVALID_JSON),
            truncated=self.truncated or len(self.text) > KEPT_BYTES,
            fault=self.fault,
        )


_BLANK_LINE: Final = re.compile(rb"(?:\r\n|\n|\r(?!\n)){2}")
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_HEADERS: Final = {"content-type": "text/event-stream"}


class EventParser:
    """Cuts a stream's bytes into events, each as soon as it is whole.

    Lines end with LF, CRLF or CR, and a byte order mark may come first (HTML standard, "Parsing an event stream").
    """

    def __init__(self) -> None:
        self._rest = bytearray()
        self._searched = 0
        self._began = False

    def feed(self, data: bytes) -> Iterator[ServerSentEvent]:
        """Return the events that ``data`` completed."""
        self._rest += data
        while True:
            blank = _BLANK_LINE.search(self._rest, self._searched)
            # an LF that comes after a final CR, as the second half of its line's end, begins the next block:
            # blank lines before an event mean nothing
            if blank is None:
                self._searched = max(0, len(self._rest) - 3)
                return
            block = bytes(self._rest[: blank.end()])
            del self._rest[: blank.end()]
            self._searched = 0
            if not self._began:
                self._began, block = True, block.removeprefix(_BYTE_ORDER_MARK)
            yield from EventSource(httpx.Response(200, headers=_HEADERS, content=block)).iter_sse()
