"""Answers with another status, in the styles of several frameworks. Each case: the line, and what becomes of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from extractor.languages.registry import syntax_tree
from extractor.model import Span
from harness.profiles.registry import MCP
from tests.support.broken_code import exchange, transcript_of, violation


def changed(requirement: str, status: int, text: str, path: str, *, blamed: bool = True) -> list[str]:
    """The lines that the requirement's fix makes of a file whose line with ``<<`` is blamed."""
    lines = text.split("\n")
    at = next((number for number, line in enumerate(lines, 1) if "<<" in line), 0)
    root, fix, sent = syntax_tree(path, text), MCP.catalogue.rule(requirement).fix, exchange(1, status)
    assert root is not None
    assert fix is not None
    finding = replace(violation(requirement, sent), blame=(Span(path, at, at),) if at and blamed else ())
    data = text.encode()
    for edit in sorted(set(fix(root, finding, transcript_of(sent))), key=lambda edit: edit.start, reverse=True):
        data = data[: edit.start] + edit.new.encode() + data[edit.end :]
    return [line.strip() for line in data.decode().split("\n") if line not in lines]


EXPRESS = 'import express from "express";\n'
PREDICATE = """\
const GONE = 404, WRONG = 400;
const known = (request) => open.has(request.headers["mcp-session-id"]);
desk.post("/mcp", async (request, reply) => {
  if (fresh) return reply.header("mcp-session-id", fresh).send();
  if (!known(request)) return refuse(reply, GONE, "?"); // <<
});
"""
ENUM = """\
enum Code { Bad = 400, NotFound = 404 }
class Desk {
  async get(req: Request, res: Response) {
    const id = req.header("mcp-session-id");
    const found = id ? this.open.get(id) : undefined;
    if (!found) {
      res.status(Code.Bad).send("?"); // <<
    }
  }
}
"""
FASTAPI = """\
from fastapi import Header, HTTPException, status
SessionId = Annotated[str | None, Header(alias="mcp-session-id")]
def session_of(sid: str | None) -> str:
    if sid is None or sid not in sessions:
        raise HTTPException(status_code=status.HTTP_404_NOT_FOUND)  # <<
    return sid
@router.post("/mcp")
async def talk(sid: SessionId = None):
    session_of(sid)
"""
AIOHTTP = """\
async def end(request):
    session = request.headers.get("Mcp-Session-Id")
    if not sessions.pop(session, None):
        raise web.HTTPBadRequest(text="?")  # <<
"""
STDLIB = """\
BAD, GONE = 400, 404
class Desk(BaseHTTPRequestHandler):
    def do_POST(self):
        if self.headers["Mcp-Session-Id"] not in sessions:
            return self.say(HTTPStatus.BAD_REQUEST)  # <<
"""
FLASK = """\
@app.post("/mcp")
def talk():
    sid = request.headers.get("Mcp-Session-Id")
    if sid not in sessions:
        return jsonify(error="?"), 400  # <<
"""
KOA = """\
router.all("/mcp", async (ctx) => {
  const id = ctx.get("mcp-session-id");
  if (!open.has(id)) {
    ctx.status = 400; // <<
    return;
  }
});
"""
TERNARY = """\
router.delete("/mcp", (ctx) => {
  const id = ctx.get("mcp-session-id");
  ctx.status = open.delete(id) ? 204 : 400; // <<
});
"""
POPPED = """\
def leave():
    if sessions.pop(request.headers.get("Mcp-Session-Id"), None) is None:
        return "?", 400  # <<
"""
DJANGO = """\
def talk(request):
    sid = request.META.get("HTTP_MCP_SESSION_ID")
    if not sid or sid not in sessions:
        return JsonResponse({"error": "?"}, status=400)  # <<
"""
NAMED_HEADER = """\
SESSION = "mcp-session-id"
async def talk(request):
    sid = request.headers.get(SESSION)
    if sid is None or sid not in sessions:
        return web.json_response({"error": "?"}, status=400)  # <<
"""
TUPLE = STDLIB.replace("HTTPStatus.BAD_REQUEST", "BAD")


