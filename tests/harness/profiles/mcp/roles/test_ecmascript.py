"""What TypeScript and JavaScript code does with MCP, by the code alone."""

from __future__ import annotations

import pytest

from extractor.languages.common.roles import Start
from extractor.languages.ecmascript.parse import parse_javascript, parse_typescript
from extractor.model import ExampleKind, ServiceRequest
from harness.profiles.mcp.roles.ecmascript import endpoint_paths, role

HTTP, STDIO, CLIENT, OTHER = (
    ExampleKind.HTTP_SERVER,
    ExampleKind.STDIO_SERVER,
    ExampleKind.CLIENT,
    ExampleKind.OTHER,
)

TYPESCRIPT = [
    ("new McpServer({}).connect(new StdioServerTransport())", STDIO, Start.RUN),
    ("serveStdio(build)", STDIO, Start.RUN),
    ("import { StreamableHTTPServerTransport as Transport } from 'x'; new McpServer({}).connect(new Transport({})); "
     "app.listen(3000)", HTTP, Start.RUN),
    ("new StreamableHTTPServerTransport({}); app.listen(3000)", HTTP, Start.RUN),
    ("new NodeStreamableHTTPServerTransport({}); createServer(f).listen(3000)", HTTP, Start.RUN),
    ("import { serve } from '@hono/node-server'; createMcpHandler(f); serve({ fetch })", HTTP, Start.RUN),
    ("new StreamableHTTPServerTransport({})", HTTP, Start.NONE),
    ("app.listen(3000)", OTHER, Start.NONE),
    ("app.post('/mcp', (q, s) => s.json({ jsonrpc: '2.0', result: {} })); app.listen(3000)", HTTP, Start.RUN),
    ("import { createMcpHandler } from '@modelcontextprotocol/server'; export default createMcpHandler(f)",
     HTTP, Start.HANDLER),
    ("import { EdgeFastMCP } from 'fastmcp/edge'; export default new EdgeFastMCP({})", HTTP, Start.HANDLER),
    ("const s = new FastMCP({}); s.start({ transportType: 'httpStream' })", HTTP, Start.RUN),
    ("const s = new FastMCP({}); s.start({ transportType: 'stdio' })", STDIO, Start.RUN),
    ("const s = new MCPServer({ transport: { type: 'http-stream' } }); await s.start()", HTTP, Start.RUN),
    ("const s = new MCPServer(); s.start()", STDIO, Start.RUN),
    ("const s = new MCPServer({}); await s.listen(3000)", HTTP, Start.RUN),
    ("const c = new Client({}); await c.connect(new StreamableHTTPClientTransport(u))", CLIENT, Start.RUN),
    ("new Client({})", CLIENT, Start.NONE),
    ("import { MultiServerMCPClient } from 'a';\nconst c = new MultiServerMCPClient({ mcpServers: {} });\n"
     "await c.getTools();", CLIENT, Start.RUN),
    ("import { createMCPClient } from 'a'; const c = await createMCPClient({ transport: { url } })", CLIENT, Start.RUN),
    ("import { createMcpClient as make } from 'a'; const app = express(); app.get('/', () => make()); app.listen(1)",
     CLIENT, Start.RUN),
    ("import { Agent, MCPToolset } from 'a';\nexport const agent = new Agent({ tools: [new MCPToolset({ url: 'u' })] });",
     CLIENT, Start.NONE),
    ("import { createMCPClient } from 'a';\nexport function make() { return createMCPClient({ transport: { url } }) }",
     CLIENT, Start.NONE),
    ("import { MCPClient } from 'a'; const c = new MCPClient({ servers: {} });\n"
     "async function main() { await c.getTools() }\nmain();", CLIENT, Start.RUN),
    ("export async function open() { const c = new Client({}); await c.connect(new StreamableHTTPClientTransport(u)) }",
     CLIENT, Start.NONE),
    ("class Mill { c = new Client({}); async open() { await this.c.connect(t) } }\nasync function main() "
     "{ const mill = new Mill(); await mill.open(); }\nmain().catch(console.error);", CLIENT, Start.RUN),
    ("const open = async () => { const c = new Client({}); await c.connect(t) };\nopen();", CLIENT, Start.RUN),
    ("(async () => { const c = new Client({}); await c.connect(t) })();", CLIENT, Start.RUN),
    ("const c = new HostMCPClient({})", OTHER, Start.NONE),
    ("createServer((q, s) => { const r = { jsonrpc: '2.0' }; if (m === 'initialize') fetch('http://a/introspect'); "
     "s.end(JSON.stringify(r)); }).listen(3000)", HTTP, Start.RUN),
    ("const app = express(); app.post('/rpc', (q, s) => { const r = { jsonrpc: '2.0' }; fetch(u); "
     "switch (m) { case 'initialize': s.send(r); } }); app.listen(3000)", HTTP, Start.RUN),
    ("createServer(signIn).listen(1); fetch('/', { body: b({ jsonrpc: '2.0', method: 'initialize' }) })",
     CLIENT, Start.RUN),
    ("const r = await fetch('/', { body: JSON.stringify({ jsonrpc: '2.0', method: 'initialize' }) })", CLIENT, Start.RUN),
    ("const q = http.request({ port: 1 }, read); q.end(JSON.stringify({ jsonrpc: '2.0', method: 'initialize' }))", CLIENT,
     Start.RUN),
    ("const send = () => fetch('/', { body: b({ jsonrpc: '2.0', method: 'initialize' }) })", CLIENT, Start.NONE),
    ("process.stdin.on('data', (d) => { const r = { jsonrpc: '2.0' }; if (m === 'initialize') r.result = {}; })",
     STDIO, Start.RUN),
    ("import readline from 'node:readline';\nconst rl = readline.createInterface({ input: process.stdin });\n"
     "for await (const l of rl) { const r = { jsonrpc: '2.0' }; switch (m) { case 'initialize': write(r); } }",
     STDIO, Start.RUN),
    ("import { stdin, stdout } from 'process';\nstdin.on('data', (d) => { const r = { jsonrpc: '2.0' }; "
     "if (m == 'initialize') stdout.write(r); })", STDIO, Start.RUN),
    ("const p = spawn('server'); process.stdin.pipe(p.stdin); const r = { jsonrpc: '2.0', method: 'initialize' }",
     OTHER, Start.NONE),
    ("process.stdin.on('data', (d) => send({ jsonrpc: '2.0', method: 'initialize' }))", OTHER, Start.NONE),
    ("process.stdin.resume(); createServer((q, s) => { const r = { jsonrpc: '2.0' }; if (m === 'initialize') s.end(r); })"
     ".listen(1)", HTTP, Start.RUN),
    ("const server = new McpServer({})", OTHER, Start.NONE),
    ("import { MillMCP } from 'mill-mcp'; const s = new MillMCP('a'); s.start()", STDIO, Start.RUN),
    ("import { MillMCP } from 'mill-mcp'; const s = new MillMCP('a'); s.start({ transportType: 'sse' })",
     HTTP, Start.RUN),
    ("import { MillMCP } from 'mill'; const s = new MillMCP('a'); s.start()", OTHER, Start.NONE),
    ("import { MillClient } from 'mill-mcp'; const s = new MillClient('a'); s.start()", OTHER, Start.NONE),
    ("const s = new McpServer({}); const c = new Client({}); await c.connect(t)", OTHER, Start.RUN),
]  # fmt: skip


