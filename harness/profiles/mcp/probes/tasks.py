"""Calls of tools as tasks (2025-11-25, basic/utilities/tasks): a task is created, read, listed, finished, cancelled.

Where the server declares no tasks, one call asks for a task all the same: it has to be served as an ordinary call.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol

from harness.profiles.mcp import steps
from harness.profiles.mcp.messages import MISSING_NAME
from harness.profiles.mcp.probes.tools import callable_tools

if TYPE_CHECKING:
    from harness.base.jsonrpc import Message
    from harness.exchanges.http_exchange import ProbeAnswer
    from harness.profiles.mcp.probes.tools import ServerTool

SINCE: Final = "2025-11-25"
"""The only dated revision with tasks: the next one has none."""
TTL_MS: Final = 60_000
FINISHED: Final = ("completed", "failed", "cancelled")
"""The states that a task does not leave."""


class Ask(Protocol):
    """Sends one request on a session."""

    async def __call__(self, step: str, method: str, params: Message, control: int | None = None) -> ProbeAnswer:
        """POST a request of ``method`` and record it as ``step``; by default the ordinary request is its control."""
        ...


async def probe_tasks(ask: Ask, declared: Message, listed: Message | None, called: ProbeAnswer | None) -> None:
    """Send the ``task.*`` steps.

    Args:
        ask: sends a request.
        declared: the server's capabilities.
        listed: a tools/list result.
        called: the answer to a plain call of the first tool, if one was called.
    """
    tools = tuple(callable_tools(listed))
    if not declares_tasks(declared):
        if called is not None and called.result is not None:
            await ask(steps.TASK_UNDECLARED, "tools/call", _as_task(tools[0]), called.number)
        return
    required = next((tool for tool in tools if tool.only_as_task), None)
    if required is not None:
        await ask(steps.TASK_REQUIRED, "tools/call", _plain(required))
    plain = next((tool for tool in tools if tool.task_support == "forbidden"), None)
    if plain is not None:
        await ask(steps.TASK_FORBIDDEN, "tools/call", _as_task(plain))
    await ask(steps.TASK_UNKNOWN, "tasks/get", {"taskId": MISSING_NAME})
    if "list" in declared["tasks"]:
        await ask(steps.TASK_CURSOR, "tasks/list", {"cursor": MISSING_NAME})
    able = next((tool for tool in tools if tool.task_support != "forbidden"), None)
    if able is not None:
        await _follow(ask, declared["tasks"], able)


def declares_tasks(capabilities: Message) -> bool:
    """Return whether a server says that its tools can be called as tasks."""
    found: Any = capabilities
    for name in ("tasks", "requests", "tools"):
        found = found.get(name) if isinstance(found, dict) else None
    return isinstance(found, dict) and "call" in found


async def _follow(ask: Ask, offered: Message, tool: ServerTool) -> None:
    """Create a task and see it through to its end."""
    created = await ask(steps.TASK_CREATED, "tools/call", _as_task(tool))
    task = (created.result or {}).get("task")
    id = task.get("taskId") if isinstance(task, dict) else None
    if not isinstance(id, str):
        return
    await ask(steps.TASK_READ, "tasks/get", {"taskId": id}, created.number)
    if "list" in offered:
        await ask(steps.TASK_LISTED, "tasks/list", {}, created.number)
    await ask(steps.TASK_RESULT, "tasks/result", {"taskId": id}, created.number)
    ended = await ask(steps.TASK_ENDED, "tasks/get", {"taskId": id}, created.number)
    if "cancel" in offered and (ended.result or {}).get("status") in FINISHED:
        await ask(steps.TASK_CANCELLED, "tasks/cancel", {"taskId": id}, ended.number)


def _plain(tool: ServerTool) -> Message:
    """No progress is asked for: that of a task goes on after the response."""
    return {"name": tool.name, "arguments": tool.arguments}


def _as_task(tool: ServerTool) -> Message:
    return {**_plain(tool), "task": {"ttl": TTL_MS}}
