"""Servers that break one sentence about tools, resources, prompts, logs, pages or progress each."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, ClassVar

import conforming
from conforming import Session
from variants_features import AsksByUrl, Listed, Polled, Prompts, Resources, StructuredTools

if TYPE_CHECKING:
    from wire import Reply


class AsksForSampling(conforming.Server):
    """Asks for a sample that the client never offered."""

    def news_of(self, message: dict[str, Any]) -> list[dict[str, Any]]:
        asked = self.asked() if message["method"] == "tools/call" else []
        return [*asked, *super().news_of(message)]

    @staticmethod
    def asked() -> list[dict[str, Any]]:
        params: dict[str, Any] = {"messages": []}
        return [{"jsonrpc": "2.0", "id": uuid.uuid4().hex, "method": "sampling/createMessage", "params": params}]


class AsksInItsSecondTool(Listed):
    """The same in its second tool only."""

    tools: ClassVar = [{"name": name, "inputSchema": {"type": "object"}} for name in ("plain", "asking")]

    def news_of(self, message: dict[str, Any]) -> list[dict[str, Any]]:
        asks = message["method"] == "tools/call" and message["params"]["name"] == "asking"
        return AsksForSampling.asked() if asks else super().news_of(message)


class AsksByUrlUnlisted(AsksByUrl):
    """Does not say which URLs."""

    elicitations = ()


class AsksByForm(AsksByUrl):
    """Asks for a form, which the error cannot."""

    elicitations = ({"mode": "form", "elicitationId": "e1", "message": "Who are you?"},)


class AsksByNamelessUrl(AsksByUrl):
    """The user's answer cannot be told from another one."""

    elicitations = ({"mode": "url", "url": "https://a.example/e1", "message": "Sign in"},)


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


class PolledOtherResult(Polled, OtherResult):
    """The same, and its result has to be fetched."""


class InvalidToolSchema(Listed):
    """The schema of a tool's arguments is none."""

    tools: ClassVar = [{"name": "echo", "inputSchema": {"type": "object", "required": "text"}}]


class SpacedToolName(Listed):
    """A tool's name has a space in it."""

    tools: ClassVar = [{"name": "say it", "inputSchema": {"type": "object"}}]


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
        return [
            {**each, "params": {"progressToken": uuid.uuid4().hex, "progress": 1}} for each in super().news_of(message)
        ]


class ProgressAfterwards(conforming.Server):
    """Progress comes after the response."""

    async def answer(self, session: Session, message: dict[str, Any], reply: Reply) -> None:
        await self.deliver(session, [self.answer_to(message), *self.news_of(message)], reply)
