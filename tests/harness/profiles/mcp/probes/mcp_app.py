"""A small MCP server whose manners can be set, for tests of the prober itself."""

from __future__ import annotations

import asyncio
import json
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from starlette.requests import Request

TOOL = {
    "name": "echo",
    "inputSchema": {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]},
}
LEGACY = ("2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05")


@dataclass
class Manners:
    path: str = "/mcp"
    revisions: tuple[str, ...] = LEGACY
    sse: bool = False
    crlf: bool = False
    event_ids: bool = False
    stateless: bool = False
    get: bool = True
    get_hangs: bool = False
    delete: bool = True
    single: bool = False
    """One initialize per process."""
    most_sessions: int = 1000
    """More at a time are answered 503."""
    initializes_left: int = 1000
    """Of all processes together; more are answered 503."""
    too_many: Callable[[str], bool] | None = None
    """By JSON-RPC or HTTP method: whether the request is answered 429."""
    forgets_after_s: float | None = None
    """DELETE is answered 202, and the session ends that much later."""
    dead: int = 404
    """Answer to a terminated id."""
    stay_open: bool = False
    """The POST stream is left open after the response."""
    redirect_from: str | None = None
    modern: bool = False
    tools: bool = True
    any_version: bool = False
    """MCP-Protocol-Version is not looked at."""
    broken_requests: bool = False
    delay_s: float = 0.0
    on_delete: Callable[[], None] | None = None
    dead_after_delete: bool = False
    """Everything is 404 once a session was deleted."""
    ping: bool = True
    declares_tools: bool = True
    lists_tools: bool = True
    guard: Callable[[str | None], str | int] | None = None
    """Bearer token to subject, or to the status that refuses it."""
    binds_user: bool = True
    resource: str = ""
    """``resource`` of the protected resource metadata."""
    log: list[str] = field(default_factory=list)


