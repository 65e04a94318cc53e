"""What Go code does with MCP."""

from __future__ import annotations

import pytest

from extractor.languages.common.roles import Start
from extractor.languages.go.parse import parse_go
from extractor.model import ExampleKind
from harness.profiles.mcp.roles.go import endpoint_paths, role

MAIN = 'package main\nimport "github.com/modelcontextprotocol/go-sdk/mcp"\nfunc main() {{\n{}\n}}\n'
STDIO = "s := mcp.NewServer(nil, nil)\ns.Run(ctx, &mcp.StdioTransport{})"
LOGGED = "s := mcp.NewServer(nil, nil)\nt := &mcp.LoggingTransport{Transport: &mcp.StdioTransport{}, Writer: os.Stderr}\ns.Run(ctx, t)"
HTTP = 'h := mcp.NewStreamableHTTPHandler(get, nil)\nhttp.ListenAndServe(":8080", h)'
OF_MARK3 = 's := server.NewMCPServer("x", "1")\nh := server.NewStreamableHTTPServer(s)\nh.Start(":8080")'
STDIO_MARK3 = 's := server.NewMCPServer("x", "1")\nserver.ServeStdio(s)'
CLIENT = "c := mcp.NewClient(nil, nil)\nc.Connect(ctx, &mcp.StreamableClientTransport{Endpoint: url}, nil)"


@pytest.mark.parametrize(
    ("body", "kind", "start"),
    [
        (STDIO, ExampleKind.STDIO_SERVER, Start.RUN),
        (LOGGED, ExampleKind.STDIO_SERVER, Start.RUN),
        (HTTP, ExampleKind.HTTP_SERVER, Start.RUN),
        (OF_MARK3, ExampleKind.HTTP_SERVER, Start.RUN),
        (STDIO_MARK3, ExampleKind.STDIO_SERVER, Start.RUN),
        (CLIENT, ExampleKind.CLIENT, Start.RUN),
        (f"{CLIENT}\n{STDIO}", ExampleKind.OTHER, Start.RUN),
        ("s := mcp.NewServer(nil, nil)", ExampleKind.OTHER, Start.NONE),
    ],
)
def test_main(body: str, kind: ExampleKind, start: Start) -> None:
    found = role((parse_go(MAIN.format(body)),))
    assert (found.kind, found.start, found.relevant) == (kind, start, True)


def test_code_that_nothing_calls_starts_nothing() -> None:
    found = role((parse_go(f"func serve() {{\n{STDIO}\n}}\n"),))
    assert (found.kind, found.start) == (ExampleKind.OTHER, Start.NONE)


def test_code_about_something_else() -> None:
    assert not role((parse_go('package main\nimport "fmt"\nfunc main() { fmt.Println() }\n'),)).relevant


def test_endpoints() -> None:
    routed = MAIN.format(
        'const p = "/chat"\n' + HTTP + '\nhttp.Handle("GET /healthz", x)\nmux.Handle("POST /tools", h)'
    )
    assert endpoint_paths((parse_go(routed),)) == ("/tools", "/")
    assert endpoint_paths((parse_go(MAIN.format(OF_MARK3)),)) == ("/mcp",)
