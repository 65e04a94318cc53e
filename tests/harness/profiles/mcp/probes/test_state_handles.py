"""Which tools a handle may go between, and where its value is in a result."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.profiles.mcp.probes.state_handles import handle_pairs, value_of


def tool(name: str, *required: str, **properties: Any) -> dict[str, Any]:
    schema = {"type": "object", "required": list(required), "properties": {**properties}}
    for argument in required:
        schema["properties"].setdefault(argument, {"type": "string"})
    return {"name": name, "inputSchema": schema}


def pairs_of(*tools: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(pair.giver.name, pair.taker.name, pair.argument) for pair in handle_pairs({"tools": list(tools)})]


def test_a_tool_that_demands_nothing_beside_one_that_demands_a_handle() -> None:
    told = pairs_of(tool("create_basket"), tool("add", "basket_id", "sku"), tool("open", "workflowHandle"))
    assert told == [("create_basket", "add", "basket_id"), ("create_basket", "open", "workflowHandle")]


@pytest.mark.parametrize(
    "use",
    [
        tool("add", "sku"),
        tool("add", basket_id={"type": "string"}),
        tool("add", "basket_id", basket_id={"type": "integer"}),
        tool("add", "basket_id", basket_id={"type": "string", "pattern": "^b"}),
    ],
    ids=["no handle's name", "not required", "a number", "nothing can be made up"],
)
def test_what_fits_less_well_is_left_alone(use: dict[str, Any]) -> None:
    assert pairs_of(tool("create_basket"), use) == []


def test_a_record_of_what_the_caller_told_is_no_handle() -> None:
    assert pairs_of(tool("add_todo", "title"), tool("finish", "todo_id")) == []


@pytest.mark.parametrize(
    "result",
    [
        {"structuredContent": {"basket_id": "b1"}},
        {"structuredContent": {"made": {"basketId": "b1"}}},
        {"content": [{"type": "text", "text": "made it"}, {"type": "text", "text": '{"basket-id": "b1"}'}]},
    ],
)
def test_the_value_is_found_by_its_name(result: dict[str, Any]) -> None:
    assert value_of(result, "basket_id") == "b1"


@pytest.mark.parametrize(
    "result",
    [
        None,
        {"isError": True, "structuredContent": {"basket_id": "b1"}},
        {"structuredContent": {"basket_id": 7}},
        {"structuredContent": {"basket_id": ""}},
        {"structuredContent": {"basket_id": "b" * 501}},
        {"content": [{"type": "text", "text": "basket_id is b1"}]},
    ],
)
def test_nothing_else_is_a_value(result: dict[str, Any] | None) -> None:
    assert value_of(result, "basket_id") is None


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["tools", "name", "content", "text",
        "inputSchema", "required", "properties", "type", "a_id", "structuredContent"]), inner, max_size=4),
)  # fmt: skip


@given(json_values)
def test_any_answer_is_read_without_an_error(value: Any) -> None:
    for result in (value, {"tools": value}, {"content": value}, {"structuredContent": value}):
        if isinstance(result, dict):
            list(handle_pairs(result))
            value_of(result, "a_id")
