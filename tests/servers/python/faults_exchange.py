"""Servers that break one sentence about POST, GET or batches each."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any, ClassVar

import conforming
from conforming import Refused, Session
from variants import Declares, Listed, Prompts, Resources, StructuredTools

if TYPE_CHECKING:
    from wire import Reply, Request


class Notification200(conforming.Server):
    """A notification gets 200."""

    async def accepted(self, reply: Reply) -> None:
        await reply.send(200)


class Notification204(conforming.Server):
    """A notification gets 204."""

    async def accepted(self, reply: Reply) -> None:
        await reply.send(204)


class Notification202Body(conforming.Server):
    """A notification gets 202 with a body."""

    async def accepted(self, reply: Reply) -> None:
        await reply.json(202, {})


class Notification202Word(conforming.Server):
    """A notification gets 202 Accepted, in words."""

    async def accepted(self, reply: Reply) -> None:
        await reply.send(202, b"Accepted", {"Content-Type": "text/plain"})


class AsksForSampling(conforming.Server):
    """Asks for a sample that the client never offered."""

    def news_of(self, message: dict[str, Any]) -> list[dict[str, Any]]:
        asked = {
            "jsonrpc": "2.0",
            "id": uuid.uuid4().hex,
            "method": "sampling/createMessage",
            "params": {"messages": []},
        }
        return [asked, *super().news_of(message)] if message["method"] == "tools/call" else super().news_of(message)


class EmptyResource(Resources):
    """A resource that does not exist is empty."""

    def result_of(self, message: dict[str, Any]) -> dict[str, Any]:
        if message["method"] == "resources/read":
            return conforming.response(message, {"contents": []})
        return super().result_of(message)


class NoJsonRpc(conforming.Server):
    """Results do not say that they are JSON-RPC."""

    def result_of(self, message: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in super().result_of(message).items() if name != "jsonrpc"}


class NullIds(conforming.Server):
    """A refusal has the id null."""

    def refusal(self, message: str) -> dict[str, Any]:
        return {**super().refusal(message), "id": None}


class UntypedTools(conforming.Server):
    """The schema of a tool's arguments does not say that they are an object."""

    def result_of(self, message: dict[str, Any]) -> dict[str, Any]:
        if message["method"] == "tools/list":
            return conforming.response(message, {"tools": [{"name": "echo", "inputSchema": {"properties": {}}}]})
        return super().result_of(message)


class WordyProgress(conforming.Server):
    """Progress is told in words."""

    def news_of(self, message: dict[str, Any]) -> list[dict[str, Any]]:
        news = super().news_of(message)
        for each in news:
            each["params"]["progress"] = "much"
        return news


class UnstructuredResult(StructuredTools):
    """A tool with an output schema whose result has none of it."""

    called: ClassVar = {"content": [{"type": "text", "text": "4"}]}


class OtherResult(StructuredTools):
    """A tool with an output schema whose result is something else."""

    called: ClassVar = {"content": [{"type": "text", "text": '{"total": 4}'}], "structuredContent": {"total": 4}}


class InvalidToolSchema(Listed):
    """The schema of a tool's arguments is none."""

    tools: ClassVar = [{"name": "echo", "inputSchema": {"type": "object", "required": "text"}}]


class SpacedToolName(Listed):
    """A tool's name has a space in it."""

    tools: ClassVar = [{"name": "say it", "inputSchema": {"type": "object"}}]


class TaskTools(Declares):
    """A tool has to be called as a task; nothing else of tasks is there."""

    offered = ("tasks",)
    code = -32601

    def result_of(self, message: dict[str, Any]) -> dict[str, Any]:
        if message["method"] == "tools/list":
            execution = {"taskSupport": "required"}
            report = {"name": "report", "inputSchema": {"type": "object"}, "execution": execution}
            return conforming.response(message, {"tools": [report, *conforming.TOOLS]})
        if message["method"] == "tools/call" and message["params"]["name"] == "report":
            return conforming.error(message["id"], self.code, "only as a task")
        return super().result_of(message)


