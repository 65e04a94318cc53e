"""Servers that choose differently and are right all the same. Nothing may be said against any of them."""

from __future__ import annotations

import asyncio
import base64
import json
import secrets
import time
import uuid
from typing import Any, ClassVar

import conforming
import wire
from conforming import Refused, Session
from wire import Reply, Request

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


class JsonAnswers(conforming.Server):
    """Answers every request by one JSON object."""

    answers = "json"


class Delete202(conforming.Server):
    """Accepts the end of a session."""

    delete_status = 202


class Delete204(conforming.Server):
    """Ends a session and has nothing to say about it."""

    delete_status = 204


class Delete405(conforming.Server):
    """Clients cannot end sessions."""

    delete_status = 405


class DeleteWithBody(conforming.Server):
    """DELETE is answered by a JSON object."""

    async def delete(self, request: Request, reply: Reply, user: str | None) -> None:
        session = self.session_of(request, user)
        del self.sessions[session.id]
        await reply.json(200, {"ended": True})


class NoStream(conforming.Server):
    """Offers no standalone stream."""

    offers_stream = False


class JsonWithoutStream(JsonAnswers):
    """JSON only, no stream anywhere."""

    offers_stream = False


class Stateless(conforming.Server):
    """Issues no id and reads none; no GET, no DELETE."""

    offers_stream = False
    delete_status = 405

    def new_id(self) -> str:
        return ""

    def session_of(self, request: Request, user: str | None) -> Session:
        return Session("", user)


class StatelessWithStream(Stateless):
    """Stateless, with a standalone stream that never carries anything."""

    offers_stream = True


class OptionalIds(conforming.Server):
    """Issues ids and serves requests without one, or with any; clients cannot end sessions."""

    delete_status = 405

    def session_of(self, request: Request, user: str | None) -> Session:
        return self.sessions.get(request.header("mcp-session-id") or "") or Session("", user)


class OptionalIdsEnded(conforming.Server):
    """Issues ids, serves requests without one, and knows which ones it ended."""

    def session_of(self, request: Request, user: str | None) -> Session:
        if request.header("mcp-session-id") is None:
            return Session("", user)
        return super().session_of(request, user)

    async def delete(self, request: Request, reply: Reply, user: str | None) -> None:
        if request.header("mcp-session-id") is None:
            raise Refused(400, "which session?")
        await super().delete(request, reply, user)


class LongIds(conforming.Server):
    """Ids like signed tokens of 600 characters."""

    def new_id(self) -> str:
        claims = base64.urlsafe_b64encode(json.dumps({"iss": "me", "jti": str(uuid.uuid4())}).encode())
        return f"eyJhbGciOiJIUzI1NiJ9.{claims.decode().rstrip('=')}.{secrets.token_urlsafe(360)}"


class OddIds(conforming.Server):
    """Ids of every kind of visible ASCII."""

    def new_id(self) -> str:
        return f"!\"#$%&'()*+,-./:;<=>?@[]^_`{{|}}~{secrets.token_hex(16)}"


class Uuid7Ids(conforming.Server):
    """Ids that start with the time, as UUIDv7."""

    def new_id(self) -> str:
        value = (
            time.time_ns() // 10**6 << 80 | 0x7 << 76 | secrets.randbits(12) << 64 | 0b10 << 62 | secrets.randbits(62)
        )
        return str(uuid.UUID(int=value))


class UlidIds(conforming.Server):
    """Ids that start with the time, as ULID."""

    def new_id(self) -> str:
        value = time.time_ns() // 10**6 << 80 | secrets.randbits(80)
        return "".join(CROCKFORD[value >> 5 * at & 31] for at in range(25, -1, -1))


class Hex64Ids(conforming.Server):
    """Ids of exactly 64 random bits."""

    def new_id(self) -> str:
        return secrets.token_hex(8)


class SessionBeforeAccept(conforming.Server):
    """Looks at the session before it looks at Accept, and does not mind what is accepted."""

    def check_accept(self, request: Request, *kinds: str) -> None:
        return


class VersionBeforeSession(conforming.Server):
    """Looks at the version before the session."""

    def session_of(self, request: Request, user: str | None) -> Session:
        self.check_version(request)
        return super().session_of(request, user)


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


class Resources(conforming.Server):
    """Declares resources, and has none."""

    async def deliver(
        self, session: Session, messages: list[dict[str, Any]], reply: Reply, headers: dict[str, str] | None = None
    ) -> None:
        for message in messages:
            if "capabilities" in message.get("result", {}):
                message["result"]["capabilities"]["resources"] = {}
        await super().deliver(session, messages, reply, headers)

    def result_of(self, message: dict[str, Any]) -> dict[str, Any]:
        if message["method"] == "resources/read":
            return conforming.error(message["id"], -32002, "no such resource")
        return super().result_of(message)


class Declares(conforming.Server):
    """Declares more than tools."""

    offered: tuple[str, ...] = ("logging",)
    wrong_name = -32602

    def result_of(self, message: dict[str, Any]) -> dict[str, Any]:
        if message["method"] == "logging/setLevel":
            return conforming.error(message["id"], self.wrong_name, "no such level")
        return super().result_of(message)

    async def deliver(
        self, session: Session, messages: list[dict[str, Any]], reply: Reply, headers: dict[str, str] | None = None
    ) -> None:
        for message in messages:
            if "capabilities" in message.get("result", {}):
                message["result"]["capabilities"] |= {name: {} for name in self.offered}
        await super().deliver(session, messages, reply, headers)


