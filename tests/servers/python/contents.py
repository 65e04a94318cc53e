"""Servers by what their messages carry: resources in prompts and tools, URIs, metadata, logs, arguments. Right and wrong."""

from __future__ import annotations

import posixpath
import uuid
from typing import TYPE_CHECKING, Any, ClassVar

import conforming
from modern import ModernFeatures, ModernOnly
from variants import Authorized
from variants_features import Declares, Listed, Prompts

if TYPE_CHECKING:
    from wire import Reply, Request

SECRETS = "root:x:0:0:root:/root:/bin/sh\n"


class Guides(Prompts):
    """A prompt and a tool that hold a guide, with metadata."""

    guide: ClassVar[dict[str, Any]] = {"uri": "guide+v1://tea", "mimeType": "text/markdown", "text": "# Tea"}
    embedded: ClassVar[dict[str, Any]] = {"uri": "guide+v1://tea", "text": "# Tea"}
    listed_uri = "logo://a"
    meta: ClassVar[dict[str, Any]] = {"example.com/brew.time": 3, "progress_1": 2, "": 0, "com.ex-a.b1/": 1}

    def result_of(self, message: dict[str, Any]) -> dict[str, Any]:
        found = super().result_of(message)
        if message["method"] == "resources/list":
            found["result"]["resources"][0]["uri"] = self.listed_uri
        if message["method"] == "prompts/get" and "result" in found:
            content = {"type": "resource", "resource": self.guide}
            found["result"] = {"messages": [{"role": "user", "content": content}]}
        if message["method"] == "tools/call":
            found["result"] = {"content": [{"type": "resource", "resource": self.embedded, "_meta": self.meta}]}
        return found


class GuidesUntyped(Guides):
    """The resource in a prompt has no MIME type."""

    guide: ClassVar[dict[str, Any]] = {"uri": "guide://tea", "text": "# Tea"}


class GuidesNowhere(Guides):
    """The resource in a prompt has a name for a URI."""

    guide: ClassVar[dict[str, Any]] = {"uri": "tea", "mimeType": "text/markdown", "text": "# Tea"}


class GuidesEmpty(Guides):
    """The resource in a prompt has neither text nor data."""

    guide: ClassVar[dict[str, Any]] = {"uri": "guide://tea", "mimeType": "text/markdown"}


class GuidesOddScheme(Guides):
    """The scheme of a resource's URI has an underscore."""

    listed_uri = "my_logo://a"


class GuidesOddMeta(Guides):
    """A key of the metadata begins with an underscore."""

    meta: ClassVar[dict[str, Any]] = {"_brewing": True}


class GuidesOddPrefix(Guides):
    """A label of a metadata key begins with a digit."""

    meta: ClassVar[dict[str, Any]] = {"example.1st/brewing": True}


class GuidesUndeclared(conforming.Server):
    """A tool returns a resource, and none are declared."""

    def result_of(self, message: dict[str, Any]) -> dict[str, Any]:
        if message["method"] == "tools/call":
            return conforming.response(message, {"content": [{"type": "resource", "resource": Guides.guide}]})
        return super().result_of(message)


class LogsRequests(Declares, Authorized):
    """Tells the client which requests it serves."""

    offered = ("logging",)

    async def post(self, request: Request, reply: Reply, user: str | None) -> None:
        self.told = self.told_of(request)
        await super().post(request, reply, user)

    def told_of(self, request: Request) -> dict[str, Any]:
        return {"path": request.path, "authorized": request.header("authorization") is not None}

    def news_of(self, message: dict[str, Any]) -> list[dict[str, Any]]:
        params = {"level": "info", "data": self.told}
        return [*super().news_of(message), {"jsonrpc": "2.0", "method": "notifications/message", "params": params}]


class LogsTokens(LogsRequests):
    """Tells the client all headers of the requests that it serves."""

    def told_of(self, request: Request) -> dict[str, Any]:
        return {"path": request.path, "headers": {"authorization": request.header("authorization")}}


