"""Conditions of programs, evaluated for a command: what is not known stays unknown."""

from __future__ import annotations

import time

import pytest

from extractor.languages.ecmascript.parse import parse_typescript
from extractor.model import ExampleKind
from harness.profiles.mcp.roles import CODE
from tests.extractor.languages.common.transports import (
    BY_CONSTANT,
    BY_FUNCTION,
    BY_MATCH,
    BY_PARAMETER,
    BY_SWITCH,
    HTTP,
    NODE,
    STDIO,
    node,
    python,
    started_as,
)

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
    assert started_as(code, command, environment) is kind


def test_conditions_that_grow_are_not_followed() -> None:
    lines = [f"{b} = {' or '.join([a] * 40)}" for a, b in ("ab", "bc", "cd")]
    code = python(" or ".join("d" * 40), "\n".join(["a = False", *lines]))
    began = time.process_time()
    assert started_as(code, "python s.py", {}) is None
    assert time.process_time() - began < 1


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
