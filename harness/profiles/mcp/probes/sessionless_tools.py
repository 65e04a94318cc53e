"""Calls of a sessionless server's tools: for the headers that repeat a call's body, and for input that a tool asks for.

Sentences: Streamable HTTP page, "Standard Request Headers" and "Custom Headers from Tool Parameters"; basic/index,
"Per-request protocol fields"; basic/patterns/mrtr.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from harness.profiles.mcp import messages, steps
from harness.profiles.mcp.header_annotations import (
    PREFIX,
    annotation_fault,
    header_annotations,
    header_text,
    parameter_headers,
    value_at,
)
from harness.profiles.mcp.messages import METHOD_HEADER, NAME_HEADER, mirrored_headers
from harness.profiles.mcp.probes import sessions
from harness.profiles.mcp.probes.input_answers import changed_state, made_up_answers
from harness.profiles.mcp.probes.tools import ServerTool, callable_tools, made_up_value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.base.jsonrpc import Message
    from harness.exchanges.http_exchange import ProbeAnswer
    from harness.profiles.mcp.header_annotations import HeaderAnnotation
    from harness.profiles.mcp.messages import Caller, Headers
    from harness.profiles.mcp.probes.probed_server import ProbedServer

ANOTHER_TOOL: Final = "docprobe-other"
BEYOND_ASCII: Final = "docprob\u00e9"
"""Sent as one byte of Latin-1: a character that a header's value must not have."""
MOST_ASKED: Final = 3
"""Tools that are called to see whether they ask for input."""
MOST_PARAMETERS: Final = 8
"""Parameters that a header repeats, of all tools, that are tried."""
_FREE: Final = ("enum", "const", "pattern", "format", "maxLength")
"""Keywords that leave a string no free choice."""


async def send(
    peer: ProbedServer,
    step: str,
    caller: Caller,
    method: str,
    params: Message | None = None,
    *,
    control: int | None = None,
    mirrored: Headers | None = None,
    more: Headers = (),
    capabilities: Message | None = None,
    log_level: str | None = None,
) -> ProbeAnswer:
    """POST one request with its metadata and the headers that repeat it.

    Args:
        peer: the server.
        step: of the exchange.
        caller: gives version, token and Origin.
        method: of the body.
        params: of the body, without metadata.
        control: number of the exchange it is compared with.
        mirrored: headers that repeat the body, if not the right ones.
        more: further headers.
        capabilities: that the client declares; none by default.
        log_level: that the client asks for.
    """
    meta = messages.request_meta(caller.version or "", capabilities)
    if log_level is not None:
        meta[f"{messages.META}logLevel"] = log_level
    params = {**(params or {}), "_meta": meta}
    extra = mirrored_headers(method, params) if mirrored is None else mirrored
    message = messages.request(peer.recorder.rpc_id(), method, params)
    await sessions.restart_if_dead(peer)
    return await peer.post(step, caller, message, extra=(*extra, *more), control=control)


async def probe_tools(peer: ProbedServer, caller: Caller, listed: Message | None) -> None:
    """Send the steps about tools that a tools/list result offers; none without it."""
    tools = tuple(_with_headers(listed))
    plain = [tool for tool, headers in tools if not headers and not header_annotations(_schema_of(listed, tool))]
    if plain:
        await _call_by_name(peer, caller, plain[0])
    await _call_with_parameters(peer, caller, listed)
    await _ask_for_input(peer, caller, tools)


async def _call_by_name(peer: ProbedServer, caller: Caller, tool: ServerTool) -> None:
    """Call a tool with the right name in the header, a wrong one, none, and the right one in base64."""
    params = {"name": tool.name, "arguments": tool.arguments}
    called = await send(peer, steps.MODERN_TOOL, caller, "tools/call", params)
    method = (METHOD_HEADER, "tools/call")
    names: dict[str, Headers] = {
        steps.MODERN_TOOL_NAME: (method, (NAME_HEADER, ANOTHER_TOOL)),
        steps.MODERN_TOOL_NAMELESS: (method,),
        steps.MODERN_TOOL_ENCODED: (method, (NAME_HEADER, messages.header_value(tool.name, encoded=True))),
    }
    for step, mirrored in names.items():
        await send(peer, step, caller, "tools/call", params, control=called.number, mirrored=mirrored)


async def _call_with_parameters(peer: ProbedServer, caller: Caller, listed: Message | None) -> None:
    """Call tools for each parameter that a header repeats: with the right header, a wrong one, none, and so on."""
    for found in itertools.islice(_annotated(listed), MOST_PARAMETERS):
        await _call_for(peer, caller, found)


async def _call_for(peer: ProbedServer, caller: Caller, found: _Annotated) -> None:
    call = partial(_call_with_parameter, peer, caller, found)
    arguments, path, value = found.tool.arguments, found.path, found.value
    right = messages.header_value(header_text(value))
    called = await call(steps.MODERN_PARAM, arguments, right)
    await call(steps.MODERN_PARAM_WRONG, arguments, header_text(_other(value)), called.number)
    await call(steps.MODERN_PARAM_MISSING, arguments, None, called.number)
    await call(
        steps.MODERN_PARAM_ENCODED, arguments, messages.header_value(header_text(value), encoded=True), called.number
    )
    if isinstance(value, str) and not any(key in found.annotation.schema for key in _FREE):
        beyond = _with_value(arguments, path, BEYOND_ASCII)
        await call(steps.MODERN_PARAM_CHARACTERS, beyond, BEYOND_ASCII, called.number)
    if _is_integer(value):
        await call(steps.MODERN_PARAM_NUMBER, arguments, f"{value}.0", called.number)
    if len(path) == 1 and path[0] not in (found.schema.get("required") or ()):
        rest = {key: inner for key, inner in arguments.items() if key != path[0]}
        await call(steps.MODERN_PARAM_ABSENT, rest, None, called.number)


