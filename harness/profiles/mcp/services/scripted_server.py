"""The server that client examples talk to: it follows the specification, and records what it receives.

It answers on any path: in sessions that an initialize opens, without sessions (2026-07-28), and over the transport of
2024-11-05; and over stdio (``scripted_stdio``). It plays one scene per run of the client (:class:`Scene`).
"""

from __future__ import annotations

import time
import uuid
from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import anyio
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from harness.base import jsonrpc
from harness.model import KEPT_BYTES, Exchange, LogLine, Reply, Session
from harness.profiles.mcp import steps
from harness.profiles.mcp.messages import SESSION_HEADER, encode, initialize_version
from harness.profiles.mcp.services.asgi import AsgiServer
from harness.profiles.mcp.services.scripted_answers import (
    LISTEN,
    MAY_ASK_FOR_INPUT,
    METHOD_NOT_FOUND,
    SESSIONLESS,
    UNSUPPORTED_VERSION,
    acknowledged,
    input_required,
    reply_in_session,
    reply_to,
    sessionless_result,
    sessionless_version,
    unsupported,
)
from harness.profiles.mcp.services.scripted_sse import SseStreams

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from anyio.abc import ByteStream
    from starlette.requests import Request

    from harness.base.jsonrpc import Message

MOST_BYTES: Final = 1024 * 1024
MOST_EXCHANGES: Final = 500
_STATUSES: Final[Mapping[int | None, int]] = {UNSUPPORTED_VERSION: 400, METHOD_NOT_FOUND: 404}
"""Of a sessionless response, by its error code."""
SECRET_HEADERS: Final = ("authorization", "cookie")


class Scene(StrEnum):
    """What the client meets in one run."""

    ORDINARY = "ordinary"
    """Every revision is spoken, and nothing unusual happens."""
    OLDER = "older"
    """Only the revisions with sessions are spoken: a sessionless request is refused by an error that names them."""
    GONE = "gone"
    """The same, and the first request after ``notifications/initialized`` is answered 404, as if the session had been
    ended: the next message must be an initialize without an id."""
    INPUT = "input"
    """The first sessionless request that may need input is answered by an InputRequiredResult."""


