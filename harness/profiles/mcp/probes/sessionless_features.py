"""What a server of a sessionless revision offers: discovery, lists, changes, resources, and one tool.

A feature is asked for where discovery declares it (2026-07-28, server/discover). The tool is called for the header that
repeats its name.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import anyio

from harness.profiles.mcp import messages, steps
from harness.profiles.mcp.messages import ACCEPT_BOTH, METHOD_HEADER, NAME_HEADER, mirrored_headers
from harness.profiles.mcp.probes.tools import first_callable_tool

if TYPE_CHECKING:
    from harness.base.jsonrpc import Message
    from harness.exchanges.http_exchange import ProbeAnswer
    from harness.profiles.mcp.messages import Caller, Headers
    from harness.profiles.mcp.probes.probed_server import ProbedServer

PARAMETER_HEADER: Final = "x-mcp-header"
ANOTHER_TOOL: Final = "docprobe-other"
LISTEN_S: Final = 1.0
"""Least time for the first message of a subscription."""
_LOOK_S: Final = 0.02
_CHANGES: Final = {"tools": "toolsListChanged", "prompts": "promptsListChanged", "resources": "resourcesListChanged"}
"""By capability: the change of its list that a client may listen for."""


async def probe_features(peer: ProbedServer, caller: Caller, method: str, control: ProbeAnswer) -> None:
    """Send what discovery says that the server has.

    Args:
        peer: the server.
        caller: of ordinary requests.
        method: of the control.
        control: the ordinary request, served.
    """
    discovered = control
    if method != "server/discover":
        discovered = await _send(peer, steps.MODERN_DISCOVER, caller, "server/discover", control=control.number)
    capabilities = (discovered.result or {}).get("capabilities")
    declared = capabilities if isinstance(capabilities, dict) else {}
    if "prompts" in declared:
        await _send(peer, steps.MODERN_PROMPTS, caller, "prompts/list", control=control.number)
    if "resources" in declared:
        await _send(peer, steps.MODERN_RESOURCES, caller, "resources/list", control=control.number)
        missing = {"uri": messages.MISSING_RESOURCE}
        await _send(peer, steps.RESOURCE_MISSING, caller, "resources/read", missing, control=control.number)
    changes = [change for name, change in _CHANGES.items() if _has(declared.get(name), "listChanged")]
    if changes:
        await _listen(peer, caller, changes, control)
    await _call_tool(peer, caller, control.result)


async def _send(
    peer: ProbedServer,
    step: str,
    caller: Caller,
    method: str,
    params: Message | None = None,
    *,
    control: int | None = None,
    mirrored: Headers | None = None,
) -> ProbeAnswer:
    """POST one request with its metadata and, unless ``mirrored`` says otherwise, the headers that repeat it."""
    params = {**(params or {}), "_meta": messages.request_meta(caller.version or "")}
    extra = mirrored_headers(method, params) if mirrored is None else mirrored
    message = messages.request(peer.recorder.rpc_id(), method, params)
    return await peer.post(step, caller, message, extra=extra, control=control)


async def _listen(peer: ProbedServer, caller: Caller, changes: list[str], control: ProbeAnswer) -> None:
    """Subscribe, and hold the stream until its first message, or for longer than ordinary requests take."""
    params = {"_meta": messages.request_meta(caller.version or ""), "notifications": dict.fromkeys(changes, True)}
    message = messages.request(peer.recorder.rpc_id(), "subscriptions/listen", params)
    extra = mirrored_headers("subscriptions/listen", params)
    request = peer.prepare(
        steps.MODERN_LISTEN, caller, "POST", message, extra=extra, control=control.number, accept=ACCEPT_BOTH
    )
    # no response is due while the subscription lives
    async with peer.recorder.hold(replace(request, rpc_id=None)) as held:
        with anyio.move_on_after(max(LISTEN_S, steps.PATIENCE * control.exchange.duration_s)):
            while not held.body.messages and not held.body.ended:
                await anyio.sleep(_LOOK_S)


async def _call_tool(peer: ProbedServer, caller: Caller, listed: Message | None) -> None:
    """Call a tool with the right name in the header, a wrong one, none, and the right one in base64."""
    tool = first_callable_tool(_without_parameter_headers(listed))
    if tool is None:
        return
    params = {"name": tool.name, "arguments": tool.arguments}
    called = await _send(peer, steps.MODERN_TOOL, caller, "tools/call", params)
    method = (METHOD_HEADER, "tools/call")
    names: dict[str, Headers] = {
        steps.MODERN_TOOL_NAME: (method, (NAME_HEADER, ANOTHER_TOOL)),
        steps.MODERN_TOOL_NAMELESS: (method,),
        steps.MODERN_TOOL_ENCODED: (method, (NAME_HEADER, messages.header_value(tool.name, encoded=True))),
    }
    for step, mirrored in names.items():
        await _send(peer, step, caller, "tools/call", params, control=called.number, mirrored=mirrored)


def _without_parameter_headers(listed: Message | None) -> Message:
    """Return the list without tools that ask for headers of single arguments (``x-mcp-header``)."""
    tools = (listed or {}).get("tools")
    plain = [tool for tool in tools if PARAMETER_HEADER not in json.dumps(tool)] if isinstance(tools, list) else []
    return {"tools": plain}


def _has(capability: Any, name: str) -> bool:
    return isinstance(capability, dict) and capability.get(name) is True