async def _call_with_parameter(
    peer: ProbedServer,
    caller: Caller,
    found: _Annotated,
    step: str,
    arguments: Message,
    text: str | None,
    control: int | None = None,
) -> ProbeAnswer:
    """Call a tool with a text in the header of one parameter, or without it, and the right ones of the others."""
    name = f"{PREFIX}{found.annotation.name}"
    others = [pair for pair in parameter_headers(found.schema, arguments) if pair[0] != name]
    own = [(name, text)] if text is not None else []
    params = {"name": found.tool.name, "arguments": arguments}
    return await send(peer, step, caller, "tools/call", params, control=control, more=(*others, *own))


async def _ask_for_input(peer: ProbedServer, caller: Caller, tools: tuple[tuple[ServerTool, Headers], ...]) -> None:
    """Call tools as a client that can give every kind of input, and try the first one that asks for some."""
    for tool, headers in itertools.islice(tools, MOST_ASKED):
        call = _AbleCall(peer, caller, {"name": tool.name, "arguments": tool.arguments}, headers)
        asked = await call.send(steps.MODERN_ABLE, None)
        if (asked.result or {}).get("resultType") == "input_required":
            peer.recorder.amend(asked.number, step=steps.MODERN_ASKS)
            await _answer(call, asked)
            return


@dataclass(frozen=True, slots=True)
class _AbleCall:
    """One call of a tool, by a client that declares every capability for input."""

    peer: ProbedServer
    caller: Caller
    params: Message
    headers: Headers

    async def send(
        self, step: str, control: int | None, more: Message | None = None, *, able: bool = True
    ) -> ProbeAnswer:
        """Send it with further parameters, or without the capabilities."""
        params = {**self.params, **(more or {})}
        declared = messages.EVERY_INPUT if able else None
        return await send(
            self.peer,
            step,
            self.caller,
            "tools/call",
            params,
            control=control,
            more=self.headers,
            capabilities=declared,
        )


async def _answer(call: _AbleCall, asked: ProbeAnswer) -> None:
    """Send again a call that asks for input: without capabilities, with the input, and with wrong input and state."""
    result = asked.result or {}
    state, answers = result.get("requestState"), made_up_answers(result.get("inputRequests"))
    echoed: Message = {"requestState": state} if isinstance(state, str) else {}
    given: Message = {"inputResponses": answers}
    await call.send(steps.MODERN_UNABLE, asked.number, able=False)
    control = (await call.send(steps.MODERN_ANSWERED, asked.number, {**given, **echoed})).number
    if isinstance(state, str):
        await call.send(steps.MODERN_STATE_CHANGED, control, {**given, "requestState": changed_state(state)})
    if answers:
        surplus = {**answers, "docprobe-unasked": {"action": "decline"}}
        await call.send(steps.MODERN_ANSWERS_MISSING, control, echoed)
        await call.send(steps.MODERN_ANSWERS_INVALID, control, {"inputResponses": "docprobe", **echoed})
        await call.send(steps.MODERN_ANSWERS_MORE, control, {"inputResponses": surplus, **echoed})


def _with_headers(listed: Message | None) -> Iterator[tuple[ServerTool, Headers]]:
    """Return the tools that can be called, each with the headers that repeat its arguments."""
    for tool in callable_tools(listed):
        schema = _schema_of(listed, tool)
        if annotation_fault(schema) is None:
            yield tool, parameter_headers(schema, tool.arguments)


@dataclass(frozen=True, slots=True)
class _Annotated:
    """A tool with a parameter that a header repeats."""

    tool: ServerTool
    """With arguments that give the parameter a value."""
    schema: Message
    """Of the tool's input."""
    annotation: HeaderAnnotation
    value: str | int
    """Of the parameter."""

    @property
    def path(self) -> tuple[str, ...]:
        """Names of the properties that lead to the parameter."""
        return self.annotation.path or ()


def _annotated(listed: Message | None) -> Iterator[_Annotated]:
    """Return tools with a parameter that a header repeats, and arguments that give it a value; strings first."""
    found = []
    for tool, _ in _with_headers(listed):
        schema = _schema_of(listed, tool)
        for annotation in header_annotations(schema):
            path = annotation.path or ()
            value = value_at(tool.arguments, path)
            value = made_up_value(annotation.schema) if value is None else value
            if isinstance(value, (str, int)):
                given = replace(tool, arguments=_with_value(tool.arguments, path, value))
                found.append(_Annotated(given, schema, annotation, value))
    yield from sorted(found, key=lambda each: not isinstance(each.value, str))


def _schema_of(listed: Message | None, tool: ServerTool) -> Message:
    tools = (listed or {}).get("tools")
    known = [each for each in tools if isinstance(each, dict)] if isinstance(tools, list) else []
    schema = next((each.get("inputSchema") for each in known if each.get("name") == tool.name), None)
    return schema if isinstance(schema, dict) else {}


def _with_value(arguments: Message, path: tuple[str, ...], value: Any) -> Message:
    if not path:
        return arguments
    inner = arguments.get(path[0])
    below = inner if isinstance(inner, dict) else {}
    return {**arguments, path[0]: value if len(path) == 1 else _with_value(below, path[1:], value)}


def _is_integer(value: str | int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _other(value: str | int) -> str | int:
    if isinstance(value, bool):
        return not value
    return value + 1 if isinstance(value, int) else ANOTHER_TOOL