@pytest.mark.parametrize(
    ("requirement", "status", "path", "text", "line"),
    [
        ("session.missing-400", 404, "a.mjs", PREDICATE,
         'if (!known(request)) return refuse(reply, request.headers["mcp-session-id"] ? GONE : WRONG, "?"); // <<'),
        ("session.terminated-404", 400, "a.ts", ENUM, 'res.status(id ? Code.NotFound : Code.Bad).send("?"); // <<'),
        ("session.missing-400", 404, "a.py", FASTAPI,
         "raise HTTPException(status_code=status.HTTP_404_NOT_FOUND if sid else status.HTTP_400_BAD_REQUEST)  # <<"),
        ("session.terminated-404", 400, "a.py", AIOHTTP,
         'raise (web.HTTPNotFound if session else web.HTTPBadRequest)(text="?")  # <<'),
        ("session.terminated-404", 400, "a.py", STDLIB,
         'return self.say(HTTPStatus.NOT_FOUND if self.headers["Mcp-Session-Id"] else HTTPStatus.BAD_REQUEST)  # <<'),
        ("session.terminated-404", 400, "a.py", TUPLE,
         'return self.say(GONE if self.headers["Mcp-Session-Id"] else BAD)  # <<'),
        ("session.terminated-404", 400, "a.py", FLASK, 'return jsonify(error="?"), 404 if sid else 400  # <<'),
        ("session.terminated-404", 400, "a.mjs", KOA, "ctx.status = id ? 404 : 400; // <<"),
        ("session.terminated-404", 400, "a.mjs", TERNARY, "ctx.status = open.delete(id) ? 204 : id ? 404 : 400; // <<"),
        ("session.terminated-404", 400, "a.py", POPPED,
         'return "?", 404 if request.headers.get("Mcp-Session-Id") else 400  # <<'),
        ("session.terminated-404", 400, "a.py", DJANGO,
         'return JsonResponse({"error": "?"}, status=404 if sid else 400)  # <<'),
        ("session.terminated-404", 400, "a.py", NAMED_HEADER,
         'return web.json_response({"error": "?"}, status=404 if sid else 400)  # <<'),
    ],
)  # fmt: skip
@pytest.mark.parametrize("traced", [True, False], ids=["by execution", "by reading"])
def test_one_answer_for_a_missing_and_an_ended_id(
    requirement: str, status: int, path: str, text: str, line: str, *, traced: bool
) -> None:
    assert changed(requirement, status, text, path, blamed=traced) == [line]


@pytest.mark.parametrize(
    ("path", "text", "line"),
    [
        ("a.ts", 'import { Hono } from "hono";\napp.post("/", (c) => {\n  if (!("id" in m)) {\n    return c.json({});\n  }\n});',
         "return c.body(null, 202);"),
        ("a.cjs", 'const express = require("express")\napp.post("/", (req, res) => {\n  const { id } = req.body\n'
         "  if (id === undefined) {\n    res.json({ ok: true })\n    return\n  }\n})", "res.status(202).end()"),
        ("a.py", 'from starlette.responses import JSONResponse, Response\ndef f(m):\n    if "id" not in m:\n        return JSONResponse(None)\n',
         "return Response(status_code=202)"),
        ("a.py", 'from fastapi import Response\ndef f(m):\n    if "id" not in m:\n        return\n', "return Response(status_code=202)"),
        ("a.py", 'from flask import Flask\ndef f(m):\n    if "id" not in m:\n        return {}\n', 'return "", 202'),
        ("a.mjs", "import Koa from 'koa';\nf((ctx) => {\n  if (m.id === undefined) {\n    ctx.status = 204;\n    return;\n  }\n});",
         "ctx.status = 202; ctx.body = '';"),
        ("a.mjs", "import Koa from 'koa';\nf((ctx) => {\n  if (m.id === undefined) {\n    ctx.body = {};\n    return;\n  }\n});",
         "ctx.status = 202; ctx.body = '';"),
        ("a.mjs", EXPRESS + "f((req, res) => {\n  if (m.id === undefined) return res.sendStatus(204);\n});",
         "if (m.id === undefined) return res.status(202).end();"),
        ("a.py", 'from aiohttp import web\ndef f(m):\n    if m.get("id") is None:\n        return web.json_response({})\n',
         "return web.Response(status=202)"),
        ("a.py", 'def f(self, m):\n    if "id" not in m:\n        return self.say(HTTPStatus.OK)\n', "return self.say(HTTPStatus.ACCEPTED)"),
    ],
)  # fmt: skip
def test_a_notification_that_is_answered_without_a_status_of_its_own(path: str, text: str, line: str) -> None:
    assert changed("post.notification-202", 200, text, path) == [line]


