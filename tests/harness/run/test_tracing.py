"""What a program executes for a request: real programs, traced, and a hostile one that says what it likes."""

from __future__ import annotations

import json
import shutil
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import anyio
import pytest

from extractor.model import ExampleKind
from harness.exchanges.http_exchange import StoppedError
from harness.model import BlameSource, Certainty, Status, Transcript, Verdict
from harness.run.execute import execute
from harness.run.plan import make_plan
from harness.run.trace_service import TraceService, read_answer
from harness.run.traced_pod import TracedPod
from harness.run.tracing import find_stand_ins, traced_bundle
from harness.settings import load_config
from tests.support.broken_code import bundle_of
from tests.support.newer_python import newer_python
from tests.support.program_pod import ProgramEngine
from tests.support.report_pieces import exchange

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from harness.config import Config
    from harness.engine.protocol import Pod
    from harness.model import ExampleResult, Exchange, Finding

SAMPLE = Path(__file__).parents[3] / "docs-snapshot" / "sample"
PAGE = "docs/2025-11-25/tutorials/traced.mdx"
PATHS = frozenset({"server.mjs"})
NODE_PAGE = """
```javascript server.mjs
import { createServer } from "node:http";
import { randomUUID } from "node:crypto";

const LOST = 400;
const open = new Set();
const send = (response, status, value, headers = {}) => {
  response.writeHead(status, { "Content-Type": "application/json", ...headers });
  response.end(value === undefined ? "" : JSON.stringify(value));
};

const parse = (text) => {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
};

createServer(async (request, response) => {
  let text = "";
  for await (const part of request) text += part;
  const message = parse(text);
  const session = request.headers["mcp-session-id"];
  if (request.headers.origin) return send(response, 403);
  if (message.method === "initialize") {
    const fresh = randomUUID();
    open.add(fresh);
    const result = { protocolVersion: "2025-11-25", capabilities: {}, serverInfo: { name: "n", version: "1" } };
    return send(response, 200, { jsonrpc: "2.0", id: message.id, result }, { "Mcp-Session-Id": fresh });
  }
  if (!session) return send(response, 400);
  if (!open.has(session)) {
    console.error("who is it?");
    send(response, LOST);
    return;
  }
  if (request.method === "GET") return send(response, 405);
  if (request.method === "DELETE") return send(response, open.delete(session) && 200);
  if (message.id === undefined) return send(response, 200);
  send(response, 200, { jsonrpc: "2.0", id: message.id, result: {} });
}).listen(3000, "127.0.0.1");
```

```bash
node server.mjs
```
"""
PYTHON_PAGE = """
```python server.py
import json
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

known = set()


def handle(message):
    return {"jsonrpc": "2.0", "id": message["id"], "result": {}} if "id" in message else None


def status_of(session):
    if session is None:
        return 400
    if session not in known:
        return 409
    return None


class Server(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def reply(self, status, value=None, session=None):
        data = b"" if value is None else json.dumps(value).encode()
        self.send_response(status)
        if session:
            self.send_header("Mcp-Session-Id", session)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_POST(self):
        message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.headers.get("Origin"):
            return self.reply(403)
        if message.get("method") == "initialize":
            session = str(uuid.uuid4())
            known.add(session)
            info = {"protocolVersion": "2025-11-25", "capabilities": {}, "serverInfo": {"name": "n", "version": "1"}}
            return self.reply(200, {"jsonrpc": "2.0", "id": message["id"], "result": info}, session)
        if status := status_of(self.headers.get("Mcp-Session-Id")):
            return self.reply(status)
        return self.reply(200 if "id" in message else 202, handle(message))

    def do_GET(self):
        self.reply(405)

    def do_DELETE(self):
        known.discard(self.headers.get("Mcp-Session-Id"))
        self.reply(200)


ThreadingHTTPServer(("127.0.0.1", 3000), Server).serve_forever()
```

```bash
python server.py
```
"""


