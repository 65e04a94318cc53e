"""What Kotlin code does with MCP."""

from __future__ import annotations

import pytest

from extractor.languages.common.roles import Start
from extractor.languages.kotlin.parse import parse_kotlin
from extractor.model import ExampleKind
from harness.profiles.mcp.roles.kotlin import endpoint_paths, role

MAIN = "import io.modelcontextprotocol.kotlin.sdk.server.Server\nfun main() {{\n{}\n}}\n"
STDIO = "    Server(info, options).createSession(StdioServerTransport(a, b))"
HTTP = (
    '    embeddedServer(CIO, port = 3000) { mcpStreamableHttp("/tools") { Server(info, options) } }.start(wait = true)'
)
CLIENT = "    Client(info).connect(StreamableHttpClientTransport(http, url))"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (STDIO, ExampleKind.STDIO_SERVER),
        (HTTP, ExampleKind.HTTP_SERVER),
        (CLIENT, ExampleKind.CLIENT),
        (f"{CLIENT}\n{STDIO}", ExampleKind.OTHER),
    ],
)
def test_main(body: str, kind: ExampleKind) -> None:
    found = role((parse_kotlin(MAIN.format(body)),))
    assert (found.kind, found.start, found.relevant) == (kind, Start.RUN, True)


def test_a_function_that_nothing_calls() -> None:
    found = role((parse_kotlin(f"fun serve() {{\n{STDIO}\n}}\n"),))
    assert (found.kind, found.start, found.relevant) == (ExampleKind.OTHER, Start.NONE, True)


def test_the_endpoint_of_a_route() -> None:
    assert endpoint_paths((parse_kotlin(MAIN.format(HTTP)),)) == ("/tools", "/mcp")


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (
            'embeddedServer(CIO, 1) { routing { post("/rpc") { h("Mcp-Session-Id") } } }.start()',
            ExampleKind.HTTP_SERVER,
        ),
        ('HttpServer.create(at, 0).start(); h("Mcp-Session-Id")', ExampleKind.HTTP_SERVER),
        ('HttpClient(CIO).post(url) { setBody("initialize", "clientInfo") }', ExampleKind.CLIENT),
        ('generateSequence(::readLine); readLine(); a("initialize", "serverInfo")', ExampleKind.STDIO_SERVER),
        ('System.`in`.bufferedReader().forEachLine { a("initialize", "serverInfo") }', ExampleKind.STDIO_SERVER),
    ],
)
def test_without_an_sdk(body: str, kind: ExampleKind) -> None:
    found = role((parse_kotlin(f"fun main() {{\n    {body}\n}}\n"),))
    assert (found.kind, found.relevant) == (kind, True)


def test_without_an_sdk_the_route_is_the_endpoint() -> None:
    text = 'fun main() {\n    embeddedServer(CIO) { routing { post("/rpc") { h("Mcp-Session-Id") } } }.start()\n}\n'
    assert endpoint_paths((parse_kotlin(text),))[0] == "/rpc"


def test_a_server_of_something_else_is_not_one_by_hand() -> None:
    assert not role((parse_kotlin('fun main() {\n    embeddedServer(CIO) { h("X-Session-Id") }\n}\n'),)).relevant
