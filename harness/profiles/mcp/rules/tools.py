"""The tools that a server lists: their schemas, names and order, and a result by its schema.

Sentences: tools page, "Data Types", "Tool Names" and "Output Schema"; base protocol page, "JSON Schema Usage".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from extractor.model import Level
from harness.base.jsonrpc import parse
from harness.judge.findings import count, inconclusive, join_words, not_applicable, satisfied, violated
from harness.model import Requirement, Side
from harness.profiles.mcp.revisions import MODERN, SESSIONS, level, text
from harness.profiles.mcp.rules.preconditions import BASELINE
from harness.profiles.mcp.rules.transcript import (
    listed_tools,
    method_of,
    response,
    sent,
)
from harness.rule import Decision, Rule

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

    from harness.base.jsonrpc import Message
    from harness.model import BoundRequirement, Exchange, Finding, Transcript

_SINCE_2025_11: Final = (*SESSIONS[2:], *MODERN)
_WITH_OUTPUT: Final = (*SESSIONS[1:], *MODERN)
_ALLOWED: Final = re.compile(r"[A-Za-z0-9_.-]")
_LONGEST: Final = 128
_BEYOND: Final = ""
"""What is wrong with a schema that docprobe cannot judge."""
_FEW: Final = 3
"""Characters that a summary names."""
_SHOWN: Final = 60
"""Characters of a tool's name, and of what is wrong with it, that a summary shows: they are the example's."""


def schema_valid(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that the schemas of a tool MUST be valid JSON Schema objects, by their dialect or 2020-12.

    A dialect that docprobe does not know, and a schema that is nested too deeply for it, decide nothing.
    """
    listed = _first_list(transcript, bound.revision)
    if listed is None:
        return not_applicable(bound, "The server lists no tools.")
    exchange, tools = listed
    beyond: Message | None = None
    for tool in tools:
        for field in ("inputSchema", "outputSchema"):
            if field == "outputSchema" and field not in tool:
                continue
            wrong = _invalid_schema(tool.get(field))
            if wrong == _BEYOND:
                beyond = beyond or tool
            elif wrong is not None:
                summary = f"`{field}` of the tool {_name(tool)} is not a valid JSON Schema: {wrong}."
                quoting = "" if isinstance(tool.get(field), dict) else "valid JSON Schema object"
                return violated(bound, summary, [exchange], quoting=quoting)
    if beyond is not None:
        what = f"A schema of the tool {_name(beyond)} is of a dialect that docprobe does not know, or nested too deeply"
        return inconclusive(bound, f"{what}.", [exchange])
    return satisfied(bound, "The schemas of all tools are valid JSON Schema.", [exchange])


SCHEMA_VALID: Final = Rule(
    Requirement(
        id="tool.schema-valid",
        title="The schemas of tools are valid JSON Schema",
        side=Side.ANY_SERVER,
        levels=level(Level.MUST, _SINCE_2025_11),
        basis=text(_SINCE_2025_11),
        effect="Clients and models cannot tell which arguments a tool takes, and ignore the tool.",
        fix='Give every tool an `inputSchema` that is a JSON Schema object, `{ "type": "object" }` at least.',
    ),
    Decision(schema_valid, BASELINE),
)


