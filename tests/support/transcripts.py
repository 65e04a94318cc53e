"""Transcripts made by hand: a conversation with a right server, in which a test changes what it is about."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import Any

from extractor.model import ExampleKind
from harness.model import (
    BodyFault,
    Exchange,
    Facts,
    Failure,
    ListeningSocket,
    Reply,
    RevisionFacts,
    Session,
    SseEvent,
    Transcript,
)
from harness.profiles.mcp import steps
from harness.profiles.mcp.messages import META, VERSION_HEADER

NEWEST = "2025-11-25"
MODERN = "2026-07-28"
"""The revision without sessions."""
ID = "6d1f3c52-5f3e-4c0c-9c0a-1d5a5f2c7b10"
JSON = "application/json"
STREAM = "text/event-stream"


@dataclass
class Talk:
    """Collects exchanges. Each method sends one request and gives its number."""

    revision: str = NEWEST
    exchanges: list[Exchange] = field(default_factory=list)
    sessions: list[Session] = field(default_factory=list)
    process: int = 0

    def say(
        self,
        step: str,
        status: int | None = 200,
        *,
        method: str = "POST",
        message: Any = None,
        answer: Any = None,
        kind: str | None = None,
        body: str | None = None,
        events: tuple[SseEvent, ...] = (),
        headers: tuple[tuple[str, str], ...] = (),
        reply_headers: tuple[tuple[str, str], ...] = (),
        control: int | None = None,
        session: str | None = "A",
        failure: Failure | None = None,
        fault: BodyFault | None = None,
        duration_s: float = 0.01,
        stalled_s: float = 0.0,
        revision: str | None = "",
    ) -> int:
        number = len(self.exchanges) + 1
        text = body if body is not None else json.dumps(answer) if answer is not None else ""
        types = (("Content-Type", kind),) if kind else ()
        reply = None
        if status is not None:
            reply = Reply(status, (*types, *reply_headers), text, len(text), events, fault in (None,), False, fault)
        self.exchanges.append(
            Exchange(
                number=number,
                step=step,
                revision=self.revision if revision == "" else revision,
                process=self.process,
                method=method,
                target="/mcp",
                headers=headers,
                body=json.dumps(message) if message is not None else text if reply is None else "",
                reply=reply,
                failure=failure,
                started_s=float(number),
                duration_s=duration_s,
                stalled_s=stalled_s,
                session=session,
                control=control,
            )
        )
        return number

    def request(self, step: str, status: int | None = 200, *, result: Any = None, **more: Any) -> int:
        """A POST of a request; a 200 carries a result, another status a JSON-RPC error."""
        rpc_id = len(self.exchanges) + 1
        message = {"jsonrpc": "2.0", "id": rpc_id, "method": "tools/list"}
        if "answer" not in more and "events" not in more and "body" not in more:
            served = status is not None and 200 <= status < 300
            key, value = ("result", result or {"tools": []}) if served else ("error", {"code": -32000, "message": "no"})
            more["answer"] = {"jsonrpc": "2.0", "id": rpc_id, key: value}
        more.setdefault("kind", JSON)
        return self.say(step, status, message=message, **more)

    def notification(self, step: str, status: int | None = 202, **more: Any) -> int:
        return self.say(step, status, message={"jsonrpc": "2.0", "method": "notifications/initialized"}, **more)

    def get(self, step: str, status: int | None = 200, **more: Any) -> int:
        more.setdefault("kind", STREAM if status == 200 else None)
        return self.say(step, status, method="GET", fault=BodyFault.OPEN if status == 200 else None, **more)

    def delete(self, step: str, status: int | None = 200, **more: Any) -> int:
        return self.say(step, status, method="DELETE", **more)

    def initialize(
        self, step: str, *, id: str | None = ID, label: str = "A", status: int | None = 200, **more: Any
    ) -> int:
        rpc_id = len(self.exchanges) + 1
        params = {"protocolVersion": self.revision, "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}
        answer = {"jsonrpc": "2.0", "id": rpc_id, "result": {"protocolVersion": self.revision, "capabilities": {}}}
        if status != 200:
            answer = {"jsonrpc": "2.0", "id": rpc_id, "error": {"code": -32000, "message": "no"}}
        number = self.say(
            step,
            status,
            message={"jsonrpc": "2.0", "id": rpc_id, "method": "initialize", "params": params},
            answer=answer,
            kind=JSON,
            reply_headers=(("Mcp-Session-Id", id),) if id is not None and status == 200 else (),
            session=None,
            **more,
        )
        if id is not None and status == 200:
            self.sessions.append(Session(label, id, self.revision, self.process, number))
        return number

    def baseline(self, *, id: str | None = ID, get: int = 200) -> None:
        """Session A with everything served."""
        self.initialize(steps.BASELINE_INITIALIZE, id=id)
        self.notification(steps.BASELINE_INITIALIZED)
        self.request(steps.BASELINE_REQUEST)
        self.get(steps.BASELINE_GET, get)

    def life(
        self,
        *,
        end: int = 200,
        live_get: int = 200,
        missing: tuple[int, int, int, int] = (400, 400, 400, 400),
        unknown: tuple[int, int, int, int] = (404, 404, 404, 404),
        terminated: tuple[int | None, int | None, int | None, int | None] = (404, 404, 404, 404),
        failure: Failure | None = None,
        duration_s: float = 0.01,
    ) -> None:
        """The life of a session, leg by leg; ``failure`` and ``duration_s`` are of terminated legs without status."""
        controls = [
            self.request("live.post-request"),
            self.notification("live.post-notification"),
            self.get("live.get", live_get),
        ]
        send = (self.request, self.notification, self.get, self.delete)
        names = steps.LEGS
        faults = []
        for group, statuses in (("missing", missing), ("unknown", unknown)):
            for at in range(4):
                control = controls[at] if at < 3 else None
                faults.append(send[at](f"{group}.{names[at]}", statuses[at], control=control))
        controls[0] = self.request(steps.TERMINATED_BEFORE)
        controls.append(self.delete(steps.TERMINATED_END, end))
        for number in (faults[3], faults[7]):
            self.exchanges[number - 1] = replace(self.exchanges[number - 1], control=controls[3])
        for at in range(4):
            lost = terminated[at] is None
            send[at](
                f"terminated.{names[at]}",
                terminated[at],
                control=controls[at],
                failure=failure if lost else None,
                duration_s=duration_s if lost else 0.01,
            )

    def transcript(self, **more: Any) -> Transcript:
        values: dict[str, Any] = {
            "negotiated": (self.revision,),
            "sockets": (ListeningSocket("127.0.0.1", 3000),),
            "endpoint": "http://localhost:3000/mcp",
            **more,
        }
        return Transcript(
            "page#example",
            values.pop("kind", ExampleKind.HTTP_SERVER),
            tuple(self.exchanges),
            tuple(self.sessions),
            **values,
        )


def message_event(message: Any, id: str | None = None) -> SseEvent:
    return SseEvent("message", json.dumps(message), id)


def based(**more: Any) -> Talk:
    """A conversation with everything served."""
    talk = Talk()
    talk.baseline(**more)
    return talk


def lived(**life: Any) -> Talk:
    """The same, and the life of a session: :meth:`Talk.life`."""
    talk = Talk()
    talk.baseline()
    talk.life(**life)
    return talk


def answered(talk: Talk, step: str, method: str, result: Any = None, *, error: Any = None, **more: Any) -> int:
    """Send a request of a method, answered by a result or an error."""
    id = len(talk.exchanges) + 1
    params = more.pop("params", None)
    message = {"jsonrpc": "2.0", "id": id, "method": method} | ({} if params is None else {"params": params})
    answer = {"jsonrpc": "2.0", "id": id} | ({"error": error} if error is not None else {"result": result})
    return talk.say(step, more.pop("status", 200), message=message, answer=answer, kind=JSON, **more)


def sessionless(talk: Talk, **more: Any) -> Transcript:
    """The transcript of a server without sessions."""
    return talk.transcript(modern=(MODERN,), facts=Facts(revisions={MODERN: RevisionFacts()}), **more)


def plain(
    talk: Talk, step: str, method: str, result: Any = None, *, meta: dict[str, Any] | None = None, **more: Any
) -> int:
    """Send a request of a method as it is without sessions."""
    params = {"_meta": {f"{META}protocolVersion": MODERN, f"{META}clientCapabilities": {}, **(meta or {})}}
    params |= more.pop("params", {})
    return answered(talk, step, method, result, params=params, headers=((VERSION_HEADER, MODERN),), **more)
