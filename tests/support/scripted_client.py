"""What a scripted server received of a client, made by hand."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from extractor.model import ExampleKind
from tests.support.transcripts import ID, Talk
from tests.support.verdicts import NEWEST, verdicts_of

if TYPE_CHECKING:
    from harness.model import Verdict

MODERN = "2026-07-28"
BOTH = "application/json, text/event-stream"


@dataclass
class Client:
    """What a scripted server received. Every request is right unless told otherwise."""

    talk: Talk = field(default_factory=Talk)

    def send(
        self,
        what: str,
        *,
        status: int = 202,
        id: str | None = ID,
        version: str | None = NEWEST,
        accept: str = BOTH,
        issue: str | None = None,
    ) -> None:
        number = len(self.talk.exchanges) + 1
        headers = [("accept", accept)]
        if id is not None:
            headers.append(("mcp-session-id", id))
        if version is not None:
            headers.append(("mcp-protocol-version", version))
        step = f"client.{number}.{what}"
        if what in ("get", "delete"):
            self.talk.say(step, status, method=what.upper(), headers=tuple(headers))
            return
        message: dict[str, Any] = {"jsonrpc": "2.0", "method": what}
        answer = None
        if not what.startswith("notifications/"):
            message["id"] = number
            answer = {"jsonrpc": "2.0", "id": number, "result": {"protocolVersion": NEWEST}}
        issued = (("Mcp-Session-Id", issue),) if issue else ()
        self.talk.say(step, status, message=message, answer=answer, headers=tuple(headers), reply_headers=issued)

    def opened(self, *, issue: str | None = ID) -> Client:
        self.send("initialize", status=200, id=None, version=None, issue=issue)
        return self

    def verdicts(self, **more: Any) -> dict[str, Verdict]:
        transcript = self.talk.transcript(kind=ExampleKind.CLIENT, **more)
        return verdicts_of(transcript)


@dataclass
class SessionlessClient(Client):
    """The same of a client that speaks 2026-07-28."""

    def send(  # type: ignore[override]
        self,
        what: str,
        *,
        params: dict[str, Any] | None = None,
        id: Any = "",
        headers: dict[str, str | None] | None = None,
        without: str | None = None,
        body: str | None = None,
        status: int = 200,
        result: dict[str, Any] | None = None,
        error: dict[str, Any] | None = None,
    ) -> None:
        """Send a right request but for what is given; a header that is None is left out."""
        number = len(self.talk.exchanges) + 1
        meta = {
            "io.modelcontextprotocol/protocolVersion": MODERN,
            "io.modelcontextprotocol/clientCapabilities": {},
            "io.modelcontextprotocol/clientInfo": {"name": "c", "version": "1"},
        }
        meta.pop(f"io.modelcontextprotocol/{without}", None)
        params = {**(params or {}), "_meta": meta}
        given = {"Accept": BOTH, "MCP-Protocol-Version": MODERN, "Mcp-Method": what, "Mcp-Name": params.get("name")}
        given.update(headers or {})
        rpc_id = number if id == "" else id
        message = {"jsonrpc": "2.0", "id": rpc_id, "method": what, "params": params}
        answer = {"error": error} if error else {"result": result or {"resultType": "complete"}}
        self.talk.say(
            f"client.{number}.{what}",
            status,
            message=message,
            answer={"jsonrpc": "2.0", "id": rpc_id, **answer},
            headers=tuple((name, value) for name, value in given.items() if value is not None),
            revision=MODERN,
        )
        if body is not None:
            self.talk.exchanges[-1] = replace(self.talk.exchanges[-1], body=body)

    def opened(self, *, issue: str | None = ID) -> Client:
        Client.send(self, "initialize", status=200, id=None, version=None, issue=issue)
        return self

    def verdicts(self, **more: Any) -> dict[str, Verdict]:
        transcript = self.talk.transcript(kind=ExampleKind.CLIENT, negotiated=(MODERN,), modern=(MODERN,), **more)
        return verdicts_of(transcript, page_revision=MODERN)


def right_client() -> Client:
    """First run ordinary, second run with a 404."""
    client = Client().opened()
    client.send("notifications/initialized")
    client.send("get", status=200)
    client.send("tools/list", status=200)
    client.send("delete", status=200)
    client.talk.process = 1
    client.opened()
    client.send("notifications/initialized")
    client.send("tools/list", status=404)
    client.opened(issue="another-id")
    client.send("notifications/initialized", id="another-id")
    client.send("tools/list", id="another-id", status=200)
    client.send("delete", id="another-id", status=200)
    return client


def right_sessionless_client() -> SessionlessClient:
    """A right client of 2026-07-28 that discovered, listed and called."""
    client = SessionlessClient()
    client.send("server/discover")
    client.send("tools/list")
    client.send("tools/call", params={"name": "echo", "arguments": {}})
    return client


def client_verdicts(client: Client) -> dict[str, Verdict]:
    """The verdicts on clients, by requirement."""
    return {id: verdict for id, verdict in client.verdicts().items() if id.startswith("client.")}
