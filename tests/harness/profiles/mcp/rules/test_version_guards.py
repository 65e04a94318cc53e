"""A guard refuses versions at the start of what answers messages, and no other byte of the program changes."""

from __future__ import annotations

import textwrap

import pytest

from extractor.languages.registry import syntax_tree
from extractor.model import ExampleKind
from harness.model import Transcript
from harness.profiles.mcp.rules.version_guards import guard_origin, guard_version

VERSIONS = ("2025-06-18", "2025-11-25")


def edited(
    path: str, text: str, *, at: str = "/mcp", versions: tuple[str, ...] = VERSIONS, modern: bool = False
) -> str:
    root = syntax_tree(path, text)
    assert root is not None
    transcript = Transcript(
        "x", ExampleKind.HTTP_SERVER, (), endpoint=f"http://localhost:3000{at}", negotiated=versions,
        modern=versions if modern else (),
    )  # fmt: skip
    data = text.encode()
    edits = list(guard_version(root, transcript))
    assert len({edit.start for edit in edits}) == len(edits), "no two edits are at one place"
    for edit in sorted(edits, key=lambda edit: edit.start, reverse=True):
        data = data[: edit.start] + edit.new.encode() + data[edit.end :]
    after = syntax_tree(path, data.decode())
    assert after is not None
    assert not after.has_error
    return data.decode()


def added(path: str, text: str, **options: object) -> str:
    """Return the lines that are added, without the indentation that all of them have; the others stay as they are."""
    old, new = text.split("\n"), edited(path, text, **options).split("\n")  # type: ignore[arg-type]
    fresh = list(new)
    for line in old:
        fresh.remove(line)
    return "\n".join(line for line in fresh if line)


LIST = 'const SUPPORTED_VERSIONS = ["2025-06-18", "2025-11-25"];'
ERROR = 'const error = { code: -32000, message: "Unsupported protocol version" };'
EXPRESS = """\
import express from "express";

const app = express();
app.use("/mcp", authenticate);
app.post("/mcp", authenticate, async (req, res) => {
  res.json(answer(req.body));
});
app.get("/mcp", (req, res) => res.status(405).end());
app.post("/other", (req, res) => res.end());
"""
HONO = """\
import { Hono } from 'hono'

const app = new Hono()
app.all('/mcp', (c) => handle(c))
const handle = async (c: Context) => {
  return c.json({})
}
"""
FASTIFY = """\
import Fastify from "fastify";
const app = Fastify();
app.route({
  method: "POST",
  url: "/mcp",
  async handler(request, reply) {
    return reply.send({});
  },
});
"""
KOA = """\
const Koa = require("koa");
const app = new Koa();
app.use(async (ctx, next) => {
  await next();
});
app.use(async (ctx) => {
  ctx.body = {};
});
"""
NODE = """\
import http from "node:http";
function listener(req, res) {
  res.end();
}
http.createServer(listener).listen(3000);
"""
FETCH = """\
import { answer } from "./answer";
export async function POST(request: Request) {
  return new Response(await answer(request));
}
"""


