"""Servers on the standard library alone, and what their pods cost without docprobe's questions."""

from __future__ import annotations

import os
import statistics
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
import httpx

from harness.run.connect import open_engine
from harness.run.planning import make_plan
from harness.settings import load_config

if TYPE_CHECKING:
    from extractor.model import Bundle
    from harness.engine.docker_engine import DockerEngine

RUNS = 3
SERVER = """# Server {number}

Run it with `python server.py`; the endpoint is `http://localhost:{port}/mcp`.

```python server.py
import json
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

sessions = set()


class Mcp(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def reply(self, status, body=None, **headers):
        data = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        if data:
            self.send_header("Content-Type", "application/json")
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(data)

    def do_POST(self):
        message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        id = message.get("id")
        session = self.headers.get("Mcp-Session-Id")
        if message.get("method") == "initialize":
            if {one_client} and sessions:
                return self.reply(400, {{"jsonrpc": "2.0", "id": id, "error": {{"code": -32600, "message": "taken"}}}})
            session = str(uuid.uuid4())
            sessions.add(session)
            result = {{
                "protocolVersion": message["params"]["protocolVersion"], "capabilities": {{"tools": {{}}}},
                "serverInfo": {{"name": "server-{number}", "version": "1.0.0"}},
            }}
            return self.reply(200, {{"jsonrpc": "2.0", "id": id, "result": result}}, Mcp_Session_Id=session)
        if session is None:
            return self.reply(400)
        if session not in sessions:
            return self.reply(404)
        if id is None:
            return self.reply(202)
        result = {{"tools": []}} if message["method"] == "tools/list" else {{}}
        self.reply(200, {{"jsonrpc": "2.0", "id": id, "result": result}})

    def do_GET(self):
        self.reply(405)

    def do_DELETE(self):
        known = self.headers.get("Mcp-Session-Id") in sessions
        sessions.discard(self.headers.get("Mcp-Session-Id"))
        self.reply(200 if known else 404)


ThreadingHTTPServer(("127.0.0.1", {port}), Mcp).serve_forever()
```
"""
INITIALIZE = {
    "jsonrpc": "2.0", "id": 1, "method": "initialize",
    "params": {
        "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "bench", "version": "1.0.0"},
    },
}  # fmt: skip
HEADERS = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}


def write_docs(folder: Path, count: int, *, one_client: bool = False) -> None:
    """Write a page for each server; they differ in name and port, so that each is a text of its own."""
    folder.mkdir(parents=True)
    (folder / "docprobe.toml").write_text('profile = "plain"\n')
    for number in range(count):
        page = SERVER.format(number=number, port=3000 + number, one_client=one_client)
        (folder / f"server-{number}.md").write_text(page)


@dataclass(frozen=True)
class BarePods:
    """What it takes to start, ask once and stop pods."""

    each_s: float
    """Of one beside which no other is started; the median."""
    all_s: float
    """Of all, some at a time, until everything is removed."""


def bare_pods(
    docs: Path, state: Path, only: str | None = None, *, most_s: float, at_once: int | None = None
) -> BarePods:
    """Measure pods of examples: start, one initialize, stop. Installs are not counted.

    Args:
        docs: the docs root.
        state: the state folder.
        only: id of the example; None for all that can run.
        most_s: seconds for all of it.
        at_once: how many are started at a time, after those that are started alone; None: no others are.

    Raises:
        TimeoutError: it took longer.
    """
    config = load_config(docs, environ={**os.environ, "DOCPROBE_STATE": str(state)})
    examples = [one for one in make_plan(config).all_examples if one.bundle is not None and only in (None, one.id)]
    bundles = [one.bundle for one in examples if one.bundle is not None]

    async def one_pod(engine: DockerEngine, bundle: Bundle) -> None:
        image = await engine.install(bundle, cutoff=None, lock=None, progress=lambda text: None)
        probe = config.profile.probe_for(bundle)
        async with engine.pod(bundle, image, probe.services if probe else (), progress=lambda text: None) as pod:
            (socket, *_) = await pod.wait_listening(30)
            path = next(iter(bundle.endpoint_paths), "/mcp")
            async with httpx.AsyncClient(transport=pod.transport(), timeout=30) as client:
                await client.post(f"http://localhost:{socket.port}{path}", json=INITIALIZE, headers=HEADERS)

    async def alone() -> float:
        seconds: list[float] = []
        async with open_engine(config) as engine:
            await engine.install(bundles[0], cutoff=None, lock=None, progress=lambda text: None)
            for _ in range(RUNS):
                began = time.monotonic()
                await one_pod(engine, bundles[0])
                seconds.append(time.monotonic() - began)
        return statistics.median(seconds)

    async def together(limiter: anyio.CapacityLimiter) -> float:
        began = time.monotonic()

        async def next_pod(bundle: Bundle) -> None:
            async with limiter:
                await one_pod(engine, bundle)

        async with open_engine(config) as engine, anyio.create_task_group() as tasks:
            for bundle in bundles:
                tasks.start_soon(next_pod, bundle)
        return time.monotonic() - began

    async def in_time() -> BarePods:
        with anyio.fail_after(most_s):
            each_s = await alone()
            return BarePods(each_s, each_s if at_once is None else await together(anyio.CapacityLimiter(at_once)))

    return anyio.run(in_time)
