"""Servers of 2026-07-28, alone and next to sessions, right and wrong. No initialize, no session, no GET, no DELETE."""

from __future__ import annotations

import asyncio
import base64
import json
import uuid
from typing import Any, ClassVar

import conforming
from conforming import Refused
from wire import Reply, Request

VERSION = "2026-07-28"
META = "io.modelcontextprotocol/"
HEADER_MISMATCH = -32020
UNSUPPORTED_VERSION = -32022
INVALID_PARAMS = -32602
NAMES = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}
"""Methods with an Mcp-Name header, and the parameter it repeats."""
REMOVED = ("ping",)
CACHEABLE = ("server/discover", "tools/list", "prompts/list", "resources/list", "resources/read")


class Answered(Exception):
    """A request that is answered by a JSON-RPC error."""

    def __init__(self, status: int, code: int, message: str, data: Any = None) -> None:
        self.status = status
        self.code = code
        self.message = message
        self.data = data


class ModernOnly(conforming.Server):
    """Speaks 2026-07-28 only."""

    versions = (VERSION,)
    offers_stream = False
    delete_status = 405

    async def post(self, request: Request, reply: Reply, user: str | None) -> None:
        message = self.message_of(request)
        try:
            if "id" not in message:
                await self.accepted(reply)
                return
            self.check_message(request, message)
            await self.answer_modern(message, reply)
        except Answered as answered:
            body = conforming.error(message.get("id"), answered.code, answered.message)
            if answered.data is not None:
                body["error"]["data"] = answered.data
            await reply.json(answered.status, body)

    def check_message(self, request: Request, message: dict[str, Any]) -> None:
        """Header and body, in the order of the page's "Server Validation"."""
        meta = message.get("params", {}).get("_meta", {})
        self.check_meta(meta)
        self.check_header(request, meta)
        if meta[f"{META}protocolVersion"] != VERSION:
            self.unsupported(meta[f"{META}protocolVersion"])
        self.check_method(request, message)
        self.check_name(request, message)

    def check_method(self, request: Request, message: dict[str, Any]) -> None:
        if request.header("mcp-method") != message.get("method"):
            raise Answered(400, HEADER_MISMATCH, "Mcp-Method differs from the body")

    def check_name(self, request: Request, message: dict[str, Any]) -> None:
        field = NAMES.get(message["method"])
        if field is not None and decoded(request.header("mcp-name")) != message["params"].get(field):
            raise Answered(400, HEADER_MISMATCH, "Mcp-Name differs from the body")

    def check_meta(self, meta: dict[str, Any]) -> None:
        if f"{META}protocolVersion" not in meta:
            raise Answered(400, INVALID_PARAMS, f"no protocol version in _meta, such as {VERSION}")
        self.check_capabilities(meta)

    def check_capabilities(self, meta: dict[str, Any]) -> None:
        if f"{META}clientCapabilities" not in meta:
            raise Answered(400, INVALID_PARAMS, "no capabilities in _meta")

    def check_header(self, request: Request, meta: dict[str, Any]) -> None:
        version = request.header("mcp-protocol-version")
        if version is None:
            self.no_header()
        elif version != meta[f"{META}protocolVersion"]:
            self.mismatch()

    def no_header(self) -> None:
        raise Answered(400, HEADER_MISMATCH, "no MCP-Protocol-Version")

    def mismatch(self) -> None:
        raise Answered(400, HEADER_MISMATCH, "MCP-Protocol-Version differs from the body")

    def unsupported(self, asked: str) -> None:
        raise Answered(
            400, UNSUPPORTED_VERSION, "unsupported protocol version", {"supported": [VERSION], "requested": asked}
        )

    async def answer_modern(self, message: dict[str, Any], reply: Reply) -> None:
        method = message["method"]
        found = self.discovered(message) if method == "server/discover" else self.answer_to(message)
        if found.get("error", {}).get("code") == INVALID_PARAMS:
            await reply.json(200, found)
            return
        if "error" in found or method in REMOVED:
            await self.unknown_method(message, reply)
            return
        found["result"] |= self.result_fields(method)
        await self.deliver(conforming.Session("", None), [found], reply, {"X-Accel-Buffering": "no"})

    def result_fields(self, method: str) -> dict[str, Any]:
        """What every result of a method carries."""
        fields: dict[str, Any] = {
            "resultType": "complete",
            "_meta": {f"{META}serverInfo": {"name": "modern", "version": "1"}},
        }
        return {**fields, "ttlMs": 0, "cacheScope": "private"} if method in CACHEABLE else fields

    def discovered(self, message: dict[str, Any]) -> dict[str, Any]:
        return conforming.response(message, {"supportedVersions": [VERSION], "capabilities": self.capabilities()})

    def capabilities(self) -> dict[str, Any]:
        return {"tools": {}}

    async def unknown_method(self, message: dict[str, Any], reply: Reply) -> None:
        await reply.json(404, conforming.error(message["id"], -32601, "method not found"))