class Server:
    def __init__(self, manners: Manners) -> None:
        self.manners = manners
        self.live: dict[str, list[tuple[str, dict[str, Any]]]] = {}
        self.initialized = 0
        self.dead = False
        self.owners: dict[str, str | None] = {}
        self.subject: str | None = None

    async def handle(self, request: Request) -> Response:
        manners = self.manners
        session = request.headers.get("mcp-session-id")
        manners.log.append(f"{request.method} {session}")
        await asyncio.sleep(manners.delay_s)
        if self.dead:
            return PlainTextResponse("gone", 404)
        if manners.guard is not None:
            bearer = request.headers.get("authorization", "").removeprefix("Bearer ") or None
            allowed = manners.guard(bearer)
            if isinstance(allowed, int):
                metadata = f'Bearer resource_metadata="http://{request.headers["host"]}/metadata"'
                return PlainTextResponse("", allowed, {"www-authenticate": metadata})
            self.subject = allowed
        if manners.too_many is not None:
            message = json.loads(await request.body() or b"{}")
            if manners.too_many(message.get("method", "") if isinstance(message, dict) else request.method):
                return PlainTextResponse("slow down", 429, {"retry-after": "0"})
        if request.method == "POST":
            return await self.post(request, session)
        if manners.modern and not manners.revisions:
            return PlainTextResponse("", 405)
        refused = self.refuse(session)
        if refused is not None:
            return refused
        if request.method == "DELETE":
            if not manners.delete:
                return PlainTextResponse("", 405)
            if manners.forgets_after_s is not None:
                asyncio.get_running_loop().call_later(manners.forgets_after_s, self.live.pop, session or "", None)
                return PlainTextResponse("", 202)
            self.live.pop(session or "", None)
            self.dead = manners.dead_after_delete
            if manners.on_delete is not None:
                manners.on_delete()
            return PlainTextResponse("")
        if manners.get_hangs:
            await asyncio.sleep(60)
        if not manners.get:
            return PlainTextResponse("", 405)
        return StreamingResponse(
            self.listen(session, request.headers.get("last-event-id")), media_type="text/event-stream"
        )

    def refuse(self, session: str | None) -> Response | None:
        if self.manners.stateless:
            return None
        if session is None:
            return PlainTextResponse("no session", 400)
        if session not in self.live or (self.manners.binds_user and self.owners[session] != self.subject):
            return PlainTextResponse("no such session", self.manners.dead)
        return None

    async def listen(self, session: str | None, after: str | None) -> AsyncIterator[bytes]:
        yield b": hello\n\n"
        events = self.live.get(session or "", [])
        seen = False
        for event_id, message in events:
            if seen and event_id.split("_")[0] == (after or "").split("_")[0]:
                yield self.event(message, event_id)
            seen = seen or event_id == after
        await asyncio.sleep(60)

    def event(self, message: dict[str, Any] | None, event_id: str | None) -> bytes:
        end = "\r\n" if self.manners.crlf else "\n"
        lines = [f"id: {event_id}"] if event_id else []
        lines += ["event: message", f"data: {json.dumps(message) if message else ''}", "", ""]
        return end.join(lines).encode()

    async def post(self, request: Request, session: str | None) -> Response:
        try:
            body = json.loads(await request.body())
        except ValueError:
            return PlainTextResponse("bad json", 400)
        if isinstance(body, list):
            refused = self.refuse(session)
            return refused or JSONResponse([self.answer(m) for m in body])
        method = body.get("method")
        meta = (body.get("params") or {}).get("_meta") or {}
        if self.manners.modern and "io.modelcontextprotocol/protocolVersion" in meta:
            return self.modern(request, body, meta)
        if method == "initialize":
            return self.initialize(body)
        refused = self.refuse(session)
        if refused is not None:
            return refused
        version = request.headers.get("mcp-protocol-version")
        if version is not None and version not in self.manners.revisions and not self.manners.any_version:
            return PlainTextResponse("version", 400)
        if "id" not in body:
            return Response(status_code=202)
        if self.manners.broken_requests:
            return PlainTextResponse("oops", 500)
        return self.reply(self.answer(body), session)

    def initialize(self, body: dict[str, Any]) -> Response:
        manners = self.manners
        if not manners.revisions or (manners.single and self.initialized):
            error = {"jsonrpc": "2.0", "id": None, "error": {"code": -32600, "message": "no"}}
            return JSONResponse(error, 400)
        if len(self.live) >= manners.most_sessions or not manners.initializes_left:
            return PlainTextResponse("enough", 503)
        manners.initializes_left -= 1
        self.initialized += 1
        asked = body["params"]["protocolVersion"]
        version = asked if asked in manners.revisions else manners.revisions[0]
        capabilities = {"tools": {}} if manners.tools and manners.declares_tools else {}
        result = {"protocolVersion": version, "capabilities": capabilities, "serverInfo": {"name": "t", "version": "1"}}
        response = JSONResponse({"jsonrpc": "2.0", "id": body["id"], "result": result})
        if not manners.stateless:
            session = str(uuid.uuid4())
            self.live[session], self.owners[session] = [], self.subject
            response.headers["mcp-session-id"] = session
        return response

    def answer(self, body: dict[str, Any]) -> dict[str, Any]:
        results: dict[str, Any] = {
            "ping": {},
            "tools/list": {"tools": [TOOL] if self.manners.tools else []},
            "tools/call": {"content": [{"type": "text", "text": "x"}]},
        }
        reply = {"jsonrpc": "2.0", "id": body["id"]}
        if not self.manners.ping:
            del results["ping"]
        if not self.manners.lists_tools:
            del results["tools/list"]
        if body["method"] not in results:
            return {**reply, "error": {"code": -32601, "message": "no such method"}}
        if "cursor" in (body.get("params") or {}):
            return {**reply, "error": {"code": -32602, "message": "no such cursor"}}
        if body["method"] == "tools/call" and "text" not in body["params"]["arguments"]:
            return {**reply, "error": {"code": -32602, "message": "text is missing"}}
        return {**reply, "result": results[body["method"]]}

    def reply(self, message: dict[str, Any], session: str | None) -> Response:
        if not self.manners.sse:
            return JSONResponse(message)
        return StreamingResponse(self.stream(message, session), media_type="text/event-stream")

    async def stream(self, message: dict[str, Any], session: str | None) -> AsyncIterator[bytes]:
        name = uuid.uuid4().hex
        ids = [f"{name}_{n}" for n in range(2)] if self.manners.event_ids else [None, None]
        if ids[0] is not None:
            self.live.get(session or "", []).extend([(ids[0], {}), (ids[1] or "", message)])
            yield self.event(None, ids[0])
        yield self.event(message, ids[1])
        if self.manners.stay_open:
            await asyncio.sleep(60)

    def modern(self, request: Request, body: dict[str, Any], meta: dict[str, Any]) -> Response:
        def error(status: int, code: int) -> Response:
            return JSONResponse(
                {"jsonrpc": "2.0", "id": body.get("id"), "error": {"code": code, "message": ""}}, status
            )

        version, prefix = request.headers.get("mcp-protocol-version"), "io.modelcontextprotocol/"
        if "id" not in body:
            return Response(status_code=202)
        if version != meta[f"{prefix}protocolVersion"] or request.headers.get("mcp-method") != body["method"]:
            return error(400, -32020)
        if version != "2026-07-28":
            return error(400, -32022)
        if f"{prefix}clientCapabilities" not in meta:
            return error(400, -32602)
        answer = self.answer(body)
        if "error" in answer:
            return JSONResponse(answer, 404)
        answer["result"] = {**answer["result"], "resultType": "complete"}
        return JSONResponse(answer)


def make(manners: Manners) -> Starlette:
    server = Server(manners)
    methods = ["GET", "POST", "DELETE"]
    routes = [Route(manners.path, server.handle, methods=methods)]
    if manners.redirect_from is not None:

        async def redirect(request: Request) -> Response:
            return RedirectResponse(manners.path, 307)

        routes.append(Route(manners.redirect_from, redirect, methods=methods))

    async def metadata(request: Request) -> Response:
        return JSONResponse({"resource": manners.resource})

    routes.append(Route("/metadata", metadata))
    return Starlette(routes=routes)


def http_sse() -> Starlette:
    """A server of the transport of 2024-11-05."""
    queues: dict[str, asyncio.Queue[str]] = {}
    server = Server(Manners(revisions=("2024-11-05",)))

    async def stream(request: Request) -> Response:
        name = uuid.uuid4().hex
        queues[name] = asyncio.Queue()

        async def events() -> AsyncIterator[bytes]:
            yield f"event: endpoint\r\ndata: /messages/?session_id={name}\r\n\r\n".encode()
            while True:
                yield f"event: message\r\ndata: {await queues[name].get()}\r\n\r\n".encode()

        return StreamingResponse(events(), media_type="text/event-stream")

    async def post(request: Request) -> Response:
        queue = queues.get(request.query_params.get("session_id", ""))
        if queue is None:
            return PlainTextResponse("Could not find session", 404)
        body = json.loads(await request.body())
        if body.get("method") == "initialize":
            queue.put_nowait(bytes(server.initialize(body).body).decode())
        elif "id" in body:
            queue.put_nowait(json.dumps(server.answer(body)))
        return PlainTextResponse("Accepted", 202)

    return Starlette(routes=[Route("/sse", stream), Route("/messages/", post, methods=["POST"])])
