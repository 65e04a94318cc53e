"""Servers that break one sentence about sessions, tokens or Origin each."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import json
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
            await reply.json(200, conforming.error(None, -32000, "no session id"))
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


class DeadAfterDelete(OneInitialize):
    """A process serves one session; afterwards everything gets 404, initialize too."""

    async def post(self, request: Request, reply: Reply, user: str | None) -> None:
        if self.used and not self.sessions:
            raise Refused(404, "nothing here any more")
        await super().post(request, reply, user)


# --- authorization -----------------------------------------------------------------------------------------------


class _Authorized(conforming.Server):
    demands_token = True


class TokenForInitializeOnly(_Authorized):
    """A known session id stands in for the token."""

    def user_of(self, request: Request) -> str | None:
        session = self.sessions.get(request.header("mcp-session-id") or "")
        if session is not None and request.header("authorization") is None:
            return session.user
        return super().user_of(request)


class TokenForPostOnly(_Authorized):
    """GET and DELETE need no token."""

    def user_of(self, request: Request) -> str | None:
        session = self.sessions.get(request.header("mcp-session-id") or "")
        if request.method != "POST" and session is not None and request.header("authorization") is None:
            return session.user
        return super().user_of(request)


class AnyUser(_Authorized):
    """Every user may use every session."""

    def session_of(self, request: Request, user: str | None) -> Session:
        session = self.sessions.get(request.header("mcp-session-id") or "")
        return super().session_of(request, session.user if session is not None else user)


class AnyUserDeletes(_Authorized):
    """Every user may end every session, and nothing else."""

    async def delete(self, request: Request, reply: Reply, user: str | None) -> None:
        session = self.sessions.get(request.header("mcp-session-id") or "")
        await super().delete(request, reply, session.user if session is not None else user)


class AnyUserListens(_Authorized):
    """Every user may listen to every session."""

    async def get(self, request: Request, reply: Reply, user: str | None) -> None:
        session = self.sessions.get(request.header("mcp-session-id") or "")
        await super().get(request, reply, session.user if session is not None else user)


class RefusedDeleteEnds(_Authorized):
    """Another user's DELETE is answered 403, and ends the session all the same."""

    async def delete(self, request: Request, reply: Reply, user: str | None) -> None:
        session = self.sessions.get(request.header("mcp-session-id") or "")
        if session is not None and session.user != user:
            del self.sessions[session.id]
            raise Refused(403, "not yours")
        await super().delete(request, reply, user)


class _Tokens(_Authorized):
    """Answers one kind of bad token wrongly."""

    status = 500

    def concerns(self, claims: dict[str, Any]) -> bool:
        raise NotImplementedError

    def is_valid(self, claims: dict[str, Any]) -> bool:
        if self.concerns(claims):
            if self.status == 200:
                return True
            raise Refused(self.status, "bad token")
        return super().is_valid(claims)


class Inactive500(_Tokens):
    """A revoked token crashes the verifier."""

    def concerns(self, claims: dict[str, Any]) -> bool:
        return not claims["active"]


class Expired403(_Tokens):
    """An expired token gets 403."""

    status = 403

    def concerns(self, claims: dict[str, Any]) -> bool:
        return bool(claims["exp"] < time.time())


class ExpiredServed(Expired403):
    """An expired token is served."""

    status = 200


class WrongAudienceServed(_Tokens):
    """Nobody asks whom a token is for."""

    status = 200

    def concerns(self, claims: dict[str, Any]) -> bool:
        return self.audience not in claims["aud"]


class FirstAudienceOnly(_Authorized):
    """Reads the first of several audiences, and takes it for a URL."""

    def is_valid(self, claims: dict[str, Any]) -> bool:
        if isinstance(claims["aud"], list) and claims["aud"][0] != self.audience:
            raise Refused(500, "not a URL")
        return super().is_valid(claims)


class NoAudienceLists(_Authorized):
    """A token with several audiences is refused."""

    def is_valid(self, claims: dict[str, Any]) -> bool:
        return isinstance(claims["aud"], str) and super().is_valid(claims)


# --- Origin and version ------------------------------------------------------------------------------------------


class _OriginStatus(conforming.Server):
    status = 400

    def check_origin(self, request: Request) -> None:
        if request.header("origin") is not None:
            raise Refused(self.status, "foreign origin")


class OriginServed(conforming.Server):
    """Nobody looks at Origin."""

    def check_origin(self, request: Request) -> None:
        return


class OriginServedOnWildcard(OriginServed):
    """Nobody looks at Origin, on a server that other hosts can reach."""

    host = "0.0.0.0"


class OriginServedAtInitialize(conforming.Server):
    """Initialize is served whatever the Origin."""

    def check_origin(self, request: Request) -> None:
        if request.header("mcp-session-id") is not None:
            super().check_origin(request)


class OriginServedInSessions(conforming.Server):
    """Requests of a session are served whatever the Origin."""

    def check_origin(self, request: Request) -> None:
        if request.header("mcp-session-id") is None:
            super().check_origin(request)


class Origin400(_OriginStatus):
    """A foreign Origin gets 400."""


class Origin500(_OriginStatus):
    """A foreign Origin is an error in the middleware."""

    status = 500


class VersionIgnored(conforming.Server):
    """Any version is as good as another."""

    def check_version(self, request: Request) -> None:
        return


class Version404(conforming.Server):
    """An unknown version gets 404."""

    def check_version(self, request: Request) -> None:
        if request.header("mcp-protocol-version") not in (None, *self.versions):
            raise Refused(404, "unsupported version")


class VersionError200(conforming.Server):
    """An unknown version gets a JSON-RPC error under 200."""

    def check_version(self, request: Request) -> None:
        if request.header("mcp-protocol-version") not in (None, *self.versions):
            raise _Answered(json.loads(request.body)["id"])

    async def handle(self, request: Request, reply: Reply) -> None:
        try:
            await super().handle(request, reply)
        except _Answered as answered:
            await reply.json(200, conforming.error(answered.args[0], -32000, "unsupported version"))


class _Answered(Exception):
    """The id of a request that is answered by an error."""