def tool_names(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that tool names SHOULD be unique, of 1 to 128 letters, digits, underscores, hyphens and dots."""
    listed = _first_list(transcript, bound.revision)
    if listed is None:
        return not_applicable(bound, "The server lists no tools.")
    exchange, tools = listed
    names = [str(tool.get("name")) for tool in tools]
    for name in names:
        shown = f"The tool name {name[:_SHOWN]!r}"
        if not 1 <= len(name) <= _LONGEST:
            summary = f"{shown} has {count(len(name), 'character')}"
            return violated(bound, summary, [exchange], quoting="characters in length", expected=f"1 to {_LONGEST}")
        if other := sorted({character for character in name if not _ALLOWED.fullmatch(character)}):
            summary = f"{shown} has {join_words(repr(each) for each in other[:_FEW])}, which names should not have."
            return violated(bound, summary, [exchange], quoting="only allowed characters")
        if names.count(name) > 1:
            summary = f"Two tools have the name {name[:_SHOWN]!r}."
            return violated(bound, summary, [exchange], quoting="be unique")
    return satisfied(bound, "Tool names are unique and of the allowed characters.", [exchange])


NAMES: Final = Rule(
    Requirement(
        id="tool.names",
        title="Tool names are unique and of the allowed characters",
        side=Side.ANY_SERVER,
        levels=level(Level.SHOULD, _SINCE_2025_11),
        basis=text(_SINCE_2025_11),
        effect="Clients that pass tools on to models rename or drop them, or call another tool than was meant.",
        fix="Use letters, digits, `_`, `-` and `.` only, up to 128 of them, and each name once.",
    ),
    Decision(tool_names, BASELINE),
)


def same_order(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that the same tools SHOULD be listed in the same order each time."""
    lists = listed_tools(transcript, bound.revision)
    if not lists:
        return not_applicable(bound, "The server lists no tools.")
    first_exchange, first = lists[0]
    names = [str(tool.get("name")) for tool in first]
    for exchange, tools in lists[1:]:
        others = [str(tool.get("name")) for tool in tools]
        if others != names and sorted(others) == sorted(names):
            return violated(bound, "The same tools were listed in another order.", [first_exchange, exchange])
    if len(lists) < 2:
        return inconclusive(bound, "The tools were listed once.", [first_exchange])
    return satisfied(bound, "The tools were listed in the same order each time.", [first_exchange, lists[-1][0]])


ORDER: Final = Rule(
    Requirement(
        id="tool.order",
        title="Tools are listed in the same order each time",
        side=Side.ANY_SERVER,
        levels=level(Level.SHOULD, MODERN),
        basis=text(MODERN),
        effect="Client caches and prompt caches miss every time.",
        fix="Sort the tools, or keep them in the order of their registration.",
    ),
    Decision(same_order, BASELINE),
)


def structured_result(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that the result of a tool with an ``outputSchema`` MUST have structured content that conforms to it."""
    listed = _first_list(transcript, bound.revision)
    schemas = {tool.get("name"): tool.get("outputSchema") for tool in (listed[1] if listed else ())}
    judged = None
    for exchange in transcript.exchanges:
        if exchange.revision != bound.revision or method_of(exchange) != "tools/call":
            continue
        params, result = (sent(exchange) or {}).get("params"), (response(exchange) or {}).get("result")
        name = params.get("name") if isinstance(params, dict) else None
        schema = schemas.get(name) if isinstance(name, str) else None
        if not isinstance(schema, dict) or _invalid_schema(schema) is not None or not isinstance(result, dict):
            continue
        as_task = isinstance(params, dict) and "task" in params
        if as_task or result.get("isError") is True or result.get("resultType") == "input_required":
            continue
        judged = exchange
        wrong = _not_conforming(schema, result)
        if wrong is not None:
            return violated(bound, f"The result of {_name({'name': name})} {wrong}.", [exchange])
    if judged is None:
        return not_applicable(bound, "No tool with an output schema was called.")
    return satisfied(bound, "The structured content of a tool's result conforms to its output schema.", [judged])


STRUCTURED_RESULT: Final = Rule(
    Requirement(
        id="tool.structured-result",
        title="A result conforms to the tool's output schema",
        side=Side.ANY_SERVER,
        levels=level(Level.MUST, _WITH_OUTPUT),
        basis=text(_WITH_OUTPUT),
        effect="Clients that check results, as the SDKs' do, throw an error instead of returning the result.",
        fix="Return `structuredContent` of the shape that `outputSchema` describes, or leave `outputSchema` out.",
    ),
    Decision(structured_result, BASELINE),
)


def text_copy(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that a tool with structured content SHOULD return the same as JSON in a text.

    Where the content is only a wrapper of one value under ``result``, as SDKs make it, the text may be the value's.
    """
    judged = None
    for exchange in transcript.exchanges:
        result = (response(exchange) or {}).get("result")
        called = exchange.revision == bound.revision and method_of(exchange) == "tools/call"
        if not called or not isinstance(result, dict) or result.get("structuredContent") is None:
            continue
        judged = exchange
        content = result.get("content")
        items = [item for item in content if isinstance(item, dict)] if isinstance(content, list) else []
        texts = [item["text"] for item in items if item.get("type") == "text" and isinstance(item.get("text"), str)]
        if not _repeats(texts, result["structuredContent"]):
            return violated(
                bound, "A tool's structured content is not repeated as JSON in a text; its content has "
                f"{count(len(texts), 'text')}.", [exchange]
            )  # fmt: skip
    if judged is None:
        return not_applicable(bound, "No tool returned structured content.")
    return satisfied(bound, "A tool's structured content is repeated as JSON in a text.", [judged])


TEXT_COPY: Final = Rule(
    Requirement(
        id="tool.text-copy",
        title="Structured content is also sent as text",
        side=Side.ANY_SERVER,
        levels=level(Level.SHOULD, _WITH_OUTPUT),
        basis=text(_WITH_OUTPUT),
        effect="Clients from before structured content, and models that are shown the text only, get nothing.",
        fix='Add `{ type: "text", text: JSON.stringify(structuredContent) }` to `content`.',
    ),
    Decision(text_copy, BASELINE),
)


RULES: Final = (SCHEMA_VALID, NAMES, ORDER, STRUCTURED_RESULT, TEXT_COPY)


def _repeats(texts: list[str], structured: Any) -> bool:
    """Return whether texts repeat structured content, or the one value that it wraps, whole or item by item."""
    said = [parse(text) for text in texts]
    if structured in said:
        return True
    if not isinstance(structured, dict) or set(structured) != {"result"}:
        return False
    value = structured["result"]
    items = value if isinstance(value, list) else [value]
    return value in said or value in texts or items in (said, texts)


def _first_list(transcript: Transcript, revision: str) -> tuple[Exchange, list[Message]] | None:
    return next(iter(listed_tools(transcript, revision)), None)


def _name(tool: Message) -> str:
    return repr(str(tool.get("name"))[:_SHOWN])


def _invalid_schema(schema: Any) -> str | None:
    """Return what is wrong with a schema; None if it is valid by its dialect, ``_BEYOND`` if that cannot be decided."""
    from jsonschema.exceptions import SchemaError

    if not isinstance(schema, dict):
        return "it is missing, or not an object"
    validator = _dialect(schema)
    if validator is None:
        return _BEYOND
    try:
        validator.check_schema(schema)
    except SchemaError as error:
        return error.message[:_SHOWN]
    except RecursionError:
        return _BEYOND
    return None


def _dialect(schema: Message) -> type[Validator] | None:
    """Return what validates schemas of the dialect that a schema states, or of 2020-12; None for an unknown dialect."""
    from jsonschema import Draft3Validator, Draft202012Validator
    from jsonschema.validators import validator_for

    stated = schema.get("$schema")
    if not isinstance(stated, str):
        return Draft202012Validator
    # an unknown dialect gets whichever is the default
    found = {validator_for({"$schema": stated}, default=each) for each in (Draft3Validator, Draft202012Validator)}
    return found.pop() if len(found) == 1 else None


def _not_conforming(schema: Message, result: Message) -> str | None:
    """Return what is wrong with a result, as the rest of a sentence; None if nothing is, or it cannot be known."""
    from jsonschema.exceptions import best_match
    from referencing import Registry
    from referencing.exceptions import Unresolvable

    if "structuredContent" not in result:
        return "has no structured content, and the tool has an output schema"
    dialect = _dialect(schema)
    if dialect is None:
        return None
    # with a registry of its own nothing is fetched: the schema is the example's
    validator = dialect(schema, registry=Registry())
    try:
        error = best_match(validator.iter_errors(result["structuredContent"]))
    except (Unresolvable, RecursionError):
        return None
    return None if error is None else f"does not conform to its output schema: {error.message[:_SHOWN]}"