class TaskToolsCode(TaskTools):
    """A plain call of a tool that has to be a task gets another error."""

    code = -32602


class StructuredOnly(StructuredTools):
    """Structured content is in no text."""

    called: ClassVar = {"content": [], "structuredContent": {"sum": 4}}


class DataUrl(Listed):
    """An image is a data URL."""

    tools: ClassVar = [{"name": "draw", "inputSchema": {"type": "object"}}]
    called: ClassVar = {"content": [{"type": "image", "data": "data:image/png;base64,AAAA", "mimeType": "image/png"}]}


class UntypedImage(Prompts):
    """A resource is not base64."""

    image = "not base64"


class HiddenPrompts(Prompts):
    """Lists prompts that it does not declare."""

    offered = ("completions", "logging", "resources")


class LogsInSecret(conforming.Server):
    """Sends log messages that it does not declare."""

    def news_of(self, message: dict[str, Any]) -> list[dict[str, Any]]:
        log = {"jsonrpc": "2.0", "method": "notifications/message", "params": {"level": "info", "data": "working"}}
        return [*super().news_of(message), log]


class AnyCursor(conforming.Server):
    """Any cursor gives the first page."""

    def answer_to(self, message: dict[str, Any]) -> dict[str, Any]:
        return self.result_of(message)


class PagedAnyCursor(AnyCursor):
    """There are pages, and any cursor gives the first one."""

    def result_of(self, message: dict[str, Any]) -> dict[str, Any]:
        found = super().result_of(message)
        if message["method"] == "tools/list":
            found["result"]["nextCursor"] = "2"
        return found


class WrongNames0(Prompts):
    """Errors about names have the code 0."""

    wrong_name = 0


class UnreadableError200(conforming.Server):
    """What is not JSON gets a JSON-RPC error under 200."""

    async def post(self, request: Request, reply: Reply, user: str | None) -> None:
        try:
            json.loads(request.body)
        except ValueError:
            await reply.json(200, conforming.error(None, -32700, "not JSON"))
            return
        await super().post(request, reply, user)


class Latin1(Listed):
    """Speaks Latin-1."""

    tools: ClassVar = [{"name": "cafe", "description": "caf\u00e9", "inputSchema": {"type": "object"}}]

    async def emit(self, session: Session, stream: str, data: str, reply: Reply) -> None:
        await reply.chunk(b"data: " + data.replace("\\u00e9", "\u00e9").encode("latin-1") + b"\n\n")


class _Progress(conforming.Server):
    """Tells of progress in steps of its own."""

    steps: ClassVar[list[float]] = []

    def news_of(self, message: dict[str, Any]) -> list[dict[str, Any]]:
        news = super().news_of(message)
        return [{**each, "params": {**each["params"], "progress": step}} for each in news for step in self.steps]


class ProgressRises(_Progress):
    """Progress rises."""

    steps: ClassVar = [0, 0.5, 1]


class ProgressFalls(_Progress):
    """Progress falls back."""

    steps: ClassVar = [0.5, 1, 0.7]


class ProgressStays(_Progress):
    """Progress stands still."""

    steps: ClassVar = [1, 1]


class ProgressOfNobody(conforming.Server):
    """Progress names a token that nobody gave."""

    def news_of(self, message: dict[str, Any]) -> list[dict[str, Any]]:
        return [{**each, "params": {"progressToken": uuid.uuid4().hex, "progress": 1}} for each in super().news_of(message)]


class ProgressAfterwards(conforming.Server):
    """Progress comes after the response."""

    async def answer(self, session: Session, message: dict[str, Any], reply: Reply) -> None:
        await self.deliver(session, [self.answer_to(message), *self.news_of(message)], reply)


