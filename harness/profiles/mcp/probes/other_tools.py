"""Calls of the tools that come after the first one: what a server sends and returns shows only when its tool runs."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from harness.profiles.mcp import messages, steps
from harness.profiles.mcp.probes import sessions
from harness.profiles.mcp.probes.tools import MOST_TOOLS, callable_tools

if TYPE_CHECKING:
    from harness.profiles.mcp.probes.probed_server import ProbedServer


async def call_other_tools(peer: ProbedServer) -> None:
    """Call the next tools that each revision with a handshake listed, on a session of its own.

    They come last: a tool may take its time, or end the process. After one that was not answered no other is called.
    """
    for revision, listed in peer.listed_tools.items():
        others = [tool for tool in itertools.islice(callable_tools(listed), MOST_TOOLS) if not tool.only_as_task][1:]
        caller = await sessions.open_session(peer, "O", revision) if others else None
        if caller is None:
            continue
        for tool in others:
            rpc_id = peer.recorder.rpc_id()
            message = messages.request(rpc_id, "tools/call", tool.params(rpc_id))
            answer = await peer.post(steps.TOOL_OTHER, caller, message)
            if answer.response is None:
                return
