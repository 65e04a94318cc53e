"""Servers on the standard library alone, and what their pods cost without docprobe's questions."""

from __future__ import annotations

import os
import statistics
import time
from pathlib import Path

import anyio
import httpx

from harness.run.connect import open_engine
from harness.run.plan import make_plan
from harness.settings import load_config

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


def bare_pod_s(docs: Path, state: Path, only: str | None = None, *, most_s: float) -> float:
    """Median seconds of several pods of an example: start, one initialize, stop. The install is not counted.

    Args:
        docs: the docs root.
        state: the state folder.
        only: id of the example; None for the first that serves HTTP.
        most_s: seconds for all of it.

    Raises:
        TimeoutError: it took longer.
    """
    config = load_config(docs, environ={**os.environ, "DOCPROBE_STATE": str(state)})
    examples = [one for one in make_plan(config).all_examples if one.bundle is not None and only in (None, one.id)]
    bundle = examples[0].bundle
    assert bundle is not None

    async def measured() -> float:
        seconds: list[float] = []
        async with open_engine(config) as engine:
            image = await engine.install(bundle, cutoff=None, lock=None, progress=lambda text: None)
            probe = config.profile.probe_for(bundle)
            for _ in range(RUNS):
                began = time.monotonic()
                async with engine.pod(
                    bundle, image, probe.services if probe else (), progress=lambda text: None
                ) as pod:
                    (socket, *_) = await pod.wait_listening(30)
                    path = next(iter(bundle.endpoint_paths), "/mcp")
                    async with httpx.AsyncClient(transport=pod.transport(), timeout=30) as client:
                        await client.post(f"http://localhost:{socket.port}{path}", json=INITIALIZE, headers=HEADERS)
                seconds.append(time.monotonic() - began)
        return statistics.median(seconds)

    async def in_time() -> float:
        with anyio.fail_after(most_s):
            return await measured()

    return anyio.run(in_time)