def decoded(value: str | None) -> str | None:
    """A header's value, which may be in base64 between ``=?base64?`` and ``?=``."""
    if value is not None and value.startswith("=?base64?") and value.endswith("?="):
        return base64.b64decode(value[len("=?base64?") : -len("?=")]).decode()
    return value


class ModernJson(ModernOnly):
    """Speaks 2026-07-28 only, in JSON."""

    answers = "json"


class ModernEndsLate(ModernOnly):
    """Streams end a while after the response."""

    async def finish(self, reply: Reply) -> None:
        await asyncio.sleep(0.4)
        await reply.end()


class DualEra(ModernOnly):
    """Serves clients with sessions and clients without on one endpoint."""

    versions = conforming.Server.versions
    offers_stream = True
    delete_status = 200

    async def post(self, request: Request, reply: Reply, user: str | None) -> None:
        if f"{META}protocolVersion".encode() in request.body:
            await super().post(request, reply, user)
        else:
            await conforming.Server.post(self, request, reply, user)


class AuthorizedModern(ModernOnly):
    """Speaks 2026-07-28 only, behind authorization."""

    demands_token = True


class ModernFeatures(ModernOnly):
    """Has prompts and resources, and says when their lists change."""

    def capabilities(self) -> dict[str, Any]:
        return {"tools": {"listChanged": True}, "prompts": {}, "resources": {}}

    async def answer_modern(self, message: dict[str, Any], reply: Reply) -> None:
        if message["method"] == "subscriptions/listen":
            await self.listen_to(message, reply)
            return
        if message["method"] == "resources/read":
            await self.read(message, reply)
            return
        if message["method"] == "prompts/get":
            await reply.json(200, conforming.error(message["id"], INVALID_PARAMS, "no such prompt"))
            return
        await super().answer_modern(message, reply)

    def result_of(self, message: dict[str, Any]) -> dict[str, Any]:
        listed = {"prompts/list": "prompts", "resources/list": "resources"}.get(message["method"])
        return conforming.response(message, {listed: []}) if listed is not None else super().result_of(message)

    async def read(self, message: dict[str, Any], reply: Reply) -> None:
        await reply.json(200, conforming.error(message["id"], INVALID_PARAMS, "no such resource"))

    async def listen_to(self, message: dict[str, Any], reply: Reply) -> None:
        await reply.start_stream({"X-Accel-Buffering": "no"})
        await self.acknowledge(message, reply)
        await reply.gone()

    async def acknowledge(self, message: dict[str, Any], reply: Reply) -> None:
        params = {
            "_meta": {f"{META}subscriptionId": message["id"]},
            "notifications": message["params"]["notifications"],
        }
        acknowledged = {"jsonrpc": "2.0", "method": "notifications/subscriptions/acknowledged", "params": params}
        await reply.event(json.dumps(acknowledged))


class AuthorizedScopesModern(AuthorizedModern):
    """Speaks 2026-07-28 only, and demands a scope."""

    scopes = ("tools",)