def _role(text: str) -> tuple[ExampleKind, Start]:
    code = parse_typescript(text)
    assert code.error is None
    found = role((code,))
    return found.kind, found.start


@pytest.mark.parametrize(("text", "kind", "start"), TYPESCRIPT)
def test_typescript(text: str, kind: ExampleKind, start: Start) -> None:
    assert _role(text) == (kind, start)


MILL = "import { Mill, MillMCPClient } from 'mill-mcp'; const client = new MillMCPClient({}); "


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("const mill = new Mill({ client, size: 1 }); await mill.grind('rye');", Start.RUN),
        ("const mill = new Mill({ asks: client }); await mill.grind('rye');", Start.RUN),
        ("const wheel = await turn(client); const mill = new Mill(wheel); mill.grind('rye');", Start.RUN),
        ("async function main() { const mill = new Mill({ client }); await mill.grind('rye'); }\nmain();", Start.RUN),
        ("const mill = new Mill({ client });", Start.NONE),
        ("export const mill = new Mill({ client });\nexport const grind = () => mill.grind('rye');", Start.NONE),
        ("const mill = new Mill({ size: 1 }); await mill.grind('rye');", Start.NONE),
    ],
)
def test_a_client_that_is_handed_on_connects_when_its_holder_is_asked(text: str, start: Start) -> None:
    assert _role(MILL + text) == (CLIENT, start)


