"""Right servers that write HTTP and event streams in another way, or listen elsewhere."""

from __future__ import annotations

import asyncio
import json
import uuid
from typing import Any

import conforming
import wire
from conforming import Refused, Session
from wire import Reply, Request


class HtmlErrors(conforming.Server):
    """Every refusal is an HTML page."""

    async def handle(self, request: Request, reply: Reply) -> None:
        await super().handle(request, _HtmlRefusals(reply.reader, reply.writer))


class _HtmlRefusals(Reply):
    async def json(self, status: int, value: Any, headers: dict[str, str] | None = None) -> None:
        if status < 400:
            await super().json(status, value, headers)
        else:
            await self.send(status, b"<!doctype html><h1>No</h1>", {"Content-Type": "text/html", **(headers or {})})


class SlowStart(conforming.Server):
    """Listens late."""

    start_s = 0.6


class SlowAnswers(conforming.Server):
    """Thinks before each answer."""

    async def handle(self, request: Request, reply: Reply) -> None:
        await asyncio.sleep(0.05)
        await super().handle(request, reply)


class Ipv6Only(conforming.Server):
    """Listens on ::1 only."""

    host = "::1"


class Wildcard(conforming.Server):
    """Listens on all addresses."""

    host = "0.0.0.0"


class OtherPath(conforming.Server):
    """Another path than the usual ones."""

    path = "/api/v2/agents"


class TrailingSlash(conforming.Server):
    """The endpoint is /mcp/; /mcp redirects there."""

    path = "/mcp/"

    async def handle(self, request: Request, reply: Reply) -> None:
        if request.path == "/mcp":
            await reply.send(307, b"", {"Location": "/mcp/"})
        else:
            await super().handle(request, reply)


class Http10(conforming.Server):
    """HTTP/1.0: bodies end with the connection."""

    async def handle(self, request: Request, reply: Reply) -> None:
        await super().handle(request, _Http10(reply.reader, reply.writer))


class CloseDelimited(conforming.Server):
    """HTTP/1.1 streams that end with the connection, without chunks."""

    async def handle(self, request: Request, reply: Reply) -> None:
        await super().handle(request, _CloseDelimited(reply.reader, reply.writer))


class _CloseDelimited(Reply):
    async def start_stream(self, headers: dict[str, str] | None = None) -> None:
        await self.head(200, {"Content-Type": "text/event-stream", **(headers or {})})

    async def chunk(self, data: bytes) -> None:
        await self.write(data)


class _Http10(_CloseDelimited):
    protocol = "HTTP/1.0"


class Crlf(conforming.Server):
    """Event streams with CRLF, comments, an event name, and a character split between chunks."""

    async def handle(self, request: Request, reply: Reply) -> None:
        await super().handle(request, _Crlf(reply.reader, reply.writer))


class _Crlf(Reply):
    async def start_stream(self, headers: dict[str, str] | None = None) -> None:
        await super().start_stream({**(headers or {}), "Content-Type": "text/event-stream; charset=utf-8"})

    async def event(self, data: str, id: str | None = None) -> None:
        text = f": g\u00fcten tag\r\nevent: message\r\ndata: {data}\r\n\r\n".encode()
        await self.chunk(text[:5])
        await self.chunk(text[5:])


class EndsLate(conforming.Server):
    """Streams end a while after the response."""

    async def finish(self, reply: Reply) -> None:
        await asyncio.sleep(0.4)
        await reply.end()


class Resumable(conforming.Server):
    """Events carry ids, streams are primed and can be replayed."""

    resumable = True


class GloballyUniqueEvents(conforming.Server):
    """Resumable, by event ids that mean nothing but themselves."""

    resumable = True

    async def emit(self, session: Session, stream: str, data: str, reply: Reply) -> None:
        event_id = str(uuid.uuid4())
        session.streams[stream].append((event_id, data))
        await reply.event(data, event_id)

    async def resume(self, session: Session, last: str, reply: Reply) -> None:
        for events in session.streams.values():
            ids = [event_id for event_id, _ in events]
            if last in ids:
                await reply.start_stream()
                for event_id, data in events[ids.index(last) + 1 :]:
                    await reply.event(data, event_id)
                await reply.end()
                return
        await reply.start_stream()
        await self.listen(session, reply)