@pytest.mark.parametrize(
    ("path", "text", "header", "condition", "answer"),
    [
        ("a.js", EXPRESS, 'req.header("mcp-protocol-version")', "protocolVersion !== undefined && {}",
         'res.status(400).json({ jsonrpc: "2.0", error });\n    return;'),
        ("a.ts", HONO, "c.req.header('mcp-protocol-version')", "protocolVersion !== undefined && {}",
         "return c.json({ jsonrpc: '2.0', error }, 400)"),
        ("a.js", FASTIFY, 'request.headers["mcp-protocol-version"]', "protocolVersion !== undefined && {string}",
         'return reply.code(400).send({ jsonrpc: "2.0", error });'),
        ("a.js", KOA, 'ctx.get("mcp-protocol-version")', "protocolVersion && {}",
         'ctx.status = 400;\n    ctx.body = { jsonrpc: "2.0", error };\n    return;'),
        ("a.mjs", NODE, 'req.headers["mcp-protocol-version"]', "protocolVersion !== undefined && {string}",
         'res.writeHead(400, { "Content-Type": "application/json" });\n'
         '    res.end(JSON.stringify({ jsonrpc: "2.0", error }));\n    return;'),
        ("a.ts", FETCH, 'request.headers.get("mcp-protocol-version")', "protocolVersion !== null && {}",
         'return Response.json({ jsonrpc: "2.0", error }, { status: 400 });'),
    ],
)  # fmt: skip
def test_javascript(path: str, text: str, header: str, condition: str, answer: str) -> None:
    lacks = "!SUPPORTED_VERSIONS.includes({})"
    held = condition.format(lacks.format("protocolVersion"), string=lacks.format("String(protocolVersion)"))
    lines = [LIST, f"  const protocolVersion = {header};", f"  if ({held}) {{", f"    {ERROR}", f"    {answer}", "  }"]
    wanted = "\n".join(lines)
    if text is HONO:
        wanted = wanted.replace('"', "'").replace(";", "")
    if text is FASTIFY:
        first, rest = wanted.split("\n", 1)
        wanted = f"{first}\n{textwrap.indent(rest, '  ')}"
    assert added(path, text) == wanted.replace("  }\n", "")


def test_the_guard_is_the_first_of_the_handler_and_the_list_stands_behind_the_imports() -> None:
    after = edited("a.js", EXPRESS)
    assert after.index("express();") > after.index(LIST) > after.index('from "express"')
    assert after.index("async (req, res)") < after.index("const protocolVersion") < after.index("res.json(answer")
    assert after.count("-32000") == 1, "middleware and other routes have none"


@pytest.mark.parametrize(
    ("constant", "versions", "lacks"),
    [
        ('const KNOWN = ["2025-11-25", "2025-06-18", "2025-03-26"];', VERSIONS, "!KNOWN.includes(protocolVersion)"),
        ('const KNOWN = new Set(["2025-11-25", "2025-06-18"]);', VERSIONS, "!KNOWN.has(protocolVersion)"),
        ('const KNOWN = ["2025-11-25", "2025-06-18"] as const;', VERSIONS,
         "!(KNOWN as readonly string[]).includes(protocolVersion)"),
        ('const ONLY = "2025-06-18";', ("2025-06-18",), "protocolVersion !== ONLY"),
    ],
)  # fmt: skip
def test_the_files_own_constant_is_used(constant: str, versions: tuple[str, ...], lacks: str) -> None:
    text = EXPRESS.replace("const app", f"{constant}\nconst app")
    after = edited("a.ts", text, versions=versions)
    assert f"protocolVersion !== undefined && {lacks})" in after
    assert "SUPPORTED_VERSIONS" not in after


@pytest.mark.parametrize(
    "constant",
    [
        'const KNOWN = ["2025-06-18"];', 'const ONLY = "2025-06-18";', 'const KNOWN = ["2025-11-25", "2025-06-18", "x"];',
        'function f() { const KNOWN = ["2025-11-25", "2025-06-18"]; }',
    ],
)  # fmt: skip
def test_a_constant_that_is_no_list_of_all_of_them_is_not(constant: str) -> None:
    assert LIST in edited("a.js", EXPRESS.replace("const app", f"{constant}\nconst app"))


def test_a_header_is_read_as_the_handler_reads_the_session() -> None:
    text = EXPRESS.replace("  res.json(", "  const id = req.headers['Mcp-Session-Id'];\n  res.json(")
    after = edited("a.js", text)
    assert "= req.headers['mcp-protocol-version'];" in after
    assert "includes(String(protocolVersion))" in after