class Prompts(Declares):
    """Has a prompt, completions for it, log levels, and a resource that is an image."""

    offered = ("prompts", "completions", "logging", "resources")

    def result_of(self, message: dict[str, Any]) -> dict[str, Any]:
        params = message.get("params", {})
        match message["method"]:
            case "prompts/list":
                arguments = [{"name": "who", "required": True}]
                return conforming.response(message, {"prompts": [{"name": "greet", "arguments": arguments}]})
            case "resources/list":
                return conforming.response(message, {"resources": [{"uri": "logo://a", "name": "logo"}]})
            case "resources/read" if params["uri"] == "logo://a":
                contents = [{"uri": "logo://a", "mimeType": "image/png", "blob": self.image}]
                return conforming.response(message, {"contents": contents})
            case "resources/read":
                return conforming.error(message["id"], -32002, "no such resource")
            case "prompts/get" if params["name"] == "greet" and "who" in params["arguments"]:
                image = {"type": "image", "data": self.image, "mimeType": "image/png"}
                return conforming.response(message, {"messages": [{"role": "user", "content": image}]})
            case "prompts/get" | "completion/complete":
                return conforming.error(message["id"], self.wrong_name, "no such name")
        return super().result_of(message)

    image = base64.b64encode(b"not really an image").decode()


class SlowTools(conforming.Server):
    """Resumable; a tool takes a while, whether its client listens or not."""

    resumable = True

    async def answer(self, session: Session, message: dict[str, Any], reply: Reply) -> None:
        if message["method"] != "tools/call":
            await super().answer(session, message, reply)
            return
        stream = self.new_stream(session)
        await reply.start_stream()
        await self.prime(session, stream, reply)
        await self.work(session, stream, reply)
        for each in [*self.news_of(message), self.answer_to(message)]:
            await self.emit(session, stream, json.dumps(each), reply)
        await self.finish(reply)

    async def work(self, session: Session, stream: str, reply: Reply) -> None:
        await asyncio.sleep(0.2)

    async def resume(self, session: Session, last: str, reply: Reply) -> None:
        await asyncio.sleep(0.3)
        await super().resume(session, last, reply)


class Polled(SlowTools):
    """The connection of a tool's request is closed at once, with word of when to ask again."""

    async def work(self, session: Session, stream: str, reply: Reply) -> None:
        await reply.chunk(b"retry: 100\n\n")
        await reply.end()
        reply.writer.close()


class Listed(conforming.Server):
    """Lists tools of its own."""

    tools: ClassVar[list[dict[str, Any]]] = []
    called: ClassVar[dict[str, Any]] = {"content": [{"type": "text", "text": "echo"}]}

    def result_of(self, message: dict[str, Any]) -> dict[str, Any]:
        match message["method"]:
            case "tools/list":
                return conforming.response(message, {"tools": self.tools})
            case "tools/call":
                return conforming.response(message, self.called)
        return super().result_of(message)


class StructuredTools(Listed):
    """A tool with an output schema, and what it promises."""

    tools: ClassVar = [{"name": "add", "inputSchema": {"type": "object"}, "outputSchema": {"required": ["sum"]}}]
    called: ClassVar = {"content": [{"type": "text", "text": '{"sum": 4}'}], "structuredContent": {"sum": 4}}


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


class Authorized(conforming.Server):
    """Demands a token for everything, and binds sessions to users."""

    demands_token = True


class AuthorizedScopes(Authorized):
    """Demands a scope."""

    scopes = ("tools",)


class AuthorizedStateless(Stateless):
    """Demands a token; no sessions."""

    demands_token = True


class AuthorizedForbids(conforming.Server):
    """Another user's session is answered 403."""

    demands_token = True

    def session_of(self, request: Request, user: str | None) -> Session:
        session = self.sessions.get(request.header("mcp-session-id") or "")
        if session is not None and session.user != user:
            raise Refused(403, "not yours")
        return super().session_of(request, user)


class LocalOrigins(conforming.Server):
    """Serves the origins of its own host."""

    origins = ("http://localhost", "http://127.0.0.1")


class OnlyOldest(conforming.Server):
    """Knows 2025-03-26 only."""

    versions = ("2025-03-26",)


class NoTools(conforming.Server):
    """Has no tools: ping is all there is to ask."""

    def result_of(self, message: dict[str, Any]) -> dict[str, Any]:
        if message["method"].startswith("tools/"):
            return conforming.error(message["id"], -32601, "method not found")
        return super().result_of(message)

    async def deliver(
        self, session: Session, messages: list[dict[str, Any]], reply: Reply, headers: dict[str, str] | None = None
    ) -> None:
        for message in messages:
            message.get("result", {}).get("capabilities", {}).pop("tools", None)
        await super().deliver(session, messages, reply, headers)


class News(conforming.Server):
    """Sends news on the standalone stream, and progress with the request it belongs to."""

    async def answer(self, session: Session, message: dict[str, Any], reply: Reply) -> None:
        for listener in session.listeners[:1]:
            await listener.event(json.dumps({"jsonrpc": "2.0", "method": "notifications/tools/list_changed"}))
        await super().answer(session, message, reply)


class EqualNotifications(Declares):
    """Each tool call brings the same log message, on its own stream."""

    def news_of(self, message: dict[str, Any]) -> list[dict[str, Any]]:
        log = {"jsonrpc": "2.0", "method": "notifications/message", "params": {"level": "info", "data": "working"}}
        return [*super().news_of(message), log]


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