SERVICE = ServiceRequest("authorization", "localhost", 8080)


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("console.log('http://localhost:3000/rpc')", ("/rpc",)),
        ("app.get('/sse', f); app.post('/messages', f); app.post('/rpc', f)", ("/rpc",)),
        ("fetch('http://localhost:3000/check')", ()),
        ("const CHECK = 'http://localhost:3000/check'; await fetch(CHECK, {})", ()),
        ("axios.post('http://localhost:3000/check', body); app.post('/rpc', f)", ("/rpc",)),
        ("const CHECK = 'http://localhost:8080/check'; verify(CHECK)", ()),
        ("const CHECK = 'http://127.0.0.1:8080/check'; verify(CHECK)", ()),
        ("const OWN = 'http://localhost:8081/rpc'; print(OWN)", ("/rpc",)),
        ("const URL = 'http://localhost:3000/introspect'; verify(URL)", ()),
    ],
)
def test_endpoint_paths(text: str, paths: tuple[str, ...]) -> None:
    assert endpoint_paths((parse_javascript(text),), (SERVICE,)) == paths


CONNECTS = "const c = new Client({}); await c.connect(new StreamableHTTPClientTransport(u));"


@pytest.mark.parametrize(
    "text",
    [
        f"app.post('/ask', async (q, s) => {{ {CONNECTS} }}); app.listen(3000);",
        f"async function ask(q, s) {{ {CONNECTS} }}\napp.post('/ask', ask);\napp.listen(3000);",
        f"app.route({{ method: 'POST', url: '/ask', handler: async () => {{ {CONNECTS} }} }});\napp.listen({{ port: 1 }});",
        f"createServer(async (q, s) => {{ {CONNECTS} }}).listen(3000);",
        "const c = new Client({});\napp.get('/ask', async () => { await c.connect(t); });\napp.listen(3000);",
    ],
)
def test_a_web_application_that_asks_only_when_it_is_asked_is_not_a_client_to_watch(text: str) -> None:
    found = role((parse_typescript(text),))
    assert found.kind is CLIENT
    assert "is a web application" in found.obstacle


@pytest.mark.parametrize(
    "text",
    [
        f"{CONNECTS}\napp.get('/ask', f);\napp.listen(3000);",
        f"async function main() {{ {CONNECTS} app.listen(3000); }}\nmain();",
        f"async function begin() {{ {CONNECTS} }}\nbegin().then(() => app.listen(3000));",
        f"app.get('/', f);\napp.listen(3000, async () => {{ {CONNECTS} }});",
        f"async function begin() {{ {CONNECTS} }}\napp.listen(3000, begin);",
    ],
)
def test_a_web_application_that_asks_at_its_start_is_a_client(text: str) -> None:
    found = role((parse_typescript(text),))
    assert (found.kind, found.start, found.obstacle) == (CLIENT, Start.RUN, "")


@pytest.mark.parametrize(
    ("text", "kind", "is_guessed"),
    [
        ("import { MillMCP } from 'mill-mcp'; const s = new MillMCP('a'); s.start()", STDIO, True),
        ("import { MillMCP } from 'mill-mcp'; const s = new MillMCP('a'); s.start({ port: 4000 })", HTTP, True),
        (
            "import { MillMCP } from 'mill-mcp'; const s = new MillMCP('a'); s.start({ transportType: 'sse' })",
            HTTP,
            False,
        ),
        ("import { FastMCP } from 'fastmcp'; const s = new FastMCP({}); s.start()", STDIO, False),
        ("import { FastMCP } from 'mill-mcp'; const s = new FastMCP({}); s.start()", STDIO, True),
        ("import * as mill from 'mill-mcp'; const s = new mill.FastMCP({}); s.start()", STDIO, True),
        ("const { FastMCP } = require('mill-mcp'); const s = new FastMCP({}); s.start()", STDIO, True),
    ],
)
def test_what_a_library_takes_without_a_word_may_be_a_guess(text: str, kind: ExampleKind, is_guessed: bool) -> None:
    found = role((parse_typescript(text),))
    assert (found.kind, found.is_transport_guessed) == (kind, is_guessed)
