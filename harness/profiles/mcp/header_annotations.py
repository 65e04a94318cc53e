"""``x-mcp-header``: the parameters of a tool that a request repeats in headers of their own (2026-07-28 on).

Sentences: Streamable HTTP page, "Custom Headers from Tool Parameters".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from harness.profiles.mcp.messages import header_value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.base.jsonrpc import Message
    from harness.profiles.mcp.messages import Headers

ANNOTATION: Final = "x-mcp-header"
PREFIX: Final = "Mcp-Param-"
_TOKEN: Final = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_PRIMITIVE: Final = ("integer", "string", "boolean")
_SCHEMAS_BY_NAME: Final = ("patternProperties", "dependentSchemas", "$defs", "definitions")
_DATA: Final = ("const", "default", "enum", "examples")
"""Keywords whose values are not schemas."""
_MOST_DEPTH: Final = 32
EMPTY: Final = "is empty"
NOT_A_TOKEN: Final = "has characters that the name of a header cannot have"
NOT_REACHED: Final = "is not on a property that is reached by `properties` alone"
NOT_PRIMITIVE: Final = "is on a property that is not an integer, a string or a boolean"
TWICE: Final = "is there twice"


@dataclass(frozen=True, slots=True)
class HeaderAnnotation:
    """One ``x-mcp-header`` of an input schema."""

    name: Any
    """Its value, which should be the end of a header's name."""
    path: tuple[str, ...] | None
    """Names of the properties that lead to it; None if anything else than ``properties`` does."""
    schema: Message
    """Of the property."""

    @property
    def types(self) -> tuple[Any, ...]:
        """The property's types but null; empty if it names none."""
        stated = self.schema.get("type")
        types = stated if isinstance(stated, list) else [stated] if stated is not None else []
        return tuple(kind for kind in types if kind != "null")

    @property
    def fault(self) -> str | None:
        """What the page forbids about it, as the rest of a sentence; None if nothing."""
        if not isinstance(self.name, str) or not self.name:
            return EMPTY if self.name == "" else "is not a string"
        if not _TOKEN.fullmatch(self.name):
            return NOT_A_TOKEN
        if not self.path:
            return NOT_REACHED
        if any(kind not in _PRIMITIVE for kind in self.types):
            return NOT_PRIMITIVE
        return None


def header_annotations(schema: Any) -> tuple[HeaderAnnotation, ...]:
    """Return the annotations of an input schema, in its order; those below 32 levels are not looked for."""
    return tuple(_found(schema, (), 0)) if isinstance(schema, dict) else ()


def annotation_fault(schema: Any) -> str | None:
    """Return the first fault of a schema's annotations, as the rest of a sentence; None if there is none."""
    seen: set[str] = set()
    for annotation in header_annotations(schema):
        if annotation.fault is not None:
            return annotation.fault
        if annotation.name.lower() in seen:
            return TWICE
        seen.add(annotation.name.lower())
    return None


def value_at(arguments: Any, path: tuple[str, ...]) -> Any:
    """Return the argument at a path of property names; None if there is none."""
    for name in path:
        arguments = arguments.get(name) if isinstance(arguments, dict) else None
    return arguments


def parameter_headers(schema: Any, arguments: Message) -> Headers:
    """Return the headers that a right client sends with a tools/call, given the tool's input schema."""
    headers = []
    for annotation in header_annotations(schema):
        value = value_at(arguments, annotation.path or ())
        if annotation.path and isinstance(annotation.name, str) and isinstance(value, (str, int)):
            headers.append((f"{PREFIX}{annotation.name}", header_value(header_text(value))))
    return tuple(headers)


def carries_value(given: str, value: str | int) -> bool:
    """Return whether a header has an argument's value, in plain text where that is possible, or in base64."""
    text = header_text(value)
    return given in (header_value(text), header_value(text, encoded=True))


def header_text(value: str | int) -> str:
    """Return an argument as the text of its header, before it is encoded ("Value Encoding")."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _found(schema: Message, path: tuple[str, ...] | None, depth: int) -> Iterator[HeaderAnnotation]:
    if depth > _MOST_DEPTH:
        return
    if ANNOTATION in schema:
        yield HeaderAnnotation(schema[ANNOTATION], path, schema)
    for key, value in schema.items():
        if key in _DATA:
            continue
        if key == "properties" and isinstance(value, dict):
            for name, inner in value.items():
                if isinstance(inner, dict):
                    yield from _found(inner, None if path is None else (*path, name), depth + 1)
            continue
        named = key in _SCHEMAS_BY_NAME and isinstance(value, dict)
        for inner in value.values() if named else value if isinstance(value, list) else (value,):
            if isinstance(inner, dict):
                yield from _found(inner, None, depth + 1)
