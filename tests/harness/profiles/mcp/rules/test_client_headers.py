"""What every client sends, by what a scripted server received."""

from __future__ import annotations

from typing import Any

import pytest

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


def test_a_client_that_never_confirms() -> None:
    client = Client().opened()
    client.send("tools/list", status=200)
    client.send("delete", status=200)
    assert client.verdicts()["client.posts-initialized"] is V


def test_a_client_that_sent_nothing_after_initialize_is_not_accused() -> None:
    seen = Client().opened().verdicts()
    assert seen["client.version-header"] is I
    assert seen["client.posts-initialized"] is I
