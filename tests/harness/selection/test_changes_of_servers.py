"""A change of a server that runs, with a real engine."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from harness.cli.main import cli
from tests.harness.selection.repositories import edit, git, write_docs

if TYPE_CHECKING:
    from pathlib import Path


SERVER = """
import http.server, json, threading, uuid

sessions = {}

class Mcp(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, body=None, **headers):
        data = json.dumps(body).encode() if body is not None else b""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def id(self):
        return self.headers.get("Mcp-Session-Id")

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or "{}")
        origin = self.headers.get("Origin")
        if origin is not None and origin != "http://localhost:3000":
            return self.answer(403, {"error": "origin"})
        if self.headers.get("MCP-Protocol-Version", "2025-11-25") != "2025-11-25":
            return self.answer(400, {"error": "version"})
        if asked.get("method") == "initialize" and self.id() is None:
            new = str(uuid.uuid4())
            sessions[new] = threading.Event()
            result = {"protocolVersion": "2025-11-25", "capabilities": {}, "serverInfo": {"name": "s", "version": "1"}}
            said = {"jsonrpc": "2.0", "id": asked["id"], "result": result}
            return self.answer(200, said, Content_Type="application/json", Mcp_Session_Id=new)
        if self.id() not in sessions:
            return self.answer(400, {"error": "no such session"})  # POST
        if "id" not in asked:
            return self.answer(202)
        if asked["method"] == "ping":
            return self.answer(200, {"jsonrpc": "2.0", "id": asked["id"], "result": {}}, Content_Type="application/json")
        error = {"code": -32601, "message": "no such method"}
        self.answer(200, {"jsonrpc": "2.0", "id": asked["id"], "error": error}, Content_Type="application/json")

    def do_GET(self):
        ended = sessions.get(self.id())
        if ended is None:
            return self.answer(400)
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.flush()
        ended.wait(60)

    def do_DELETE(self):
        ended = sessions.pop(self.id(), None)
        if ended is None:
            return self.answer(400)
        ended.set()
        self.answer(200)

http.server.ThreadingHTTPServer(("localhost", 3000), Mcp).serve_forever()
"""
STDLIB = "docs/2025-11-25/tutorials/by-hand.md"
SETTINGS = """
[limits]
memory-mib = 128

[examples."docs/2025-11-25/tutorials/by-hand#python"]
kind = "http-server"
blocks = ["n:0"]
dependencies = []
command = ["python3", "server.py"]
endpoint = "/mcp"
files = { "n:0" = "server.py" }
"""


@pytest.mark.engine
def test_the_one_word_fix_of_a_server_that_runs(tmp_path: Path) -> None:
    docs = write_docs(tmp_path, {STDLIB: f"# By hand\n\n```python\n{SERVER}```\n"})
    (docs / "docprobe.toml").write_text((docs / "docprobe.toml").read_text() + SETTINGS)
    git(docs, "commit", "-qam", "how it runs")
    git(docs, "branch", "-f", "main")
    edit(docs / STDLIB, '400, {"error": "no such session"}', '404, {"error": "no such session"}')
    out = tmp_path / "out.json"
    arguments = ["check", str(docs), "--state", str(tmp_path / "state"), "--changed-since", "main"]
    done = CliRunner().invoke(cli, [*arguments, "--format", f"json:{out}", "--format", "terminal"])
    document = json.loads(out.read_text())
    (example,) = document["examples"]
    changes = {
        f["requirement"]: f["change"]
        for f in example["findings"]
        if f["verdict"] == "violated" and f["basis"] == "text"
    }
    assert changes["session.missing-400"] == "introduced", done.output
    assert changes["session.terminated-404"] == "unchanged"
    (terminated,) = (f for f in example["findings"] if f["requirement"] == "session.terminated-404")
    assert {name for name, verdict in terminated["legs"].items() if verdict == "violated"} == {"GET", "DELETE"}
    fixed = {entry["requirement"]: entry["legs"] for entry in document["compared"]["fixed"]}
    assert fixed["session.terminated-404"] == ["POST request", "POST notification"]
    assert done.exit_code == 0