class Adds(Listed):
    """Adds two numbers, and says which one is missing."""

    number: ClassVar = {"type": "number"}
    tools: ClassVar = [
        {
            "name": "add",
            "inputSchema": {"type": "object", "properties": {"a": number, "b": number}, "required": ["a", "b"]},
        }
    ]

    def result_of(self, message: dict[str, Any]) -> dict[str, Any]:
        if message["method"] == "tools/call":
            return conforming.response(message, self.sum_of(message["params"]["arguments"]))
        return super().result_of(message)

    def sum_of(self, arguments: dict[str, Any]) -> dict[str, Any]:
        if not {"a", "b"} <= set(arguments):
            return {"content": [{"type": "text", "text": "a and b are needed"}], "isError": True}
        return {"content": [{"type": "text", "text": str(arguments["a"] + arguments["b"])}]}


class AddsAnything(Adds):
    """What is missing counts as nothing."""

    def sum_of(self, arguments: dict[str, Any]) -> dict[str, Any]:
        return {"content": [{"type": "text", "text": str(arguments.get("a", 0) + arguments.get("b", 0))}]}


class GivesUpItsPing(conforming.Server):
    """Pings the client during a tool's call, and does not wait for the answer."""

    own = True

    def news_of(self, message: dict[str, Any]) -> list[dict[str, Any]]:
        if message["method"] != "tools/call":
            return super().news_of(message)
        id = uuid.uuid4().hex
        params = {"requestId": id if self.own else message["id"]}
        return [
            {"jsonrpc": "2.0", "id": id, "method": "ping"},
            {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": params},
            *super().news_of(message),
        ]


class PingsWithOneId(GivesUpItsPing):
    """Gives each of its pings the same id."""

    def news_of(self, message: dict[str, Any]) -> list[dict[str, Any]]:
        again = {"jsonrpc": "2.0", "id": "ping", "method": "ping"}
        return [again, again, *conforming.Server.news_of(self, message)] if message["method"] == "tools/call" else []


class CancelsForTheClient(GivesUpItsPing):
    """Cancels the client's request, and answers it."""

    own = False


class ModernFiles(ModernFeatures):
    """Gives the files of one folder."""

    folder = "/srv/notes"
    files: ClassVar = {"/srv/notes/a.md": "# A", "/etc/passwd": SECRETS}

    def result_of(self, message: dict[str, Any]) -> dict[str, Any]:
        if message["method"] == "resources/list":
            return conforming.response(message, {"resources": [{"uri": "file:///srv/notes/a.md", "name": "a"}]})
        if message["method"] == "resources/read":
            uri = message["params"]["uri"]
            text = self.files[posixpath.normpath(uri.removeprefix("file://"))]
            return conforming.response(message, {"contents": [{"uri": uri, "text": text}]})
        return super().result_of(message)

    async def read(self, message: dict[str, Any], reply: Reply) -> None:
        path = message["params"]["uri"].removeprefix("file://")
        if self.may_read(path) and posixpath.normpath(path) in self.files:
            await ModernOnly.answer_modern(self, message, reply)
        else:
            await super().read(message, reply)

    def may_read(self, path: str) -> bool:
        return posixpath.normpath(path).startswith(f"{self.folder}/")


class ModernFilesOfTheMachine(ModernFiles):
    """Gives every file, on purpose."""

    def may_read(self, path: str) -> bool:
        return True


class ModernFilesLedOut(ModernFiles):
    """Looks only at how a path begins."""

    def may_read(self, path: str) -> bool:
        return path.startswith(f"{self.folder}/")


class ModernTraced(ModernOnly):
    """Results belong to a trace."""

    trace = "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01"

    def result_fields(self, method: str) -> dict[str, Any]:
        fields = super().result_fields(method)
        return {**fields, "_meta": {**fields["_meta"], "traceparent": self.trace}}


class ModernTracedOddly(ModernTraced):
    """Results belong to a trace that nobody can follow."""

    trace = "span 7"
