"""Tools and their schemas, by conversations made by hand."""

from __future__ import annotations

from typing import Any

import pytest

from harness.profiles.mcp import steps
from tests.support.transcripts import JSON, Talk
from tests.support.verdicts import I, N, S, V, finding_of


def listing(tool: dict[str, Any], result: dict[str, Any] | None = None) -> Talk:
    talk = Talk()
    talk.initialize(steps.BASELINE_INITIALIZE)
    talk.request(steps.BASELINE_REQUEST, result={"tools": [tool]})
    if result is not None:
        id = len(talk.exchanges) + 1
        call = {"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": {"name": tool["name"], "arguments": {}}}
        talk.say(steps.BASELINE_TOOL, message=call, answer={"jsonrpc": "2.0", "id": id, "result": result}, kind=JSON)
    return talk


@pytest.mark.parametrize(
    ("name", "expected"),
    [("add_two.v-1", S), ("a" * 128, S), ("a" * 129, V), ("", V), ("add two", V), ("add,two", V), ("äh", V)],
)
def test_names(name: str, expected: Any) -> None:
    talk = listing({"name": name, "inputSchema": {"type": "object"}})
    assert finding_of(talk.transcript(), "tool.names").verdict is expected


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "object"}, S),
        ({"$schema": "http://json-schema.org/draft-07/schema#", "type": "object"}, S),
        ({"type": "thing"}, V),
        (None, V),
    ],
)
def test_schemas_of_arguments(schema: Any, expected: Any) -> None:
    talk = listing({"name": "a", "inputSchema": schema})
    assert finding_of(talk.transcript(), "tool.schema-valid").verdict is expected


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        ({"structuredContent": {"sum": 4}}, S),
        ({"structuredContent": {"sum": "4"}}, V),
        ({"content": []}, V),
        ({"isError": True, "content": []}, N),
    ],
)
def test_structured_results(result: dict[str, Any], expected: Any) -> None:
    schema = {"properties": {"sum": {"type": "number"}}}
    talk = listing({"name": "a", "inputSchema": {"type": "object"}, "outputSchema": schema}, result)
    assert finding_of(talk.transcript(), "tool.structured-result").verdict is expected


def test_a_schema_elsewhere_is_not_fetched_and_decides_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def fetched(*arguments: Any, **more: Any) -> Any:
        raise AssertionError("something was fetched")

    monkeypatch.setattr("urllib.request.urlopen", fetched)
    schema = {"$ref": "http://elsewhere.example/schema.json"}
    talk = listing({"name": "a", "inputSchema": {"type": "object"}, "outputSchema": schema}, {"structuredContent": {}})
    assert finding_of(talk.transcript(), "tool.structured-result").verdict in (S, I)