NODE_STDIO_PAGE = """
```javascript server.mjs
import { createInterface } from "node:readline";

const tell = (...words) => process.stdout.write(words.join(" ") + "\\n");
const say = (value) => process.stdout.write(JSON.stringify(value) + "\\n");
const info = { protocolVersion: "2025-11-25", capabilities: { tools: {} }, serverInfo: { name: "n", version: "1" } };
const tool = { name: "add", inputSchema: { type: "object", properties: {} } };

const serveStdio = (answer) => createInterface({ input: process.stdin }).on("line", answer);

serveStdio((line) => {
  const { id, method } = JSON.parse(line);
  if (id === undefined) return;
  let result = {};
  if (method === "initialize") result = info;
  if (method === "tools/list") result = { tools: [tool] };
  if (method === "tools/call") {
    result = { content: [{ type: "text", text: "3" }] };
    tell(method, "was called");
  }
  say({ jsonrpc: "2.0", id, result });
});
```

```bash
node server.mjs
```
"""
PYTHON_STDIO_PAGE = """
```python server.py
import json
import sys

OUT = sys.stdout
INFO = {"protocolVersion": "2025-11-25", "capabilities": {"tools": {}}, "serverInfo": {"name": "n", "version": "1"}}
TOOL = {"name": "add", "inputSchema": {"type": "object", "properties": {}}}


def note(*words):
    OUT.write(" ".join(words) + "\\n")


def result_of(method):
    if method == "initialize":
        return INFO
    if method == "tools/list":
        return {"tools": [TOOL]}
    if method == "tools/call":
        note(method, "was called")
        return {"content": [{"type": "text", "text": "3"}]}
    return {}


def stdio_server():
    for line in sys.stdin:
        message = json.loads(line)
        if "id" in message:
            answer = {"jsonrpc": "2.0", "id": message["id"], "result": result_of(message["method"])}
            OUT.write(json.dumps(answer) + "\\n")
            OUT.flush()


stdio_server()
```

```bash
python server.py
```
"""


NODE_CASES = """
```javascript server.mjs
import http from "node:http";
import { randomBytes } from "node:crypto";

const GONE = 410;
const sessions = new Map();

class App {
  reply(response, status, value, more = {}) {
    response.writeHead(status, { "Content-Type": "application/json", ...more });
    response.end(value === null ? "" : JSON.stringify(value));
  }
  listen(request, response) {
    if (!request.headers.accept?.includes("text/event-stream")) return this.reply(response, 405, null);
    response.writeHead(200, { "Content-Type": "text/event-stream" });
    return response.flushHeaders();
  }
  resultOf(message) {
    if (!("id" in message)) return null;
    return { jsonrpc: "2.0", id: message.id, result: {} };
  }
  open(message, response) {
    const id = randomBytes(16).toString("hex");
    sessions.set(id, Date.now());
    const serverInfo = { name: "n", version: "1" };
    const result = { protocolVersion: "2025-11-25", capabilities: {}, serverInfo };
    this.reply(response, 200, { jsonrpc: "2.0", id: message.id, result }, { "Mcp-Session-Id": id });
  }
  handle(request, response, message) {
    const id = request.headers["mcp-session-id"];
    if (request.headers.origin !== undefined) return this.reply(response, 403, null);
    if (message?.method === "initialize") return this.open(message, response);
    if (id === undefined) return this.reply(response, 400, null);
    if (request.method === "GET") return this.listen(request, response);
    if (!sessions.has(id)) return this.reply(response, GONE, null);
    if (request.method === "DELETE") {
      sessions.delete(id);
      return this.reply(response, 200, null);
    }
    return this.reply(response, 200, this.resultOf(message));
  }
}

const app = new App();
http
  .createServer((request, response) => {
    const parts = [];
    request.on("data", (part) => parts.push(part));
    request.on("end", () => {
      let message = null;
      try {
        message = JSON.parse(Buffer.concat(parts).toString());
      } catch {}
      if (request.method === "POST" && message === null) return app.reply(response, 400, null);
      app.handle(request, response, message);
    });
  })
  .listen(3000, "127.0.0.1");
```

```bash
node server.mjs
```
"""
PYTHON_CASES = """
```python server.py
import json
import secrets
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

GONE = 410
alive = {}


def result_of(message):
    if "id" not in message:
        return None
    return {"jsonrpc": "2.0", "id": message["id"], "result": {}}


class Handler(BaseHTTPRequestHandler):
    def finish_with(self, status, value=None, **more):
        data = json.dumps(value).encode() if value is not None else b""
        self.send_response(status)
        for name, text in more.items():
            self.send_header(name.replace("_", "-"), text)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def refused(self):
        if self.headers.get("Origin"):
            self.finish_with(403)
            return True
        return False

    def do_GET(self):
        if self.refused():
            return
        if self.headers.get("Mcp-Session-Id") is None:
            self.finish_with(400)
            return
        if "text/event-stream" not in (self.headers.get("Accept") or ""):
            self.finish_with(405)
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        self.wfile.flush()
        time.sleep(20)

    def is_gone(self):
        session = self.headers.get("Mcp-Session-Id")
        if session is None:
            self.finish_with(400)
            return True
        if session not in alive:
            self.finish_with(GONE)
            return True
        return False

    def do_DELETE(self):
        if self.refused() or self.is_gone():
            return
        alive.pop(self.headers["Mcp-Session-Id"])
        self.finish_with(200)

    def do_POST(self):
        if self.refused():
            return
        try:
            message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        except ValueError:
            self.finish_with(400)
            return
        if message.get("method") == "initialize":
            session = secrets.token_hex(16)
            alive[session] = time.time()
            result = {"protocolVersion": "2025-11-25", "capabilities": {}}
            result["serverInfo"] = {"name": "n", "version": "1"}
            self.finish_with(200, {"jsonrpc": "2.0", "id": message["id"], "result": result}, Mcp_Session_Id=session)
            return
        if self.is_gone():
            return
        self.finish_with(200, result_of(message))


ThreadingHTTPServer(("127.0.0.1", 3000), Handler).serve_forever()
```

```bash
python server.py
```
"""


