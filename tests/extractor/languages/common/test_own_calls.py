"""Calls of a program's own functions, followed to where a server is started."""

from __future__ import annotations

import pytest

from extractor.model import ExampleKind
from tests.extractor.languages.common.transports import (
    BY_CALL,
    BY_PARAMETER,
    BY_SWITCH,
    HTTP,
    STDIO,
    node,
    python,
    started_as,
)

ARROWS = """
const server = new McpServer({ name: "mill", version: "1" });
const web = async () => { new StreamableHTTPServerTransport({}); app.listen(3000); };
const pipes = async () => { await server.connect(new StdioServerTransport()); };
"""
CALLS = """
import anyio, uvicorn
mcp = FastMCP('mill')
async def web():
    await mcp.run_http_async()
async def pipes():
    await mcp.run_stdio_async()
def run():
    mcp.run()
"""
NESTED = """
mcp = FastMCP('mill')
def main():
    async def web():
        await mcp.run_http_async()
    async def pipes():
        await mcp.run_stdio_async()
    if '--http' in sys.argv:
        anyio.run(web)
    else:
        anyio.run(pipes)
main()
"""
CLICK = """
mcp = FastMCP('mill')
@click.group()
def cli(): pass
@cli.command()
def run_stdio():
    mcp.run()
@cli.command('web')
@click.option('--port', default=80)
def run_http(port):
    mcp.run(transport='http')
cli()
"""
SUBPARSERS = """
mcp = FastMCP('mill')
def web(args):
    mcp.run(transport='http')
def pipes(args):
    mcp.run()
one = parsers.add_parser('web')
one.set_defaults(func=web)
two = parsers.add_parser('pipes')
two.set_defaults(func=pipes)
args.func(args)
"""
COMMANDS = """
program.command("web").option("-p, --port <n>").action(async () => { await web(); });
program.command("pipes", { isDefault: true }).action(pipes);
"""
YARGS = """
yargs(1).command("web", "serve", () => {}, async () => { await web(); }).command("$0", "pipes", () => {}, pipes).parse();
"""
METHODS = """
const server = new McpServer({ name: "mill", version: "1" });
class Mill {
  constructor(private how: string) {}
  async start(port = 80) { if (this.how === "http") { await this.web(); } else { await this.pipes(); } }
  async web() { new StreamableHTTPServerTransport({}); app.listen(3000); }
  async pipes() { await server.connect(new StdioServerTransport()); }
}
new Mill(process.argv[2] ?? "stdio").start();
"""
ONCE = "def web():\n    mcp.run(transport='http')\ndef main():\n    mcp.run()\nmain()"


@pytest.mark.parametrize(
    ("code", "command", "environment", "kind"),
    [
        (f"{ARROWS}if (process.env.PORT) await web(); else await pipes();", "node s.js", {}, STDIO),
        (f"{ARROWS}if (process.env.PORT) await web(); else await pipes();", "node s.js", {"PORT": "1"}, HTTP),
        (f"{ARROWS}process.env.PORT ? web() : pipes();", "node s.js", {"PORT": "1"}, HTTP),
        (f"{ARROWS}process.env.PORT && web();\nprocess.env.PORT || pipes();", "node s.js", {}, STDIO),
        (f"{ARROWS}const main = async (how = 'stdio') => {{ how === 'http' ? web() : pipes(); }};\nmain();", "node s.js", {},
         STDIO),
        (f"{ARROWS}const main = async (how) => {{ how === 'http' ? web() : pipes(); }};\nmain(process.argv[2]);",
         "node s.js http", {}, HTTP),
        (f"{ARROWS}if (process.env.PORT) (async () => {{ app.listen(80); }})(); else await pipes();", "node s.js", {}, STDIO),
        (f"{ARROWS}{COMMANDS}", "node s.js web --port 80", {}, HTTP),
        (f"{ARROWS}{COMMANDS}", "node s.js", {}, STDIO),
        (f"{ARROWS}{YARGS}", "node s.js web", {}, HTTP),
        (f"{ARROWS}{YARGS}", "node s.js", {}, STDIO),
        (METHODS, "node s.js", {}, STDIO),
        (METHODS, "node s.js http", {}, HTTP),
        (f"{CALLS}anyio.run(web) if '--http' in sys.argv else anyio.run(pipes)", "python s.py", {}, STDIO),
        (f"{CALLS}anyio.run(web) if '--http' in sys.argv else anyio.run(pipes)", "python s.py --http", {}, HTTP),
        # a function of a library is not the program's of the same name
        (f"{CALLS}if '--http' in sys.argv:\n    uvicorn.run(mcp.http_app())\nelse:\n    run()", "python s.py --http", {}, HTTP),
        (NESTED, "python s.py", {}, STDIO),
        (NESTED, "python s.py --http", {}, HTTP),
        (CLICK, "python s.py web --port 80", {}, HTTP),
        (CLICK, "python s.py run-stdio", {}, STDIO),
        (CLICK, "python s.py --help", {}, None),
        (SUBPARSERS, "python s.py web", {}, HTTP),
        (SUBPARSERS, "python s.py pipes", {}, STDIO),
        # what nothing calls is not run, unless the command does so
        (f"mcp = FastMCP('mill')\n{ONCE}", "python s.py", {}, STDIO),
        (f"mcp = FastMCP('mill')\n{ONCE}", "python -c web()", {}, HTTP),
        # names in JavaScript
        (node('how === "http"', 'const [, , how = "stdio"] = process.argv;'), "node s.js", {}, STDIO),
        (node('how === "http"', 'const [how] = process.argv.slice(2);'), "node s.js http", {}, HTTP),
        (node('T === "http"', 'const { T = "stdio", PORT: port } = process.env;'), "node s.js", {"T": "http"}, HTTP),
        (node('config.how === "http"', 'const config = { how: process.env.T ?? "stdio" };'), "node s.js", {"T": "http"}, HTTP),
        (node('argv[2] === env.T', 'import { argv, env } from "node:process";'), "node s.js a", {"T": "a"}, HTTP),
        (f"{ARROWS}async function f() {{ const how = new Mill(); }}\nconst how = process.env.T || 'x';\n"
         "if (how === 'http') web(); else pipes();", "node s.js", {"T": "http"}, HTTP),
        (f"{ARROWS}async function f() {{ const how = ask(); }}\nconst how = process.env.T || 'x';\n"
         "if (how === 'http') web(); else pipes();", "node s.js", {"T": "http"}, None),
        # labels that share the code of the default
        (BY_SWITCH.replace("default:", 'case "pipes":\n  default:'), "node s.js pipes", {}, STDIO),
        (BY_SWITCH.replace('case "http":', 'default:\n  case "http":').replace("  default:\n    await", 'case "x": await', 1)
         .replace("  default:\n  await", 'case "x":\n  await'), "node s.js", {}, HTTP),
        # parameters that only the code fills
        (BY_CALL, "python s.py --http", {"HTTP": "1"}, STDIO),
        (BY_PARAMETER, "python s.py", {"TRANSPORT": "stdio"}, HTTP),
        (python("s.http", "@dataclass\nclass Settings:\n    http: bool = False\ns = Settings()"), "python s.py",
         {"HTTP": "1"}, STDIO),
    ],
)  # fmt: skip
def test_functions_are_followed_to_where_they_are_called(
    code: str, command: str, environment: dict[str, str], kind: ExampleKind | None
) -> None:
    assert started_as(code, command, environment) is kind
