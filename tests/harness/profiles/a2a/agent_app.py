"""An agent that follows A2A 1.0, and faults to switch on: each changes one thing."""

from __future__ import annotations

import asyncio
import itertools
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request

NOT_FOUND, NOT_CANCELABLE, NO_PUSH, UNSUPPORTED, NO_VERSION = -32001, -32002, -32003, -32004, -32009
DETAIL = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "X", "domain": "a2a-protocol.org"}


class Refused(Exception):
    def __init__(self, code: int, message: str = "refused") -> None:
        super().__init__(message)
        self.code, self.message = code, message


@dataclass
class FakeAgent:
    """One agent; ``faults`` are the names of what it does wrong."""

    faults: frozenset[str] = frozenset()
    streaming: bool = True
    extended: bool = False
    makes_tasks: bool = True
    path: str = "/"
    declared_url: str = "http://127.0.0.1:{port}{path}"
    tasks: dict[str, dict[str, Any]] = field(default_factory=dict)
    numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def app(self) -> Starlette:
        paths = dict.fromkeys((self.path, "/elsewhere")) if "interface-url" in self.faults else (self.path,)
        routes = [Route("/.well-known/agent-card.json", self.card, methods=["GET"])]
        return Starlette(routes=[*routes, *(Route(path, self.rpc, methods=["POST"]) for path in paths)])

    # the card

    async def card(self, request: Request) -> Response:
        if "no-card" in self.faults:
            return PlainTextResponse("not here", 404)
        if "card-text" in self.faults:
            return PlainTextResponse("hello")
        headers = {"cache-control": "public, max-age=3600", "etag": '"1"'}
        for name, header in (("no-cache-control", "cache-control"), ("no-etag", "etag")):
            if name in self.faults:
                del headers[header]
        url = self.declared_url.format(port=request.url.port, path=self.path)
        if "interface-url" in self.faults:
            url = f"http://127.0.0.1:{request.url.port}/nowhere"
        card: dict[str, Any] = {
            "name": "Fake",
            "description": "Answers.",
            "version": "1.0.0",
            "capabilities": {"streaming": self.streaming, "extendedAgentCard": self.extended},
            "supportedInterfaces": [{"url": url, "protocolBinding": "JSONRPC", "protocolVersion": "1.0"}],
            "defaultInputModes": ["text/plain"],
            "defaultOutputModes": ["text/plain"],
            "skills": [{"id": "echo", "name": "Echo", "description": "Echoes.", "tags": ["echo"]}],
        }
        if "card-field" in self.faults:
            del card["skills"][0]["tags"]
        if "old" in self.faults:
            del card["supportedInterfaces"]
            card |= {"url": url, "protocolVersion": "0.3.0", "preferredTransport": "JSONRPC"}
        if "snake-case" in self.faults:
            card["documentation_url"] = "https://example.com"
        return JSONResponse(card, headers=headers)

    # JSON-RPC

    async def rpc(self, request: Request) -> Response:
        message = json.loads(await request.body())
        params = message.get("params") or {}
        version = request.headers.get("a2a-version") or ("1.0" if "empty-version" in self.faults else "0.3")
        try:
            if "old" in self.faults and "/" not in message["method"]:
                raise Refused(-32601)
            if version != "1.0" and not ("any-version" in self.faults and version == "99.0"):
                raise Refused(NO_VERSION)
            if message["method"] == "SendStreamingMessage" and (self.streaming or "streams-anyway" in self.faults):
                if "stream-as-json" in self.faults:
                    return self.answer(message, {"task": self.new_task(params)})
                return StreamingResponse(self.stream(message, params), media_type="text/event-stream")
            return self.answer(message, self.call(message["method"], params))
        except Refused as refused:
            error: dict[str, Any] = {"code": refused.code, "message": refused.message, "data": [DETAIL]}
            if "error-without-message" in self.faults:
                del error["message"]
            if "detail-without-type" in self.faults:
                error["data"] = [{"reason": "X"}]
            return JSONResponse({"jsonrpc": "2.0", "id": message["id"], "error": error})

    def answer(self, message: dict[str, Any], result: dict[str, Any]) -> Response:
        response = {"jsonrpc": "2.0", "id": message["id"], "result": result}
        return JSONResponse(response, media_type="text/json" if "media-type" in self.faults else None)

    def call(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        match method:
            case "SendMessage":
                return self.send(params)
            case "GetTask":
                return self.known(params["id"], "get-unknown")
            case "CancelTask":
                task = self.known(params["id"], "cancel-unknown")
                if "cancel-finished" in self.faults or params["id"] not in self.tasks:
                    return task
                raise Refused(NOT_CANCELABLE)
            case "ListTasks":
                return self.listed()
            case "SubscribeToTask" | "SendStreamingMessage":
                raise Refused(UNSUPPORTED)
            case "GetExtendedAgentCard":
                if "extended-anyway" in self.faults or (self.extended and "extended-for-all" in self.faults):
                    return {"name": "Extended"}
                raise Refused(-32000 if self.extended else UNSUPPORTED)
            case _ if "PushNotificationConfig" in method:
                if "push-create" in self.faults and method.startswith("Create"):
                    return {"id": "1", **params}
                raise Refused(NO_PUSH)
            case _:
                if "unknown-method" in self.faults:
                    return {}
                raise Refused(-32601)

    def known(self, name: str, fault: str) -> dict[str, Any]:
        if name not in self.tasks and fault not in self.faults:
            raise Refused(NOT_FOUND)
        made_up = {"id": name, "contextId": "c", "status": {"state": "TASK_STATE_CANCELED"}}
        return self.tasks.get(name, made_up)

    def send(self, params: dict[str, Any]) -> dict[str, Any]:
        message = params.get("message")
        if message is None:
            raise Refused(-32602)
        if (name := message.get("taskId")) is not None:
            if name not in self.tasks:
                if "unknown-task" in self.faults:
                    return {"task": self.new_task(params)}
                raise Refused(NOT_FOUND)
            if "foreign-context" in self.faults:
                return {"task": self.tasks[name]}
            raise Refused(-32602)
        if not self.makes_tasks:
            return {"message": self.said()}
        return {"task": self.new_task(params)}

    def said(self) -> dict[str, Any]:
        return {"messageId": f"m{next(self.numbers)}", "role": "ROLE_AGENT", "parts": [{"text": "Hello!"}]}

    def new_task(self, params: dict[str, Any], state: str = "TASK_STATE_COMPLETED") -> dict[str, Any]:
        number = next(self.numbers)
        name = "task-1" if "same-ids" in self.faults else f"task-{number}"
        if "unfinished" in self.faults:
            state = "TASK_STATE_WORKING"
        if "enum-names" in self.faults:
            state = "completed"
        timestamp = "28.10.2025 10:30" if "timestamps" in self.faults else "2025-10-28T10:30:00.000Z"
        task = {
            "id": name,
            "contextId": f"context-{number}",
            "status": {"state": state, "timestamp": timestamp, "message": self.said()},
            "artifacts": [{"artifactId": "a", "parts": [{"text": "Hello!"}]}],
        }
        self.tasks[name] = task
        return task

    def listed(self) -> dict[str, Any]:
        shown = [
            {key: value for key, value in task.items() if key != "artifacts" or "artifacts" in self.faults}
            for task in self.tasks.values()
        ]
        page = {"tasks": shown, "pageSize": 50, "totalSize": len(shown), "nextPageToken": ""}
        if "no-page-token" in self.faults:
            del page["nextPageToken"]
        return page

    async def stream(self, message: dict[str, Any], params: dict[str, Any]) -> AsyncIterator[bytes]:
        def event(item: dict[str, Any]) -> bytes:
            return b"data: %s\n\n" % json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": item}).encode()

        if not self.makes_tasks:
            yield event({"message": self.said()})
            if "two-messages" in self.faults:
                yield event({"message": self.said()})
            return
        task = self.new_task(params, "TASK_STATE_SUBMITTED")
        status = {"state": "TASK_STATE_COMPLETED"}
        update = {"taskId": task["id"], "contextId": task["contextId"], "status": status}
        if "update-first" not in self.faults:
            yield event({"task": task})
        yield event({"statusUpdate": update})
        if "goes-on" in self.faults:
            yield event({"statusUpdate": {**update, "status": {"state": "TASK_STATE_WORKING"}}})
        if "stays-open" in self.faults:
            await asyncio.sleep(60)
