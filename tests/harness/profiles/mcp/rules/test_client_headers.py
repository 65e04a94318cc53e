"""What every client sends, by what a scripted server received."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from harness.profiles.mcp.rules.sent_requests import not_accepted
from tests.support.scripted_client import Client, right_client
from tests.support.verdicts import I, V


@pytest.mark.parametrize(
    ("id", "what", "wrong"),
    [
        ("client.version-header", "tools/list", {"version": None}),
        ("client.version-header", "get", {"version": None}),
        ("client.version-value", "tools/list", {"version": "2025-03-26"}),
        ("client.accepts-both", "tools/list", {"accept": "application/json"}),
        ("client.accepts-both", "tools/list", {"accept": "*/*"}),
    ],
)
def test_one_wrong_request(id: str, what: str, wrong: dict[str, Any]) -> None:
    client = right_client()
    client.talk.process = 0
    client.send(what, status=200, **wrong)
    seen = client.verdicts()
    assert [requirement for requirement, verdict in seen.items() if verdict is V] == [id]


def test_a_list_may_be_sent_in_several_lines() -> None:
    client = right_client()
    (last,) = client.talk.exchanges[-1:]
    others = tuple((name, value) for name, value in last.headers if name != "accept")
    for media_type, expected in (("text/event-stream;q=0.5", []), ("text/html", ["text/event-stream"])):
        lines = (("Accept", "Application/JSON"), ("accept", media_type))
        assert not_accepted(replace(last, headers=(*others, *lines))) == expected


def test_a_client_that_never_confirms() -> None:
    client = Client().opened()
    client.send("tools/list", status=200)
    client.send("delete", status=200)
    assert client.verdicts()["client.posts-initialized"] is V


def test_a_client_that_sent_nothing_after_initialize_is_not_accused() -> None:
    seen = Client().opened().verdicts()
    assert seen["client.version-header"] is I
    assert seen["client.posts-initialized"] is I