class ModernBaskets(ModernOnly):
    """Tools that work on baskets, named by unguessable handles."""

    basket: ClassVar = {"type": "object", "properties": {"basket_id": {"type": "string"}}, "required": ["basket_id"]}
    nothing: ClassVar = {"type": "object", "properties": {}}

    def __init__(self) -> None:
        super().__init__()
        self.baskets: list[str] = []

    def result_of(self, message: dict[str, Any]) -> dict[str, Any]:
        match message["method"], message.get("params", {}).get("name"):
            case "tools/list", _:
                tools = [
                    {"name": "create_basket", "inputSchema": self.nothing},
                    {"name": "look", "inputSchema": self.basket},
                ]
                return conforming.response(message, {"tools": tools})
            case "tools/call", "create_basket":
                self.baskets.append(self.new_handle())
                return conforming.response(message, self.given(self.baskets[-1]))
            case "tools/call", "look":
                known = message["params"]["arguments"]["basket_id"] in self.baskets
                content = [{"type": "text", "text": "empty" if known else "no such basket"}]
                return conforming.response(message, {"content": content, "isError": not known})
        return super().result_of(message)

    def new_handle(self) -> str:
        return f"bsk_{uuid.uuid4().hex}"

    def given(self, handle: str) -> dict[str, Any]:
        made = {"basketId": handle}
        return {"content": [{"type": "text", "text": json.dumps(made)}], "structuredContent": made}


class AuthorizedBaskets(ModernBaskets):
    """Baskets belong to whoever made them, behind authorization."""

    demands_token = True

    def __init__(self) -> None:
        super().__init__()
        self.owners: dict[str, str | None] = {}
        self.user: str | None = None

    async def post(self, request: Request, reply: Reply, user: str | None) -> None:
        self.user = user
        await super().post(request, reply, user)

    def new_handle(self) -> str:
        handle = super().new_handle()
        self.owners[handle] = self.user
        return handle

    def result_of(self, message: dict[str, Any]) -> dict[str, Any]:
        arguments = message.get("params", {}).get("arguments", {})
        if self.is_taken(arguments.get("basket_id")):
            content = [{"type": "text", "text": "not yours"}]
            return conforming.response(message, {"content": content, "isError": True})
        return super().result_of(message)

    def is_taken(self, handle: str | None) -> bool:
        return handle in self.owners and self.owners[handle] != self.user


class ModernBasketsForAll(AuthorizedBaskets):
    """Baskets belong to nobody."""

    def is_taken(self, handle: str | None) -> bool:
        return False


class ModernBasketsForAnybody(AuthorizedBaskets):
    """Who knows a basket needs no token."""

    def user_of(self, request: Request) -> str | None:
        if request.header("authorization") is None:
            for handle, owner in self.owners.items():
                if handle.encode() in request.body:
                    return owner
        return super().user_of(request)


class ModernBasketsInText(ModernBaskets):
    """The handle stands in a text that is JSON."""

    def given(self, handle: str) -> dict[str, Any]:
        return {"content": [{"type": "text", "text": json.dumps({"basket": {"basket_id": handle}})}]}


class ModernReceipts(ModernBaskets):
    """The number that it gives is never asked for again: whatever is sent is served."""

    def new_handle(self) -> str:
        return f"receipt-{len(self.baskets)}"

    def result_of(self, message: dict[str, Any]) -> dict[str, Any]:
        if message.get("params", {}).get("name") == "look":
            return conforming.response(message, {"content": [{"type": "text", "text": "thank you"}]})
        return super().result_of(message)


class ModernRecords(ModernBaskets):
    """Numbers of records that the caller named: not handles."""

    nothing: ClassVar = {"type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"]}

    def new_handle(self) -> str:
        return str(len(self.baskets))


class ModernCountingBaskets(ModernBaskets):
    """Handles are counted."""

    def new_handle(self) -> str:
        return f"basket-{len(self.baskets):06}"


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
