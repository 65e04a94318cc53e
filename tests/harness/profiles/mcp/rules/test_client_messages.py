"""What clients send, and what they must not, by what a scripted server received."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.scripted_client import BOTH, Client, client_verdicts, right_client, right_sessionless_client
from tests.support.verdicts import S, V

if TYPE_CHECKING:
    from harness.model import Verdict


@pytest.mark.parametrize(
    ("body", "id"),
    [
        ('[{"jsonrpc": "2.0", "id": 1, "method": "tools/list"}]', "client.single-message"),
        ('{"jsonrpc": "2.0", "id": 1, "result": {}}', "client.no-responses"),
        ("hello", "client.single-message"),
    ],
)
def test_a_body_that_is_not_one_request(body: str, id: str) -> None:
    client = right_sessionless_client()
    client.send("tools/list", body=body)
    assert [requirement for requirement, verdict in client_verdicts(client).items() if verdict is V] == [id]


@pytest.mark.parametrize(("verb", "expected"), [("PUT", V), ("GET", V), ("POST", S)])
def test_a_message_that_is_not_posted(verb: str, expected: Verdict) -> None:
    for client in (right_sessionless_client(), right_client()):
        client.send("tools/list", status=200)
        client.talk.exchanges[-1] = replace(client.talk.exchanges[-1], method=verb)
        assert client_verdicts(client)["client.posts-messages"] is expected


def test_requests_without_a_message_need_no_post() -> None:
    client = right_client()
    client.send("get", status=200)
    assert client_verdicts(client)["client.posts-messages"] is S


@pytest.mark.parametrize(("cancelled", "expected"), [(3, S), (4, V), ("3", V), (None, V)])
def test_a_request_that_is_cancelled(cancelled: int | str | None, expected: Verdict) -> None:
    client = right_sessionless_client()
    client.send("notifications/cancelled")
    body = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": cancelled}}
    client.talk.exchanges[-1] = replace(client.talk.exchanges[-1], body=json.dumps(body))
    assert client_verdicts(client)["client.cancels-own"] is expected


@pytest.mark.parametrize(("more", "expected"), [({}, S), ({"task": {"ttl": 1000}}, V)])
def test_a_tool_that_is_called_as_a_task(more: dict[str, Any], expected: Verdict) -> None:
    client = right_client()
    client.send("tools/call", status=200)
    body = {"jsonrpc": "2.0", "id": 9, "method": "tools/call", "params": {"name": "echo", **more}}
    client.talk.exchanges[-1] = replace(client.talk.exchanges[-1], body=json.dumps(body))
    assert client_verdicts(client)["client.no-undeclared-tasks"] is expected


def test_a_batch_in_a_session() -> None:
    client = right_client()
    client.send("tools/list", status=200)
    client.talk.exchanges[-1] = replace(client.talk.exchanges[-1], body=f"[{client.talk.exchanges[-1].body}]")
    assert client_verdicts(client)["client.single-message"] is V


@pytest.mark.parametrize(
    ("accept", "expected"), [("text/event-stream", S), ("*/*", V), ("application/json", V), (BOTH, S)]
)
def test_a_get_that_accepts_no_stream(accept: str, expected: Verdict) -> None:
    client = right_client()
    client.send("get", status=200, accept=accept)
    assert client_verdicts(client)["client.get-accepts-stream"] is expected


def session_of(*ids: Any, status: int = 200, opens_again: bool = False) -> Client:
    """A client that sends tools/list under several ids, the first of them answered by a status."""
    client = Client().opened()
    for at, id in enumerate(ids):
        if at and opens_again:
            client.send("initialize", status=200, id=None, version=None, issue=f"another-{at}")
        client.send(
            "tools/list", status=status if at == 0 else 200, id=f"another-{at}" if at and opens_again else "first"
        )
        last = client.talk.exchanges[-1]
        client.talk.exchanges[-1] = replace(last, body=json.dumps({**json.loads(last.body), "id": id}))
    return client


@pytest.mark.parametrize(
    ("client", "expected"),
    [
        (session_of(7, 8), S),
        (session_of(7, "7"), S),
        (session_of(7, 7), V),
        (session_of("a", "a"), V),
        (session_of(None), V),
        # what was not taken may be sent again, and another session counts from its own beginning
        (session_of(7, 7, status=500), S),
        (session_of(7, 7, opens_again=True), S),
    ],
)
def test_ids_within_a_session(client: Client, expected: Verdict) -> None:
    assert client_verdicts(client)["client.request-ids"] is expected


@pytest.mark.parametrize(("openings", "expected"), [(1, V), (2, S)])
def test_sessions_without_an_id_cannot_be_told_apart(openings: int, expected: Verdict) -> None:
    client = Client()
    for _ in range(openings):
        client.opened(issue=None)
    for _ in range(2):
        client.send("tools/list", status=200, id=None)
        last = client.talk.exchanges[-1]
        client.talk.exchanges[-1] = replace(last, body=json.dumps({**json.loads(last.body), "id": 7}))
    assert client_verdicts(client)["client.request-ids"] is expected
