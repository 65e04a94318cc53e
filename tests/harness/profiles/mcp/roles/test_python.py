"""What Python code does with MCP, by the code alone."""

from __future__ import annotations

import time

import pytest

from extractor.languages.common.roles import Start
from extractor.languages.python.parse import parse_python
from extractor.model import ExampleKind
from harness.profiles.mcp.roles.python import role

HTTP, STDIO, CLIENT, OTHER = (
    ExampleKind.HTTP_SERVER,
    ExampleKind.STDIO_SERVER,
    ExampleKind.CLIENT,
    ExampleKind.OTHER,
)

PYTHON = [
    ("mcp = FastMCP('x')\nmcp.run()", STDIO, Start.RUN),
    ("mcp = FastMCP('x')\nmcp.run(transport='stdio')", STDIO, Start.RUN),
    ("mcp = FastMCP('x')\nmcp.run('http')", HTTP, Start.RUN),
    ("s = MCPServer(config=Config(transport='streamable-http'))\ns.serve()", HTTP, Start.RUN),
    ("s = MCPServer(config=Config(transport='stdio'))\ns.serve()", STDIO, Start.RUN),
    ("s = MCPServer(config=Config())\ns.serve()", OTHER, Start.NONE),
    ("s = Mill(transport='http')\ns.serve()", OTHER, Start.NONE),
    ("from fastmcp import FastMCP as Mine\nown = Mine('x')\nown.run('http')", HTTP, Start.RUN),
    ("FastMCP('x').run(transport='streamable-http')", HTTP, Start.RUN),
    ("class Mine(FastMCP): ...\nown = Mine('x')\nown.run('stdio')", STDIO, Start.RUN),
    ("mcp = FastMCP('x')\nsubprocess.run('git status', shell=True)\nmcp.run(transport='http')", HTTP, Start.RUN),
    ("import mcp\nagent = Agent()\nagent.run('What is 7 plus 5?')", OTHER, Start.NONE),
    ("import mcp\nserver = Popen()\nserver.run('x')", OTHER, Start.NONE),
    (
        "from pydantic_ai.mcp import MCPServerSSE\nasync def f():\n    MCPServerSSE('u')\nasyncio.run(f())",
        CLIENT,
        Start.RUN,
    ),
    ("asyncio.run(mcp.run_async(transport='http'))", HTTP, Start.RUN),
    ("asyncio.run(mcp.run_http_async())", HTTP, Start.RUN),
    ("import os\nT = os.getenv('TRANSPORT', 'sse')\nmcp.run(transport=T)", HTTP, Start.RUN),
    ("mcp.run(transport=config.transport, port=1)\nMODES = ('stdio', 'streamable-http')", HTTP, Start.RUN),
    ("import mcp, uvicorn\nuvicorn.run(app)", HTTP, Start.RUN),
    ("app = mcp.http_app()\nserver = uvicorn.Server(uvicorn.Config(app))\nserver.run()", HTTP, Start.RUN),
    ("app = FastMCP('x').http_app()", HTTP, Start.APP),
    ("inner = mcp.streamable_http_app()\napp = FastAPI()\napp.mount('/x', inner)", HTTP, Start.APP),
    ("def make():\n    app = mcp.http_app()\n    return app", OTHER, Start.NONE),
    ("async def main():\n    async with stdio_server() as s:\n        pass\nasyncio.run(main())", STDIO, Start.RUN),
    ("async def main():\n    async with stdio_server() as s:\n        pass", STDIO, Start.NONE),
    ("async def main():\n    async with ClientSession(r, w) as s:\n        pass\nanyio.run(main)", CLIENT, Start.RUN),
    ("client = Client('http://localhost:1/mcp')", CLIENT, Start.NONE),
    ("from crewai_tools import MCPServerAdapter\nwith MCPServerAdapter({}) as tools:\n    pass", CLIENT, Start.RUN),
    ("from crewai_tools import MCPServerAdapter\ntools = MCPServerAdapter({})", CLIENT, Start.NONE),
    (
        "from crewai_tools import MCPServerAdapter\ndef tools():\n    with MCPServerAdapter({}) as t:\n        return t",
        CLIENT,
        Start.NONE,
    ),
    (
        "from a.mcp import MCPClient\ndef make():\n    return ClientSession(r, w)\nclient = MCPClient(make)\n"
        "with client:\n    client.list_tools_sync()",
        CLIENT,
        Start.RUN,
    ),
    ("from a.mcp import MCPClient\nclient = MCPClient(lambda: ClientSession(r, w))", CLIENT, Start.NONE),
    (
        "from llama_index.tools.x import BasicMCPClient\nc = BasicMCPClient('http://localhost:1/mcp')",
        CLIENT,
        Start.NONE,
    ),
    ("from a.tools import BasicMCPClient\nc = BasicMCPClient('/')\nprint(c.list_tools())", CLIENT, Start.RUN),
    ("from a.b import MCPClient, Agent\nwith MCPClient(make) as c:\n    c.list_tools_sync()", CLIENT, Start.RUN),
    ("from a.b import make_client\nc = make_client('/')\nc.list_tools()", OTHER, Start.NONE),
    ("import httpx\nhttpx.Client()", OTHER, Start.NONE),
    ("from httpx import Client\nmcp = FastMCP('x')\nc = Client()", OTHER, Start.NONE),
    ("import aiohttp\nasync def f():\n    async with aiohttp.ClientSession() as s: ...", OTHER, Start.NONE),
    ("mcp = FastMCP('x')", OTHER, Start.NONE),
    ("import gradio as gr\ndemo = gr.Interface(fn=weigh)\ndemo.launch(mcp_server=True)", HTTP, Start.RUN),
    ("import gradio as gr\ndemo = gr.Interface(fn=weigh)\ndemo.launch(mcp_server=False)", OTHER, Start.NONE),
    ("import gradio as gr\ndemo = gr.Interface(fn=weigh)\ndemo.launch()", OTHER, Start.NONE),
    ("mcp = FastMCP('x')\nasyncio.run(f(Client(mcp)))", OTHER, Start.RUN),
    ("import httpx\nB = {'jsonrpc': '2.0', 'method': 'initialize'}\nhttpx.post('/', json=B)", CLIENT, Start.RUN),
    ("import httpx\nclient = httpx.Client()\nB = ('jsonrpc', 'initialize')\nclient.post(B)", CLIENT, Start.RUN),
    (
        "import httpx\nB = {'jsonrpc': '2.0', 'method': 'initialize'}\nanswer = httpx.post('/', json=B)",
        CLIENT,
        Start.RUN,
    ),
    (
        "import httpx\nB = ('jsonrpc', 'initialize')\nwith httpx.Client() as c:\n    r = c.post('/', json=B)",
        CLIENT,
        Start.RUN,
    ),
    (
        "import httpx\nB = ('jsonrpc', 'initialize')\ndef send():\n    return httpx.post('/', json=B)",
        CLIENT,
        Start.NONE,
    ),
    ("import requests\nB = ('jsonrpc', 'initialize')\nrequests.post(u, json=B)", CLIENT, Start.RUN),
    (
        "from http import client\nB = ('jsonrpc', 'initialize')\nclient.HTTPConnection('h').request(B)",
        CLIENT,
        Start.RUN,
    ),
    ("import urllib.parse\nB = ('jsonrpc', 'initialize')", OTHER, Start.NONE),
    ("subprocess.run(['ls'])", OTHER, Start.NONE),
    ("asyncio.run(main())", OTHER, Start.NONE),
]
WORDS = "WORDS = ('jsonrpc', 'initialize', 'serverInfo')\n"
PYTHON_WEB = [
    ("from http.server import HTTPServer\nHTTPServer(('', 1), H).serve_forever()", HTTP, Start.RUN),
    ("import http.server\nif __name__ == '__main__':\n    http.server.ThreadingHTTPServer(A, H).serve_forever()",
     HTTP, Start.RUN),
    ("import socketserver\nwith socketserver.TCPServer(A, H) as s:\n    s.serve_forever()", HTTP, Start.RUN),
    ("from http.server import HTTPServer\nclass S(HTTPServer): ...\ndef main():\n    S(A, H).serve_forever()\nmain()",
     HTTP, Start.RUN),
    ("from http.server import HTTPServer\nThread(target=HTTPServer(A, H).serve_forever).start()", HTTP, Start.RUN),
    ("import requests\nfrom http.server import HTTPServer\nrequests.post(U)\nHTTPServer(A, H).serve_forever()",
     HTTP, Start.RUN),
    ("from wsgiref.simple_server import make_server\nmake_server('', 1, app).serve_forever()", HTTP, Start.RUN),
    ("from flask import Flask\napp = Flask(__name__)\napp.run(port=1)", HTTP, Start.RUN),
    ("from flask import Flask\nserver = Flask(__name__)\nserver.run()", HTTP, Start.RUN),
    ("from flask import Flask\napp = Flask(__name__)\napp.run('0.0.0.0', 1)", HTTP, Start.RUN),
    ("from aiohttp import web\nif __name__ == '__main__':\n    web.run_app(web.Application())", HTTP, Start.RUN),
    ("import httpx, uvicorn\nuvicorn.run(app)", HTTP, Start.RUN),
    ("from fastapi import FastAPI\nimport httpx\napp = FastAPI()", HTTP, Start.APP),
    ("import asyncio\nasync def main():\n    s = await asyncio.start_server(f, 'h', 1)\nasyncio.run(main())",
     HTTP, Start.RUN),
    ("from waitress import serve\nserve(app, port=1)", HTTP, Start.RUN),
    ("import sys\nfor line in sys.stdin:\n    answer(line)", STDIO, Start.RUN),
    ("import sys\nwhile line := sys.stdin.readline():\n    answer(line)", STDIO, Start.RUN),
    ("import sys\ndef main():\n    for line in sys.stdin.buffer: ...\nif __name__ == '__main__':\n    main()",
     STDIO, Start.RUN),
    ("from sys import stdin\nfor line in stdin:\n    answer(line)", STDIO, Start.RUN),
    ("from sys import stdin as source\nfor line in iter(source.readline, ''):\n    answer(line)", STDIO, Start.RUN),
    ("while True:\n    answer(input())", STDIO, Start.RUN),
    ("import fileinput\nfor line in fileinput.input():\n    answer(line)", STDIO, Start.RUN),
    ("import asyncio, sys\nasync def main():\n    await loop.connect_read_pipe(f, sys.stdin)\nasyncio.run(main())",
     STDIO, Start.RUN),
    ("import sys\nfrom http.server import HTTPServer\nsys.stdin.close()\nHTTPServer(A, H).serve_forever()",
     HTTP, Start.RUN),
    ("import sys\ndef main():\n    for line in sys.stdin: ...", OTHER, Start.NONE),
    ("import sys\nsys.stdin = None", OTHER, Start.NONE),
    ("from http.server import HTTPServer\nserver = HTTPServer(A, H)", HTTP, Start.NONE),
    ("from http.server import HTTPServer\ndef main():\n    HTTPServer(A, H).serve_forever()", HTTP, Start.NONE),
    ("from flask import Flask\nimport requests\napp = Flask(__name__)\nrequests.post(U)", HTTP, Start.NONE),
]  # fmt: skip
"""Servers that answer JSON-RPC by hand, each with :data:`WORDS`, whatever they ask others with."""


