"""Parameters that a client repeats in headers, by what a scripted server received."""

from __future__ import annotations

from typing import Any

import pytest

from harness.model import Verdict
from harness.profiles.mcp.services.scripted_answers import sessionless_result
from tests.support.scripted_client import SessionlessClient
from tests.support.verdicts import N, S, V


def verdict(arguments: dict[str, Any], headers: dict[str, str | None], *, tool: str = "echo") -> Verdict:
    client = SessionlessClient()
    client.send("tools/list", result=sessionless_result("tools/list"))
    client.send("tools/call", params={"name": tool, "arguments": arguments}, headers=headers)
    return client.verdicts()["client.param-headers"]


@pytest.mark.parametrize(
    ("arguments", "given", "expected"),
    [
        ({"text": "a"}, "a", S),
        ({"text": "a"}, "=?base64?YQ==?=", S),
        ({"text": "h\u00e9"}, "=?base64?aMOp?=", S),
        ({"text": ""}, None, S),
        ({}, None, S),
        ({"text": None}, None, S),
        ({"text": "a"}, None, V),
        ({"text": "a"}, "b", V),
        ({"text": "h\u00e9"}, "h\u00e9", V),
        ({}, "a", V),
    ],
)
def test_headers_are_those_of_the_listed_tool(arguments: dict[str, Any], given: str | None, expected: Verdict) -> None:
    assert verdict(arguments, {"Mcp-Param-Text": given}) is expected


def test_a_tool_that_was_not_listed_asks_for_nothing() -> None:
    assert verdict({"text": "a"}, {}, tool="other") is N
    client = SessionlessClient()
    client.send("tools/call", params={"name": "echo", "arguments": {"text": "a"}})
    assert client.verdicts()["client.param-headers"] is N
