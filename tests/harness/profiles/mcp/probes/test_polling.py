"""The rest of a stream whose connection the server closed is asked for as a client asks, and given up after a while."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import httpx
import pytest

from harness.exchanges.http_exchange import ProbeRequest
from harness.exchanges.recorder import Recorder
from harness.profiles.mcp.probes.polling import MOST_IN_VAIN, MOST_POLLS, Poller
from harness.profiles.mcp.rules.transcript import messages, response

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.exchanges.http_exchange import ProbeAnswer

pytestmark = pytest.mark.anyio
RESULT = {"jsonrpc": "2.0", "id": 1, "result": {"content": []}}
NEWS = {"jsonrpc": "2.0", "method": "notifications/message", "params": {}}
REQUEST = ProbeRequest(
    "baseline.tool",
    "POST",
    "http://localhost:3000/mcp",
    (("Authorization", "Bearer x"), ("Accept", "application/json, text/event-stream"), ("Mcp-Session-Id", "s")),
    json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call"}).encode(),
    rpc_id=1,
    revision="2025-11-25",
)


def stream(*events: tuple[str | None, object], retry: int | None = 1) -> httpx.Response:
    lines = [f"retry: {retry}", ""] if retry is not None else []
    for id, message in events:
        lines += [f"id: {id}"] if id is not None else []
        lines += [f"data: {json.dumps(message) if message else ''}", ""]
    return httpx.Response(200, headers={"content-type": "text/event-stream"}, text="\n".join([*lines, ""]))


class Server:
    """Answers POST by the first reply, and each GET by the next one; the last one again and again."""

    def __init__(self, *replies: Callable[[], httpx.Response]) -> None:
        self.replies = replies
        self.gets: list[httpx.Request] = []

    def handle(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            return self.replies[0]()
        self.gets.append(request)
        return self.replies[min(len(self.gets), len(self.replies) - 1)]()


async def ask(server: Server, request: ProbeRequest = REQUEST, *, times: int = 1) -> tuple[Recorder, ProbeAnswer]:
    recorder = Recorder(lambda: httpx.MockTransport(server.handle), timeout_s=5.0, budget_s=60.0)
    poller = Poller(recorder)
    for _ in range(times):
        answer = await recorder.send(request)
        if poller.is_due(request, answer):
            answer = await poller.poll(request, answer)
    return recorder, answer


async def test_the_response_is_fetched_after_the_last_event_and_belongs_to_its_request() -> None:
    server = Server(
        lambda: stream(("a-0", None)),
        lambda: stream(("a-1", NEWS)),
        lambda: stream(("a-1", NEWS), ("a-2", RESULT)),
    )
    recorder, answer = await ask(server)
    assert answer.response == RESULT
    assert answer.served
    assert [get.headers["last-event-id"] for get in server.gets] == ["a-0", "a-1"]
    assert {get.headers["accept"] for get in server.gets} == {"text/event-stream"}
    assert {(get.headers["authorization"], get.headers["mcp-session-id"]) for get in server.gets} == {("Bearer x", "s")}
    post, *polled = recorder.exchanges
    assert response(post) == RESULT
    assert [event.id for event in post.reply.events if event.id] == ["a-0"] if post.reply else False
    assert [(each.step, each.control) for each in polled] == [("polled.baseline.tool", 1)] * 2


async def test_a_session_that_the_request_opened_is_named() -> None:
    def opened() -> httpx.Response:
        reply = stream(("a-0", None))
        reply.headers["mcp-session-id"] = "fresh"
        return reply

    server = Server(opened, lambda: stream(("a-1", RESULT)))
    await ask(server, replace(REQUEST, headers=(("Accept", "*/*"),)))
    assert server.gets[0].headers["mcp-session-id"] == "fresh"


async def test_a_message_of_another_stream_is_not_taken_for_one_of_this() -> None:
    other = {"jsonrpc": "2.0", "id": 7, "result": {"tools": []}}
    server = Server(lambda: stream(("a-0", None)), lambda: stream(("b-0", NEWS), ("b-1", other), ("a-1", RESULT)))
    recorder, answer = await ask(server)
    assert answer.messages == (RESULT,)
    assert messages(recorder.exchanges[0].reply) == (RESULT,)


async def test_a_server_that_still_closes_the_connection_is_asked_again() -> None:
    server = Server(lambda: stream(("a-0", None)), lambda: httpx.Response(409), lambda: stream(("a-1", RESULT)))
    assert (await ask(server))[1].response == RESULT


@pytest.mark.parametrize(
    ("request_", "first"),
    [
        (REQUEST, lambda: stream((None, NEWS))),  # nothing to resume from
        (REQUEST, lambda: stream(("\u2026", None))),
        (REQUEST, lambda: stream(("a-0", None), ("a-1", RESULT))),
        (REQUEST, lambda: stream(("a-0", {"jsonrpc": "2.0", "id": None, "error": {"code": -32600, "message": ""}}))),
        (REQUEST, lambda: stream(("a-0", None), retry=60_000)),  # longer than any reply is waited for
        (replace(REQUEST, revision="2026-07-28"), lambda: stream(("a-0", None))),
        (replace(REQUEST, rpc_id=None), lambda: stream(("a-0", None))),
        (replace(REQUEST, cuts=True), lambda: stream(("a-0", None))),
    ],
)
async def test_what_is_not_asked_for(request_: ProbeRequest, first: Callable[[], httpx.Response]) -> None:
    server = Server(first, lambda: stream(("a-1", RESULT)))
    await ask(server, request_)
    assert not server.gets


async def test_a_refused_get_ends_it() -> None:
    server = Server(lambda: stream(("a-0", None)), lambda: httpx.Response(405))
    recorder, answer = await ask(server)
    assert answer.response is None
    assert len(server.gets) == 1
    assert response(recorder.exchanges[0]) is None


async def test_streams_whose_rest_never_comes_are_not_asked_for_without_end() -> None:
    server = Server(lambda: stream(("a-0", None)))
    await ask(server, times=MOST_IN_VAIN + 2)
    assert len(server.gets) == MOST_IN_VAIN * MOST_POLLS
