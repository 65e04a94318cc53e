"""A conforming MCP server over Streamable HTTP on the standard library: nothing may be said against it.

The class attributes are choices that the specification leaves to a server; every one of them is legitimate.
``faults_*.py`` holds subclasses that each break one sentence, ``tests/mutation`` changes this file mechanically.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import time
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wire import Reply, Request

TOOLS = [
    {"name": "echo", "inputSchema": {"type": "object", "properties": {"text": {"type": "string"}}, "required": []}}
]

OWN = re.compile(r"http://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?")
"""Origins of a page on this host."""


class Refused(Exception):
    """A request that is not served, with the status that says so."""

    def __init__(self, status: int, message: str, headers: dict[str, str] | None = None) -> None:
        self.status = status
        self.message = message
        self.headers = headers or {}


@dataclass
class Session:
    """What the server keeps of one client."""

    id: str
    user: str | None
    listeners: list[Reply] = field(default_factory=list)
    streams: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    """Stream to its events so far, each an event id and data: what may be replayed."""


class Server:
    """Sessions, streams, authorization and Origin, as 2025-03-26 to 2025-11-25 have them."""

    path = "/mcp"
    versions = ("2025-11-25", "2025-06-18", "2025-03-26")
    origins: tuple[str, ...] = ()
    demands_token = False
    audience = "the-server"
    scopes: tuple[str, ...] = ()
    metadata_path = "/.well-known/oauth-protected-resource/mcp"
    answers = "sse"  # or "json"
    resumable = False  # events carry ids, and can be replayed
    offers_stream = True
    delete_status = 200  # 405: clients cannot end sessions

    def __init__(self) -> None:
        self.sessions: dict[str, Session] = {}

    # --- the way of a request --------------------------------------------------------------------------------

    async def handle(self, request: Request, reply: Reply) -> None:
        try:
            if self.demands_token and request.path == self.metadata_path:
                await reply.json(200, self.metadata(request))
                return
            if request.path != self.path:
                raise Refused(404, "no such page")
            self.check_origin(request)
            user = self.user_of(request)
            if request.method == "POST":
                await self.post(request, reply, user)
            elif request.method == "GET" and self.offers_stream:
                await self.get(request, reply, user)
            elif request.method == "DELETE" and self.delete_status != 405:
                await self.delete(request, reply, user)
            else:
                raise Refused(405, "no such method here")
        except Refused as refusal:
            await reply.json(refusal.status, self.refusal(refusal.message), refusal.headers)

    def refusal(self, message: str) -> dict[str, Any]:
        return error(None, -32000, message)

    def check_origin(self, request: Request) -> None:
        origin = request.header("origin")
        if origin is not None and not self.is_own(origin):
            raise Refused(403, "foreign origin")

    def is_own(self, origin: str) -> bool:
        return origin in self.origins or OWN.fullmatch(origin) is not None

    def user_of(self, request: Request) -> str | None:
        """Whose token it is; None where none is demanded. A test token is the JSON of its claims."""
        if not self.demands_token:
            return None
        scheme, _, token = (request.header("authorization") or "").partition(" ")
        if scheme.lower() != "bearer":
            raise Refused(401, "a token is needed", self.challenge(request))
        claims = json.loads(token)
        if not self.is_valid(claims):
            raise Refused(401, "invalid token", self.challenge(request, error="invalid_token"))
        if not set(self.scopes) <= set(claims["scope"].split()):
            raise Refused(403, "insufficient scope", self.challenge(request, error="insufficient_scope"))
        return str(claims["sub"])

    def challenge(self, request: Request, **fields: str) -> dict[str, str]:
        fields |= {"resource_metadata": f"http://{request.header('host')}{self.metadata_path}"}
        fields |= {"scope": " ".join(self.scopes)} if self.scopes else {}
        return {"WWW-Authenticate": "Bearer " + ", ".join(f'{name}="{value}"' for name, value in fields.items())}

    def metadata(self, request: Request) -> dict[str, Any]:
        """What the server says of itself as a protected resource (RFC 9728)."""
        return {
            "resource": f"http://{request.header('host')}{self.path}",
            "authorization_servers": ["http://localhost:8080/realms/master"],
            "scopes_supported": list(self.scopes),
        }

    def is_valid(self, claims: dict[str, Any]) -> bool:
        audiences = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
        return bool(claims["active"]) and claims["exp"] > time.time() and self.audience in audiences

    def session_of(self, request: Request, user: str | None) -> Session:
        id = request.header("mcp-session-id")
        if not id:
            raise Refused(400, "no session id")
        session = self.sessions.get(id)
        if session is None or session.user != user:
            raise Refused(404, "no such session")
        return session

    def check_version(self, request: Request) -> None:
        version = request.header("mcp-protocol-version")
        if version is not None and version not in self.versions:
            raise Refused(400, "unsupported version")

    # --- POST ------------------------------------------------------------------------------------------------

    async def post(self, request: Request, reply: Reply, user: str | None) -> None:
        self.check_accept(request, "application/json", "text/event-stream")
        message = self.message_of(request)
        if isinstance(message, dict) and message.get("method") == "initialize":
            await self.initialize(message, reply, user)
            return
        session = self.session_of(request, user)
        self.check_version(request)
        if isinstance(message, list):
            await self.batch(session, message, reply)
        elif "id" in message and "method" in message:
            await self.answer(session, message, reply)
        else:
            await self.accepted(reply)

    def check_accept(self, request: Request, *kinds: str) -> None:
        accepted = [part.split(";")[0].strip() for part in (request.header("accept") or "").split(",")]
        if not all(kind in accepted for kind in kinds):
            raise Refused(406, f"accept {' and '.join(kinds)}")

    def message_of(self, request: Request) -> Any:
        try:
            message = json.loads(request.body)
        except ValueError:
            raise Refused(400, "not JSON") from None
        if not isinstance(message, (dict, list)):
            raise Refused(400, "no message")
        return message

    async def initialize(self, message: dict[str, Any], reply: Reply, user: str | None) -> None:
        asked = message.get("params", {}).get("protocolVersion")
        version = asked if asked in self.versions else self.versions[0]
        headers = {}
        session = Session(self.new_id(), user)
        if session.id:
            self.sessions[session.id] = session
            headers["Mcp-Session-Id"] = session.id
        result = {
            "protocolVersion": version,
            "capabilities": {"tools": {}},
            "serverInfo": {"name": "conforming", "version": "1"},
        }
        await self.deliver(session, [response(message, result)], reply, headers)

    def new_id(self) -> str:
        return str(uuid.uuid4())

    async def accepted(self, reply: Reply) -> None:
        await reply.send(202)

    async def batch(self, session: Session, messages: list[Any], reply: Reply) -> None:
        answers = [self.result_of(message) for message in messages if "id" in message and "method" in message]
        if not answers:
            await self.accepted(reply)
        elif self.answers == "json":
            await reply.json(200, answers)
        else:
            await self.deliver(session, answers, reply)

    async def answer(self, session: Session, message: dict[str, Any], reply: Reply) -> None:
        await self.deliver(session, [*self.news_of(message), self.answer_to(message)], reply)

    def answer_to(self, message: dict[str, Any]) -> dict[str, Any]:
        """The response; its lists have one page, and no cursors."""
        if message["method"] == "tools/list" and "cursor" in message.get("params", {}):
            return error(message["id"], -32602, "no such cursor")
        return self.result_of(message)

    def news_of(self, message: dict[str, Any]) -> list[dict[str, Any]]:
        """Notifications that belong to a request and travel before its response."""
        token = message.get("params", {}).get("_meta", {}).get("progressToken")
        if message["method"] != "tools/call" or token is None:
            return []
        return [
            {"jsonrpc": "2.0", "method": "notifications/progress", "params": {"progressToken": token, "progress": 1}}
        ]

    def result_of(self, message: dict[str, Any]) -> dict[str, Any]:
        match message["method"]:
            case "tools/list":
                return response(message, {"tools": TOOLS})
            case "tools/call":
                return response(message, {"content": [{"type": "text", "text": "echo"}]})
            case "ping":
                return response(message, {})
            case _:
                return error(message["id"], -32601, "method not found")

    async def deliver(
        self, session: Session, messages: list[dict[str, Any]], reply: Reply, headers: dict[str, str] | None = None
    ) -> None:
        """Send the messages that one request brings: as one JSON object, or as a stream of their own."""
        if self.answers == "json":
            await reply.json(200, messages[-1], headers)
            return
        stream = self.new_stream(session)
        await reply.start_stream(headers)
        await self.prime(session, stream, reply)
        for message in messages:
            await self.emit(session, stream, json.dumps(message), reply)
        await self.finish(reply)

    async def finish(self, reply: Reply) -> None:
        await reply.end()

    # --- streams ---------------------------------------------------------------------------------------------

    def new_stream(self, session: Session) -> str:
        stream = f"stream{len(session.streams)}"
        session.streams[stream] = []
        return stream

    async def prime(self, session: Session, stream: str, reply: Reply) -> None:
        if self.resumable:
            await self.emit(session, stream, "", reply)

    async def emit(self, session: Session, stream: str, data: str, reply: Reply) -> None:
        event_id = f"{stream}_{len(session.streams[stream])}" if self.resumable else None
        session.streams[stream].append((event_id or "", data))
        # what a client misses it may ask for again
        with contextlib.suppress(ConnectionError):
            await reply.event(data, event_id)

    async def get(self, request: Request, reply: Reply, user: str | None) -> None:
        self.check_accept(request, "text/event-stream")
        session = self.session_of(request, user)
        self.check_version(request)
        last = request.header("last-event-id")
        if last is not None and self.resumable:
            await self.resume(session, last, reply)
            return
        await reply.start_stream()
        await self.listen(session, reply)

    async def resume(self, session: Session, last: str, reply: Reply) -> None:
        events = session.streams.get(last.rpartition("_")[0], [])
        ids = [event_id for event_id, _ in events]
        if last not in ids:
            raise Refused(400, "no such event")
        await reply.start_stream()
        for event_id, data in events[ids.index(last) + 1 :]:
            await reply.event(data, event_id)
        await reply.end()

    async def listen(self, session: Session, reply: Reply) -> None:
        session.listeners.append(reply)
        try:
            await reply.gone()
        finally:
            session.listeners.remove(reply)

    # --- DELETE ----------------------------------------------------------------------------------------------

    async def delete(self, request: Request, reply: Reply, user: str | None) -> None:
        session = self.session_of(request, user)
        self.check_version(request)
        del self.sessions[session.id]
        await self.hang_up(session)
        await reply.send(self.delete_status)

    async def hang_up(self, session: Session) -> None:
        for listener in session.listeners:
            listener.writer.close()
        await asyncio.sleep(0)


def response(request: dict[str, Any], result: dict[str, Any]) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": request["id"], "result": result}


def error(id: Any, code: int, message: str) -> dict[str, Any]:
    """An error; one that answers no request in particular has no id."""
    known = {} if id is None else {"id": id}
    return {"jsonrpc": "2.0", **known, "error": {"code": code, "message": message}}
