"""Right servers that offer other features: resources, prompts, tools that take a while, news."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import Any, ClassVar

import conforming
from conforming import Session
from wire import Reply


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


class AsksByUrl(conforming.Server):
    """Its tool answers that the user has to open a URL first."""

    elicitations: Any = ({"mode": "url", "elicitationId": "e1", "url": "https://a.example/e1", "message": "Sign in"},)

    def result_of(self, message: dict[str, Any]) -> dict[str, Any]:
        if message["method"] != "tools/call":
            return super().result_of(message)
        refused = conforming.error(message["id"], -32042, "more information is needed")
        refused["error"]["data"] = {"elicitations": list(self.elicitations)}
        return refused


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


class LateOnce(conforming.Server):
    """Answers no initialize with 2025-03-26 in time: the first of them, or as many as ``times`` says."""

    times = 1

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0

    async def initialize(self, message: dict[str, Any], reply: Reply, user: str | None) -> None:
        if message.get("params", {}).get("protocolVersion") == "2025-03-26":
            self.asked += 1
            if self.asked <= self.times:
                await asyncio.sleep(60)
        await super().initialize(message, reply, user)


class LateAlways(LateOnce):
    """Answers none of them in time."""

    times = 99


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


class ReplaysWhatItHas(SlowTools):
    """Ends the stream of a request that is still worked on after what there is, so that it has to be asked for again."""

    async def resume(self, session: Session, last: str, reply: Reply) -> None:
        await conforming.Server.resume(self, session, last, reply)


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