class OwnEngine(ProgramEngine):
    """Starts Python programs with a newer Python than the tests may run with."""

    @asynccontextmanager
    async def pod(self, bundle: Any, *arguments: Any, **options: Any) -> AsyncIterator[Any]:
        if bundle.toolchain == "python":
            bundle = replace(bundle, command=(newer_python(), *bundle.command[1:]))
        async with super().pod(bundle, *arguments, **options) as pod:
            yield pod


async def run(config: Config, engine: ProgramEngine) -> ExampleResult:
    @asynccontextmanager
    async def connect(_: Config) -> AsyncIterator[Any]:
        yield engine

    result = (await execute(make_plan(config), config, connect)).examples[0]
    assert result.status is Status.JUDGED, result.reason
    return result


def violations(result: ExampleResult) -> dict[str, Finding]:
    return {
        finding.requirement: finding
        for finding in result.findings
        if finding.verdict is Verdict.VIOLATED and finding.revision == "2025-11-25"
    }


def line_of(page: str, text: str) -> int:
    return next(number for number, line in enumerate(page.split("\n"), 1) if text in line)


def config_of(tmp_path: Path, page: str, **flags: Any) -> Config:
    """The sample with one page more, which alone is selected."""
    docs = Path(shutil.copytree(SAMPLE, tmp_path / "docs"))
    (docs / PAGE).write_text(page)
    flags = {"timeout_s": 60.0, "jobs": 1, "baseline": "none", **flags}
    return load_config(docs, state=tmp_path / "state", select=("traced",), **flags)


@pytest.mark.processes
@pytest.mark.anyio
async def test_lines_of_a_node_program_are_blamed_by_execution(tmp_path: Path) -> None:
    """The status is a constant, and another line of the branch logs: reading alone cannot tell."""
    engine = ProgramEngine(tmp_path / "pods")
    result = await run(config_of(tmp_path, NODE_PAGE), engine)
    found = violations(result)
    lost = found["session.terminated-404"]
    assert [(span.first, span.last) for span in lost.blame] == [(line_of(NODE_PAGE, "send(response, LOST)"),) * 2]
    assert lost.blame_basis is not None
    assert (lost.blame_basis.by, lost.blame_basis.certainty) == (BlameSource.EXECUTION, Certainty.CERTAIN)
    notified = found["post.notification-202"]
    assert [span.first for span in notified.blame] == [line_of(NODE_PAGE, "message.id === undefined")]
    assert engine.pods == 2, "once to converse, once to trace"


