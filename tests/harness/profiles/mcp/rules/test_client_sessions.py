"""Clients and the sessions that servers give them, by what a scripted server received."""

from __future__ import annotations

from typing import Any

import pytest

from extractor.model import ExampleKind
from harness.model import Facts, Incident, LogLine, Verdict
from tests.support.scripted_client import Client, right_client
from tests.support.verdicts import I, N, S, V, finding_of

REINIT = "client.reinit-on-404"


def test_a_right_client() -> None:
    seen = {id: verdict for id, verdict in right_client().verdicts().items() if id.startswith("client.")}
    nothing = {"client.cancels-own", "client.no-undeclared-tasks"}
    assert {id for id, verdict in seen.items() if verdict is N} == nothing
    assert [verdict for id, verdict in seen.items() if id not in nothing] == [S] * 12


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


BARE = {"id": None, "version": None}


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        # it tries an older transport, or says what it wants without a session
        ((("tools/list", {"status": 404}), ("get", {"status": 400, **BARE})), S),
        ((("tools/list", {"status": 404}), ("tools/list", {"status": 400, **BARE})), S),
        # the session lives: nothing said that it ended, or only that of another id did
        ((("get", {"status": 400, **BARE}), ("tools/list", {"status": 404})), V),
        ((("get", {"status": 404, **BARE}), ("get", {"status": 400, **BARE})), V),
        ((("get", {"status": 500}), ("get", {"status": 400, **BARE})), V),
        # a new one has begun
        ((("tools/list", {"status": 404}), ("initialize", {"status": 200, "issue": "b", **BARE}), ("get", BARE)), V),
    ],
)  # fmt: skip
def test_what_is_sent_between_two_sessions_is_of_neither(
    sent: tuple[tuple[str, dict[str, Any]], ...], expected: Verdict
) -> None:
    client = Client().opened()
    client.send("notifications/initialized")
    for what, more in sent:
        client.send(what, **more)
    seen = client.verdicts()
    assert (seen["client.sends-session-id"], seen["client.version-header"]) == (expected, expected)


TRACEBACK = (
    "Traceback (most recent call last):",
    '  File "client.py", line 3, in <module>',
    "RuntimeError: terminated",
)
UNCAUGHT = ("Error: Session terminated", "    at Client.send (file:///app/client.mjs:3:11)", "Node.js v22.1.0")
CAUGHT = ("the session is gone, good bye",)


@pytest.mark.parametrize(
    ("lines", "at_s", "failed", "expected"),
    [
        (TRACEBACK, 9.0, True, V),
        (UNCAUGHT, 9.0, True, V),
        (TRACEBACK, 0.5, True, I),
        (TRACEBACK, 9.0, False, I),
        (CAUGHT, 9.0, True, I),
    ],
)
def test_a_client_that_dies_of_the_404(lines: tuple[str, ...], at_s: float, failed: bool, expected: Verdict) -> None:
    client = Client().opened()
    client.send("notifications/initialized")
    client.send("tools/list", status=404)
    logs = tuple(LogLine(at_s, "stderr", text) for text in lines)
    facts = Facts(failed_when_gone=Incident(3, "exited with code 1") if failed else None)
    finding = finding_of(client.talk.transcript(kind=ExampleKind.CLIENT, logs=logs, facts=facts), REINIT)
    assert finding.verdict is expected
    if expected is V:
        assert "erminated" in finding.summary


@pytest.mark.parametrize(("before", "expected"), [(TRACEBACK, I), (UNCAUGHT, V), (CAUGHT, V)])
def test_a_client_that_dies_in_the_same_way_without_the_404_is_not_accused(
    before: tuple[str, ...], expected: Verdict
) -> None:
    client = Client().opened()
    client.send("notifications/initialized")
    client.send("tools/list", status=404)
    logs = tuple(LogLine(at_s, "stderr", text) for at_s, lines in ((0.5, before), (9.0, TRACEBACK)) for text in lines)
    facts = Facts(failed_when_gone=Incident(3, "exited with code 1"))
    finding = finding_of(client.talk.transcript(kind=ExampleKind.CLIENT, logs=logs, facts=facts), REINIT)
    assert finding.verdict is expected
    assert ("fails without a 404 too" in finding.summary) == (expected is I)


def test_a_client_that_sent_nothing_after_initialize_is_not_accused() -> None:
    seen = Client().opened().verdicts()
    assert seen["client.sends-session-id"] is I
    assert seen["client.version-header"] is I
    assert seen["client.posts-initialized"] is I
