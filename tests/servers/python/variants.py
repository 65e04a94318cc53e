"""Right servers that choose differently about sessions, ids, tokens and versions."""

from __future__ import annotations

import asyncio
import base64
import json
import secrets
import time
import uuid
from collections import Counter
from typing import Any

import conforming
from conforming import Refused, Session
from wire import Reply, Request

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


class JsonAnswers(conforming.Server):
    """Answers every request by one JSON object."""

    answers = "json"


class Delete202(conforming.Server):
    """Accepts the end of a session."""

    delete_status = 202


class Delete204(conforming.Server):
    """Ends a session and has nothing to say about it."""

    delete_status = 204


class Delete405(conforming.Server):
    """Clients cannot end sessions."""

    delete_status = 405


class DeleteWithBody(conforming.Server):
    """DELETE is answered by a JSON object."""

    async def delete(self, request: Request, reply: Reply, user: str | None) -> None:
        session = self.session_of(request, user)
        del self.sessions[session.id]
        await reply.json(200, {"ended": True})


class NoStream(conforming.Server):
    """Offers no standalone stream."""

    offers_stream = False


class JsonWithoutStream(JsonAnswers):
    """JSON only, no stream anywhere."""

    offers_stream = False


class Stateless(conforming.Server):
    """Issues no id and reads none; no GET, no DELETE."""

    offers_stream = False
    delete_status = 405

    def new_id(self) -> str:
        return ""

    def session_of(self, request: Request, user: str | None) -> Session:
        return Session("", user)


class StatelessWithStream(Stateless):
    """Stateless, with a standalone stream that never carries anything."""

    offers_stream = True


class OptionalIds(conforming.Server):
    """Issues ids and serves requests without one, or with any; clients cannot end sessions."""

    delete_status = 405

    def session_of(self, request: Request, user: str | None) -> Session:
        return self.sessions.get(request.header("mcp-session-id") or "") or Session("", user)


class OptionalIdsEnded(conforming.Server):
    """Issues ids, serves requests without one, and knows which ones it ended."""

    def session_of(self, request: Request, user: str | None) -> Session:
        if request.header("mcp-session-id") is None:
            return Session("", user)
        return super().session_of(request, user)

    async def delete(self, request: Request, reply: Reply, user: str | None) -> None:
        if request.header("mcp-session-id") is None:
            raise Refused(400, "which session?")
        await super().delete(request, reply, user)


class LongIds(conforming.Server):
    """Ids like signed tokens of 600 characters."""

    def new_id(self) -> str:
        claims = base64.urlsafe_b64encode(json.dumps({"iss": "me", "jti": str(uuid.uuid4())}).encode())
        return f"eyJhbGciOiJIUzI1NiJ9.{claims.decode().rstrip('=')}.{secrets.token_urlsafe(360)}"


class OddIds(conforming.Server):
    """Ids of every kind of visible ASCII."""

    def new_id(self) -> str:
        return f"!\"#$%&'()*+,-./:;<=>?@[]^_`{{|}}~{secrets.token_hex(16)}"


class Uuid7Ids(conforming.Server):
    """Ids that start with the time, as UUIDv7."""

    def new_id(self) -> str:
        value = (
            time.time_ns() // 10**6 << 80 | 0x7 << 76 | secrets.randbits(12) << 64 | 0b10 << 62 | secrets.randbits(62)
        )
        return str(uuid.UUID(int=value))


class UlidIds(conforming.Server):
    """Ids that start with the time, as ULID."""

    def new_id(self) -> str:
        value = time.time_ns() // 10**6 << 80 | secrets.randbits(80)
        return "".join(CROCKFORD[value >> 5 * at & 31] for at in range(25, -1, -1))


class Hex64Ids(conforming.Server):
    """Ids of exactly 64 random bits."""

    def new_id(self) -> str:
        return secrets.token_hex(8)


class SessionBeforeAccept(conforming.Server):
    """Looks at the session before it looks at Accept, and does not mind what is accepted."""

    def check_accept(self, request: Request, *kinds: str) -> None:
        return


class VersionBeforeSession(conforming.Server):
    """Looks at the version before the session."""

    def session_of(self, request: Request, user: str | None) -> Session:
        self.check_version(request)
        return super().session_of(request, user)


class Authorized(conforming.Server):
    """Demands a token for everything, and binds sessions to users."""

    demands_token = True


class AuthorizedScopes(Authorized):
    """Demands a scope."""

    scopes = ("tools",)


class AuthorizedStateless(Stateless):
    """Demands a token; no sessions."""

    demands_token = True


class AuthorizedForbids(conforming.Server):
    """Another user's session is answered 403."""

    demands_token = True

    def session_of(self, request: Request, user: str | None) -> Session:
        session = self.sessions.get(request.header("mcp-session-id") or "")
        if session is not None and session.user != user:
            raise Refused(403, "not yours")
        return super().session_of(request, user)


class LocalOrigins(conforming.Server):
    """Serves the origins of its own host."""

    origins = ("http://localhost", "http://127.0.0.1")


class OnlyOldest(conforming.Server):
    """Knows 2025-03-26 only."""

    versions = ("2025-03-26",)


class WaitsForPong(conforming.Server):
    """Pings the client before it answers, and ends the session of one that does not answer the ping."""

    patience_s = 1.0

    def __init__(self) -> None:
        super().__init__()
        self.pongs: dict[str, asyncio.Event] = {}

    async def post(self, request: Request, reply: Reply, user: str | None) -> None:
        message = self.message_of(request)
        if isinstance(message, dict) and "method" not in message and message.get("id") in self.pongs:
            self.pongs[message["id"]].set()
        await super().post(request, reply, user)

    async def answer(self, session: Session, message: dict[str, Any], reply: Reply) -> None:
        id = uuid.uuid4().hex
        pong = self.pongs[id] = asyncio.Event()
        await reply.start_stream()
        await reply.event(json.dumps({"jsonrpc": "2.0", "id": id, "method": "ping"}))
        try:
            await asyncio.wait_for(pong.wait(), self.patience_s)
        except TimeoutError:
            self.sessions.pop(session.id, None)
        else:
            await reply.event(json.dumps(self.answer_to(message)))
        await reply.end()


class ShortSessions(conforming.Server):
    """Ends each session after a few requests, as a server may at any time."""

    most = 7

    def __init__(self) -> None:
        super().__init__()
        self.used: Counter[str] = Counter()

    def session_of(self, request: Request, user: str | None) -> Session:
        session = super().session_of(request, user)
        self.used[session.id] += 1
        if self.used[session.id] > self.most:
            self.sessions.pop(session.id, None)
            raise Refused(404, "the session is over")
        return session