@pytest.mark.processes
@pytest.mark.anyio
@pytest.mark.parametrize(
    ("page", "blamed"),
    [(NODE_STDIO_PAGE, 'tell(method, "was called")'), (PYTHON_STDIO_PAGE, 'note(method, "was called")')],
)
async def test_lines_of_a_program_on_standard_input_are_blamed_by_execution(
    tmp_path: Path, page: str, blamed: str
) -> None:
    """Neither prints by a name that tells: what ran for the call alone tells."""
    if "python" in page and newer_python() is None:
        pytest.skip("no Python 3.12 or newer on this machine")
    found = violations(await run(config_of(tmp_path, page), OwnEngine(tmp_path / "pods")))
    noisy = found["stdio.only-messages"]
    lines = {line for span in noisy.blame for line in range(span.first, span.last + 1)}
    assert line_of(page, blamed) in lines
    assert len(lines) <= 3
    assert noisy.blame_basis is not None
    assert noisy.blame_basis.by is BlameSource.EXECUTION


def blamed_texts(page: str, finding: Finding) -> list[str]:
    lines = page.split("\n")
    return [lines[number - 1].strip() for span in finding.blame for number in range(span.first, span.last + 1)]


@pytest.mark.processes
@pytest.mark.anyio
@pytest.mark.parametrize(
    ("page", "gone", "none"),
    [
        (NODE_CASES, "reply(response, GONE, null)", 'if (!("id" in message)) return null;'),
        (PYTHON_CASES, "finish_with(GONE)", "return None"),
    ],
    ids=["node", "python"],
)
async def test_a_constant_status_nothing_for_a_notification_and_a_right_405(
    tmp_path: Path, page: str, gone: str, none: str
) -> None:
    """GET of an ended session opens a stream: the right 405 of another request is not blamed for it."""
    if "python" in page and newer_python() is None:
        pytest.skip("no Python 3.12 or newer on this machine")
    found = violations(await run(config_of(tmp_path, page), OwnEngine(tmp_path / "pods")))
    lost = found["session.terminated-404"]
    assert lost.legs["GET"] is Verdict.VIOLATED
    assert any(gone in text for text in blamed_texts(page, lost))
    assert not any("405" in text for text in blamed_texts(page, lost))
    notified = found["post.notification-202"]
    assert any(none in text for text in blamed_texts(page, notified))
    assert max(len(blamed_texts(page, one)) for one in (lost, notified)) <= 3
    assert {one.blame_basis.by for one in (lost, notified) if one.blame_basis} == {BlameSource.EXECUTION}


@pytest.mark.processes
@pytest.mark.anyio
@pytest.mark.parametrize(
    ("page", "made", "constant"),
    [
        (NODE_CASES, 'randomBytes(16).toString("hex")', '"0123456789abcdef0123456789abcdef"'),
        (PYTHON_CASES, "secrets.token_hex(16)", '"0123456789abcdef0123456789abcdef"'),
    ],
    ids=["node", "python"],
)
async def test_a_constant_session_id(tmp_path: Path, page: str, made: str, constant: str) -> None:
    page = page.replace(made, constant)
    found = violations(await run(config_of(tmp_path, page), OwnEngine(tmp_path / "pods")))
    texts = blamed_texts(page, found["session.id-secure"])
    assert any(constant in text for text in texts)
    assert len(texts) <= 3


@pytest.mark.processes
@pytest.mark.anyio
async def test_without_tracing_nothing_is_run_again(tmp_path: Path) -> None:
    engine = ProgramEngine(tmp_path / "pods")
    found = violations(await run(config_of(tmp_path, NODE_PAGE, trace=False), engine))
    basis = found["session.terminated-404"].blame_basis
    assert basis is None or basis.by is BlameSource.READING
    assert engine.pods == 1


@pytest.mark.processes
@pytest.mark.skipif(newer_python() is None, reason="no Python 3.12 or newer on this machine")
@pytest.mark.processes
@pytest.mark.anyio
async def test_lines_of_a_python_program_are_blamed_by_execution(tmp_path: Path) -> None:
    found = violations(await run(config_of(tmp_path, PYTHON_PAGE), OwnEngine(tmp_path / "pods")))
    lost = found["session.terminated-404"]
    assert [(span.first, span.last) for span in lost.blame] == [(line_of(PYTHON_PAGE, "return 409"),) * 2]
    assert lost.blame_basis is not None
    assert lost.blame_basis.by is BlameSource.EXECUTION


