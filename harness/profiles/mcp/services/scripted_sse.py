"""The HTTP+SSE transport of 2024-11-05 in the scripted server: a stream, and a second endpoint that it names.

Sentences: transports page of 2024-11-05, "HTTP with SSE". Every answer comes on the stream, and a POST gets 202.
"""

from __future__ import annotations

import uuid
from collections import deque
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

import anyio
from starlette.responses import Response, StreamingResponse

from harness.profiles.mcp.messages import encode, initialize_version
from harness.profiles.mcp.services.scripted_answers import reply_in_session

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request

    from harness.base.jsonrpc import Message

TARGET: Final = "/docprobe/messages"
_KEY: Final = "stream"


class SseStreams:
    """The open streams of clients of the HTTP+SSE transport. Mutable."""

    def __init__(self) -> None:
        self.negotiated: set[str] = set()
        self._streams: dict[str, _EventQueue] = {}

    def open(self) -> Response:
        """Open a stream whose first event names where to POST."""
        id = str(uuid.uuid4())
        queue = self._streams[id] = _EventQueue()
        queue.put("endpoint", f"{TARGET}?{urlencode({_KEY: id})}".encode())
        return StreamingResponse(queue.events(), media_type="text/event-stream")

    def answers(self, request: Request) -> bool:
        """Return whether a request goes to an endpoint that a stream named."""
        return request.url.path == TARGET and request.query_params.get(_KEY) in self._streams

    def post(self, request: Request, message: Message | None) -> Response:
        """Answer a message on its stream, as :meth:`answers` said that it may be."""
        if message is None:
            return Response("a single message is expected", 400)
        method = message.get("method")
        if "id" in message and isinstance(method, str):
            reply = reply_in_session(message, method)
            if version := initialize_version(reply):
                self.negotiated.add(version)
            self._streams[request.query_params[_KEY]].put("message", encode(reply))
        return Response("Accepted", 202)


class _EventQueue:
    """Events of one stream that are still to be sent. Mutable."""

    def __init__(self) -> None:
        self._waiting: deque[bytes] = deque()
        self._changed = anyio.Event()

    def put(self, event: str, data: bytes) -> None:
        """Send an event as soon as the stream is read."""
        self._waiting.append(b"event: " + event.encode() + b"\ndata: " + data + b"\n\n")
        self._changed.set()

    async def events(self) -> AsyncIterator[bytes]:
        """Yield the events as they come, without end."""
        while True:
            while self._waiting:
                yield self._waiting.popleft()
            self._changed = anyio.Event()
            await self._changed.wait()
