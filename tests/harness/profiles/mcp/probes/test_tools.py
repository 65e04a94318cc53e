"""Which tools can be called with made-up arguments."""

from __future__ import annotations

import pytest

from harness.profiles.mcp.probes.tools import first_callable_tool


def tools(*schemas: dict[str, object], **extra: object) -> dict[str, object]:
    return {"tools": [{"name": f"t{n}", "inputSchema": schema, **extra} for n, schema in enumerate(schemas)]}


def test_arguments_are_made_up_for_what_is_required_only() -> None:
    schema = {
        "properties": {
            "text": {"type": "string"},
            "n": {"type": "integer", "minimum": 5},
            "kind": {"enum": ["x", "y"]},
            "deep": {"type": "object", "properties": {"b": {"type": "boolean"}}, "required": ["b"]},
            "list": {"type": "array", "items": {"type": "number"}, "minItems": 1},
            "optional": {"type": "string", "format": "uri"},
        },
        "required": ["text", "n", "kind", "deep", "list"],
    }
    tool = first_callable_tool(tools(schema))
    assert tool is not None
    assert tool.arguments == {"text": "docprobe", "n": 5, "kind": "x", "deep": {"b": False}, "list": [2]}
    assert tool.params(3)["_meta"] == {"progressToken": 3}


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": ["null", "integer"], "minimum": 5}, 5),
        ({"type": ["boolean", "null"]}, False),
        ({"type": ["null"]}, None),
        ({"anyOf": [{"type": "null"}, {"type": "string"}]}, "docprobe"),
        ({"oneOf": [{"const": "a"}, {"type": "null"}]}, "a"),
        ({"anyOf": [{"type": "string"}], "default": None}, None),
    ],
)
def test_an_argument_that_may_be_null_is_given_a_value(schema: dict[str, object], value: object) -> None:
    tool = first_callable_tool(tools({"properties": {"a": schema}, "required": ["a"]}))
    assert tool is not None
    assert tool.arguments == {"a": value}


@pytest.mark.parametrize("schema", [{"type": []}, {"type": [3]}, {"type": [[]]}, {"anyOf": []}, {"anyOf": [3]}])
def test_a_hostile_choice_of_types_gives_no_tool(schema: dict[str, object]) -> None:
    assert first_callable_tool(tools({"properties": {"a": schema}, "required": ["a"]})) is None


def test_a_tool_beyond_making_up_is_passed_over() -> None:
    hard = {"properties": {"u": {"type": "string", "format": "uri"}}, "required": ["u"]}
    easy: dict[str, object] = {"type": "object"}
    chosen = first_callable_tool(tools(hard, easy))
    assert chosen is not None
    assert chosen.name == "t1"
    assert first_callable_tool(tools(hard)) is None


def test_a_read_only_tool_comes_first() -> None:
    listed = tools({}, {})
    listed["tools"][1]["annotations"] = {"readOnlyHint": True}  # type: ignore[index]
    chosen = first_callable_tool(listed)
    assert chosen is not None
    assert chosen.name == "t1"


@pytest.mark.parametrize("result", [None, {}, {"tools": 3}, {"tools": [1, {"name": 3}]}, tools({"required": 3})])
def test_hostile_tool_lists_give_no_tool(result: dict[str, object] | None) -> None:
    assert first_callable_tool(result) is None


def test_a_schema_that_contains_itself_deeply_ends() -> None:
    schema: dict[str, object] = {"type": "object"}
    for _ in range(50):
        schema = {"type": "object", "properties": {"a": schema}, "required": ["a"]}
    assert first_callable_tool(tools(schema)) is None