def test_what_a_process_says_is_checked() -> None:
    said = {"files": {"server.mjs": [[1, 0], [2, 4], [0, 0], [1, -1], ["1", 0], [1], 7], "/etc/passwd": [[1, 0]]},
            "calls": [["p", "f"], ["p", "f"], ["p"], [1, 2], ["p\\u001b[2J", "g"], ["a", "b", "c", "d"]]}  # fmt: skip
    answer = read_answer(json.dumps(said).encode(), PATHS)
    assert answer.places == {"server.mjs": {(1, 0), (2, 4)}}
    assert answer.calls[0] == ("p", "f")
    assert answer.calls[-1] == ("a", "b", "c", "d")
    assert not any("\\x1b" in word for call in answer.calls for word in call)


@pytest.mark.parametrize("line", [b"", b"[]", b'{"files": 1, "calls": []}', b'{"files": {}}', b"{"])
def test_what_is_not_an_answer(line: bytes) -> None:
    with pytest.raises(ValueError, match=r"not what a tracer says|Expecting|Unterminated"):
        read_answer(line, PATHS)


def test_the_tracer_is_added_and_no_line_of_it_is_the_pages() -> None:
    bundle = replace(bundle_of("one();"), environment={"NODE_OPTIONS": "--no-warnings"})
    traced = traced_bundle(bundle)
    assert traced is not None
    assert traced.files[-1].docs_line(1) is None
    assert traced.environment["NODE_OPTIONS"].endswith("/.docprobe/trace.mjs --no-warnings")
    python = traced_bundle(replace(bundle, toolchain="python"))
    assert python is not None
    assert python.environment["PYTHONPATH"].endswith("/.docprobe")
    assert traced_bundle(replace(bundle, toolchain="go")) is None


@pytest.mark.anyio
async def test_a_process_that_lies_costs_nothing() -> None:
    service = TraceService(PATHS)
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    async with listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, service.serve)
        port = listener.extra(anyio.abc.SocketAttribute.local_port)
        async with await anyio.connect_tcp("127.0.0.1", port) as stream:
            await stream.send(b"not JSON\n")
            assert await service.take() is None
        tasks.cancel_scope.cancel()


def test_one_trace_stands_for_the_same_step_answered_alike_in_other_revisions() -> None:
    def refused(number: int, body: str) -> Exchange:
        one = exchange(number, "version.unsupported", "POST", 400)
        assert one.reply is not None
        return replace(one, reply=replace(one.reply, body=body))

    exchanges = [
        exchange(1, "version.control", "POST", 200),
        refused(2, '{"error": {"code": -32000}}'),
        exchange(3, "origin.foreign-request", "POST", 200),
        exchange(4, "version.control", "POST", 200),
        refused(5, '{"error": {"code": -32000}, "id": 7}'),
        exchange(6, "origin.foreign-request", "POST", 403),
        exchange(7, "version.control", "POST", 202),
        refused(8, '{"error": {"code": -32000}, "id": null}'),
        refused(9, '{"error": {"code": -32600}, "id": null}'),
    ]
    transcript = Transcript("e", ExampleKind.HTTP_SERVER, tuple(exchanges))
    pairs = {2: 1, 3: 1, 5: 4, 6: 4, 8: 7, 9: 1, 99: 1}
    assert find_stand_ins(pairs, transcript) == {2: 2, 3: 3, 5: 2, 6: 6, 8: 8, 9: 9}


@pytest.mark.anyio
async def test_the_conversation_ends_after_the_last_request_that_is_wanted() -> None:
    class Silent:
        async def take(self) -> None:
            return None

        def forget(self) -> None:
            raise AssertionError("nothing is to be restarted")

    pod = TracedPod(cast("Pod", None), cast("TraceService", Silent()), {1, 2})
    assert pod.begin() == 1
    await pod.end(1)
    assert pod.begin() == 2
    assert pod.begin() == 3, "the last one is still open"
    await pod.end(2)
    with pytest.raises(StoppedError):
        pod.begin()
    with pytest.raises(StoppedError):
        await pod.restart()
