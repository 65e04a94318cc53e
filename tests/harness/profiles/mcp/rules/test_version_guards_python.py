"""A guard refuses versions in the frameworks of Python, and no other byte of the program changes."""

from __future__ import annotations

import textwrap

import pytest

from tests.support.guarded_programs import (
    AIOHTTP,
    ASGI,
    STARLETTE,
    WSGI,
    added_lines,
    with_version_guard,
)

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
    lines = added_lines("a.py", text).split("\n")
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
    after = added_lines("a.py", text)
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
    assert added_lines("a.py", text).split("\n")[:3] == [
        "from fastapi.responses import JSONResponse", "    mcp_protocol_version: Annotated[str | None, Header()] = None,",
        "    if mcp_protocol_version is not None and mcp_protocol_version not in KNOWN:",
    ]  # fmt: skip
    without = text.replace("    mcp_session_id: Annotated[str | None, Header()] = None,\n", "")
    after = with_version_guard("a.py", without)
    assert "(request: Request, \n" in after
    assert "from fastapi import Request\n" in after
    assert 'protocol_version = request.headers.get("mcp-protocol-version")' in after


def test_a_python_function_on_one_line_gets_lines() -> None:
    text = AIOHTTP.replace(":\n    return", ": return")
    after = with_version_guard("a.py", text)
    assert "-> web.Response: \n    protocol_version = " in after
    assert "\n    return web.json_response({})\n" in after


def test_a_method_of_an_object_is_a_handler() -> None:
    text = AIOHTTP.replace("async def handle(request", "class Books:\n    async def answer(self, request").replace(
        "    return", "        return"
    )
    text = text.replace('app.router.add_post("/mcp", handle)', 'app.add_routes([web.post("/mcp", Books().answer)])')
    assert "        if protocol_version is not None and" in with_version_guard("a.py", text)
