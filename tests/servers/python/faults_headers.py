"""Servers of 2026-07-28 that break one sentence about headers or error codes each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import conforming
from conforming import Refused
from modern import HEADER_MISMATCH, META, NAMES, VERSION, Answered, Menu, ModernFeatures, ModernOnly

if TYPE_CHECKING:
    from wire import Reply, Request

INVALID_REQUEST = -32600


class ModernIgnoresMethod(ModernOnly):
    """Nobody looks at Mcp-Method."""

    def check_method(self, request: Request, message: dict[str, Any]) -> None:
        return


class ModernNeedsNoMethod(ModernOnly):
    """Mcp-Method may be missing."""

    def check_method(self, request: Request, message: dict[str, Any]) -> None:
        if request.header("mcp-method") is not None:
            super().check_method(request, message)


class ModernIgnoresName(ModernOnly):
    """Nobody looks at Mcp-Name."""

    def check_name(self, request: Request, message: dict[str, Any]) -> None:
        return


class MenuIgnoresNameOfResource(Menu):
    """Mcp-Name is looked at for tools and prompts only."""

    def check_name(self, request: Request, message: dict[str, Any]) -> None:
        if message["method"] != "resources/read":
            super().check_name(request, message)


class MenuIgnoresNameOfPrompt(Menu):
    """Mcp-Name is looked at for tools and resources only."""

    def check_name(self, request: Request, message: dict[str, Any]) -> None:
        if message["method"] != "prompts/get":
            super().check_name(request, message)


class ModernTakesAnyCase(ModernOnly):
    """Mcp-Method is compared without regard to case."""

    def check_method(self, request: Request, message: dict[str, Any]) -> None:
        if (request.header("mcp-method") or "").lower() != message["method"].lower():
            super().check_method(request, message)


class ModernNeedsNoName(ModernOnly):
    """Mcp-Name may be missing."""

    def check_name(self, request: Request, message: dict[str, Any]) -> None:
        if request.header("mcp-name") is not None:
            super().check_name(request, message)


class ModernNameAsSent(ModernOnly):
    """Mcp-Name is compared as it was sent, in base64 or not."""

    def check_name(self, request: Request, message: dict[str, Any]) -> None:
        field = NAMES.get(message["method"])
        if field is not None and request.header("mcp-name") != message["params"].get(field):
            raise Answered(400, HEADER_MISMATCH, "Mcp-Name differs from the body")


class ModernRefusesNames(ModernOnly):
    """A right Mcp-Name is refused."""

    def check_name(self, request: Request, message: dict[str, Any]) -> None:
        if message["method"] in NAMES:
            raise Answered(400, HEADER_MISMATCH, "Mcp-Name differs from the body")


class ModernCaseMatters(ModernOnly):
    """The headers are looked up as the specification writes them."""

    def check_method(self, request: Request, message: dict[str, Any]) -> None:
        if "Mcp-Method" not in request.written and "mcp-method" in request.headers:
            raise Answered(400, HEADER_MISMATCH, "no Mcp-Method")
        super().check_method(request, message)


class ModernPlainRefusals(ModernOnly):
    """A header that does not match is refused in plain text."""

    async def post(self, request: Request, reply: Reply, user: str | None) -> None:
        message = self.message_of(request)
        if "id" in message and request.header("mcp-method") != message.get("method") and _has_version(message):
            await reply.send(400, b"Bad Request", {"Content-Type": "text/plain"})
        else:
            await super().post(request, reply, user)


def _has_version(message: dict[str, Any]) -> bool:
    return f"{META}protocolVersion" in message.get("params", {}).get("_meta", {})


class ModernMismatchCode(ModernOnly):
    """A header that does not match gets the code of any bad request."""

    def check_method(self, request: Request, message: dict[str, Any]) -> None:
        if request.header("mcp-method") != message.get("method"):
            raise Answered(400, INVALID_REQUEST, "Mcp-Method differs from the body")


class ModernUnsupportedCode(ModernOnly):
    """An unknown version gets the code of any bad request."""

    def unsupported(self, asked: str) -> None:
        raise Answered(400, INVALID_REQUEST, "unsupported", {"supported": [VERSION], "requested": asked})


class ModernUnsupportedBare(ModernOnly):
    """An unknown version gets no list of the known ones."""

    def unsupported(self, asked: str) -> None:
        raise Answered(400, -32022, "unsupported protocol version")


class ModernUnsupportedList(ModernOnly):
    """The list of known versions leaves out the one that is spoken."""

    def unsupported(self, asked: str) -> None:
        raise Answered(400, -32022, "unsupported", {"supported": ["2025-11-25"], "requested": asked})


class ModernMetaCode(ModernOnly):
    """A request without the client's capabilities gets the code of any bad request."""

    def check_capabilities(self, meta: dict[str, Any]) -> None:
        if f"{META}clientCapabilities" not in meta:
            raise Answered(400, INVALID_REQUEST, "no capabilities in _meta")


class ModernReservedCode(ModernOnly):
    """A notification is refused by a code that is reserved."""

    async def accepted(self, reply: Reply) -> None:
        await reply.json(400, conforming.error(None, -32055, "no notifications"))


class ModernRetiredCode(ModernOnly):
    """A notification is refused by a code that only 2025-11-25 has."""

    async def accepted(self, reply: Reply) -> None:
        await reply.json(400, conforming.error(None, -32042, "no notifications"))


class ModernEmptyResource(ModernFeatures):
    """A resource that does not exist is empty."""

    async def read(self, message: dict[str, Any], reply: Reply) -> None:
        result = {"contents": [], **self.result_fields("resources/read")}
        await reply.json(200, conforming.response(message, result))


class ModernResourceCode(ModernFeatures):
    """A resource that does not exist is an internal error."""

    async def read(self, message: dict[str, Any], reply: Reply) -> None:
        await reply.json(200, conforming.error(message["id"], -32603, "no such file"))


class ModernRefusesEventId(ModernOnly):
    """Refuses a Last-Event-ID."""

    async def post(self, request: Request, reply: Reply, user: str | None) -> None:
        if request.header("last-event-id") is not None:
            raise Refused(400, "streams cannot be resumed")
        await super().post(request, reply, user)
