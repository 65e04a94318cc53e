"""What a server offers besides calls of tools: prompts, resources, completions, log levels and pages of lists.

A list is asked for whether its capability is declared or not, everything else where it is. Each request asks for a name
that does not exist, or for the first thing that was listed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from harness.profiles.mcp import steps
from harness.profiles.mcp.messages import MISSING_NAME
from harness.profiles.mcp.probes.tools import MADE_UP_TEXT, callable_tools, required_arguments

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.base.jsonrpc import Message
    from harness.exchanges.http_exchange import ProbeAnswer

LISTS: Final = {"prompts": "prompts/list", "resources": "resources/list"}
"""By capability: the method that lists what it is about."""


class Ask(Protocol):
    """Sends one request in the form of the revision that is spoken."""

    async def __call__(self, step: str, method: str, params: Message) -> ProbeAnswer:
        """POST a request of ``method`` and record it as ``step``."""
        ...


async def probe_offers(
    ask: Ask,
    declared: Message,
    listed: Mapping[str, ProbeAnswer],
    *,
    tools: Message | None,
    sessions: bool,
) -> None:
    """Ask for lists, contents and names that do not exist.

    Args:
        ask: sends a request.
        declared: the server's capabilities.
        listed: lists that were asked for already, by capability.
        tools: the result of tools/list; None if it is not served.
        sessions: whether the revision has sessions. Without, there is no request for log levels, and a method that is
            not offered is asked for elsewhere.
    """
    if tools is not None:
        await ask(steps.FEATURE_CURSOR, "tools/list", {"cursor": MISSING_NAME})
        strict = next((tool for tool in callable_tools(tools) if required_arguments(tools, tool.name)), None)
        if strict is not None and not strict.only_as_task:
            await ask(steps.TOOL_INCOMPLETE, "tools/call", {"name": strict.name, "arguments": {}})
    for capability, method in LISTS.items():
        if capability not in listed:
            listed = {**listed, capability: await ask(f"{steps.FEATURE_LIST}.{capability}", method, {})}
    invalid = steps.FEATURE_INVALID
    if "prompts" in declared:
        await ask(f"{invalid}.prompt", "prompts/get", {"name": MISSING_NAME})
        prompt = _first(listed.get("prompts"), "prompts")
        if isinstance(prompt.get("name"), str):
            arguments = dict.fromkeys(_required_arguments(prompt), MADE_UP_TEXT)
            if arguments:
                await ask(f"{invalid}.argument", "prompts/get", {"name": prompt["name"], "arguments": {}})
            await ask(steps.FEATURE_CONTENT, "prompts/get", {"name": prompt["name"], "arguments": arguments})
    if "resources" in declared:
        resource = _first(listed.get("resources"), "resources")
        if isinstance(resource.get("uri"), str):
            await ask(steps.FEATURE_CONTENT, "resources/read", {"uri": resource["uri"]})
    if sessions or "completions" in declared:
        await _complete(ask)
    if sessions and "logging" in declared:
        await ask(f"{invalid}.level", "logging/setLevel", {"level": MISSING_NAME})


async def _complete(ask: Ask) -> None:
    """Ask for completions of a prompt that does not exist."""
    argument = {"name": MISSING_NAME, "value": ""}
    reference = {"type": "ref/prompt", "name": MISSING_NAME}
    params = {"ref": reference, "argument": argument}
    await ask(f"{steps.FEATURE_INVALID}.completion", "completion/complete", params)


def _first(answer: ProbeAnswer | None, key: str) -> Message:
    """Return the first thing of a list; empty if there is none."""
    listed = (answer.result or {}).get(key) if answer is not None else None
    first = listed[0] if isinstance(listed, list) and listed else None
    return first if isinstance(first, dict) else {}


def _required_arguments(prompt: Message) -> list[str]:
    arguments = prompt.get("arguments")
    return [
        argument["name"]
        for argument in (arguments if isinstance(arguments, list) else ())
        if isinstance(argument, dict) and argument.get("required") is True and isinstance(argument.get("name"), str)
    ]