class EventIdsWithoutReplay(conforming.Server):
    """Events carry ids; a Last-Event-ID is ignored."""

    async def emit(self, session: Session, stream: str, data: str, reply: Reply) -> None:
        await reply.event(data, str(uuid.uuid4()))


class SecondStream409(conforming.Server):
    """One standalone stream per session: a second GET is answered 409."""

    async def get(self, request: Request, reply: Reply, user: str | None) -> None:
        if self.session_of(request, user).listeners:
            raise Refused(409, "there is a stream already")
        await super().get(request, reply, user)


class Chatty(conforming.Server):
    """Serves, and writes a lot to its log."""

    async def handle(self, request: Request, reply: Reply) -> None:
        print("served", request.method, request.path, "x" * 500, flush=True)
        await super().handle(request, reply)


class CaseInsensitive(conforming.Server):
    """Header names in capitals."""

    async def handle(self, request: Request, reply: Reply) -> None:
        await super().handle(request, _Capitals(reply.reader, reply.writer))


class _Capitals(wire.Reply):
    async def head(self, status: int, headers: dict[str, str]) -> None:
        await super().head(status, {name.upper(): value for name, value in headers.items()})


class ManyHeaders(conforming.Server):
    """Sends security headers, cookies and a server name, as frameworks do."""

    async def handle(self, request: Request, reply: Reply) -> None:
        await super().handle(request, _ManyHeaders(reply.reader, reply.writer))


class _ManyHeaders(wire.Reply):
    async def head(self, status: int, headers: dict[str, str]) -> None:
        more = {f"X-Header-{at}": "value" for at in range(30)}
        await super().head(status, {**headers, **more, "Set-Cookie": "a=b; Path=/", "Server": "tiny"})


class HttpSse(conforming.Server):
    """The transport of 2024-11-05: one path to listen, another to post to; every answer comes on the stream."""

    versions = ("2024-11-05",)

    def __init__(self) -> None:
        super().__init__()
        self.streams: dict[str, Reply] = {}

    async def handle(self, request: Request, reply: Reply) -> None:
        match request.method, request.path:
            case "GET", "/sse":
                await self.open(reply)
            case "POST", path if path.startswith("/messages/"):
                await self.take(request, reply, path.removeprefix("/messages/"))
            case _:
                await reply.send(404)

    async def open(self, reply: Reply) -> None:
        name = self.new_id()
        self.streams[name] = reply
        await reply.start_stream()
        await reply.chunk(f"event: endpoint\ndata: /messages/{name}\n\n".encode())
        await reply.gone()
        del self.streams[name]

    async def take(self, request: Request, reply: Reply, name: str) -> None:
        message = self.message_of(request)
        await reply.send(202, b"Accepted", {"Content-Type": "text/plain"})
        if message.get("method") == "initialize":
            result = {"protocolVersion": "2024-11-05", "capabilities": {"tools": {}}, "serverInfo": {"name": "sse"}}
            await self.streams[name].event(json.dumps(conforming.response(message, result)))
        elif "id" in message:
            await self.streams[name].event(json.dumps(self.result_of(message)))


class FloatIds(conforming.Server):
    """Reads the ids of requests as floating-point numbers: 7 comes back as 7.0, which JSON does not tell apart."""

    def message_of(self, request: Request) -> Any:
        message = super().message_of(request)
        if isinstance(message, dict) and isinstance(message.get("id"), int):
            message["id"] = float(message["id"])
        return message


class BatchedEvents(conforming.Server):
    """All messages of a stream are in one event, as 2025-03-26 allows."""

    versions = ("2025-03-26",)

    async def deliver(
        self, session: Session, messages: list[dict[str, Any]], reply: Reply, headers: dict[str, str] | None = None
    ) -> None:
        await reply.start_stream(headers)
        await reply.event(json.dumps(messages))
        await reply.end()
