"""A client as a real process, against the scripted server over real connections."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import anyio

from extractor.model import ExampleKind
from harness.base.codec import from_json, to_json
from harness.model import Transcript
from harness.profiles.mcp.probes.converse_client import converse_client
from harness.profiles.mcp.services.scripted_server import ScriptedServer, ScriptedService
from tests.support.local_pod import bundle
from tests.support.process_pod import process_pod

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

CLIENT = bundle(kind=ExampleKind.CLIENT)

PROGRAM = """
import json, sys, time, urllib.error, urllib.request
URL = "http://127.0.0.1:{port}/mcp"

def send(method, message=None, **headers):
    data = json.dumps(message).encode() if message else None
    headers = {{k.replace("_", "-"): v for k, v in headers.items()}}
    headers.setdefault("Accept", "application/json, text/event-stream")
    request = urllib.request.Request(URL, data, headers | {{"Content-Type": "application/json"}}, method=method)
    try:
        with urllib.request.urlopen(request) as response:
            text = response.read()
            return response.status, response.headers, json.loads(text) if text else None
    except urllib.error.HTTPError as error:
        return error.code, error.headers, None

def initialize():
    params = {{"protocolVersion": "2025-06-18", "capabilities": {{}}, "clientInfo": {{"name": "c", "version": "1"}}}}
    status, headers, body = send("POST", {{"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params}})
    session = {{"Mcp_Session_Id": headers["mcp-session-id"], "MCP_Protocol_Version": body["result"]["protocolVersion"]}}
    send("POST", {{"jsonrpc": "2.0", "method": "notifications/initialized"}}, **session)
    return session

session = initialize()
for number in (2, 3):
    message = {{"jsonrpc": "2.0", "id": number, "method": "tools/list"}}
    status, _, body = send("POST", message, Authorization="Bearer hush", **session)
    if status == 404:
        session = initialize()
        status, _, body = send("POST", message, **session)
    assert body["result"]["tools"], body
{end}
"""
DELETES = 'send("DELETE", **session)'


@asynccontextmanager
async def served(script: ScriptedServer) -> AsyncIterator[int]:
    service = ScriptedService(script, 0)
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, service.serve)
        yield listener.extra(anyio.abc.SocketAttribute.local_port)
        tasks.cancel_scope.cancel()
    await listener.aclose()


async def watch(end: str, *, program: str = PROGRAM, timeout_s: float = 60.0, restarts: int = 1) -> Transcript:
    script = ScriptedServer()
    async with served(script) as port, process_pod(program.format(port=port, end=end)) as pod:
        transcript = await converse_client(pod, CLIENT, script, timeout_s=timeout_s)
        assert pod.restarts <= restarts
    assert from_json(to_json(transcript), Transcript) == transcript
    return transcript
