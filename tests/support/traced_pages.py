"""Pages with servers that are wrong at known lines, in both languages that are traced."""

from __future__ import annotations

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
