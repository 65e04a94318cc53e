"""A client of the official Python SDK, or of FastMCP, whose session ends behind its back: prints a line of JSON."""

import asyncio
import contextlib
import importlib.metadata
import inspect
import json
import os
import sys

try:
    import httpx
except ImportError:  # what the newer SDK brings
    import httpx2 as httpx

URL, WHICH = sys.argv[1:3]
HEADERS = {"Authorization": f"Bearer {os.environ['TOKEN']}"} if os.environ.get("TOKEN") else {}
ACCEPT = {"accept": "application/json, text/event-stream"}
CALL = {"jsonrpc": "2.0", "id": 9, "method": "tools/list"}
SESSIONS: list[str] = []
"""Ids that the server gave, in order."""
ALONE_S = 30.0
CALLS = 3


def watch() -> None:
    """Note the session id of every answer."""
    for module in filter(None, map(sys.modules.get, ("httpx", "httpx2"))):
        sent = module.AsyncClient.send

        async def send(self, *rest, _sent=sent, **more):  # type: ignore[no-untyped-def]
            answer = await _sent(self, *rest, **more)
            if id := answer.headers.get("mcp-session-id"):
                SESSIONS.append(id)
            return answer

        module.AsyncClient.send = send


async def outcome(call) -> str:  # type: ignore[no-untyped-def]
    """Return what became of a call, in a line."""
    try:
        await asyncio.wait_for(call(), ALONE_S)
    except BaseException as error:  # what a client raises is what is looked at
        if isinstance(error, (KeyboardInterrupt, SystemExit)):
            raise
        text = str(error) or type(error).__name__
        return f"{type(error).__name__}: {text.splitlines()[0]}"[:160]
    return "served"


async def told(list_tools, version: str) -> None:  # type: ignore[no-untyped-def]
    """End the session and print what three further calls give. A client that breaks down is one of the outcomes."""
    calls: list[str] = []
    seen = {
        "client": version,
        "first": await outcome(list_tools),
        "ended": 0,
        "answer": 0,
        "calls": calls,
        "anew": False,
    }
    session = SESSIONS[-1]
    own = {**HEADERS, **ACCEPT, "mcp-session-id": session}
    async with httpx.AsyncClient(trust_env=False) as raw:
        seen["ended"] = (await raw.delete(URL, headers=own)).status_code
        seen["answer"] = (await raw.post(URL, headers=own, json=CALL)).status_code
    while len(calls) < CALLS:
        calls.append(await outcome(list_tools))
        if (task := asyncio.current_task()) is not None and task.cancelling():
            calls[-1] = f"the client breaks down: {calls[-1]}"
            break
    seen["anew"] = SESSIONS[-1] != session
    print(json.dumps(seen), flush=True)
    os._exit(0)


async def main() -> None:
    """Connect and be watched."""
    version = f"{WHICH} {importlib.metadata.version(WHICH)}"
    if WHICH == "fastmcp":
        from fastmcp import Client
        from fastmcp.client.transports import StreamableHttpTransport

        watch()
        async with Client(StreamableHttpTransport(URL, headers=HEADERS)) as client:
            await told(client.list_tools, version)
    from mcp import ClientSession

    try:
        from mcp.client.streamable_http import streamablehttp_client as connect
    except ImportError:
        from mcp.client.streamable_http import streamable_http_client as connect
    watch()
    async with contextlib.AsyncExitStack() as stack:
        if "headers" in inspect.signature(connect).parameters:
            more = {"headers": HEADERS}
        else:
            client = httpx.AsyncClient(headers=HEADERS, timeout=ALONE_S, follow_redirects=True)
            more = {"http_client": await stack.enter_async_context(client)}
        read, write, *_ = await stack.enter_async_context(connect(URL, **more))
        session = await stack.enter_async_context(ClientSession(read, write))
        await session.initialize()
        await told(session.list_tools, version)


asyncio.run(main())
