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


BY_HAND = """
package main
func answer(w http.ResponseWriter, r *http.Request) { w.Header().Set("Mcp-Session-Id", "x") }
func main() { mux := http.NewServeMux(); mux.HandleFunc("POST /rpc", answer); log.Fatal(http.ListenAndServe(at, mux)) }
"""
ASKING_BY_HAND = """
package main
func main() {
	body := `{"jsonrpc": "2.0", "method": "initialize", "params": {"clientInfo": {"name": "x"}}}`
	http.Post(url, "application/json", strings.NewReader(body))
}
"""
READING_BY_HAND = """
package main
type answer struct { Info any `json:"serverInfo"` }
func main() { lines := bufio.NewScanner(os.Stdin); for lines.Scan() { if method == "initialize" { } } }
"""


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (BY_HAND, ExampleKind.HTTP_SERVER),
        (BY_HAND.replace("http.ListenAndServe(at, mux)", "router.Run(at)"), ExampleKind.HTTP_SERVER),
        (BY_HAND.replace("func main()", "func serve()"), ExampleKind.OTHER),
        (ASKING_BY_HAND, ExampleKind.CLIENT),
        (READING_BY_HAND, ExampleKind.STDIO_SERVER),
        (READING_BY_HAND.replace("{ }", '{ exec.Command("git").Run() }'), ExampleKind.STDIO_SERVER),
        (BY_HAND.replace("{ w.", "{ json.NewDecoder(r.Body); w."), ExampleKind.HTTP_SERVER),
    ],
)
def test_without_an_sdk(text: str, kind: ExampleKind) -> None:
    found = role((parse_go(text),))
    assert (found.kind, found.relevant) == (kind, True)


def test_without_an_sdk_the_route_is_the_endpoint() -> None:
    assert endpoint_paths((parse_go(BY_HAND),))[0] == "/rpc"


def test_a_server_of_something_else_is_not_one_by_hand() -> None:
    assert not role((parse_go(BY_HAND.replace("Mcp-Session-Id", "X-Session-Id")),)).relevant


LIBRARY = """
package main
import (
	"github.com/acme/mill-mcp"
	"github.com/acme/mill-mcp/transport"
)
func main() {
BODY
}
"""


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("s := mill_mcp.NewServer(transport.NewStdioServerTransport())\ns.Serve()", ExampleKind.STDIO_SERVER),
        ('t := transport.NewHTTPTransport("/rpc")\ns := mill_mcp.NewServer(t)\ns.Serve()', ExampleKind.HTTP_SERVER),
        ('t, err := transport.NewSSEServerTransport(":80")\ns.Run()', ExampleKind.HTTP_SERVER),
        ('t := transport.NewHTTPClientTransport("/rpc")\nc := mill_mcp.NewClient(t)', ExampleKind.CLIENT),
        ("c := mill_mcp.NewClient(t)\ns := mill_mcp.NewServer(u)", ExampleKind.OTHER),
        ("s := mill_mcp.NewServer(transport.NewStdioServerTransport())", ExampleKind.OTHER),
        ("s := mill_mcp.NewServer(nil)\ns.Serve()", ExampleKind.OTHER),
        ("s := mill_mcp.NewServer(mill_mcp.NewPlugin(nil))\ns.Run()", ExampleKind.OTHER),
        ("s := mill_mcp.NewServer(nil)\nmill_mcp.RegisterClientTool(s)", ExampleKind.OTHER),
    ],
)
def test_a_library_that_has_the_protocol_in_its_path(body: str, kind: ExampleKind) -> None:
    code = parse_go(LIBRARY.replace("BODY", body))
    found = role((code,))
    assert (found.kind, found.relevant) == (kind, True)
    assert not {"mill_mcp", "transport"} & code.free.keys()


def test_the_path_that_a_library_is_given_is_an_endpoint() -> None:
    body = 't := transport.NewHTTPTransport("/rpc")\ns := mill_mcp.NewServer(t)\ns.Serve()'
    assert endpoint_paths((parse_go(LIBRARY.replace("BODY", body)),)) == ("/rpc", "/")


def test_a_library_of_another_name_is_not_looked_at() -> None:
    body = "s := mill.NewServer(transport.NewStdioServerTransport())\ns.Serve()"
    assert not role((parse_go(LIBRARY.replace("mill-mcp", "mill").replace("BODY", body)),)).relevant
