"""Which ``x-mcp-header`` a page allows, and the headers of a call."""

from __future__ import annotations

from typing import Any

import pytest

from harness.profiles.mcp.header_annotations import annotation_fault, header_annotations, parameter_headers


def schema(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def string(name: Any, **more: Any) -> dict[str, Any]:
    return {"type": "string", "x-mcp-header": name, **more}


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (schema(a=string("Region")), None),
        (schema(a={"type": "object", "properties": {"b": string("Deep-Region")}}), None),
        (schema(a={"type": ["integer", "null"], "x-mcp-header": "N"}), None),
        (schema(a={"enum": ["x"], "x-mcp-header": "N"}), None),
        (schema(a={"type": "object", "default": {"x-mcp-header": ""}}), None),
        (schema(**{"x-mcp-header": {"type": "string"}}), None),
        (schema(a=string("")), "is empty"),
        (schema(a=string(7)), "is not a string"),
        (schema(a=string("a b")), "characters"),
        (schema(a=string("a\r\nb")), "characters"),
        (schema(a=string("naïve")), "characters"),
        (schema(a=string("Region"), b=string("rEGION")), "twice"),
        (schema(a={"type": "number", "x-mcp-header": "N"}), "not an integer"),
        (schema(a={"type": "object", "x-mcp-header": "N"}), "not an integer"),
        (schema(a={"type": "array", "items": string("N")}), "reached"),
        (schema(a={"anyOf": [string("N"), {"type": "null"}]}), "reached"),
        ({"$defs": {"x": string("N")}, "properties": {"a": {"$ref": "#/$defs/x"}}}, "reached"),
        ({"if": {"properties": {"a": string("N")}}}, "reached"),
        ({"type": "object", "x-mcp-header": "N"}, "reached"),
        ("no schema", None),
    ],
)
def test_what_is_wrong_with_an_annotation(value: Any, words: str | None) -> None:
    fault = annotation_fault(value)
    assert (fault is None) if words is None else (fault is not None and words in fault)


def test_a_schema_without_end_is_left_alone() -> None:
    inner: dict[str, Any] = {"type": "string"}
    for _ in range(5000):
        inner = {"items": inner}
    assert header_annotations(inner) == ()


def test_headers_repeat_the_arguments_that_are_there() -> None:
    value = schema(
        region=string("Region"),
        deep={"type": "object", "properties": {"n": {"type": "integer", "x-mcp-header": "N"}}},
        yes={"type": "boolean", "x-mcp-header": "Yes"},
        absent=string("Absent"),
    )
    arguments = {"region": " padded", "deep": {"n": 7}, "yes": True, "absent": None}
    assert parameter_headers(value, arguments) == (
        ("Mcp-Param-Region", "=?base64?IHBhZGRlZA==?="),
        ("Mcp-Param-N", "7"),
        ("Mcp-Param-Yes", "true"),
    )
