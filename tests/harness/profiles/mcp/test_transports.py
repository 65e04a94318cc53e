"""A client of several servers is judged by what it says over each transport."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from extractor.model import ExampleKind
from harness.judge.judge import judge
from harness.model import Transport, Verdict
from harness.profiles.mcp.transports import conversations
from harness.profiles.registry import MCP
from tests.support.scripted_client import BOTH, Client
from tests.support.verdicts import NEWEST, rows, verdicts_of

if TYPE_CHECKING:
    from harness.model import Transcript

OPENED = ("initialize", "notifications/initialized", "tools/list")
OLDER = "2025-06-18"
"""The revision that the program speaks."""


def spoken(*, accept: str = BOTH, stdio: tuple[str, ...] = OPENED) -> Transcript:
    """What a client says over HTTP, and before that, with the same ids, to a program that it starts."""
    client = Client()
    for number, method in enumerate(stdio, 1):
        message: dict[str, Any] = {"jsonrpc": "2.0", "method": method}
        answer = None
        if not method.startswith("notifications/"):
            message["id"] = 4 if method == "tools/list" else number
            answer = {"jsonrpc": "2.0", "id": message["id"], "result": {"protocolVersion": OLDER}}
        client.talk.say(
            f"client.{number}.{method}", message=message, answer=answer, method="STDIN", session=None,
            revision=OLDER if number > 1 else None,
        )  # fmt: skip
    client.opened()
    client.send("notifications/initialized")
    client.send("tools/list", status=200, accept=accept)
    client.send("delete", status=200)
    return client.talk.transcript(kind=ExampleKind.CLIENT, negotiated=(OLDER, NEWEST))


def test_each_transport_is_a_conversation_with_the_revisions_that_are_spoken_over_it() -> None:
    whole = spoken()
    over_http, over_stdio = conversations(whole)
    assert {exchange.method for exchange in over_http.exchanges} == {"POST", "DELETE"}
    assert {exchange.method for exchange in over_stdio.exchanges} == {"STDIN"}
    assert (over_http.negotiated, over_stdio.negotiated) == ((NEWEST,), (OLDER,))
    assert (over_http.facts.transport, over_stdio.facts.transport) == (None, Transport.STDIO)
    assert (over_http.sessions, over_stdio.sessions) == (whole.sessions, ())
    assert conversations(over_http) == (over_http,)
    assert conversations(over_stdio) == (over_stdio,)


@pytest.mark.parametrize("page", [NEWEST, OLDER])
def test_a_right_client_of_both_is_accused_of_nothing(page: str) -> None:
    found = verdicts_of(spoken(), page)
    assert {id for id, verdict in found.items() if verdict is Verdict.VIOLATED} == set()
    assert found["client.posts-initialized"] is Verdict.SATISFIED
    assert found["client.accepts-both"] is Verdict.SATISFIED


def test_what_is_wrong_over_one_transport_is_found() -> None:
    assert verdicts_of(spoken(accept="application/json"))["client.accepts-both"] is Verdict.VIOLATED
    never_ready = spoken(stdio=("initialize", "tools/list"))
    found = judge(never_ready, rows(), MCP, page_revision=OLDER)
    wrong = {(finding.requirement, finding.revision) for finding in found if finding.verdict is Verdict.VIOLATED}
    assert wrong == {("client.posts-initialized", OLDER)}
