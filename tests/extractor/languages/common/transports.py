"""Programs of several transports, and what a command makes of them."""

from __future__ import annotations

from extractor.languages.ecmascript.parse import parse_typescript
from extractor.languages.python.parse import parse_python
from extractor.model import ExampleKind
from harness.profiles.mcp.roles import CODE

HTTP, STDIO = ExampleKind.HTTP_SERVER, ExampleKind.STDIO_SERVER

BY_FLAG = """
mcp = FastMCP('mill')
parser.add_argument('--http', action='store_true')
args = parser.parse_args()
if args.http:
    mcp.run(transport='http')
else:
    mcp.run()
"""
BY_VALUE = """
mcp = FastMCP('mill')
parser.add_argument('--transport', default='stdio')
args = parser.parse_args()
if args.transport == 'http':
    mcp.run(transport='http')
elif args.transport == 'stdio':
    mcp.run()
"""
BY_VARIABLE = """
mcp = FastMCP('mill')
def main():
    if os.environ.get('MILL_TRANSPORT', 'http') != 'stdio':
        mcp.run(transport='http')
    else:
        mcp.run()
main()
"""
BY_FUNCTION = """
mcp = FastMCP('mill')
def web():
    uvicorn.run(mcp.streamable_http_app())
def pipes():
    mcp.run()
if len(sys.argv) > 1 and sys.argv[1] == 'serve':
    web()
else:
    pipes()
"""
BY_ARGUMENT = """
const server = new McpServer({ name: "mill", version: "1" });
async function pipes() { await server.connect(new StdioServerTransport()); }
if (process.argv.includes("--stdio")) {
  await pipes();
} else {
  app.post("/mcp", (req, res) => new StreamableHTTPServerTransport({}).handleRequest(req, res));
  app.listen(3000);
}
"""
BY_RETURN = """
const server = new McpServer({ name: "mill", version: "1" });
async function main() {
  if (process.env.TRANSPORT === "stdio") {
    await server.connect(new StdioServerTransport());
    return;
  }
  app.post("/mcp", (req, res) => new StreamableHTTPServerTransport({}).handleRequest(req, res));
  app.listen(3000);
}
main();
"""
BY_DEFAULT = """
mcp = FastMCP('mill')
@click.command()
@click.option('--transport', default='stdio')
def main(transport):
    if transport == 'stdio':
        mcp.run()
    else:
        mcp.run(transport='http')
main()
"""
BY_PARAMETER = """
mcp = FastMCP('mill')
def main(transport: str = 'http'):
    if transport == 'stdio':
        mcp.run()
    else:
        mcp.run(transport='http')
typer.run(main)
"""
BY_READ = """
mcp = FastMCP('mill')
chosen = os.environ.get('MILL_MODE', 'stdio')
if chosen == 'http':
    mcp.run(transport='http')
else:
    mcp.run()
"""
BY_MATCH = """
mcp = FastMCP('mill')
mode = sys.argv[1] if len(sys.argv) > 1 else 'stdio'
match mode:
    case 'http' | 'web':
        mcp.run(transport='http')
    case _:
        mcp.run()
"""
BY_CHOICE = """
mcp = FastMCP('mill')
mcp.run(transport='http' if '--http' in sys.argv else 'stdio')
"""
BY_SWITCH = """
const server = new McpServer({ name: "mill", version: "1" });
switch (process.argv[2]) {
  case "http":
    app.post("/mcp", (req, res) => new StreamableHTTPServerTransport({}).handleRequest(req, res));
    app.listen(3000);
    break;
  default:
    await server.connect(new StdioServerTransport());
}
"""
BY_WORD = """
const server = new McpServer({ name: "mill", version: "1" });
const [asked] = process.argv.slice(2);
const chosen = process.argv.includes("--web");
if (!chosen) {
  await server.connect(new StdioServerTransport());
} else {
  app.post("/mcp", (req, res) => new StreamableHTTPServerTransport({}).handleRequest(req, res));
  app.listen(3000);
}
"""
BY_TYPE = """
const server = new McpServer({ name: "mill", version: "1" });
server.start({ transportType: process.env.PORT ? "httpStream" : "stdio" });
"""
BY_CONSTANT = """
const server = new McpServer({ name: "mill", version: "1" });
const USE_HTTP = true;
if (USE_HTTP) {
  app.post("/mcp", (req, res) => new StreamableHTTPServerTransport({}).handleRequest(req, res));
  app.listen(3000);
} else {
  await server.connect(new StdioServerTransport());
}
"""
BY_CALL = """
mcp = FastMCP('mill')
def serve(http: bool = False):
    if http:
        mcp.run(transport='http')
    else:
        mcp.run()
serve()
"""
COMMANDER = "program.option('-h, --how <kind>', 'over what', 'stdio');"
READ = "const TRANSPORT = process.env.TRANSPORT ?? 'stdio';"


def flagged(test: str, lines: str) -> str:
    """A server that asks for something that these lines give."""
    return BY_FLAG.replace("parser.add_argument('--http', action='store_true')", lines).replace("args.http", test)


NODE = """
const server = new McpServer({ name: "mill", version: "1" });
const startHttp = () => { app.post("/mcp", (q, r) => new StreamableHTTPServerTransport({}).handleRequest(q, r)); app.listen(3000); };
BEFORE
if (TEST) { startHttp(); } else { await server.connect(new StdioServerTransport()); }
"""


def python(test: str, lines: str) -> str:
    return flagged(test, f"pass\n{lines}\n")


def node(test: str, lines: str) -> str:
    return NODE.replace("BEFORE", lines).replace("TEST", test)


def started_as(code: str, command: str, environment: dict[str, str]) -> ExampleKind | None:
    """What a program is that is started by a command; None if that is not known."""
    name, parse = ("python", parse_python) if "FastMCP('" in code else ("typescript", parse_typescript)
    role = CODE.of(name).role((parse(code),))
    assert role.modes is not None
    return role.modes.kind(tuple(command.split()), environment)
