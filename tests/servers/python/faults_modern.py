"""Servers of 2026-07-28 that break one sentence about results, discovery or messages each."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, ClassVar

import conforming
from modern import INVALID_PARAMS, META, Answered, ModernFeatures, ModernJson, ModernOnly

if TYPE_CHECKING:
    from wire import Reply


class _Without(ModernOnly):
    """Leaves a field out of every result."""

    field = ""

    def result_fields(self, method: str) -> dict[str, Any]:
        return {name: value for name, value in super().result_fields(method).items() if name != self.field}


class ModernNoResultType(_Without):
    """Results do not say of which type they are."""

    field = "resultType"


class ModernOwnResultType(ModernFeatures):
    """The results of a tool are of a type that no extension adds."""

    def result_fields(self, method: str) -> dict[str, Any]:
        own = {"resultType": "partial"} if method == "tools/call" else {}
        return super().result_fields(method) | own


class ModernPlainExtension(ModernFeatures):
    """Declares an extension without a prefix."""

    name = "things"

    def capabilities(self) -> dict[str, Any]:
        return {**super().capabilities(), "extensions": {self.name: {}}}


class ModernAnonymous(_Without):
    """Results do not name the server."""

    field = "_meta"


class ModernNoTtl(_Without):
    """Lists do not say for how long they hold."""

    field = "ttlMs"


class ModernNoScope(_Without):
    """Lists do not say for whom they hold."""

    field = "cacheScope"


class ModernNegativeTtl(ModernOnly):
    """Lists hold for less than no time."""

    def result_fields(self, method: str) -> dict[str, Any]:
        fields = super().result_fields(method)
        return {**fields, "ttlMs": -1} if "ttlMs" in fields else fields


class ModernPages(ModernOnly):
    """Lists its tools in two pages."""

    def answer_to(self, message: dict[str, Any]) -> dict[str, Any]:
        return self.result_of(message)

    def result_of(self, message: dict[str, Any]) -> dict[str, Any]:
        if message["method"] != "tools/list":
            return super().result_of(message)
        cursor = message["params"].get("cursor")
        if cursor not in (None, "second"):
            return conforming.error(message["id"], -32602, "no such page")
        self.page = 1 if cursor is None else 2
        more = {"nextCursor": "second"} if cursor is None else {}
        tool = {"name": f"tool-{self.page}", "inputSchema": {"type": "object"}}
        return conforming.response(message, {"tools": [tool], **more})


class ModernScopeVaries(ModernPages):
    """The pages of one list are for different readers."""

    def result_fields(self, method: str) -> dict[str, Any]:
        fields = super().result_fields(method)
        return {**fields, "cacheScope": "public"} if method == "tools/list" and self.page == 2 else fields


class ModernNoDiscovery(ModernOnly):
    """server/discover is an unknown method."""

    async def answer_modern(self, message: dict[str, Any], reply: Reply) -> None:
        if message["method"] == "server/discover":
            await self.unknown_method(message, reply)
        else:
            await super().answer_modern(message, reply)


class ModernDiscoversOthers(ModernOnly):
    """Discovery leaves out the version that is spoken."""

    def discovered(self, message: dict[str, Any]) -> dict[str, Any]:
        found = super().discovered(message)
        found["result"]["supportedVersions"] = []
        return found


class ModernListsInTurn(ModernOnly):
    """Every other connection gets another list."""

    turn = 0

    def result_of(self, message: dict[str, Any]) -> dict[str, Any]:
        found = super().result_of(message)
        if message["method"] == "tools/list":
            self.turn += 1
            found["result"] = {"tools": [{"name": f"echo{self.turn % 2}", "inputSchema": {"type": "object"}}]}
        return found


class ModernUndeclaredTools(ModernOnly):
    """Lists tools that discovery does not declare."""

    def capabilities(self) -> dict[str, Any]:
        return {}


class ModernSilentInitialize(ModernOnly):
    """The error to an initialize names no version."""

    async def post(self, request: Any, reply: Reply, user: str | None) -> None:
        message = self.message_of(request)
        if message.get("method") == "initialize":
            await reply.json(400, conforming.error(message["id"], -32600, "no handshake here"))
        else:
            await super().post(request, reply, user)


class ModernPlainInitialize(ModernOnly):
    """An initialize is refused in plain text."""

    async def post(self, request: Any, reply: Reply, user: str | None) -> None:
        if self.message_of(request).get("method") == "initialize":
            await reply.send(400, b"Bad Request", {"Content-Type": "text/plain"})
        else:
            await super().post(request, reply, user)


class ModernUnroutedInitialize(ModernOnly):
    """An initialize is not found, in plain text."""

    async def post(self, request: Any, reply: Reply, user: str | None) -> None:
        if self.message_of(request).get("method") == "initialize":
            await reply.send(404, b"Not Found", {"Content-Type": "text/plain"})
        else:
            await super().post(request, reply, user)


class ModernBuffered(ModernOnly):
    """Proxies may buffer the streams."""

    async def deliver(self, session: Any, messages: Any, reply: Reply, headers: Any = None) -> None:
        await super().deliver(session, messages, reply)


class _SendsFirst(ModernOnly):
    """Sends a message before each response."""

    first: ClassVar[dict[str, Any]]

    async def deliver(self, session: Any, messages: Any, reply: Reply, headers: Any = None) -> None:
        await super().deliver(session, [self.first, *messages], reply, headers)


class ModernAsks(_SendsFirst):
    """Asks the client on the stream of a request."""

    first: ClassVar = {
        "jsonrpc": "2.0",
        "id": "ask-1",
        "method": "elicitation/create",
        "params": {"message": "Which one?", "requestedSchema": {"type": "object", "properties": {}}},
    }


class ModernLevels(ModernOnly):
    """Logs at the levels that there are."""

    levels = ("debug", "info", "notice", "warning", "error", "critical", "alert", "emergency")

    def capabilities(self) -> dict[str, Any]:
        return {**super().capabilities(), "logging": {}}

    def check_meta(self, meta: dict[str, Any]) -> None:
        super().check_meta(meta)
        if meta.get(f"{META}logLevel", "info") not in self.levels:
            raise Answered(400, INVALID_PARAMS, "no such log level")


class ModernLogs(_SendsFirst, ModernLevels):
    """Logs to clients that named no level."""

    first: ClassVar = {
        "jsonrpc": "2.0",
        "method": "notifications/message",
        "params": {"level": "info", "data": "working"},
    }


class ModernCancels(_SendsFirst):
    """Cancels a request that it answers."""

    first: ClassVar = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}}


class ModernUnlisted(ModernFeatures):
    """Declares resources, and does not list them."""

    def result_of(self, message: dict[str, Any]) -> dict[str, Any]:
        if message["method"] == "resources/list":
            return conforming.error(message["id"], -32603, "not yet")
        return super().result_of(message)


class ModernUnlistedPrompts(ModernFeatures):
    """Declares prompts, and does not list them."""

    def result_of(self, message: dict[str, Any]) -> dict[str, Any]:
        if message["method"] == "prompts/list":
            return conforming.error(message["id"], -32603, "not yet")
        return super().result_of(message)


class ModernAnyLevel(ModernLevels):
    """Takes any word for a log level."""

    levels = ("docprobe", *ModernLevels.levels)


class ModernListensSilently(ModernFeatures):
    """A subscription begins with a change."""

    async def acknowledge(self, message: dict[str, Any], reply: Reply) -> None:
        params = {"_meta": {f"{META}subscriptionId": message["id"]}}
        changed = {"jsonrpc": "2.0", "method": "notifications/tools/list_changed", "params": params}
        await reply.event(json.dumps(changed))


class ModernListensToNobody(ModernFeatures):
    """A subscription's messages do not say to which one they belong."""

    async def acknowledge(self, message: dict[str, Any], reply: Reply) -> None:
        params = {"notifications": message["params"]["notifications"]}
        acknowledged = {"jsonrpc": "2.0", "method": "notifications/subscriptions/acknowledged", "params": params}
        await reply.event(json.dumps(acknowledged))


