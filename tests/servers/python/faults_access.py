"""Servers that break one sentence about tokens, Origin or the version header each."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import conforming
from conforming import Refused, Session
from variants import Authorized, AuthorizedScopes
from wire import Reply

if TYPE_CHECKING:
    from wire import Request


class _Authorized(conforming.Server):
    demands_token = True


class TokenForInitializeOnly(_Authorized):
    """A known session id is accepted instead of a token."""

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
        origin = request.header("origin")
        if origin is not None and not self.is_own(origin):
            raise Refused(self.status, "foreign origin")


class OriginAlways403(conforming.Server):
    """No page is served, not even its own."""

    def is_own(self, origin: str) -> bool:
        return False


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


class OriginServedToListeners(conforming.Server):
    """GET opens a stream whatever the Origin."""

    def check_origin(self, request: Request) -> None:
        if request.method != "GET":
            super().check_origin(request)


class OriginServedAtDelete(conforming.Server):
    """DELETE ends a session whatever the Origin."""

    def check_origin(self, request: Request) -> None:
        if request.method != "DELETE":
            super().check_origin(request)


class OriginSearched(conforming.Server):
    """Any Origin that contains the name of this host is its own."""

    def check_origin(self, request: Request) -> None:
        if "localhost" not in (request.header("origin") or "localhost"):
            raise Refused(403, "foreign origin")


class OriginBeginsLocal(conforming.Server):
    """Any Origin that begins with the address of this host is its own."""

    def check_origin(self, request: Request) -> None:
        origin = request.header("origin") or "http://127.0.0.1"
        if not origin.startswith("http://127.0.0.1") and not self.is_own(origin):
            raise Refused(403, "foreign origin")


class OriginNull(conforming.Server):
    """Takes an opaque origin for none."""

    origins = ("null",)


class Origin400(_OriginStatus):
    """A foreign Origin gets 400."""


class Origin500(_OriginStatus):
    """A foreign Origin is an error in the middleware."""

    status = 500


class OriginError200(conforming.Server):
    """A foreign Origin is seen, and refused by a JSON-RPC error under 200 where a message was posted."""

    def check_origin(self, request: Request) -> None:
        if request.method != "POST":
            super().check_origin(request)

    async def post(self, request: Request, reply: Reply, user: str | None) -> None:
        origin = request.header("origin")
        if origin is None or self.is_own(origin):
            await super().post(request, reply, user)
        else:
            id = self.message_of(request).get("id")
            await reply.json(200, conforming.error(id, -32000, "foreign origin"))


class AnswersOldest(conforming.Server):
    """An unknown version is answered by the oldest that it knows."""

    async def initialize(self, message: dict[str, Any], reply: Reply, user: str | None) -> None:
        if message["params"]["protocolVersion"] not in self.versions:
            message["params"]["protocolVersion"] = self.versions[-1]
        await super().initialize(message, reply, user)


class VersionIgnored(conforming.Server):
    """Any version is as good as another."""

    def check_version(self, request: Request) -> None:
        return


class NegotiatesAndRefuses(conforming.Server):
    """Agrees to 2025-06-18 and then refuses whoever names it."""

    def check_version(self, request: Request) -> None:
        if request.header("mcp-protocol-version") == "2025-06-18":
            raise Refused(400, "unsupported version")
        super().check_version(request)


class NoPing(conforming.Server):
    """Does not know ping."""

    def result_of(self, message: dict[str, Any]) -> dict[str, Any]:
        if message["method"] == "ping":
            return conforming.error(message["id"], -32601, "method not found")
        return super().result_of(message)


class PingSaysMore(conforming.Server):
    """Answers a ping by more than an empty result."""

    def result_of(self, message: dict[str, Any]) -> dict[str, Any]:
        if message["method"] == "ping":
            return conforming.response(message, {"status": "ok"})
        return super().result_of(message)


class PingNull(conforming.Server):
    """Answers a ping by null."""

    def result_of(self, message: dict[str, Any]) -> dict[str, Any]:
        if message["method"] == "ping":
            return {"jsonrpc": "2.0", "id": message["id"], "result": None}
        return super().result_of(message)


class AuthorizedForbidsNobody(Authorized):
    """A request without a token is forbidden."""

    def user_of(self, request: Request) -> str | None:
        if request.header("authorization") is None:
            raise Refused(403, "a token is needed", self.challenge(request))
        return super().user_of(request)


class MetadataNowhere(Authorized):
    """The challenge says nothing, and there is no metadata."""

    metadata_path = "/nowhere"

    def challenge(self, request: Request, **fields: str) -> dict[str, str]:
        return {"WWW-Authenticate": "Bearer"}


class MetadataWithoutServers(Authorized):
    """The metadata names no authorization server."""

    def metadata(self, request: Request) -> dict[str, Any]:
        return {**super().metadata(request), "authorization_servers": []}


class ChallengeWithoutScope(AuthorizedScopes):
    """Asks for a token, and does not say for which scope."""

    def challenge(self, request: Request, **fields: str) -> dict[str, str]:
        known = super().challenge(request, **fields)
        if "error" in fields:
            return known
        return {name: value.split(", scope=")[0] for name, value in known.items()}


class ScopeMissing401(AuthorizedScopes):
    """A token without the scope is no token."""

    def challenge(self, request: Request, **fields: str) -> dict[str, str]:
        if fields.get("error") == "insufficient_scope":
            raise Refused(401, "invalid token", super().challenge(request))
        return super().challenge(request, **fields)


class EchoesVersion(conforming.Server):
    """Agrees to whatever version is offered."""

    async def initialize(self, message: dict[str, Any], reply: Reply, user: str | None) -> None:
        echo = _Echo(reply.reader, reply.writer, message["params"]["protocolVersion"])
        await super().initialize(message, echo, user)


class _Echo(Reply):
    def __init__(self, reader: Any, writer: Any, version: str) -> None:
        super().__init__(reader, writer)
        self.version = version

    async def event(self, data: str, id: str | None = None) -> None:
        message = json.loads(data)
        message["result"]["protocolVersion"] = self.version
        await super().event(json.dumps(message), id)


class RefusesVersion(conforming.Server):
    """Refuses a version that it does not know, instead of offering one."""

    async def initialize(self, message: dict[str, Any], reply: Reply, user: str | None) -> None:
        if message["params"]["protocolVersion"] not in self.versions:
            await reply.json(200, conforming.error(message["id"], -32602, "unsupported protocol version"))
        else:
            await super().initialize(message, reply, user)


class NeedsVersionHeader(conforming.Server):
    """A request in a session must name the version."""

    def check_version(self, request: Request) -> None:
        if request.header("mcp-protocol-version") is None and b"notifications/" not in request.body and request.body:
            raise Refused(400, "no version")
        super().check_version(request)


class UndeclaredTools(conforming.Server):
    """Lists tools that it does not announce."""

    async def deliver(
        self,
        session: conforming.Session,
        messages: list[dict[str, Any]],
        reply: Reply,
        headers: dict[str, str] | None = None,
    ) -> None:
        for message in messages:
            message.get("result", {}).get("capabilities", {}).pop("tools", None)
        await super().deliver(session, messages, reply, headers)


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