def test_handlers_of_other_methods_that_read_the_session_have_a_guard_too() -> None:
    text = EXPRESS.replace(
        'app.post("/other"', 'app.delete("/mcp", (req, res) => { end(req.get("mcp-session-id")); });\napp.post("/other"'
    )
    after = edited("a.js", text)
    assert after.count("-32000") == 2
    assert '  const protocolVersion = req.get("mcp-protocol-version");\n' in after
    assert after.count("SUPPORTED_VERSIONS = ") == 1


def test_a_handler_that_is_one_expression_becomes_a_block() -> None:
    text = "import { Hono } from \"hono\";\nconst app = new Hono().post('/mcp', (c) => c.json({ a: 1 }));\n"
    after = edited("a.js", text).split("\n")
    assert after[2:4] == [
        "const app = new Hono().post('/mcp', (c) => {", '  const protocolVersion = c.req.header("mcp-protocol-version");'
    ]  # fmt: skip
    assert after[-4:-1] == ["  }", "  return c.json({ a: 1 });", "});"]


def test_a_name_that_the_handler_has_already_is_not_taken() -> None:
    text = EXPRESS.replace("res.json(answer(", "const protocolVersion = 1;\n  res.json(answer(")
    assert "const requestedVersion = " in edited("a.js", text)


def test_a_server_without_sessions_answers_by_the_code_of_its_revision() -> None:
    after = edited("a.js", EXPRESS, versions=("2026-07-28",), modern=True)
    assert "    const data = { supported: SUPPORTED_VERSIONS, requested: protocolVersion };\n" in after
    assert '    const error = { code: -32022, message: "Unsupported protocol version", data };\n' in after


STARLETTE = '''\
from starlette.responses import Response
from starlette.routing import Route


async def mcp(request):
    """Answer everything."""
    return Response()


routes = [Route("/mcp", mcp, methods=["POST"])]
'''
ENDPOINT = """\
from starlette.endpoints import HTTPEndpoint
from starlette.responses import JSONResponse
from starlette.routing import Route


class Mcp(HTTPEndpoint):
    async def post(self, request):
        return JSONResponse({})


routes = [Route("/mcp", endpoint=Mcp)]
"""
FLASK = """\
from flask import Flask, request

app = Flask(__name__)


@app.route("/mcp", methods=["GET", "POST"])
def mcp():
    return {}
"""
AIOHTTP = """\
from aiohttp import web


async def handle(request: web.Request) -> web.Response:
    return web.json_response({})


app = web.Application()
app.router.add_post("/mcp", handle)
"""
DJANGO = """\
from django.http import HttpResponse
from django.urls import path


def mcp(request):
    return HttpResponse()


urlpatterns = [path("mcp", mcp)]
"""
STDLIB = """\
import json
from http.server import BaseHTTPRequestHandler


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        self.send_response(200)
"""
TORNADO = """\
import tornado.web


class Mcp(tornado.web.RequestHandler):
    def post(self):
        self.write({})


app = tornado.web.Application([(r"/mcp", Mcp)])
"""
ASGI = """\
import json


async def app(scope, receive, send):
    await send({})
"""
WSGI = ASGI.replace("async ", "").replace("scope, receive, send", "environ, start_response").replace("await send", "f")
BODY = '{"jsonrpc": "2.0", "error": error}'
BY_STARLETTE = f"return JSONResponse({BODY}, status_code=400)"


