"""Calls of an example's tools with made-up arguments."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from harness.base.jsonrpc import Message

MOST_TOOLS: Final = 3
"""Tools that are called: each may print, ask and answer in its own way, and may be slow."""
MOST_DEPTH: Final = 4
MADE_UP_TEXT: Final = "docprobe"
_PLAIN: Final[Mapping[str, Any]] = {
    "string": MADE_UP_TEXT,
    "number": 2,
    "integer": 2,
    "boolean": False,
    "null": None,
}


@dataclass(frozen=True, slots=True)
class ServerTool:
    """A tool that can be called."""

    name: str
    arguments: Message
    task_support: str = "forbidden"
    """Whether it says that it can or has to be called as a task: ``optional`` or ``required`` (2025-11-25)."""

    @property
    def only_as_task(self) -> bool:
        """Whether it has to be called as a task."""
        return self.task_support == "required"

    def params(self, progress_token: int) -> Message:
        """Return the params of a tools/call that asks for progress notifications."""
        return {"name": self.name, "arguments": self.arguments, "_meta": {"progressToken": progress_token}}


def first_callable_tool(result: Message | None) -> ServerTool | None:
    """Return the first of :func:`callable_tools`; None if there is none."""
    return next(callable_tools(result), None)


def callable_tools(result: Message | None) -> Iterator[ServerTool]:
    """Return the tools of a tools/list result whose required arguments can be made up.

    Read-only ones come first, those that have to be called as tasks last.
    """
    listed = (result or {}).get("tools")
    tools = [tool for tool in listed if isinstance(tool, dict)] if isinstance(listed, list) else []
    for tool in sorted(tools, key=lambda tool: (_task_support(tool) == "required", not _read_only(tool))):
        name, schema = tool.get("name"), tool.get("inputSchema", {})
        if not isinstance(name, str) or not isinstance(schema, dict):
            continue
        with contextlib.suppress(_CannotMakeUpError):
            yield ServerTool(name, _object(schema, 0), _task_support(tool))


def required_arguments(result: Message | None, name: str) -> list[str]:
    """Return the names of the arguments that a listed tool requires."""
    listed = (result or {}).get("tools")
    tools = [tool for tool in listed if isinstance(tool, dict)] if isinstance(listed, list) else []
    schema = next((tool.get("inputSchema") for tool in tools if tool.get("name") == name), None)
    required = schema.get("required") if isinstance(schema, dict) else None
    return [each for each in required if isinstance(each, str)] if isinstance(required, list) else []


def made_up_value(schema: Any) -> Any:
    """Return a value that a simple JSON Schema allows; None if none can be made up."""
    with contextlib.suppress(_CannotMakeUpError):
        return _value(schema, 0)
    return None


class _CannotMakeUpError(Exception):
    """A schema is not one of the simple ones."""


def _task_support(tool: Message) -> str:
    execution = tool.get("execution")
    support = execution.get("taskSupport") if isinstance(execution, dict) else None
    return support if support in ("optional", "required") else "forbidden"


def _read_only(tool: Message) -> bool:
    annotations = tool.get("annotations")
    return isinstance(annotations, dict) and annotations.get("readOnlyHint") is True


def _object(schema: Message, depth: int) -> Message:
    required, properties = schema.get("required", []), schema.get("properties", {})
    if not isinstance(required, list) or not isinstance(properties, dict):
        raise _CannotMakeUpError
    return {name: _value(properties.get(name, {}), depth + 1) for name in required if isinstance(name, str)}


def _value(schema: Any, depth: int) -> Any:
    if not isinstance(schema, dict) or depth > MOST_DEPTH:
        raise _CannotMakeUpError
    for key in ("const", "default"):
        if key in schema:
            return schema[key]
    for key in ("enum", "examples"):
        values = schema.get(key)
        if isinstance(values, list) and values:
            return values[0]
    for key in ("anyOf", "oneOf"):
        choices = schema.get(key)
        if isinstance(choices, list) and choices and "type" not in schema:
            return _value(_not_null(choices), depth + 1)
    kind = schema.get("type")
    if isinstance(kind, list) and kind:
        return _value({**schema, "type": _not_null(kind)}, depth + 1)
    if kind == "object":
        return _object(schema, depth)
    if kind == "array":
        return [_value(schema.get("items", {"type": "string"}), depth + 1)] if schema.get("minItems") else []
    if kind == "string" and ("pattern" in schema or "format" in schema):
        raise _CannotMakeUpError
    if kind in ("number", "integer"):
        return _number(schema)
    if isinstance(kind, str) and kind in _PLAIN:
        return _PLAIN[kind]
    raise _CannotMakeUpError


def _not_null(choices: list[Any]) -> Any:
    """Return the first of several types, or of schemas, that is not null; the first one if all are."""
    return next((each for each in choices if each != "null" and each != {"type": "null"}), choices[0])


def _number(schema: Message) -> Any:
    low, high = schema.get("minimum"), schema.get("maximum")
    if isinstance(low, (int, float)) and low > 2:
        return low
    return high if isinstance(high, (int, float)) and high < 2 else 2