def _role(text: str) -> tuple[ExampleKind, Start]:
    code = parse_python(text)
    assert code.error is None
    found = role((code,))
    return found.kind, found.start


@pytest.mark.parametrize(("text", "kind", "start"), PYTHON)
def test_python(text: str, kind: ExampleKind, start: Start) -> None:
    assert _role(text) == (kind, start)


@pytest.mark.parametrize(("text", "kind", "start"), PYTHON_WEB)
def test_python_that_answers_by_hand(text: str, kind: ExampleKind, start: Start) -> None:
    assert _role(WORDS + text) == (kind, start)


def test_a_client_that_serves_a_page_to_sign_in_is_a_client() -> None:
    text = "import requests\nfrom http.server import HTTPServer\nW = ('jsonrpc', 'initialize', 'clientInfo')\n"
    assert _role(text + "HTTPServer(A, H).handle_request()\nrequests.post(U)") == (CLIENT, Start.RUN)
    sdk = "from mcp import ClientSession\nHTTPServer(A, H).handle_request()\nClientSession(r, w)\nW = 'jsonrpc'\n"
    assert _role("from http.server import HTTPServer\n" + sdk)[0] is CLIENT


ASKS = "    async with Client('http://localhost:9000/mcp') as c:\n        return await c.list_tools()\n"
WEB = "import uvicorn\nfrom fastapi import FastAPI\nfrom fastmcp import Client\napp = FastAPI()\n"
RUNS = "uvicorn.run(app)\n"


