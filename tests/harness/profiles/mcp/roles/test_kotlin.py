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
