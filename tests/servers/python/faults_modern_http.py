"""Servers of 2026-07-28 that break one sentence about HTTP, session ids or versions each."""

from __future__ import annotations

import json
from typing import Any

import conforming
from conforming import Refused
from modern import (
    HEADER_MISMATCH,
    INVALID_PARAMS,
    META,
    UNSUPPORTED_VERSION,
    VERSION,
    Answered,
    AuthorizedModern,
    DualEra,
    ModernOnly,
)
from wire import Reply, Request


class ModernDelete404(ModernOnly):
    """A DELETE gets 404."""

    async def handle(self, request: Request, reply: Reply) -> None:
        if request.method == "DELETE":
            await reply.send(404)
        else:
            await super().handle(request, reply)


class ModernGetStream(ModernOnly):
    """GET opens a stream."""

    async def handle(self, request: Request, reply: Reply) -> None:
        if request.method == "GET":
            await reply.start_stream()
            await reply.gone()
        else:
            await super().handle(request, reply)


class ModernEchoesId(ModernOnly):
    """Echoes a session id."""

    async def handle(self, request: Request, reply: Reply) -> None:
        id = request.header("mcp-session-id")
        await super().handle(request, _WithId(reply.reader, reply.writer, id) if id else reply)


class ModernIssuesId(ModernOnly):
    """Issues a session id to everybody."""

    async def handle(self, request: Request, reply: Reply) -> None:
        await super().handle(request, _WithId(reply.reader, reply.writer, self.new_id()))


class _WithId(Reply):
    def __init__(self, reader: Any, writer: Any, id: str) -> None:
        super().__init__(reader, writer)
        self.id = id

    async def head(self, status: int, headers: dict[str, str]) -> None:
        await super().head(status, {**headers, "Mcp-Session-Id": self.id})


class ModernRefusesId(ModernOnly):
    """Refuses a session id that it does not know."""

    async def post(self, request: Request, reply: Reply, user: str | None) -> None:
        if request.header("mcp-session-id") is not None:
            raise Refused(404, "no such session")
        await super().post(request, reply, user)


class ModernIgnoresMismatch(ModernOnly):
    """The header's version may differ from the body's."""

    def mismatch(self) -> None:
        return


class ModernMismatch422(ModernOnly):
    """A version header that differs from the body gets 422."""

    def mismatch(self) -> None:
        raise Answered(422, HEADER_MISMATCH, "MCP-Protocol-Version differs from the body")


class ModernNeedsNoHeader(ModernOnly):
    """Serves a request without version header."""

    def no_header(self) -> None:
        return


class ModernUnknownMethod200(ModernOnly):
    """An unknown method gets its error under 200."""

    async def unknown_method(self, message: dict[str, Any], reply: Reply) -> None:
        await reply.json(200, conforming.error(message["id"], -32601, "method not found"))


class ModernUnknownMethodBare(ModernOnly):
    """An unknown method gets a 404 that says nothing."""

    async def unknown_method(self, message: dict[str, Any], reply: Reply) -> None:
        await reply.send(404, b"Not Found", {"Content-Type": "text/plain"})


class ModernUnknownMethodCode(ModernOnly):
    """An unknown method gets 404 with another code."""

    async def unknown_method(self, message: dict[str, Any], reply: Reply) -> None:
        await reply.json(404, conforming.error(message["id"], -32000, "no"))


class ModernNeedsNoMeta(ModernOnly):
    """Serves a request without the client's capabilities."""

    def check_capabilities(self, meta: dict[str, Any]) -> None:
        return


class ModernMeta200(ModernOnly):
    """A request without the client's capabilities gets its error under 200."""

    def check_capabilities(self, meta: dict[str, Any]) -> None:
        if f"{META}clientCapabilities" not in meta:
            raise Answered(200, INVALID_PARAMS, "no capabilities in _meta")


class ModernUnsupported200(ModernOnly):
    """An unknown version gets its error under 200."""

    def unsupported(self, asked: str) -> None:
        data = {"supported": [VERSION], "requested": asked}
        raise Answered(200, UNSUPPORTED_VERSION, "unsupported protocol version", data)


class ModernNotification200(ModernOnly):
    """A notification gets 200 with a body."""

    async def accepted(self, reply: Reply) -> None:
        await reply.json(200, {})


class ModernText(ModernOnly):
    """A request is answered as text/plain."""

    async def deliver(self, session: Any, messages: Any, reply: Reply, headers: Any = None) -> None:
        await reply.send(200, json.dumps(messages[-1]).encode(), {"Content-Type": "text/plain"})


class ModernOriginServed(ModernOnly):
    """Nobody looks at Origin."""

    def check_origin(self, request: Request) -> None:
        return


class ModernOrigin400(ModernOnly):
    """A foreign Origin gets 400."""

    def check_origin(self, request: Request) -> None:
        origin = request.header("origin")
        if origin is not None and not self.is_own(origin):
            raise Refused(400, "foreign origin")


class ModernStreamStaysOpen(ModernOnly):
    """The stream of a request stays open after its response."""

    async def finish(self, reply: Reply) -> None:
        await reply.gone()


class ModernExpired403(AuthorizedModern):
    """An expired token gets 403."""

    def is_valid(self, claims: dict[str, Any]) -> bool:
        if claims["exp"] < 10:
            raise Refused(403, "expired")
        return super().is_valid(claims)


class DualEraSessionFault(DualEra):
    """Both eras; an ended session gets 400."""

    def __init__(self) -> None:
        super().__init__()
        self.ended: set[str] = set()

    async def hang_up(self, session: conforming.Session) -> None:
        self.ended.add(session.id)

    def session_of(self, request: Request, user: str | None) -> conforming.Session:
        if request.header("mcp-session-id") in self.ended:
            raise Refused(400, "ended")
        return super().session_of(request, user)


class DualEraModernFault(DualEra):
    """Both eras; the modern one serves a version header that differs from the body."""

    def mismatch(self) -> None:
        return