@pytest.mark.parametrize(
    "text",
    [
        f"{WEB}@app.get('/tools')\nasync def tools():\n{ASKS}{RUNS}",
        f"{WEB}async def ask():\n{ASKS}@app.get('/tools')\nasync def tools(): return await ask()\n{RUNS}",
        f"{WEB}async def tools():\n{ASKS}app.add_api_route('/tools', tools)\n{RUNS}",
        f"{WEB}c = Client('http://h/mcp')\n@app.get('/tools')\nasync def tools():\n    await c.list_tools()\n{RUNS}",
        f"{WEB}@app.get('/tools')\nasync def tools():\n{ASKS}",
        "from flask import Flask\nfrom fastmcp import Client\napp = Flask('x')\n@app.get('/tools')\n"
        f"async def tools():\n{ASKS}app.run()\n",
    ],
)
def test_a_web_application_that_asks_only_when_it_is_asked_is_neither_a_server_nor_a_client_to_watch(text: str) -> None:
    found = role((parse_python(text),))
    assert found.kind is CLIENT
    assert "is a web application" in found.obstacle


@pytest.mark.parametrize(
    "text",
    [
        f"{WEB}@asynccontextmanager\nasync def begin(app):\n{ASKS}app = FastAPI(lifespan=begin)\n{RUNS}",
        f"{WEB}@app.on_event('startup')\nasync def begin():\n{ASKS}{RUNS}",
        f"{WEB}async def main():\n{ASKS}    uvicorn.Server(app)\nasyncio.run(main())\n",
    ],
)
def test_a_web_application_that_asks_at_its_start_is_a_client(text: str) -> None:
    found = role((parse_python(text),))
    assert (found.kind, found.obstacle) == (CLIENT, "")


