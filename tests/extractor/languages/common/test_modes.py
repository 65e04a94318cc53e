"""Servers of several transports: what a command starts, by the tests of the program's code."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from extractor.docs.corpus import extract
from extractor.examples.find import find_examples
from extractor.languages.ecmascript.parse import parse_typescript
from extractor.languages.python.parse import parse_python
from extractor.model import ExampleKind, Layout, NoteKind
from harness.profiles.mcp.roles import CODE

if TYPE_CHECKING:
    from pathlib import Path

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


@pytest.mark.parametrize(
    ("code", "command", "environment", "kind"),
    [
        (BY_FLAG, "python server.py", {}, STDIO),
        (BY_FLAG, "python server.py --http --port 3000", {}, HTTP),
        (BY_FLAG.replace("args.http", "not args.http"), "python server.py", {}, HTTP),
        (BY_FLAG.replace("args.http", "'--http' in sys.argv"), "python server.py --http", {}, HTTP),
        (BY_FLAG.replace("args.http", "'--http' not in sys.argv"), "python server.py --http", {}, STDIO),
        (BY_FLAG.replace("args.http", "args.use_http or args.port"), "python server.py --http", {}, None),
        (BY_FLAG.replace("args.http", "HTTP"), "python server.py", {"HTTP": "1"}, HTTP),
        (BY_VALUE, "python server.py", {}, STDIO),
        (BY_VALUE, "python server.py --transport http", {}, HTTP),
        (BY_VALUE, "python server.py --transport=http", {}, HTTP),
        (BY_VALUE.replace("'stdio')", "'http')"), "python server.py", {}, HTTP),
        (BY_VARIABLE, "python server.py", {}, HTTP),
        (BY_VARIABLE, "python server.py", {"MILL_TRANSPORT": "stdio"}, STDIO),
        (BY_FUNCTION, "python server.py", {}, STDIO),
        (BY_FUNCTION, "python server.py serve", {}, HTTP),
        (BY_ARGUMENT, "node server.ts", {}, HTTP),
        (BY_ARGUMENT, "node server.ts --stdio", {}, STDIO),
        (BY_RETURN, "node server.ts", {}, HTTP),
        (BY_RETURN.replace("process.env.TRANSPORT", "chosen"), "node server.ts", {}, None),
        (BY_RETURN.replace("process.env.TRANSPORT", "TRANSPORT") + READ, "node server.ts", {}, STDIO),
        (BY_RETURN, "node server.ts", {"TRANSPORT": "stdio"}, STDIO),
        (BY_RETURN, "node server.ts", {"TRANSPORT": "http"}, HTTP),
        (BY_FLAG.replace("args.http", "is_open(7)"), "python server.py", {}, None),
        (BY_FLAG.replace("args.http", "sys.argv[1:] == ['--http']"), "python server.py", {}, STDIO),
        (BY_FLAG.replace("args.http", "sys.argv[1:] == ['--http']"), "python server.py --http", {}, HTTP),
        (BY_FLAG.replace("args.http", "os.getenv('HOW', 'stdio') in ('http', 'sse')"), "python server.py", {}, STDIO),
        (BY_FLAG.replace("args.http", "os.getenv('HOW') in ('http', 'sse')"), "python server.py", {"HOW": "sse"}, HTTP),
        (BY_RETURN.replace("process.env.TRANSPORT", "options.how") + COMMANDER, "node server.ts", {}, STDIO),
        (BY_RETURN.replace("process.env.TRANSPORT", "options.how") + COMMANDER, "node server.ts --how http", {}, HTTP),
        (BY_DEFAULT, "python server.py", {}, STDIO),
        (BY_DEFAULT, "python server.py --transport http", {}, HTTP),
        (BY_PARAMETER, "python server.py", {}, HTTP),
        (BY_PARAMETER, "python server.py --transport stdio", {}, STDIO),
        (BY_READ, "python server.py", {}, STDIO),
        (BY_READ, "python server.py", {"MILL_MODE": "http"}, HTTP),
        (BY_MATCH, "python server.py", {}, STDIO),
        (BY_MATCH, "python server.py web", {}, HTTP),
        (BY_CHOICE, "python server.py", {}, STDIO),
        (BY_CHOICE, "python server.py --http", {}, HTTP),
        (BY_SWITCH, "node server.js", {}, STDIO),
        (BY_SWITCH, "node server.js http", {}, HTTP),
        (BY_WORD, "node server.js", {}, STDIO),
        (BY_WORD, "node server.js --web", {}, HTTP),
        (BY_TYPE, "node server.js", {}, STDIO),
        (BY_TYPE, "node server.js", {"PORT": "3000"}, HTTP),
        # what the code says itself
        (flagged("HTTP", "HTTP = True"), "python server.py", {}, HTTP),
        (flagged("HTTP", "HTTP = False"), "python server.py", {}, STDIO),
        (flagged("HTTP", "HTTP = '--http' in sys.argv"), "python server.py", {}, STDIO),
        (flagged("PORT", "PORT = 8000"), "python server.py", {}, HTTP),
        (flagged("settings.use_http", "class Settings(BaseSettings):\n    use_http: bool = True"), "python s.py", {}, HTTP),
        (flagged("settings.use_http", "class Settings(BaseSettings):\n    use_http: bool = True"), "python s.py",
         {"USE_HTTP": "false"}, STDIO),
        (flagged("HTTP is not None", "HTTP = os.getenv('HTTP')"), "python s.py", {}, STDIO),
        (flagged("HTTP is not None", "HTTP = os.getenv('HTTP')"), "python s.py", {"HTTP": "1"}, HTTP),
        (flagged("PORT", "PORT = int(os.getenv('PORT', '8000'))"), "python s.py", {}, HTTP),
        (flagged("HTTP", "HTTP = os.getenv('HTTP', 'false').lower() == 'true'"), "python s.py", {}, STDIO),
        # in another case a text is another one, and who reads it may not mind
        (flagged("HOW == 'HTTP'", "HOW = os.getenv('HOW', 'no')"), "python s.py", {"HOW": "HTTP"}, HTTP),
        (flagged("HOW == 'HTTP'", "HOW = os.getenv('HOW', 'no')"), "python s.py", {"HOW": "http"}, None),
        (flagged("HOW == 'HTTP'", "HOW = os.getenv('HOW', 'no').upper()"), "python s.py", {"HOW": "http"}, HTTP),
        (flagged("HOW == 'HTTP'", "HOW = os.getenv('HOW', 'no').lower()"), "python s.py", {"HOW": "HTTP"}, None),
        (flagged("'HTTP' in sys.argv", "HOW = 1"), "python s.py http", {}, None),
        (flagged("HTTP", "HTTP = os.getenv('HTTP', 'false').lower() == 'true'"), "python s.py", {"HTTP": "TRUE"}, HTTP),
        (BY_CHOICE.replace("'--http' in sys.argv", "HTTP") + "HTTP = True", "python server.py", {}, HTTP),
        (BY_CONSTANT, "node server.js", {}, HTTP),
        (BY_CONSTANT.replace("= true", "= false"), "node server.js", {}, STDIO),
        (BY_CONSTANT.replace("= true", "= isBusy()"), "node server.js", {}, None),
        (BY_CALL, "python server.py", {}, STDIO),
        (BY_CALL.replace("serve()", "serve(http=True)"), "python server.py", {}, HTTP),
        (BY_CALL.replace("serve()", "serve(True)"), "python server.py", {}, HTTP),
        (BY_CALL.replace("serve()", "serve(True)\nserve()"), "python server.py", {}, None),
        (BY_CALL.replace("serve()", "typer.run(serve)"), "python server.py --http", {}, HTTP),
        (BY_CALL.replace("= False", "= True"), "python server.py", {}, HTTP),
        (BY_CALL.replace("= False", "= True"), "python server.py --no-http", {}, HTTP),
        (BY_CALL.replace("= False", "= True").replace("serve()", "typer.run(serve)"), "python s.py --no-http", {}, STDIO),
        (BY_CALL.replace("= False", "= typer.Option(True, help='x')"), "python server.py", {}, HTTP),
        (BY_PARAMETER.replace("typer.run(main)", "main('stdio')"), "python server.py", {}, STDIO),
        # options that are on unless they are turned off
        (flagged("args.http", "parser.add_argument('--http', action=BooleanOptionalAction, default=True)"), "python s.py",
         {}, HTTP),
        (flagged("args.http", "parser.add_argument('--stdio', dest='http', action='store_false')"), "python s.py", {}, HTTP),
        (flagged("args.http", "parser.add_argument('--stdio', dest='http', action='store_false')"), "python s.py --stdio",
         {}, STDIO),
        (BY_FLAG, "python server.py --no-http", {}, STDIO),
        (BY_FLAG, "python server.py --http-timeout 5", {}, STDIO),
        # the option that is asked about counts, not another with such a value
        (BY_VALUE, "python server.py --log http", {}, STDIO),
        (BY_VALUE, "python server.py --transport http --proxy-for stdio", {}, HTTP),
        (BY_VALUE.replace("'--transport'", "'how'").replace("args.transport", "args.how"), "python s.py http", {}, HTTP),
        # what is not known may decide
        (BY_FLAG.replace("args.http", "args.http and check(1)"), "python server.py --http", {}, None),
        (BY_FLAG.replace("args.http", "args.http and check(1)"), "python server.py", {}, STDIO),
        (BY_FLAG.replace("args.http", "check(1) or args.http"), "python server.py", {}, None),
        (BY_FLAG.replace("args.http", "check(1) or args.http"), "python server.py --http", {}, HTTP),
        (BY_FLAG.replace("args.http", "sys.stdin.isatty() or '--http' in sys.argv"), "python server.py", {}, STDIO),
        (BY_FUNCTION, "python server.py other", {}, STDIO),
        (BY_FUNCTION.replace("sys.argv[1] == 'serve'", "is_known(sys.argv)"), "python server.py serve", {}, None),
    ],
)  # fmt: skip
def test_a_command_decides_between_transports(
    code: str, command: str, environment: dict[str, str], kind: ExampleKind | None
) -> None:
    name, parse = ("python", parse_python) if "FastMCP('" in code else ("typescript", parse_typescript)
    role = CODE.of(name).role((parse(code),))
    assert role.modes is not None
    assert role.modes.kind(tuple(command.split()), environment) is kind


@pytest.mark.parametrize(
    "code", ["mcp = FastMCP('mill')\nmcp.run()", "if a:\n    mcp.run()\nelse:\n    mcp.run('stdio')"]
)
def test_a_program_of_one_transport_has_no_modes(code: str) -> None:
    assert CODE.of("python").role((parse_python(code),)).modes is None


@pytest.mark.parametrize(
    ("command", "kind"), [("python server.py", STDIO), ("python server.py --http", HTTP), ("uv run server.py", STDIO)]
)
def test_the_command_of_the_page_decides(tmp_path: Path, command: str, kind: ExampleKind) -> None:
    code = f"import argparse\nfrom fastmcp import FastMCP\n\nparser = argparse.ArgumentParser(){BY_FLAG}"
    page = f'# Mill\n\n```python title="server.py"\n{code}```\n\n```sh\n{command}\n```\n'
    (tmp_path / "page.md").write_text(page, encoding="utf-8")
    (example,) = find_examples(extract(tmp_path, Layout(), jobs=1, statements=False), CODE)
    assert (example.kind, example.reason) == (kind, None)
    assert example.bundle is not None
    (chosen,) = [note for note in example.bundle.guesses if note.kind is NoteKind.TRANSPORT]
    assert chosen.what == f"transport {'HTTP' if kind is HTTP else 'stdio'}"


@pytest.mark.parametrize(("package", "guesses"), [("mill-mcp", ["transport stdio"]), ("fastmcp", [])])
def test_what_a_library_takes_without_a_word_is_a_guess(tmp_path: Path, package: str, guesses: list[str]) -> None:
    code = f'import {{ FastMCP }} from "{package}";\nnew FastMCP({{}});\nconst s = new FastMCP({{}});\ns.start();\n'
    page = f"# Mill\n\n```js title=\"server.js\"\n{code}```\n\n```sh\nnpm i {package}\nnode server.js\n```\n"
    (tmp_path / "page.md").write_text(page, encoding="utf-8")
    (example,) = find_examples(extract(tmp_path, Layout(), jobs=1, statements=False), CODE)
    assert example.bundle is not None
    assert [note.what for note in example.bundle.guesses if note.kind is NoteKind.TRANSPORT] == guesses


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


TYPER = "def main(transport: str = typer.Option('stdio', '--transport', '-t')):"
SETTINGS = "class Settings(BaseSettings):\n    model_config = SettingsConfigDict(env_prefix='MILL_')\n    how: str = 'stdio'"


@pytest.mark.parametrize(
    ("code", "command", "environment", "kind"),
    [
        # what is set again is not known
        (node('mode === "http"', 'let mode = "stdio"; if (process.argv.includes("--http")) mode = "http";'),
         "node s.js --http", {}, HTTP),
        (node("on", "let on = false; if (process.env.PORT) { on = true; }"), "node s.js", {"PORT": "1"}, HTTP),
        (node("on", "let on = false; for (const a of list()) { on = true; }"), "node s.js", {}, None),
        (node("on", "let on; if (process.env.PORT) { on = true; } else { on = false; }"), "node s.js", {}, STDIO),
        (node("on", "let on = false; on ||= ready();"), "node s.js", {}, None),
        (python("mode == 'http'", "mode = os.getenv('MODE')\nif not mode:\n    mode = 'http'"), "python s.py", {}, HTTP),
        (python("mode == 'http'", "mode = os.getenv('MODE')\nif not mode:\n    mode = 'http'"), "python s.py",
         {"MODE": "stdio"}, STDIO),
        (python("mode == 'http'", "if '--http' in sys.argv:\n    mode = 'http'\nelse:\n    mode = 'stdio'"), "python s.py",
         {}, STDIO),
        (python("mode == 'http'", "if '--http' in sys.argv:\n    mode = 'http'"), "python s.py --http", {}, HTTP),
        (python("mode == 'http'", "if ready():\n    mode = 'x'\nif '--http' in sys.argv:\n    mode = 'http'"), "python s.py",
         {}, None),
        (python("mode == 'http'", "try:\n    mode = sys.argv[1]\nexcept IndexError:\n    mode = 'stdio'"), "python s.py http",
         {}, None),
        (python("Config.MODE == 'http'", "class Config:\n    MODE = os.getenv('MODE', 'stdio')"), "python s.py",
         {"MODE": "http"}, HTTP),
        (python("config['mode'] == 'http'", "config = {'mode': os.getenv('MODE', 'stdio')}"), "python s.py", {}, STDIO),
        (python("argv[1:] == ['http']", "from sys import argv"), "python s.py http", {}, HTTP),
        (python("mode == 'http'", "mode = 'stdio'\nfor mode in sys.argv: pass"), "python s.py http", {}, None),
        # what is put in place of something, in part or under a test, or added to it, is not known
        (python("args.how == 'http'", "p.add_argument('--how', default='stdio')\nif x:\n    args.how = 'http'"), "python s.py",
         {}, None),
        (python("config.how == 'http'", "if os.getenv('CLOUD'):\n    config.how = 'http'"), "python s.py", {}, None),
        (python("config['how'] == 'http'", "config = {'how': 'x'}\nif os.getenv('PORT'):\n    config['how'] = 'http'"),
         "python s.py", {"PORT": "1"}, HTTP),
        (python("'http' in how", "how = ['x']\nif os.getenv('PORT'):\n    how.append('http')"), "python s.py", {"PORT": "1"},
         None),
        (python("c['http']", "c = {'http': False, **load()}"), "python s.py", {}, None),
        (python("c['http']", "c = {**load(), 'http': False}"), "python s.py", {}, STDIO),
        (python("os.getenv('HOW') == 'http'", "os.environ.setdefault('HOW', 'http')"), "python s.py", {}, None),
        (node('process.env.HOW === "http"', 'process.env.HOW ??= "http";'), "node s.js", {}, None),
        (node('how.includes("http")', 'const how = ["x"]; if (process.env.PORT) how.push("http");'), "node s.js", {}, None),
        (node("c.http", "const c = { http: false, ...load() };"), "node s.js", {}, None),
        (node("c.http", "const c = { http: false }; Object.assign(c, load());"), "node s.js", {}, None),
        # what is taken apart with a default
        (node('how === "http"', 'program.option("-h, --how <h>"); const { how = "stdio" } = program.opts();'),
         "node s.js --how http", {}, HTTP),
        (node('how === "http"', 'program.option("-h, --how <h>"); const { how = "stdio" } = program.opts();'), "node s.js", {},
         STDIO),
        (node("require.main !== module", ""), "node s.js", {}, STDIO),
        # words by their place, options among them
        (python("len(sys.argv) > 1 and sys.argv[1] == '--http'", ""), "python s.py --http", {}, HTTP),
        (node('process.argv[2] === "--http"', ""), "node s.js --http", {}, HTTP),
        (node('args[0] === "http"', "const args = process.argv.slice(2);"), "node s.js http", {}, HTTP),
        (node('args[0] === "http"', "const args = process.argv.slice(2);"), "node s.js", {}, STDIO),
        (node('process.argv[2] === "http"', ""), "npx mill http", {}, HTTP),
        (node('process.argv[2] === "http"', ""), "npm start -- http", {}, HTTP),
        (node('process.argv[2] === "http"', ""), "npx -p tools mill http", {}, HTTP),
        (python("a.how == 'http'", "p.add_argument('how', nargs='?', default='x')"), "python s.py -- http", {}, HTTP),
        (python("sys.argv[1] == 'http'", ""), "python -m mill http tools.py", {}, HTTP),
        (python("'http' in sys.argv", ""), "python s.py --debug http", {}, HTTP),
        (python("sys.argv[1:] == ['http']", ""), "python s.py --http", {}, STDIO),
        # options as libraries declare them
        (python("transport == 'http'", f"{TYPER}\n    pass"), "python s.py", {}, STDIO),
        (python("transport == 'http'", f"{TYPER}\n    pass"), "python s.py -t http", {}, HTTP),
        (python("http", "def main(http: bool = typer.Option(True, '--http/--stdio')): pass"), "python s.py", {}, HTTP),
        (python("http", "def main(http: bool = typer.Option(True, '--http/--stdio')): pass"), "python s.py --stdio", {},
         STDIO),
        (python("a.how == 'http'", "p.add_argument('--http', dest='how', action='store_const', const='http', default='x')"),
         "python s.py --http", {}, HTTP),
        (python("a.mode == 'http'", "p.add_argument('-v', action='count')\np.add_argument('mode', nargs='?', default='x')"),
         "python s.py -v http", {}, HTTP),
        (python("a.http", "p.add_argument('--http', action='store_true')\np.set_defaults(http=True)"), "python s.py", {},
         None),
        (python("a.how == 'http'", "p.add_argument('--how', default='stdio')"), "python s.py --ho http", {}, None),
        (node('o.transportType === "http"', 'program.option("--transport-type <t>", "kind", "http");'), "node s.js", {}, HTTP),
        (node("o.debug", 'program.option("-d, --debug", "more").argument("[mode]", "how", "http");'), "node s.js x", {},
         STDIO),
        (node('mode === "http"', 'program.argument("[mode]", "how", "http");'), "node s.js", {}, HTTP),
        (node('o.how === "http"', 'program.addOption(new Option("-h, --how <h>").default("http"));'), "node s.js", {}, None),
        (node('argv.how === "http"', 'yargs(1).option("how", { alias: "h", default: "stdio" });'), "node s.js -h http", {},
         HTTP),
        (node('argv.how === "http"', 'yargs(1).option("how", { alias: both, default: "stdio" });'), "node s.js -h http", {},
         None),
        (node('argv.how === "http"', 'yargs(1).options({ how: { alias: "h", default: "http" } });'), "node s.js", {}, HTTP),
        (node('argv.how === "http"', 'yargs(1).options({ how: { alias: "h" }, x: y() });'), "node s.js -h http", {}, HTTP),
        (node('values.how === "http"', 'parseArgs({ options: { how: { type: "string", default: "stdio" } } });'), "node s.js",
         {}, STDIO),
        (node('values.how === "http"', 'parseArgs({ options: { how: { type: "string", short: "h" } } });'),
         "node s.js -h http", {}, HTTP),
        (node('values.web', 'parseArgs({ options: { web: { type: "boolean", default: false } } });'), "node s.js --web x", {},
         HTTP),
        (node('values.how === "http"', 'parseArgs({ options: { how: { default: chosen() } } });'), "node s.js", {}, None),
        (BY_PARAMETER.replace("'http')", "'http', port: int = 80)", 1), "python s.py --port 8000", {}, HTTP),
        (python("a.port is None", "p.add_argument('--port', type=int)"), "python s.py --port 0", {}, STDIO),
        # settings that the environment gives under another name
        (python("s.how == 'http'", f"{SETTINGS}\ns = Settings()"), "python s.py", {"MILL_HOW": "http"}, None),
        (python("s.how == 'http'", f"{SETTINGS}\ns = Settings()"), "python s.py", {}, STDIO),
        (python("s.how == 'http'", f"{SETTINGS}\ns = Settings()"), "python s.py", {"HOW": "http"}, None),
        (python("s.how == 'http'", "class Settings(BaseSettings):\n    model_config = {'env_prefix': 'MILL_'}\n    how: str = 'x'"),
         "python s.py", {"HOW": "http"}, None),
        (python("host", "host = os.getenv('MILL_HOST')"), "python s.py", {"HOST": "0.0.0.0"}, STDIO),
        (python("mode == 'http'", "mode = sys.argv[1] if len(sys.argv) > 1 else os.getenv('MODE', 'stdio')"),
         "python s.py stdio", {"MODE": "http"}, STDIO),
        # names of the command line for other things
        (python("args.http", "args = load_config()"), "python s.py", {}, None),
        (python("cfg.mode == 'stdio'", "cfg = load()"), "python s.py --log stdio", {"LOG": "stdio"}, None),
        # tests of other forms
        (python("t not in ('http', 'sse')", "t = os.getenv('T', 'stdio')").replace("transport='http'", "'stdio'")
         .replace("mcp.run()", "mcp.run(transport='http')"), "python s.py", {"T": "http"}, HTTP),
        (python("int(os.getenv('USE_HTTP', '0'))", ""), "python s.py", {}, STDIO),
        (python("os.getenv('USE_HTTP', '').lower() in ('1', 'true')", ""), "python s.py", {"USE_HTTP": "TRUE"}, HTTP),
        (python("os.getenv('T') in (None, 'http')", ""), "python s.py", {}, HTTP),
        (python("'PORT' in os.environ", ""), "python s.py", {"PORT": "1"}, HTTP),
        (node('(process.env.T || "stdio") === "http"', ""), "node s.js", {"T": "http"}, HTTP),
        (node('["http", "sse"].includes(t)', "const t = process.env.T?.toLowerCase();"), "node s.js", {"T": "HTTP"}, HTTP),
        (python("not args.stdio", "p.add_argument('--stdio', action='store_true')"), "python s.py", {}, HTTP),
        (python("web", "web = not ('--stdio' in sys.argv) and len(sys.argv) < 3"), "python s.py", {}, HTTP),
        (python("a.how == 'http'", "p.add_argument('--how', default=os.getenv('HOW', 'stdio'))"), "python s.py",
         {"HOW": "http"}, HTTP),
        (python("a.how == 'http'", "p.add_argument('--how', default=os.getenv('HOW', 'stdio'))"), "python s.py", {}, STDIO),
        (python("os.getenv('A', os.getenv('B', 'stdio')) == 'http'", ""), "python s.py", {"B": "http"}, HTTP),
        (python("HTTP == os.getenv('HOW', default=HTTP).upper()", "HTTP = 'HTTP'"), "python s.py", {}, HTTP),
        (python("how in HOWS", "HOWS = ('http', 'sse')\nhow = os.getenv('HOW', 'stdio')"), "python s.py", {"HOW": "sse"}, HTTP),
        (python("(how := os.getenv('HOW', 'stdio')).startswith('http')", ""), "python s.py", {}, STDIO),
        (python("words[0] == 'http' if words else False", "words = sys.argv[1:]"), "python s.py http", {}, HTTP),
        (python("args['how'] == 'http'", "p.add_argument('--how')\nargs = vars(p.parse_args())"), "python s.py --how http",
         {}, HTTP),
        (python("a.port > 0", "p.add_argument('--port', type=int, default=0)"), "python s.py", {}, STDIO),
        (python("a.port > 0", "p.add_argument('--port', type=int, default=0)"), "python s.py --port 80", {}, HTTP),
        (python("a.port is not None", "p.add_argument('--port', type=int, default=0)"), "python s.py", {}, HTTP),
        (node('"http" === (process.env.T as Kind)', ""), "node s.js", {"T": "http"}, HTTP),
        (node('typeof process.env.PORT !== "undefined"', ""), "node s.js", {}, STDIO),
        (node('process.argv.indexOf("--http") !== -1', ""), "node s.js --http", {}, HTTP),
        (node('process.argv.at(2) === "http" /* asked */', ""), "node s.js", {}, STDIO),
        (node("on", "const on = process.env.PORT && !process.argv.includes('--stdio');"), "node s.js", {"PORT": "1"}, HTTP),
        (node('Deno.env.get("T") === "http"', ""), "deno run s.ts", {"T": "http"}, HTTP),
        (node('(process.env.T ?? "stdio") !== "stdio"', ""), "node s.js", {"T": ""}, HTTP),
        (BY_SWITCH.replace("process.argv[2]", 'process.env.T ?? "stdio"'), "node s.js", {"T": "http"}, HTTP),
        # a list of other words than those of the command line
        (BY_CONSTANT.replace("USE_HTTP", "args.includes('http')").replace("const args.includes('http') = true", "const args = all()"), "node s.js http",
         {}, None),
        # cases of a match that look into what they match, and those that take nothing
        (BY_MATCH.replace("case _", "case None | 'pipes'").replace("mode:", "os.getenv('M'):"), "python s.py", {}, STDIO),
        (BY_MATCH.replace("case _", "case None | 'pipes'").replace("mode:", "os.getenv('M'):"), "python s.py", {"M": "x"},
         None),
        (BY_MATCH.replace("'http' | 'web'", "'http' as asked"), "python s.py", {}, STDIO),
        (BY_MATCH.replace("'http' | 'web'", "['http', *_]"), "python s.py", {}, None),
        # several ways to one call
        (BY_FUNCTION.replace("else:\n    pipes()", "elif os.getenv('PORT'):\n    web()\nelse:\n    pipes()"), "python s.py",
         {"PORT": "1"}, HTTP),
        (BY_SWITCH.replace('case "http":', 'case "http":\n  case "web":'), "node s.js http", {}, HTTP),
        (BY_SWITCH.replace("    break;\n", ""), "node s.js http", {}, HTTP),
        (BY_SWITCH.replace('case "http":', 'case "log":\n    log();\n  case "http":'), "node s.js log", {}, None),
        (BY_SWITCH.replace('case "http":', 'case "log":\n    log();\n  case "http":'), "node s.js", {}, STDIO),
        (python("mode == 'http'", "mode = os.getenv('M', 'stdio')\ndef say(mode): print(mode)\nsay('http')"), "python s.py",
         {}, None),
        (BY_MATCH.replace("'http' | 'web'", "'http' if ready()"), "python s.py http", {}, None),
        ("mcp = FastMCP('mill')\nmcp.run(transport=os.getenv('T', 'stdio'))", "python s.py", {}, STDIO),
        ("mcp = FastMCP('mill')\nmcp.run(transport=os.getenv('T', 'stdio'))", "python s.py", {"T": "http"}, HTTP),
        ("mcp = FastMCP('mill')\nmcp.run(os.getenv('T'))", "python s.py", {}, STDIO),
        ("mcp = FastMCP('mill')\nmcp.run(os.getenv('T', 'http'))", "python s.py", {}, HTTP),
        ('const mill = new FastMCP({});\nconst how = process.env.PORT ? "httpStream" : "stdio";\nmill.start({ transportType: how });',
         "node s.js", {"PORT": "1"}, HTTP),
        ("mcp = FastMCP('mill')\nmcp.run(transport=chosen())", "python s.py", {}, None),
    ],
)  # fmt: skip
def test_what_is_not_known_stays_unknown(
    code: str, command: str, environment: dict[str, str], kind: ExampleKind | None
) -> None:
    test_a_command_decides_between_transports(code, command, environment, kind)


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
    test_a_command_decides_between_transports(code, command, environment, kind)


def test_conditions_that_grow_are_not_followed() -> None:
    lines = [f"{b} = {' or '.join([a] * 40)}" for a, b in ("ab", "bc", "cd")]
    code = python(" or ".join("d" * 40), "\n".join(["a = False", *lines]))
    began = time.process_time()
    test_a_command_decides_between_transports(code, "python s.py", {}, None)
    assert time.process_time() - began < 1


@pytest.mark.parametrize(
    ("command", "kind"),
    [("uvicorn server:app", HTTP), ("fastmcp run server.py --transport http", HTTP), ("fastmcp run server.py", STDIO)],
)
def test_a_server_or_a_loader_decides_itself(tmp_path: Path, command: str, kind: ExampleKind) -> None:
    code = "import os\nimport uvicorn\nfrom fastmcp import FastMCP\n\nmcp = FastMCP('mill')\napp = mcp.http_app()\n"
    code += "if __name__ == '__main__':\n    if os.getenv('T', 'stdio') == 'stdio':\n        mcp.run()\n"
    code += "    else:\n        uvicorn.run(app)\n"
    page = f'# Mill\n\n```python title="server.py"\n{code}```\n\n```sh\n{command}\n```\n'
    (tmp_path / "page.md").write_text(page, encoding="utf-8")
    (example,) = find_examples(extract(tmp_path, Layout(), jobs=1, statements=False), CODE)
    assert (example.kind, example.reason) == (kind, None)


MANY = ", ".join(f"a{n}" for n in range(6000))


@pytest.mark.parametrize(
    "code",
    [
        f"const [{MANY}] = [{', '.join(['1'] * 6000)}];\nconst server = new McpServer({{}});",
        f"function f({', '.join(f'a{n} = 0' for n in range(2000))}) {{}}\n{'f();' * 16000}",
    ],
)
def test_many_names_take_no_longer_than_they_are_many(code: str) -> None:
    began = time.process_time()
    role = CODE.of("typescript").role((parse_typescript(code + NODE.replace("BEFORE", "").replace("TEST", "a1")),))
    assert role.modes is not None
    assert time.process_time() - began < 3
