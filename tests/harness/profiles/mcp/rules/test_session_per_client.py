"""One transport for all clients becomes one for each session, where a few lines do it."""

from __future__ import annotations

import re

import pytest

from extractor.languages.registry import syntax_tree
from extractor.model import Bundle, ExampleKind, Level, Manager, Segment, SourceFile, Span
from harness.model import Basis, Finding, Transcript, Verdict
from harness.profiles.registry import MCP
from harness.repair.edits import on_pages, patched, propose

FINDING = Finding(
    requirement="example.clients", level=Level.SHOULD, basis=Basis.ADVICE, verdict=Verdict.VIOLATED, revision="",
    summary="", evidence=(1,),
)  # fmt: skip
TRANSCRIPT = Transcript("x", ExampleKind.HTTP_SERVER, ())


def edited(path: str, text: str) -> str:
    count = len(text.split("\n")) - 1
    file = SourceFile(path, text, (Segment(1, count, Span("p.md", 2, 1 + count)),))
    bundle = Bundle("x", "typescript", ExampleKind.HTTP_SERVER, "node", (file,), Manager.NPM, (), ("node",))
    page = f"```\n{text}```\n"
    edits = propose([FINDING], TRANSCRIPT, bundle, MCP.catalogue)
    after = patched(page, on_pages(edits, bundle, {"p.md": page})).removeprefix("```\n").removesuffix("```\n")
    root = syntax_tree(path, after)
    assert root is not None
    assert not root.has_error
    return after


INLINE = """\
const server = new McpServer({ name: "é" });
server.registerTool("notes", {}, async () => ({
  content: [{ type: "text", text: `a
b` }],
}));

// for everybody
const transport = new StreamableHTTPServerTransport({
  sessionIdGenerator: () => randomUUID(),
});
await server.connect(transport);

const app = express();
app.post("/mcp", async (req, res) => {
  await transport.handleRequest(req, res, req.body);
});
app.get("/mcp", (req, res) => transport.handleRequest(req, res));
"""
OPENING = """\
  const sessionId = req.headers["mcp-session-id"];
  const opens = !sessionId && req.method === "POST";
  const transport = opens ? await openSession() : sessions.get(sessionId);
  if (!transport) {
    res.writeHead(sessionId ? 404 : 400).end();
    return;
  }
"""
INLINE_AFTER = f"""\
const sessions = new Map();
const openSession = async () => {{
  const server = new McpServer({{ name: "é" }});
  server.registerTool("notes", {{}}, async () => ({{
    content: [{{ type: "text", text: `a
b` }}],
  }}));

  // for everybody
  const transport = new StreamableHTTPServerTransport({{
    sessionIdGenerator: () => randomUUID(),
    onsessioninitialized: (fresh) => {{ sessions.set(fresh, transport); }},
  }});
  transport.onclose = () => sessions.delete(transport.sessionId);
  await server.connect(transport);
  return transport;
}};

const app = express();
app.post("/mcp", async (req, res) => {{
{OPENING}  await transport.handleRequest(req, res, req.body);
}});
app.get("/mcp", async (req, res) => {{
{OPENING}  return transport.handleRequest(req, res);
}});
"""
IN_MAIN = """\
async function main() {
    const box = new McpServer({ name: 'box' })
    const wire = new StreamableHTTPServerTransport({ sessionIdGenerator: randomUUID })
    await box.connect(wire)
    http.createServer((request, response) => {
        switch (request.url) {
            case '/mcp':
                return wire.handleRequest(request, response)
            default:
                response.writeHead(404).end()
        }
    }).listen(3000)
}
"""
NAMED = INLINE.replace('"/mcp", async (req, res) => {\n  await transport.handleRequest(req, res, req.body);\n}', '"/mcp", handle').replace(
    "const app", "async function handle(req, res) {\n  await transport.handleRequest(req, res, req.body);\n}\nconst app"
)  # fmt: skip


def test_what_makes_server_and_transport_becomes_a_function() -> None:
    assert edited("server.ts", INLINE) == INLINE_AFTER


