"""The form of JSON-RPC responses, by conversations made by hand."""

from __future__ import annotations

from typing import Any

import pytest

from harness.model import Verdict
from harness.profiles.mcp import steps
from tests.support.transcripts import based
from tests.support.verdicts import S, V, verdicts_of

ERROR = {"code": -32000, "message": "no such session"}


@pytest.mark.parametrize(
    ("status", "answer", "expected"),
    [
        (404, {"error": "no such session"}, S),
        (400, {"id": 7, "error": "bad request"}, S),
        (404, {"jsonrpc": "2.0", "id": None, "error": ERROR}, S),
        (404, {"jsonrpc": "2.0", "id": None, "error": "no such session"}, V),
        (200, {"error": "no such session"}, V),
        (200, {"id": 5, "result": {}}, V),
        (400, {"jsonrpc": "2.0", "id": "server-error", "error": ERROR}, S),
        (200, {"jsonrpc": "2.0", "id": "server-error", "error": ERROR}, V),
    ],
)
def test_only_what_is_a_response_has_its_form(status: int, answer: dict[str, Any], expected: Verdict) -> None:
    talk = based()
    message = {"jsonrpc": "2.0", "id": 5, "method": "tools/list"}
    talk.say(steps.BASELINE_OTHER, status, message=message, answer=answer, kind="application/json")
    assert verdicts_of(talk.transcript())["rpc.response-form"] is expected


@pytest.mark.parametrize(
    ("method", "status", "answer", "expected"),
    [
        # a framework's own document names the method of the HTTP request
        ("DELETE", 405, {"timestamp": "2026", "status": 405, "error": "Method Not Allowed", "method": "DELETE"}, S),
        ("POST", 404, {"statusCode": 404, "error": "Not Found", "method": "POST", "path": "/mcp"}, S),
        ("GET", 200, {"ok": True, "method": "GET", "id": 1}, S),
        ("POST", 404, {"jsonrpc": "2.0", "id": 1, "method": "notifications/message"}, V),
    ],
)
def test_a_document_of_the_server_is_no_message(
    method: str, status: int, answer: dict[str, Any], expected: Verdict
) -> None:
    talk = based()
    talk.say(steps.BASELINE_OTHER, status, method=method, answer=answer, kind="application/json")
    found = verdicts_of(talk.transcript())
    assert found["rpc.response-form"] is expected
    assert found["server.request-ids"] is not V
