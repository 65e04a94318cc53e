"""Servers of 2026-07-28, alone and next to sessions, right and wrong. No initialize, no session, no GET, no DELETE."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import Any

import conforming
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


class Menu(ModernOnly):
    """Has one resource and one prompt, and neither list changes."""

    def capabilities(self) -> dict[str, Any]:
        return {"tools": {}, "prompts": {}, "resources": {}}

    def result_of(self, message: dict[str, Any]) -> dict[str, Any]:
        params = message.get("params", {})
        results: dict[tuple[str, str | None], dict[str, Any]] = {
            ("resources/list", None): {"resources": [{"name": "soup", "uri": "menu://soup"}]},
            ("prompts/list", None): {"prompts": [{"name": "order"}]},
            ("resources/read", "menu://soup"): {"contents": [{"uri": "menu://soup", "text": "leek"}]},
            ("prompts/get", "order"): {"messages": [{"role": "user", "content": {"type": "text", "text": "Soup!"}}]},
        }
        result = results.get((message["method"], params.get(NAMES.get(message["method"]) or "")))
        if result is None and message["method"] in ("resources/read", "prompts/get"):
            return conforming.error(message["id"], INVALID_PARAMS, "not on the menu")
        return conforming.response(message, result) if result is not None else super().result_of(message)


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