class ScriptedServer:
    """The server's state: what it received, and which scene it plays. Mutable, one for each example."""

    def __init__(self) -> None:
        self.exchanges: list[Exchange] = []
        self.sessions: list[Session] = []
        self.negotiated: set[str] = set()
        self.sessionless: set[str] = set()
        """Revisions in which a sessionless request was served."""
        self.sse = SseStreams()
        self.over_stdio: set[str] = set()
        """Revisions that were agreed to over stdio, which has no session ids."""
        self.called = False
        """Whether a sessionless request was served that may need input."""
        self.process = 0
        self.app = Starlette(routes=[Route("/{path:path}", self._handle, methods=["GET", "POST", "DELETE"])])
        self._scene = Scene.ORDINARY
        self.started = self._last = time.monotonic()
        self._live: dict[str, bool] = {}
        """Live session ids; whether initialized came."""
        self._surprised = False
        """Whether what is unusual about the scene has happened."""

    @property
    def idle_s(self) -> float:
        """Seconds since the last request, or since the start."""
        return time.monotonic() - self._last

    def next_run(self, scene: Scene) -> None:
        """Play ``scene`` from now on: the client is about to be started again."""
        self._scene, self._surprised = scene, False
        self.process += 1
        self._last = time.monotonic()

    def heard(self) -> None:
        """Note that the client has just sent something."""
        self._last = time.monotonic()

    def reply_sessionless(self, message: Message, version: str) -> Message:
        """Return the response to a sessionless request, by the scene."""
        method = str(message.get("method"))
        if self.refuses(version):
            return unsupported(message, version)
        result = sessionless_result(method)
        if result is None:
            return reply_to(message, error={"code": METHOD_NOT_FOUND, "message": "no such method"})
        self.sessionless.add(version)
        self.negotiated.add(version)
        if method in MAY_ASK_FOR_INPUT:
            self.called = True
            if self._scene is Scene.INPUT and not self._surprised:
                self._surprised = True
                return reply_to(message, result=input_required())
        return reply_to(message, result=result)

    def refuses(self, version: str) -> bool:
        """Return whether a sessionless revision is not spoken in this scene."""
        return self._scene in (Scene.OLDER, Scene.GONE) or version not in SESSIONLESS

    # --- HTTP ------------------------------------------------------------------------------------------------

    async def _handle(self, request: Request) -> Response:
        started = self._last = time.monotonic()
        body = bytearray()
        async for piece in request.stream():
            body += piece[: MOST_BYTES - len(body)]
        parsed = jsonrpc.messages(bytes(body)) or () if request.method == "POST" else ()
        message = parsed[0] if len(parsed) == 1 else None
        version = sessionless_version(message, request.headers)
        if version is None:
            response = self._answer(request, message, batch=len(parsed) > 1)
        else:
            response = self._answer_sessionless(request.method, message, version)
        self._record(request, bytes(body), message, response, started, version)
        return response

    def _answer(self, request: Request, message: Message | None, *, batch: bool) -> Response:
        session = request.headers.get(SESSION_HEADER)
        match request.method:
            case "POST" if self.sse.answers(request):
                return self.sse.post(request, message)
            case "GET" if session is None and self._opens_no_session:
                return self.sse.open()
            case "POST" if message is not None and message.get("method") == "initialize":
                return self._initialize(message)
            case "POST" if message is None and not batch:
                return _error(400, -32700, "not JSON-RPC")
            case _ if session is None:
                return _error(400, -32000, "no session id", message)
            case _ if session not in self._live:
                return _error(404, -32001, "no such session", message)
            case "GET":
                return StreamingResponse(_silence(), media_type="text/event-stream")
            case "DELETE":
                del self._live[session]
                return Response(status_code=200)
            case _:
                return self._post(session, message)

    @property
    def _opens_no_session(self) -> bool:
        """Whether the client sent no initialize in this run: a GET without a session is then one of 2024-11-05."""
        return not any(session.process == self.process for session in self.sessions)

    def _answer_sessionless(self, verb: str, message: Message | None, version: str) -> Response:
        if verb != "POST":
            return Response(status_code=405, headers={"Allow": "POST"})
        method = message.get("method") if message is not None else None
        if message is None or not isinstance(method, str):
            return _error(400, -32600, "a single request or notification is expected", message)
        served = not self.refuses(version)
        if served and "id" not in message:
            return Response(status_code=202)
        if served and method == LISTEN:
            return StreamingResponse(_silence(acknowledged(message)), media_type="text/event-stream")
        reply = self.reply_sessionless(message, version)
        return JSONResponse(reply, _STATUSES.get(jsonrpc.error_code(reply), 200))

    def _post(self, session: str, message: Message | None) -> Response:
        if message is None:
            return _error(400, -32600, "batches are not served")
        method = message.get("method")
        if method == "notifications/initialized":
            self._live[session] = True
        if "id" not in message or not isinstance(method, str):
            return Response(status_code=202)
        if self._scene is Scene.GONE and self._live[session] and not self._surprised:
            self._surprised = True
            del self._live[session]
            return _error(404, -32001, "the session has ended", message)
        return JSONResponse(reply_in_session(message, method))

    def _initialize(self, message: Message) -> Response:
        reply = reply_in_session(message, "initialize")
        version = str(initialize_version(reply))
        self.negotiated.add(version)
        session = str(uuid.uuid4())
        self._live[session] = False
        label = f"S{len(self.sessions) + 1}"
        self.sessions.append(Session(label, session, version, self.process, len(self.exchanges) + 1))
        return JSONResponse(reply, headers={SESSION_HEADER: session})

    # --- the record ------------------------------------------------------------------------------------------

    def _record(
        self,
        request: Request,
        body: bytes,
        message: Message | None,
        response: Response,
        started: float,
        sessionless: str | None,
    ) -> None:
        number = len(self.exchanges) + 1
        content = b"" if isinstance(response, StreamingResponse) else bytes(response.body)
        session = request.headers.get(SESSION_HEADER)
        known = next((s for s in self.sessions if s.id == session), None)
        self.keep(
            Exchange(
                number=number,
                step=f"{steps.CLIENT}.{number}.{what_was_sent(request.method, message)}",
                revision=sessionless or (known.revision if known else None),
                process=self.process,
                method=request.method,
                target=request.url.path + (f"?{request.url.query}" if request.url.query else ""),
                headers=tuple((k.decode("latin-1"), _shown(k, v)) for k, v in request.headers.raw),
                body=body[:KEPT_BYTES].decode("utf-8", "backslashreplace"),
                reply=Reply(
                    status=response.status_code,
                    headers=tuple((k.decode("latin-1"), v.decode("latin-1")) for k, v in response.raw_headers),
                    body=content.decode(),
                    body_bytes=len(content),
                    complete=not isinstance(response, StreamingResponse),
                ),
                failure=None,
                started_s=round(started - self.started, 4),
                duration_s=round(time.monotonic() - started, 4),
                session=known.label if known else None if session is None else "unknown",
            )
        )

    def keep(self, exchange: Exchange) -> None:
        """Record an exchange; of a client that never stops, the first ones."""
        if len(self.exchanges) < MOST_EXCHANGES:
            self.exchanges.append(exchange)

    def since(self, started: float) -> tuple[Exchange, ...]:
        """Return the exchanges, with times since ``started`` (monotonic)."""
        shift = self.started - started
        return tuple(replace(e, started_s=round(e.started_s + shift, 4)) for e in self.exchanges)


class ScriptedService:
    """The scripted server on one port."""

    def __init__(self, script: ScriptedServer, port: int) -> None:
        self.port = port
        self._server = AsgiServer(script.app)

    async def serve(self, stream: ByteStream) -> None:
        """Serve one connection to its end."""
        await self._server.serve(stream)

    def log(self) -> tuple[LogLine, ...]:
        """Return nothing: what was received is in the exchanges."""
        return ()


def what_was_sent(method: str, message: Message | None) -> str:
    """Return the end of a step's name: the JSON-RPC method, else what kind of message or request it is."""
    if method not in ("POST", "STDIN"):
        return method.lower()
    if message is None:
        return "other"
    name = message.get("method")
    return name[:100] if isinstance(name, str) else "response" if jsonrpc.is_response(message) else "other"


def _shown(name: bytes, value: bytes) -> str:
    return "<secret>" if name.decode("latin-1").lower() in SECRET_HEADERS else value.decode("latin-1")


def _error(status: int, code: int, text: str, message: Message | None = None) -> Response:
    return JSONResponse(reply_to(message or {}, error={"code": code, "message": text}), status)


async def _silence(first: Message | None = None) -> AsyncIterator[bytes]:
    """Open an event stream on which nothing happens, after the message ``first`` if there is one."""
    yield b": open\n\n" if first is None else b"data: " + encode(first) + b"\n\n"
    await anyio.sleep_forever()
