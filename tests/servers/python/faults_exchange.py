"""Servers that break one sentence about POST, GET or batches each."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import conforming
from conforming import Refused, Session

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


class UnreadableError200(conforming.Server):
    """What is not JSON gets a JSON-RPC error under 200."""

    async def post(self, request: Request, reply: Reply, user: str | None) -> None:
        try:
            json.loads(request.body)
        except ValueError:
            await reply.json(200, conforming.error(None, -32700, "not JSON"))
            return
        await super().post(request, reply, user)


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
