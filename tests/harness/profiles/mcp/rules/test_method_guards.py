"""GET is refused where no route refuses it, and no other byte of the program changes."""

from __future__ import annotations

import pytest

from extractor.languages.registry import syntax_tree
from extractor.model import ExampleKind
from harness.model import Transcript
from harness.profiles.mcp.rules.method_guards import guard_get

TRANSCRIPT = Transcript("x", ExampleKind.HTTP_SERVER, (), endpoint="http://localhost:3000/mcp")


def edited(path: str, text: str) -> str:
    root = syntax_tree(path, text)
    assert root is not None
    data = text.encode()
    for edit in sorted(guard_get(root, TRANSCRIPT), key=lambda edit: edit.start, reverse=True):
        data = data[: edit.start] + edit.new.encode() + data[edit.end :]
    after = syntax_tree(path, data.decode())
    assert after is not None
    assert not after.has_error
    return data.decode()


@pytest.mark.parametrize(
    ("imported", "handler", "method", "answer"),
    [
        ("import http from 'node:http';", "http.createServer((req, res) => {", "req.method",
         "res.writeHead(405).end();\n    return;"),
        ("import Koa from 'koa';", "new Koa().use(async (ctx) => {", "ctx.method", "ctx.status = 405;\n    return;"),
        ("import { Hono } from 'hono';", "app.all('/mcp', async (c) => {", "c.req.method", "return c.body(null, 405);"),
        ("import express from 'express';", "app.all('/mcp', (req, res) => {", "req.method",
         "res.status(405).end();\n    return;"),
        ("import Fastify from 'fastify';", "app.all('/mcp', async (request, reply) => {", "request.method",
         "return reply.code(405).send();"),
    ],
)  # fmt: skip
def test_a_handler_of_every_method(imported: str, handler: str, method: str, answer: str) -> None:
    text = f"{imported}\n{handler}\n  work('a');\n}});\n"
    guard = f"  if ({method} === 'GET') {{\n    {answer}\n  }}\n"
    assert edited("a.mjs", text) == text.replace("  work", f"{guard}  work")


def test_the_class_of_the_standard_library_gets_a_method() -> None:
    text = "class Handler(BaseHTTPRequestHandler):\n    def do_POST(self):\n        work()\n"
    method = "    def do_GET(self):\n        self.send_error(405)\n\n"
    assert edited("a.py", text) == text.replace("    def do_POST", f"{method}    def do_POST")
    has_one = f"{text}\n    def do_GET(self):\n        work()\n"
    assert edited("a.py", has_one) == has_one
    assert edited("a.py", "def do_POST():\n    work()\n") == "def do_POST():\n    work()\n", "no class"


def test_what_is_written_for_no_framework_that_is_known_stays() -> None:
    assert edited("a.mjs", "app.all('/mcp', (req, res) => {\n  res.end();\n});\n").count("405") == 0
    assert edited("a.go", "package main\n") == "package main\n"