@pytest.mark.parametrize(
    "text",
    [
        f"{WEB}mcp = FastMCP('x')\napp.mount('/mcp', mcp.http_app())\nasync def check():\n{ASKS}{RUNS}",
        f"{WEB}from server import mcp\nasync def check():\n{ASKS}{RUNS}",
        f"{WEB}from mcp.server.lowlevel import Server as S\nasync def check():\n{ASKS}{RUNS}",
        f"{WEB}@app.post('/mcp')\nasync def rpc():\n{ASKS}{RUNS}",
    ],
)
def test_a_server_that_asks_others_is_a_server(text: str) -> None:
    found = role((parse_python(text),))
    assert (found.kind, found.obstacle) == (HTTP, "")


def test_a_web_server_without_mcp_is_something_else() -> None:
    assert _role("from flask import Flask\napp = Flask(__name__)\napp.run()") == (OTHER, Start.NONE)


@pytest.mark.parametrize(
    ("text", "speaks"),
    [
        ("import mcp", True),
        ("from fastmcp import FastMCP", True),
        ("@server.tool()\ndef add(): ...", True),
        ("async with streamablehttp_client(url): ...", True),
        ("BODY = {'jsonrpc': '2.0'}", True),
        ("import fastapi\napp = fastapi.FastAPI()", False),
        ("@app.get('/')\ndef root(): ...", False),
        ("tool()", False),
    ],
)
def test_what_is_about_mcp(text: str, speaks: bool) -> None:
    assert role((parse_python(text),)).relevant is speaks


