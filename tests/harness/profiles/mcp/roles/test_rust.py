"""What Rust code does with MCP."""

from __future__ import annotations

import pytest

from extractor.languages.common.roles import Start
from extractor.languages.rust.parse import parse_rust
from extractor.model import ExampleKind
from harness.profiles.mcp.roles.rust import endpoint_paths, role

SERVER = "use rmcp::{ServerHandler, ServiceExt};\nstruct Tools;\nimpl ServerHandler for Tools {}\n"
MAIN = SERVER + "#[tokio::main]\nasync fn main() {\nBODY\n}\n"
STDIO = "Tools.serve(rmcp::transport::stdio()).await;"
PAIR = "Tools.serve((tokio::io::stdin(), tokio::io::stdout())).await;"
HTTP = (
    'let s = StreamableHttpService::new(f, m, c);\nlet r = axum::Router::new().nest_service("/chat", s);\n'
    "axum::serve(l, r).await;"
)
CLIENT = 'let t = StreamableHttpClientTransport::from_uri("http://localhost:1/mcp");\n().serve(t).await;'


@pytest.mark.parametrize(
    ("body", "kind", "start"),
    [
        (STDIO, ExampleKind.STDIO_SERVER, Start.RUN),
        (PAIR, ExampleKind.STDIO_SERVER, Start.RUN),
        (HTTP, ExampleKind.HTTP_SERVER, Start.RUN),
        (CLIENT, ExampleKind.OTHER, Start.RUN),
        ("let s = Tools;", ExampleKind.OTHER, Start.NONE),
    ],
)
def test_main(body: str, kind: ExampleKind, start: Start) -> None:
    found = role((parse_rust(MAIN.replace("BODY", body)),))
    assert (found.kind, found.start, found.relevant) == (kind, start, True)


def test_a_client() -> None:
    found = role((parse_rust(f"use rmcp::ServiceExt;\nfn main() {{ {CLIENT} }}\n"),))
    assert (found.kind, found.start) == (ExampleKind.CLIENT, Start.RUN)


def test_code_that_nothing_calls_starts_nothing() -> None:
    found = role((parse_rust(f"{SERVER}async fn start() {{\n{STDIO}\n}}\n"),))
    assert (found.kind, found.start) == (ExampleKind.OTHER, Start.NONE)


def test_code_about_something_else() -> None:
    assert not role((parse_rust("use axum::Router;\nfn main() { axum::serve(a, b); }\n"),)).relevant


def test_endpoints() -> None:
    assert endpoint_paths((parse_rust(MAIN.replace("BODY", HTTP)),)) == ("/chat", "/mcp", "/")


BY_HAND = """
async fn answer(headers: HeaderMap) -> Response { headers.get("mcp-session-id"); json!({"jsonrpc": "2.0"}) }
#[tokio::main]
async fn main() { axum::serve(listener, Router::new().route("/rpc", post(answer))).await.unwrap(); }
"""
ASKING_BY_HAND = """
fn main() { let body = json!({"method": "initialize", "params": {"clientInfo": {}}}); client.post(url).json(&body).send(); }
"""
READING_BY_HAND = """
fn main() { for line in std::io::stdin().lock().lines() { if method == "initialize" { say(json!({"serverInfo": {}})); } } }
"""


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (BY_HAND, ExampleKind.HTTP_SERVER),
        (BY_HAND.replace("axum::serve(listener, ", "HttpServer::new(||").replace(")))", "))"), ExampleKind.HTTP_SERVER),
        (BY_HAND.replace("async fn main", "async fn serve"), ExampleKind.OTHER),
        (ASKING_BY_HAND, ExampleKind.CLIENT),
        (READING_BY_HAND, ExampleKind.STDIO_SERVER),
    ],
)
def test_without_an_sdk(text: str, kind: ExampleKind) -> None:
    found = role((parse_rust(text),))
    assert (found.kind, found.relevant) == (kind, True)


def test_without_an_sdk_the_route_is_the_endpoint() -> None:
    assert endpoint_paths((parse_rust(BY_HAND),))[0] == "/rpc"


def test_a_server_of_something_else_is_not_one_by_hand() -> None:
    other = BY_HAND.replace("mcp-session-id", "x-session-id")
    assert not role((parse_rust(other),)).relevant


BUILT = """
use acme_mcp_server::prelude::*;
#[tokio::main]
async fn main() { let server = McpServer::builder().name("mill").bind_address(at).build()?; server.run().await?; }
"""


@pytest.mark.parametrize(
    ("text", "kind", "why"),
    [
        (BUILT, ExampleKind.HTTP_SERVER, "starts a server in a function that nothing calls"),
        (BUILT.replace("prelude::*", "McpServer"), ExampleKind.HTTP_SERVER, "starts a server in a function that nothing calls"),
        (BUILT.replace("async fn main", "async fn serve"), ExampleKind.OTHER, "in a function that nothing calls"),
        (BUILT.replace("server.run().await?;", ""), ExampleKind.OTHER, "`server`, but nothing runs it"),
        (BUILT.replace(".bind_address(at)", ""), ExampleKind.OTHER, "without naming a transport"),
    ],
)
def test_the_builder_of_a_library_that_has_the_protocol_in_its_name(text: str, kind: ExampleKind, why: str) -> None:
    found = role((parse_rust(text),))
    assert (found.kind, found.relevant) == (kind, True)
    assert why in found.why
    assert found.is_transport_guessed is ("function" in why)


def test_a_server_of_the_program_s_own_is_not_a_library_s() -> None:
    own = 'struct McpServer;\nimpl McpServer { fn new() -> Self { McpServer } fn run(&self) {} }\n'
    text = own + 'fn main() { let server = McpServer::new(); server.run(); let m = "jsonrpc"; }\n'
    assert "without naming a transport" not in role((parse_rust(text),)).why


def test_the_client_of_a_library_that_has_the_protocol_in_its_name() -> None:
    body = 'let client = McpClient::new("http://localhost:3000"); client.list_tools().await;'
    found = role((parse_rust(f"use acme_mcp::McpClient;\nasync fn main() {{ {body} }}\n"),))
    assert (found.kind, found.start, found.relevant) == (ExampleKind.CLIENT, Start.RUN, True)