def test_in_a_function_with_a_switch_and_without_semicolons() -> None:
    lines = edited("server.mjs", IN_MAIN).split("\n")
    assert lines[1:9] == [
        "    const sessions = new Map()",
        "    const openSession = async () => {",
        "      const box = new McpServer({ name: 'box' })",
        "      const wire = new StreamableHTTPServerTransport({ sessionIdGenerator: randomUUID, "
        "onsessioninitialized: (fresh) => { sessions.set(fresh, wire) } })",
        "      wire.onclose = () => sessions.delete(wire.sessionId)",
        "      await box.connect(wire)",
        "      return wire",
        "    }",
    ]
    assert lines[9] == "    http.createServer(async (request, response) => {"
    assert lines[10:22] == [
        "        switch (request.url) {",
        "            case '/mcp':",
        '                const sessionId = request.headers["mcp-session-id"]',
        '                const opens = !sessionId && request.method === "POST"',
        "                const wire = opens ? await openSession() : sessions.get(sessionId)",
        "                if (!wire) {",
        "                  response.writeHead(sessionId ? 404 : 400).end()",
        "                  return",
        "                }",
        "                return wire.handleRequest(request, response)",
        "            default:",
        "                response.writeHead(404).end()",
    ]


def test_a_named_handler() -> None:
    after = edited("server.ts", NAMED)
    assert f"async function handle(req, res) {{\n{OPENING}  await transport" in after
    assert 'app.post("/mcp", handle);' in after


WEB = """\
const server = new McpServer({ name: "web" });
const transport = new WebStandardStreamableHTTPServerTransport({ sessionIdGenerator: () => crypto.randomUUID() });
await server.connect(transport);
const app = new Hono();
app.get("/", (c) => c.text("here"));
app.all("/mcp", (c) => transport.handleRequest(c.req.raw));
"""


def test_requests_of_the_webs_kind() -> None:
    after = edited("server.ts", WEB)
    assert after.endswith("""\
app.get("/", (c) => c.text("here"));
app.all("/mcp", async (c) => {
  const sessionId = c.req.raw.headers.get("mcp-session-id");
  const opens = !sessionId && c.req.raw.method === "POST";
  const transport = opens ? await openSession() : sessions.get(sessionId);
  if (!transport) {
    return new Response(null, { status: sessionId ? 404 : 400 });
  }
  return transport.handleRequest(c.req.raw);
});
""")


def test_a_branch_without_a_block_becomes_one_and_other_paths_stay() -> None:
    text = INLINE.replace("  await transport", '  if (req.path === "/mcp") await transport')
    after = edited("server.ts", text)
    assert '  if (req.path === "/mcp") {\n    const sessionId = req.headers["mcp-session-id"];\n' in after
    assert "    await transport.handleRequest(req, res, req.body);\n  }\n});" in after


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(INLINE.replace("() => randomUUID()", "undefined"), id="no sessions"),
        pytest.param(INLINE.replace("await server.connect", "const sessions = 1;\nawait server.connect"), id="names"),
        pytest.param(INLINE.replace("await server", "const n = read();\nawait server"), id="something between"),
        pytest.param(INLINE + "console.log(server.name);\n", id="the server is used elsewhere"),
        pytest.param(INLINE.replace("await server.connect(transport);", ""), id="never connected"),
        pytest.param(INLINE.replace("(req, res, req.body)", "(...all)"), id="arguments that are not known"),
        pytest.param(INLINE.replace("  sessionIdGenerator", "  onsessioninitialized: keep,\n  sessionIdGenerator"), id="kept"),
        pytest.param(re.sub(r"app\.(post|get)[^;]*;\n?(}\);\n)?", "", INLINE), id="nobody answers"),
    ],
)  # fmt: skip
def test_it_is_all_or_nothing(text: str) -> None:
    assert edited("server.ts", text) == text


def test_a_server_for_each_session_is_right_already() -> None:
    right = """\
app.post("/mcp", async (req, res) => {
  const server = makeServer();
  const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined });
  await server.connect(transport);
  await transport.handleRequest(req, res, req.body);
});
"""
    assert edited("server.ts", right) == right
    right = right.replace("undefined", "() => randomUUID()")
    assert edited("server.ts", right) == right
