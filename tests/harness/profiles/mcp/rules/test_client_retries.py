"""How clients of the sessionless revisions try again, by what a scripted server received."""

from __future__ import annotations

from typing import Any

import pytest

from harness.model import Verdict
from tests.support.scripted_client import SessionlessClient
from tests.support.verdicts import I, S, V

ASKS = {"resultType": "input_required", "requestState": "state"}
REFUSED = {"code": -32022, "message": "no", "data": {"supported": ["2025-11-25"], "requested": "2026-07-28"}}


def after_input_required(*later: dict[str, Any]) -> Verdict:
    client = SessionlessClient()
    client.send("tools/call", params={"name": "echo"}, id=7, result=ASKS)
    for request in later:
        client.send(**request)
    return client.verdicts()["client.input-retry"]


@pytest.mark.parametrize(
    ("params", "id", "expected"),
    [
        ({"name": "echo", "requestState": "state"}, 8, S),
        ({"name": "echo", "requestState": "State"}, 8, V),
        ({"name": "echo", "requestState": "state"}, 7, V),
        ({"name": "other", "requestState": "state"}, 8, V),
        ({"name": "echo"}, 8, I),
    ],
)
def test_a_retry_with_input(params: dict[str, Any], id: int, expected: Verdict) -> None:
    assert after_input_required({"what": "tools/call", "params": params, "id": id}) is expected


def test_a_client_may_leave_a_request_that_needs_input() -> None:
    assert after_input_required() is I
    assert after_input_required({"what": "tools/list"}) is I


def test_a_version_that_the_server_does_not_speak() -> None:
    client = SessionlessClient()
    client.send("server/discover", status=400, error=REFUSED)
    assert client.verdicts()["client.retries-supported-version"] is I
    client.send("tools/list", status=400, error=REFUSED)
    assert client.verdicts()["client.retries-supported-version"] is I
    client.send("tools/list", status=400, error=REFUSED)
    assert client.verdicts()["client.retries-supported-version"] is V
    client.opened()
    assert client.verdicts()["client.retries-supported-version"] is S
