"""What Java and Kotlin code does with MCP."""

from __future__ import annotations

import pytest

from extractor.languages.common.roles import Start
from extractor.languages.java.parse import parse_java
from extractor.model import ExampleKind
from harness.profiles.mcp.roles.java import endpoint_paths, role

MAIN = (
    "import io.modelcontextprotocol.server.McpServer;\nclass App {{ public static void main(String[] a) {{ {} }} }}\n"
)
STDIO = 'var s = McpServer.sync(new StdioServerTransportProvider(m)).serverInfo("a", "1").build();'
HTTP = (
    'var t = HttpServletStreamableServerTransportProvider.builder().mcpEndpoint("/tools").build(); '
    "var s = McpServer.sync(t).build(); new Server(3000).start();"
)
UNSERVED = "var t = HttpServletStreamableServerTransportProvider.builder().build(); McpServer.async(t).build();"
CLIENT = "var c = McpClient.sync(HttpClientStreamableHttpTransport.builder(url).build()).build(); c.initialize();"
SPRING = "SpringApplication.run(App.class, a);"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (STDIO, ExampleKind.STDIO_SERVER),
        (HTTP, ExampleKind.HTTP_SERVER),
        (UNSERVED, ExampleKind.OTHER),
        (CLIENT, ExampleKind.CLIENT),
        (CLIENT + STDIO, ExampleKind.OTHER),
        (SPRING, ExampleKind.STDIO_SERVER),
    ],
)
def test_main(body: str, kind: ExampleKind) -> None:
    found = role((parse_java(MAIN.format(body)),))
    assert (found.kind, found.start, found.relevant) == (kind, Start.RUN, True)


def test_a_server_that_nothing_runs() -> None:
    found = role((parse_java(f"class App {{ void later() {{ {STDIO} }} }}\n"),))
    assert (found.kind, found.start) == (ExampleKind.OTHER, Start.NONE)
    assert "no `main`" in found.why


def test_code_of_something_else() -> None:
    assert not role(
        (parse_java("class App { public static void main(String[] a) { SpringApplication.run(App.class); } }"),)
    ).relevant


def test_a_server_by_hand_names_the_protocol() -> None:
    text = (
        "class App { public static void main(String[] a) { var s = HttpServer.create(at, 0); "
        's.createContext("/rpc", x -> x.getRequestHeaders().getFirst("Mcp-Session-Id")); s.start(); } }'
    )
    code = parse_java(text)
    assert role((code,)).kind is ExampleKind.HTTP_SERVER
    assert endpoint_paths((code,))[0] == "/rpc"


def test_the_endpoint_of_a_servlet() -> None:
    assert endpoint_paths((parse_java(MAIN.format(HTTP)),)) == ("/tools", "/mcp")
    mapped = parse_java('class A { void f() { c.addServletMappingDecoded("/parcels/*", "mcp"); } }')
    assert endpoint_paths((mapped,))[0] == "/parcels"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ('new Tomcat().start(); h("Mcp-Session-Id");', ExampleKind.HTTP_SERVER),
        ('Javalin.create().post("/rpc", x -> h("Mcp-Session-Id")).start(1);', ExampleKind.HTTP_SERVER),
        ('var r = HttpRequest.newBuilder(u); p("initialize", "{\\"clientInfo\\": 1}");', ExampleKind.CLIENT),
        ('var in = new Scanner(System.in); if (m.equals("initialize")) a("serverInfo");', ExampleKind.STDIO_SERVER),
    ],
)
def test_without_an_sdk(body: str, kind: ExampleKind) -> None:
    found = role((parse_java(f"class App {{ public static void main(String[] a) {{ {body} }} }}"),))
    assert (found.kind, found.relevant) == (kind, True)


def test_a_server_of_something_else_is_not_one_by_hand() -> None:
    text = 'class App { public static void main(String[] a) { new Tomcat().start(); h("X-Session-Id"); } }'
    assert not role((parse_java(text),)).relevant
