"""Servers of 2026-07-28 whose tools give out handles: right ones, and some that break a sentence about handles."""

from __future__ import annotations

import json
import uuid
from typing import Any, ClassVar

import conforming
from modern import INVALID_PARAMS, ModernOnly
from wire import Reply, Request


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
            case "tools/call", name if self.lacks_arguments(name, message["params"]["arguments"]):
                return conforming.error(message["id"], INVALID_PARAMS, "an argument is missing")
            case "tools/call", "create_basket":
                self.baskets.append(self.new_handle())
                return conforming.response(message, self.given(self.baskets[-1]))
            case "tools/call", "look":
                known = message["params"]["arguments"]["basket_id"] in self.baskets
                content = [{"type": "text", "text": "empty" if known else "no such basket"}]
                return conforming.response(message, {"content": content, "isError": not known})
        return super().result_of(message)

    def lacks_arguments(self, name: str, arguments: dict[str, Any]) -> bool:
        schema = self.nothing if name == "create_basket" else self.basket
        return not set(schema.get("required", ())) <= set(arguments)

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
        params = message.get("params", {})
        if params.get("name") == "look" and not self.lacks_arguments("look", params["arguments"]):
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