class Response200(conforming.Server):
    """A response of the client gets 200."""

    async def post(self, request: Request, reply: Reply, user: str | None) -> None:
        message = json.loads(request.body)
        if "method" not in message and self.session_of(request, user):
            await reply.send(200)
        else:
            await super().post(request, reply, user)


class _Typed(conforming.Server):
    answers = "json"
    kind = "text/plain"

    async def answer(self, session: Session, message: dict[str, Any], reply: Reply) -> None:
        await reply.send(200, json.dumps(self.answer_to(message)).encode(), {"Content-Type": self.kind})


class AnswersAsText(_Typed):
    """A request is answered as text/plain."""


class AnswersAsHtml(_Typed):
    """A request is answered as text/html."""

    kind = "text/html; charset=utf-8"


class AnswersWithoutType(_Typed):
    """A request is answered without a content type."""

    async def answer(self, session: Session, message: dict[str, Any], reply: Reply) -> None:
        await reply.send(200, json.dumps(self.answer_to(message)).encode())


class AnswersAsArray(conforming.Server):
    """A single request is answered by an array."""

    answers = "json"

    async def answer(self, session: Session, message: dict[str, Any], reply: Reply) -> None:
        await reply.json(200, [self.answer_to(message)])


class ToolAnswersAsText(conforming.Server):
    """A tool's result alone is answered as text/plain."""

    async def answer(self, session: Session, message: dict[str, Any], reply: Reply) -> None:
        if message["method"] == "tools/call":
            await reply.send(200, json.dumps(self.answer_to(message)).encode(), {"Content-Type": "text/plain"})
        else:
            await super().answer(session, message, reply)


class _GetStatus(conforming.Server):
    status = 404

    async def get(self, request: Request, reply: Reply, user: str | None) -> None:
        self.session_of(request, user)
        raise Refused(self.status, "no GET")


class Get404(_GetStatus):
    """GET is not routed."""


class Get400(_GetStatus):
    """GET of a live session gets 400."""

    status = 400


class Get401(_GetStatus):
    """GET of a live session gets 401, where POST needs no token."""

    status = 401


class Get406(_GetStatus):
    """GET of a live session gets 406, whatever it accepts."""

    status = 406


class Get500(_GetStatus):
    """GET crashes."""

    status = 500


class GetCloses(conforming.Server):
    """GET closes the connection without an answer."""

    async def get(self, request: Request, reply: Reply, user: str | None) -> None:
        self.session_of(request, user)


class GetJson(conforming.Server):
    """GET is answered by a JSON page."""

    async def get(self, request: Request, reply: Reply, user: str | None) -> None:
        self.session_of(request, user)
        await reply.json(200, {"name": "server", "status": "ok"})


class ResumeIssued500(conforming.Server):
    """A Last-Event-ID that was issued crashes GET; an invented one is answered 400."""

    resumable = True

    async def resume(self, session: Session, last: str, reply: Reply) -> None:
        raise Refused(500 if last.startswith("stream") else 400, "no store")


class ResumeInvented500(conforming.Server):
    """A Last-Event-ID that was never issued crashes GET."""

    resumable = True

    async def resume(self, session: Session, last: str, reply: Reply) -> None:
        if not last.startswith("stream"):
            raise Refused(500, "no such event")
        await super().resume(session, last, reply)


class BatchRefused(conforming.Server):
    """A batch gets 400."""

    async def batch(self, session: Session, messages: list[Any], reply: Reply) -> None:
        raise Refused(400, "no batches")


class BatchFirstOnly(conforming.Server):
    """Only the first message of a batch is answered."""

    async def batch(self, session: Session, messages: list[Any], reply: Reply) -> None:
        await super().batch(session, messages[:1], reply)


class BatchError200(conforming.Server):
    """A batch gets one JSON-RPC error under 200."""

    async def batch(self, session: Session, messages: list[Any], reply: Reply) -> None:
        await reply.json(200, conforming.error(None, -32600, "no batches"))
