"""Servers that break one sentence about sessions or their ids each."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import os
import random
import secrets
import time
from typing import TYPE_CHECKING, Any

import conforming
from conforming import Refused, Session

if TYPE_CHECKING:
    from wire import Reply, Request


class Tombstones(conforming.Server):
    """Conforming, and remembers which ids it ended: the base of the faults on ended sessions."""

    def __init__(self) -> None:
        super().__init__()
        self.ended: set[str] = set()

    async def hang_up(self, session: Session) -> None:
        self.ended.add(session.id)
        await super().hang_up(session)

    def was_ended(self, request: Request) -> bool:
        return request.header("mcp-session-id") in self.ended


class _EndedStatus(Tombstones):
    status = 404

    def session_of(self, request: Request, user: str | None) -> Session:
        if self.was_ended(request):
            raise Refused(self.status, "ended")
        return super().session_of(request, user)


class Ended400(_EndedStatus):
    """An ended session gets 400 on every method."""

    status = 400


class Ended410(_EndedStatus):
    """An ended session gets 410."""

    status = 410


class Ended500(_EndedStatus):
    """An ended session gets 500."""

    status = 500


class Ended401(_EndedStatus):
    """An ended session gets 401, though no token is ever demanded."""

    status = 401


class _EndedOn(Tombstones):
    """Wrong on one kind of request only."""

    async def ended(self, reply: Reply) -> None:
        raise NotImplementedError

    def concerns(self, request: Request) -> bool:
        raise NotImplementedError

    async def handle(self, request: Request, reply: Reply) -> None:
        if self.was_ended(request) and self.concerns(request):
            await self.ended(reply)
        else:
            await super().handle(request, reply)


class EndedGet405(_EndedOn):
    """GET on an ended session gets 405, though live ones have a stream."""

    def concerns(self, request: Request) -> bool:
        return request.method == "GET"

    async def ended(self, reply: Reply) -> None:
        await reply.send(405)


class EndedGetStream(_EndedOn):
    """GET on an ended session opens a stream."""

    def concerns(self, request: Request) -> bool:
        return request.method == "GET"

    async def ended(self, reply: Reply) -> None:
        await reply.start_stream()
        await reply.gone()


class EndedDelete204(_EndedOn):
    """A second DELETE succeeds again."""

    def concerns(self, request: Request) -> bool:
        return request.method == "DELETE"

    async def ended(self, reply: Reply) -> None:
        await reply.send(204)


class EndedNotification202(_EndedOn):
    """A notification on an ended session is accepted."""

    def concerns(self, request: Request) -> bool:
        return request.method == "POST" and b'"id"' not in request.body

    async def ended(self, reply: Reply) -> None:
        await reply.send(202)


class EndedRequestError200(_EndedOn):
    """A request on an ended session gets a JSON-RPC error under 200."""

    def concerns(self, request: Request) -> bool:
        return request.method == "POST" and b'"id"' in request.body

    async def ended(self, reply: Reply) -> None:
        await reply.json(200, conforming.error(None, -32001, "session not found"))


class EndedRequestHangs(_EndedOn):
    """A request on an ended session is never answered."""

    def concerns(self, request: Request) -> bool:
        return request.method == "POST" and b'"id"' in request.body

    async def ended(self, reply: Reply) -> None:
        await asyncio.sleep(60)


class EndedConnectionCloses(_EndedOn):
    """On an ended session the connection is closed without an answer."""

    def concerns(self, request: Request) -> bool:
        return request.method == "POST"

    async def ended(self, reply: Reply) -> None:
        reply.writer.close()


class EndedLivesOn(conforming.Server):
    """DELETE is answered 200 and ends nothing."""

    async def delete(self, request: Request, reply: Reply, user: str | None) -> None:
        self.session_of(request, user)
        await reply.send(200)


class LikeTheTutorial(Tombstones):
    """One branch for missing, unknown and ended ids, always 400."""

    def session_of(self, request: Request, user: str | None) -> Session:
        session = self.sessions.get(request.header("mcp-session-id") or "")
        if session is None:
            raise Refused(400, "Invalid or missing session ID")
        return session


class _MissingStatus(conforming.Server):
    status = 404

    def session_of(self, request: Request, user: str | None) -> Session:
        if not request.header("mcp-session-id"):
            raise Refused(self.status, "no session id")
        return super().session_of(request, user)


class Missing404(_MissingStatus):
    """A missing id gets 404."""


class Missing500(_MissingStatus):
    """A missing id gets 500."""

    status = 500


class MissingGet404(conforming.Server):
    """A missing id gets 404 on GET only."""

    async def get(self, request: Request, reply: Reply, user: str | None) -> None:
        if not request.header("mcp-session-id"):
            raise Refused(404, "no session id")
        await super().get(request, reply, user)


class MissingError200(conforming.Server):
    """A missing id gets a JSON-RPC error under 200."""

    async def post(self, request: Request, reply: Reply, user: str | None) -> None:
        missing = not request.header("mcp-session-id") and b'"initialize"' not in request.body
        if missing and b'"id"' in request.body:
            await reply.json(200, conforming.error(self.message_of(request)["id"], -32000, "no session id"))
        else:
            await super().post(request, reply, user)


class Unknown400(Tombstones):
    """An id that was never issued gets 400; one that was ended gets 404."""

    def session_of(self, request: Request, user: str | None) -> Session:
        id = request.header("mcp-session-id")
        if id and id not in self.sessions and id not in self.ended:
            raise Refused(400, "unknown session")
        return super().session_of(request, user)


class IdWithSpace(conforming.Server):
    """Ids contain a space."""

    def new_id(self) -> str:
        return f"session {super().new_id()}"


class IdNotAscii(conforming.Server):
    """Ids contain a letter beyond ASCII."""

    def new_id(self) -> str:
        return f"s\u00e9ance-{super().new_id()}"


class CountingIds(conforming.Server):
    """Ids count upwards."""

    _next = itertools.count(1)

    def new_id(self) -> str:
        return f"session-{next(self._next):08d}"


class ClockIds(conforming.Server):
    """Ids are the time."""

    def new_id(self) -> str:
        return f"{time.time_ns():x}"


class ShortIds(conforming.Server):
    """Ids of 32 random bits."""

    def new_id(self) -> str:
        return secrets.token_hex(4)


class ClockAndShortIds(conforming.Server):
    """Ids are the time and 32 random bits."""

    def new_id(self) -> str:
        return f"{time.time_ns()}-{secrets.token_hex(4)}"


class HashedCounterIds(CountingIds):
    """Ids look random and are the same after every start."""

    def new_id(self) -> str:
        return hashlib.sha256(super().new_id().encode()).hexdigest()


class SeededIds(conforming.Server):
    """Ids come from a generator with a fixed seed."""

    def __init__(self) -> None:
        super().__init__()
        self.random = random.Random(7)

    def new_id(self) -> str:
        return f"{self.random.getrandbits(128):032x}"


class DeleteEndsAll(conforming.Server):
    """Ending one session ends all."""

    async def delete(self, request: Request, reply: Reply, user: str | None) -> None:
        self.session_of(request, user)
        self.sessions.clear()
        await reply.send(200)


class DiesWithSession(conforming.Server):
    """The process ends when a session is ended."""

    async def delete(self, request: Request, reply: Reply, user: str | None) -> None:
        await super().delete(request, reply, user)
        reply.writer.close()
        await reply.writer.wait_closed()
        raise SystemExit(1)


class OneInitialize(conforming.Server):
    """A process serves one session in its life."""

    used = False

    async def initialize(self, message: dict[str, Any], reply: Reply, user: str | None) -> None:
        if self.used:
            raise Refused(400, "already initialized")
        self.used = True
        await super().initialize(message, reply, user)


class OneInitialize500(OneInitialize):
    """One server object for all clients: the second one's initialize fails."""

    async def initialize(self, message: dict[str, Any], reply: Reply, user: str | None) -> None:
        if self.used:
            raise Refused(500, "Already connected to a transport")
        await super().initialize(message, reply, user)


class SecondClientKills(OneInitialize):
    """The second client's initialize ends the process."""

    async def initialize(self, message: dict[str, Any], reply: Reply, user: str | None) -> None:
        if self.used:
            os._exit(1)
        await super().initialize(message, reply, user)


class DeadAfterDelete(OneInitialize):
    """A process serves one session; afterwards everything gets 404, initialize too."""

    async def post(self, request: Request, reply: Reply, user: str | None) -> None:
        if self.used and not self.sessions:
            raise Refused(404, "nothing here any more")
        await super().post(request, reply, user)
