"""What a server of a sessionless revision offers: discovery, lists, changes, resources, and tools.

A feature is asked for where discovery declares it (2026-07-28, server/discover).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import anyio

from harness.profiles.mcp import messages, steps
from harness.profiles.mcp.messages import ACCEPT_BOTH, METHOD_HEADER, NAME_HEADER, mirrored_headers
from harness.profiles.mcp.probes.offers import probe_offers
from harness.profiles.mcp.probes.sessionless_tools import probe_tools, send

if TYPE_CHECKING:
    from harness.base.jsonrpc import Message
    from harness.exchanges.http_exchange import ProbeAnswer
    from harness.profiles.mcp.messages import Caller
    from harness.profiles.mcp.probes.offers import Ask
    from harness.profiles.mcp.probes.probed_server import ProbedServer

NO_LOG_LEVEL: Final = "docprobe"
OUTSIDE: Final = "etc/passwd"
"""A file that every Linux machine has, and no example serves."""
UPWARDS: Final = "../" * 12
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
        discovered = await send(peer, steps.MODERN_DISCOVER, caller, "server/discover", control=control.number)
    capabilities = (discovered.result or {}).get("capabilities")
    declared = capabilities if isinstance(capabilities, dict) else {}
    listed = {}
    if "prompts" in declared:
        listed["prompts"] = await send(peer, steps.MODERN_PROMPTS, caller, "prompts/list", control=control.number)
    if "resources" in declared:
        step = steps.MODERN_RESOURCES
        listed["resources"] = await send(peer, step, caller, "resources/list", control=control.number)
        missing = {"uri": messages.MISSING_RESOURCE}
        await send(peer, steps.RESOURCE_MISSING, caller, "resources/read", missing, control=control.number)
    changes = [change for name, change in _CHANGES.items() if _has(declared.get(name), "listChanged")]
    if changes:
        await _listen(peer, caller, changes, control)
    if "logging" in declared:
        await send(peer, steps.MODERN_LOG_LEVEL, caller, method, control=control.number, log_level=NO_LOG_LEVEL)
    cursor = (control.result or {}).get("nextCursor")
    if method == "tools/list" and isinstance(cursor, str):
        await send(peer, steps.MODERN_PAGE, caller, method, {"cursor": cursor}, control=control.number)
    await probe_tools(peer, caller, control.result)

    async def ask(step: str, method: str, params: Message) -> ProbeAnswer:
        answer = await send(peer, step, caller, method, params, control=control.number)
        if step == steps.FEATURE_CONTENT and answer.result is not None:
            other = ((METHOD_HEADER, method), (NAME_HEADER, messages.MISSING_NAME))
            named = steps.MODERN_NAME_OF[method]
            await send(peer, named, caller, method, params, control=answer.number, mirrored=other)
        return answer

    tools = control.result if method == "tools/list" else None
    await probe_offers(ask, declared, listed, tools=tools, sessions=False)
    await _leave_folder(ask, listed.get("resources"))


async def _leave_folder(ask: Ask, resources: ProbeAnswer | None) -> None:
    """Ask for a file outside the folder of the first file:// resource; by its plain name as well if that is served."""
    listed = (resources.result or {}).get("resources") if resources is not None else None
    uris = [resource.get("uri") for resource in listed or () if isinstance(resource, dict)] if listed else []
    first = next((uri for uri in uris if isinstance(uri, str) and uri.startswith("file://")), None)
    if first is None:
        return
    folder = first.rpartition("/")[0]
    led_out = await ask(steps.RESOURCE_TRAVERSAL, "resources/read", {"uri": f"{folder}/{UPWARDS}{OUTSIDE}"})
    if led_out.result is not None:
        await ask(steps.RESOURCE_PLAIN, "resources/read", {"uri": f"file:///{OUTSIDE}"})


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


def _has(capability: Any, name: str) -> bool:
    return isinstance(capability, dict) and capability.get(name) is True