@pytest.mark.parametrize(
    ("path", "condition", "after"),
    [
        ("a.mjs", "if (message.id === undefined) ", "if (message.id === undefined || !message.method) "),
        ("a.mjs", 'if (!("id" in m)) ', 'if (!("id" in m) || !m.method) '),
        ("a.mjs", "const { id, method } = m;\nif (id === undefined) ", "if (id === undefined || !method) "),
        ("a.mjs", "if (m.id === undefined && m.method) ", None),
        ("a.py", 'if "id" not in m:\n    ', 'if "id" not in m or "method" not in m:'),
        ("a.py", 'if m.get("id") is None:\n    ', 'if m.get("id") is None or m.get("method") is None:'),
    ],
)
def test_a_response_is_accepted_with_notifications(path: str, condition: str, after: str | None) -> None:
    """Only where the server was seen to refuse or to answer one."""
    root, fix = syntax_tree(path, f"{condition}send(202)\n"), MCP.catalogue.rule("post.notification-202").fix
    sent = replace(exchange(1, 200), step="live.post-response")
    assert root is not None
    assert fix is not None
    edits = set(fix(root, violation("post.notification-202", sent), transcript_of(sent)))
    text = f"{condition}send(202)\n"
    for edit in edits:
        text = text[: edit.start] + edit.new + text[edit.end :]
    assert (after or condition.rstrip()) in text
    accepted = replace(sent, reply=replace(sent.reply, status=202)) if sent.reply is not None else sent
    assert not set(fix(root, violation("post.notification-202", accepted), transcript_of(accepted)))


@pytest.mark.parametrize(
    ("path", "text", "line"),
    [
        ("a.mjs", 'switch (req.method) {\n  case "GET":\n    return reply(res, 501);\n}', "return reply(res, 405);"),
        ("a.py", 'match method:\n    case "GET":\n        send(404)\n', "send(405)"),
        ("a.py", '@router.get("")\nasync def stream():\n    raise HTTPException(403)\n', "raise HTTPException(405)"),
        ("a.py", 'class Desk(HTTPEndpoint):\n    async def get(self, request):\n        return refuse(404)\n', "return refuse(405)"),
        ("a.mjs", 'desk.get("/mcp", async (request, reply) => reply.code(404).send());',
         'desk.get("/mcp", async (request, reply) => reply.code(405).send());'),
    ],
)  # fmt: skip
def test_get_gets_405_where_it_is_answered(path: str, text: str, line: str) -> None:
    status = next(status for status in (501, 404, 403) if str(status) in text)
    assert changed("get.sse-or-405", status, text, path) == [line]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (EXPRESS + 'router.post("/mcp", handle);\n', ['router.get("/mcp", (req, res) => res.status(405).end());']),
        ('import Fastify from "fastify"\napp.post("/mcp", handle)\n', ['app.get("/mcp", (request, reply) => reply.code(405).send())']),
        ('import { Hono } from "hono";\napp.post("/mcp", handle);\n', ['app.get("/mcp", (c) => c.body(null, 405));']),
        (EXPRESS + 'app.post("/mcp", handle);\napp.get("/mcp", stream);\n', []),
        (EXPRESS + 'app.post("/mcp", handle);\napp.all("/mcp", other);\n', []),
    ],
)  # fmt: skip
def test_get_gets_a_route_where_it_has_none(text: str, lines: list[str]) -> None:
    assert changed("get.sse-or-405", 404, text, "a.mjs") == lines


def test_a_number_that_is_blamed_and_is_no_status_of_the_answer_stays() -> None:
    text = "const limit = 404; // <<\nif (limit > 3) stop();\n"
    assert changed("get.sse-or-405", 404, text, "a.mjs") == []


def test_a_body_behind_the_status_is_left_out() -> None:
    text = 'class H:\n    def say(self, code, body=None): ...\n    def do_POST(self):\n        if "id" not in m:\n'
    assert changed("post.notification-202", 200, text + "            return self.say(200, {})\n", "a.py") == [
        "return self.say(202)"
    ]
    kept = text + "            return self.say(200, answer)\n"
    assert changed("post.notification-202", 200, kept, "a.py") == ["return self.say(202, answer)"]
    node = "function send(res, status, body) {}\nf((req, res) => {\n  if (m.id === undefined) return send(res, 200, {});\n});"
    assert changed("post.notification-202", 200, node, "a.mjs") == ["if (m.id === undefined) return send(res, 202);"]


@pytest.mark.parametrize("framework", ["fastapi", "starlette"])
def test_a_response_that_nobody_imported_is_imported(framework: str) -> None:
    text = f'from {framework} import Route\ndef f(m):\n    if "id" not in m:\n        return {{"ok": True}}\n'
    module = "fastapi" if framework == "fastapi" else "starlette.responses"
    assert changed("post.notification-202", 200, text, "a.py") == [
        f"from {module} import Response", "return Response(status_code=202)",
    ]  # fmt: skip