class ModernNoJsonRpc(ModernJson):
    """Responses do not say that they are JSON-RPC."""

    async def deliver(self, session: Any, messages: Any, reply: Reply, headers: Any = None) -> None:
        for message in messages:
            message.pop("jsonrpc", None)
        await super().deliver(session, messages, reply, headers)


class ModernErrorInWords(ModernOnly):
    """The error to an unknown method has no message."""

    async def unknown_method(self, message: dict[str, Any], reply: Reply) -> None:
        await reply.json(404, {"jsonrpc": "2.0", "id": message["id"], "error": {"code": -32601}})


class ModernShuffles(ModernOnly):
    """Lists its tools in another order each time."""

    turn = 0

    def result_of(self, message: dict[str, Any]) -> dict[str, Any]:
        if message["method"] != "tools/list":
            return super().result_of(message)
        self.turn += 1
        tools = [{"name": name, "inputSchema": {"type": "object"}} for name in ("add", "echo")]
        return conforming.response(message, {"tools": tools[:: 1 if self.turn % 2 else -1]})


class ModernServesPing(ModernOnly):
    """Still serves ping."""

    async def answer_modern(self, message: dict[str, Any], reply: Reply) -> None:
        if message["method"] == "ping":
            await reply.json(200, conforming.response(message, self.result_fields("ping")))
        else:
            await super().answer_modern(message, reply)
