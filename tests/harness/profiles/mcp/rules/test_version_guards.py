"""A guard refuses versions at the start of what answers messages, and no other byte of the program changes."""

from __future__ import annotations

import textwrap

import pytest

from tests.support.guarded_programs import (
    EXPRESS,
    VERSIONS,
    added_lines,
    with_version_guard,
)

LIST = 'const SUPPORTED_VERSIONS = ["2025-06-18", "2025-11-25"];'
ERROR = 'const error = { code: -32000, message: "Unsupported protocol version" };'
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
    assert added_lines(path, text) == wanted.replace("  }\n", "")


def test_the_guard_is_the_first_of_the_handler_and_the_list_stands_behind_the_imports() -> None:
    after = with_version_guard("a.js", EXPRESS)
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
    after = with_version_guard("a.ts", text, versions=versions)
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
    assert LIST in with_version_guard("a.js", EXPRESS.replace("const app", f"{constant}\nconst app"))


def test_a_header_is_read_as_the_handler_reads_the_session() -> None:
    text = EXPRESS.replace("  res.json(", "  const id = req.headers['Mcp-Session-Id'];\n  res.json(")
    after = with_version_guard("a.js", text)
    assert "= req.headers['mcp-protocol-version'];" in after
    assert "includes(String(protocolVersion))" in after


def test_handlers_of_other_methods_that_read_the_session_have_a_guard_too() -> None:
    text = EXPRESS.replace(
        'app.post("/other"', 'app.delete("/mcp", (req, res) => { end(req.get("mcp-session-id")); });\napp.post("/other"'
    )
    after = with_version_guard("a.js", text)
    assert after.count("-32000") == 2
    assert '  const protocolVersion = req.get("mcp-protocol-version");\n' in after
    assert after.count("SUPPORTED_VERSIONS = ") == 1


def test_a_handler_that_is_one_expression_becomes_a_block() -> None:
    text = "import { Hono } from \"hono\";\nconst app = new Hono().post('/mcp', (c) => c.json({ a: 1 }));\n"
    after = with_version_guard("a.js", text).split("\n")
    assert after[2:4] == [
        "const app = new Hono().post('/mcp', (c) => {", '  const protocolVersion = c.req.header("mcp-protocol-version");'
    ]  # fmt: skip
    assert after[-4:-1] == ["  }", "  return c.json({ a: 1 });", "});"]


def test_a_name_that_the_handler_has_already_is_not_taken() -> None:
    text = EXPRESS.replace("res.json(answer(", "const protocolVersion = 1;\n  res.json(answer(")
    assert "const requestedVersion = " in with_version_guard("a.js", text)


def test_a_server_without_sessions_answers_by_the_code_of_its_revision() -> None:
    after = with_version_guard("a.js", EXPRESS, versions=("2026-07-28",), modern=True)
    assert "    const data = { supported: SUPPORTED_VERSIONS, requested: protocolVersion };\n" in after
    assert '    const error = { code: -32022, message: "Unsupported protocol version", data };\n' in after


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
    assert with_version_guard(path, text) == text


def test_a_server_that_negotiates_nothing_has_no_versions_to_name() -> None:
    assert with_version_guard("a.js", EXPRESS, versions=()) == EXPRESS


@pytest.mark.parametrize(
    ("route", "at", "fits"),
    [
        ("/mcp", "/api/mcp", True), ("/", "/mcp", True), ("/mcp/*", "/mcp", True), ("*", "/mcp", True),
        ("/mcp", "/mcp/", True), ("/cp", "/mcp", False), ("/mcp", "/other", False),
    ],
)  # fmt: skip
def test_the_route_of_the_endpoint_is_found_where_it_is_mounted(route: str, at: str, fits: bool) -> None:
    text = f'import express from "express";\nconst router = express.Router();\nrouter.post("{route}", (req, res) => {{\n  f();\n}});\n'
    assert ("-32000" in with_version_guard("a.js", text, at=at)) is fits