@pytest.mark.parametrize(
    "words", ["('jsonrpc', 'initialize', 'clientInfo')", "('initialize', 'serverInfo')", "('jsonrpc',)"]
)
def test_what_reads_input_and_answers_no_client_is_not_a_server(words: str) -> None:
    assert _role(f"import sys\nW = {words}\nfor line in sys.stdin:\n    send(line)")[0] is not STDIO


@pytest.mark.parametrize("call", ["mcp.run()", "other.run()", "a{n}.serve()"])
def test_thousands_of_starts_take_no_longer_than_they_are_many(call: str) -> None:
    lines = "\n".join(call.format(n=n) for n in range(4000))
    facts = parse_python(f"from fastmcp import FastMCP\nmcp = FastMCP('mill')\n{lines}\n")
    began = time.process_time()
    role((facts,))
    assert time.process_time() - began < 3


def test_the_low_level_sdk_serves_one_of_several_transports() -> None:
    code = (
        "from mcp.server.lowlevel import Server\nmanager = StreamableHTTPSessionManager(app=Server('x'))\n"
        "def main(how='stdio'):\n    if how == 'http':\n        uvicorn.run(app)\n    else:\n"
        "        async def pipes():\n            async with stdio_server() as streams:\n                pass\n"
        "        anyio.run(pipes)\nmain({})\n"
    )
    assert role((parse_python(code.format("")),)).kind is STDIO
    assert role((parse_python(code.format("'http'")),)).kind is HTTP


@pytest.mark.parametrize("arguments", ["chosen", "chosen, port=80", "transport=chosen"])
def test_a_transport_that_is_an_expression_is_asked_for(arguments: str) -> None:
    found = role((parse_python(f"mcp = FastMCP('x')\nchosen = 'sse'\nmcp.run({arguments})"),))
    assert (found.kind, found.start) == (HTTP, Start.RUN)
    assert role((parse_python("mcp = FastMCP('x')\nmcp.run(*several)"),)).start is Start.NONE


@pytest.mark.parametrize(
    ("module", "arguments", "is_guessed"),
    [
        ("mill_mcp", "", True),
        ("mill_mcp", "transport='stdio'", False),
        ("fastmcp", "", False),
        ("mcp.server.fastmcp", "", False),
    ],
)
def test_what_a_library_takes_without_a_word_may_be_a_guess(module: str, arguments: str, is_guessed: bool) -> None:
    found = role((parse_python(f"from {module} import FastMCP\nmcp = FastMCP('x')\nmcp.run({arguments})"),))
    assert (found.kind, found.is_transport_guessed) == (STDIO, is_guessed)


@pytest.mark.parametrize(
    ("module", "made", "run", "kind"),
    [
        ("mill_mcp", "'x', port=80", "", HTTP),
        ("mill_mcp", "'x'", "host='127.0.0.1', port=80", HTTP),
        ("mill_mcp", "'x', size=80", "fast=True", STDIO),
        ("mill_mcp", "'x', port=80", "transport='stdio'", STDIO),
        # these libraries are known to mean stdio
        ("fastmcp", "'x'", "port=80", STDIO),
        ("mcp.server.fastmcp", "'x', port=80", "", STDIO),
    ],
)
def test_a_server_that_is_given_a_port_is_taken_to_listen(module: str, made: str, run: str, kind: ExampleKind) -> None:
    found = role((parse_python(f"from {module} import FastMCP\nmcp = FastMCP({made})\nmcp.run({run})"),))
    assert (found.kind, found.start) == (kind, Start.RUN)
    assert found.is_transport_guessed == (module == "mill_mcp" and "transport" not in run)


@pytest.mark.parametrize(
    "code",
    [
        "import mill_mcp\nmcp = mill_mcp.FastMCP('x')\nmcp.run()",
        "from mill_mcp import FastMCP\nFastMCP('x').run()",
        "from mill_mcp import FastMCP\nclass Mill(FastMCP): pass\nmcp = Mill('x')\nmcp.run()",
    ],
)
def test_however_the_library_is_imported(code: str) -> None:
    found = role((parse_python(code),))
    assert (found.kind, found.is_transport_guessed) == (STDIO, True)
