"""Clients and the sessions that servers give them, by what a scripted server received."""

from __future__ import annotations

from typing import Any

import pytest

from harness.model import Facts, Incident, Verdict
from tests.support.scripted_client import Client, right_client
from tests.support.verdicts import I, S, V


def test_a_right_client() -> None:
    ids = {id for id in right_client().verdicts() if id.startswith("client.")}
    assert len(ids) == 6
    assert {right_client().verdicts()[id] for id in ids} == {S}


@pytest.mark.parametrize(
    ("id", "what", "wrong"),
    [
        ("client.sends-session-id", "tools/list", {"id": None}),
        ("client.sends-session-id", "tools/list", {"id": "made-up"}),
        ("client.sends-session-id", "get", {"id": None}),
    ],
)
def test_one_wrong_request(id: str, what: str, wrong: dict[str, Any]) -> None:
    client = right_client()
    client.talk.process = 0
    client.send(what, status=200, **wrong)
    seen = client.verdicts()
    assert [requirement for requirement, verdict in seen.items() if verdict is V] == [id]


def test_a_client_that_ends_without_delete() -> None:
    client = Client().opened()
    client.send("notifications/initialized")
    assert client.verdicts()["client.deletes-session"] is V
    assert client.verdicts(facts=Facts(stopped=Incident(1, "it waited for input")))["client.deletes-session"] is I
    stateless = Client().opened(issue=None)
    stateless.send("notifications/initialized", id=None)
    assert stateless.verdicts()["client.deletes-session"] is I


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ((), I),
        ((("delete", {}),), I),
        ((("tools/list", {"status": 404}),), V),
        ((("initialize", {"status": 200}),), V),
        ((("initialize", {"status": 200, "id": None}),), S),
        ((("get", {"status": 404}), ("initialize", {"status": 200, "id": None})), S),
    ],
)
def test_after_a_404(after: tuple[tuple[str, dict[str, Any]], ...], expected: Verdict) -> None:
    client = Client().opened()
    client.send("notifications/initialized")
    client.send("tools/list", status=404)
    for what, more in after:
        client.send(what, **more)
    assert client.verdicts()["client.reinit-on-404"] is expected


def test_a_client_that_sent_nothing_after_initialize_is_not_accused() -> None:
    seen = Client().opened().verdicts()
    assert seen["client.sends-session-id"] is I
    assert seen["client.version-header"] is I
    assert seen["client.posts-initialized"] is I