@pytest.mark.parametrize(
    ("text", "imported", "header", "answer"),
    [
        (STARLETTE, "from starlette.responses import JSONResponse", "request.headers.get", (BY_STARLETTE,)),
        (ENDPOINT, "", "request.headers.get", (BY_STARLETTE,)),
        (FLASK, "", "request.headers.get", (f"return {BODY}, 400",)),
        (AIOHTTP, "", "request.headers.get", (f"return web.json_response({BODY}, status=400)",)),
        (DJANGO, "from django.http import JsonResponse", "request.headers.get",
         (f"return JsonResponse({BODY}, status=400)",)),
        (TORNADO, "", "self.request.headers.get", ("self.set_status(400)", f"self.finish({BODY})", "return")),
        (STDLIB, "", "self.headers.get", (
            f"body = json.dumps({BODY}).encode()", "self.send_response(400)",
            'self.send_header("Content-Type", "application/json")', 'self.send_header("Content-Length", str(len(body)))',
            'self.send_header("Connection", "close")', "self.end_headers()", "self.wfile.write(body)", "return",
        )),
    ],
)  # fmt: skip
def test_python(text: str, imported: str, header: str, answer: tuple[str, ...]) -> None:
    lines = added("a.py", text).split("\n")
    rest = [line for line in lines if line != imported]
    assert (imported in lines) is bool(imported)
    assert rest[0] == 'SUPPORTED_VERSIONS = ["2025-06-18", "2025-11-25"]'
    assert textwrap.dedent("\n".join(rest[1:])).split("\n") == [
        f'protocol_version = {header}("mcp-protocol-version")',
        "if protocol_version is not None and protocol_version not in SUPPORTED_VERSIONS:",
        '    error = {"code": -32000, "message": "Unsupported protocol version"}',
        *(f"    {line}" for line in answer),
    ]


@pytest.mark.parametrize(
    ("text", "header", "answer"),
    [
        (ASGI, 'dict(scope.get("headers", ())).get(b"mcp-protocol-version", b"").decode()',
         'await send({"type": "http.response.body"'),
        (WSGI, 'environ.get("HTTP_MCP_PROTOCOL_VERSION")', 'start_response("400 Bad Request"'),
    ],
)  # fmt: skip
def test_an_application_without_a_framework(text: str, header: str, answer: str) -> None:
    after = added("a.py", text)
    assert f"protocol_version = {header}\n" in after
    assert answer in after


def test_what_fastapi_gives_the_function_is_given_for_the_version_too() -> None:
    text = """\
from typing import Annotated

from fastapi import FastAPI, Header

KNOWN = ("2025-06-18", "2025-11-25")
app = FastAPI()


@app.post("/mcp")
async def mcp(
    message: dict,
    mcp_session_id: Annotated[str | None, Header()] = None,
):
    return {}
"""
    assert added("a.py", text).split("\n")[:3] == [
        "from fastapi.responses import JSONResponse", "    mcp_protocol_version: Annotated[str | None, Header()] = None,",
        "    if mcp_protocol_version is not None and mcp_protocol_version not in KNOWN:",
    ]  # fmt: skip
    without = text.replace("    mcp_session_id: Annotated[str | None, Header()] = None,\n", "")
    after = edited("a.py", without)
    assert "(request: Request, \n" in after
    assert "from fastapi import Request\n" in after
    assert 'protocol_version = request.headers.get("mcp-protocol-version")' in after


def test_a_python_function_on_one_line_gets_lines() -> None:
    text = AIOHTTP.replace(":\n    return", ": return")
    after = edited("a.py", text)
    assert "-> web.Response: \n    protocol_version = " in after
    assert "\n    return web.json_response({})\n" in after


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.js", "import restify from 'restify';\nserver.post('/mcp', (req, res) => { res.send(1); });\n"),
        ("a.js", 'import express from "express";\nconst app = express();\napp.post("/other", (req, res) => {});\n'),
        ("a.py", "def mcp(request):\n    return {}\n"),
        ("a.py", 'from mcp.server.fastmcp import FastMCP\n\nmcp = FastMCP("x")\nmcp.run()\n'),
        ("a.go", "package main\n\nfunc main() {}\n"),
    ],
)
def test_what_is_written_for_no_framework_that_is_known_stays(path: str, text: str) -> None:
    assert edited(path, text) == text


def test_a_server_that_negotiates_nothing_has_no_versions_to_name() -> None:
    assert edited("a.js", EXPRESS, versions=()) == EXPRESS


@pytest.mark.parametrize(
    ("route", "at", "fits"),
    [
        ("/mcp", "/api/mcp", True), ("/", "/mcp", True), ("/mcp/*", "/mcp", True), ("*", "/mcp", True),
        ("/mcp", "/mcp/", True), ("/cp", "/mcp", False), ("/mcp", "/other", False),
    ],
)  # fmt: skip
def test_the_route_of_the_endpoint_is_found_where_it_is_mounted(route: str, at: str, fits: bool) -> None:
    text = f'import express from "express";\nconst router = express.Router();\nrouter.post("{route}", (req, res) => {{\n  f();\n}});\n'
    assert ("-32000" in edited("a.js", text, at=at)) is fits


def test_a_method_of_an_object_is_a_handler() -> None:
    text = AIOHTTP.replace("async def handle(request", "class Books:\n    async def answer(self, request").replace(
        "    return", "        return"
    )
    text = text.replace('app.router.add_post("/mcp", handle)', 'app.add_routes([web.post("/mcp", Books().answer)])')
    assert "        if protocol_version is not None and" in edited("a.py", text)


OWN = ("http://localhost:3000", "http://127.0.0.1:3000")


def checked(path: str, text: str) -> str:
    """Return the program with a guard that refuses all but its own Origin."""
    root = syntax_tree(path, text)
    assert root is not None
    transcript = Transcript("x", ExampleKind.HTTP_SERVER, (), endpoint="http://localhost:3000/mcp")
    data = text.encode()
    for edit in sorted(guard_origin(root, OWN, transcript), key=lambda edit: edit.start, reverse=True):
        data = data[: edit.start] + edit.new.encode() + data[edit.end :]
    after = syntax_tree(path, data.decode())
    assert after is not None
    assert not after.has_error
    return data.decode()


def test_a_foreign_origin_is_refused_by_403() -> None:
    assert checked("a.js", EXPRESS) == EXPRESS.replace(
        "const app", 'const ALLOWED_ORIGINS = ["http://localhost:3000", "http://127.0.0.1:3000"];\nconst app'
    ).replace(
        "  res.json(answer",
        """\
  const origin = req.header("origin");
  if (origin !== undefined && !ALLOWED_ORIGINS.includes(origin)) {
    const error = { code: -32000, message: "Origin not allowed" };
    res.status(403).json({ jsonrpc: "2.0", error });
    return;
  }
  res.json(answer""",
    )
    after = checked("a.py", STARLETTE)
    assert '    origin = request.headers.get("origin")\n' in after
    assert "    if origin is not None and origin not in ALLOWED_ORIGINS:\n" in after
    assert ", status_code=403)\n" in after
    assert 'environ.get("HTTP_ORIGIN")' in checked("a.py", WSGI)
    assert 'start_response("403 Forbidden"' in checked("a.py", WSGI)


def test_the_files_own_list_of_origins_is_used() -> None:
    text = EXPRESS.replace("const app", f"const OURS = new Set([{', '.join(map(repr, OWN))}]);\nconst app")
    after = checked("a.js", text)
    assert "!OURS.has(origin)" in after
    assert "ALLOWED_ORIGINS" not in after


@pytest.mark.parametrize(
    ("parameter", "origin", "version"),
    [
        ("session_id: str | None = Header(None, alias='Mcp-Session-Id')",
         "origin: str | None = Header(None, alias='Origin')",
         "protocol_version: str | None = Header(None, alias='Mcp-Protocol-Version')"),
        ("mcp_session_id: Annotated[str | None, Header()] = None", "origin: Annotated[str | None, Header()] = None",
         "mcp_protocol_version: Annotated[str | None, Header()] = None"),
    ],
)  # fmt: skip
def test_a_header_is_given_as_the_session_is(parameter: str, origin: str, version: str) -> None:
    text = f'from fastapi import FastAPI, Header\n\n\n@app.post("/mcp")\nasync def mcp({parameter}):\n    return {{}}\n'
    assert f"({parameter}, {origin})" in checked("a.py", text)
    assert f"({parameter}, {version})" in edited("a.py", text)
