"""What Java code does with MCP: serves it over HTTP or stdio, is a client, or none of these."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from extractor.languages.common.addresses import constants_of, path_of
from extractor.languages.common.facts import has_main
from extractor.languages.common.roles import LanguageRules, Role, Start
from extractor.model import ExampleKind
from harness.profiles.mcp.roles.by_hand import Means, role_by_hand, speaks_by_hand
from harness.profiles.mcp.roles.shared import ENDPOINT, PARTNERS, may_be_endpoint

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from extractor.languages.common.facts import Call, CodeFacts
    from extractor.model import ServiceRequest

_PACKAGES: Final = (
    "io.modelcontextprotocol", "org.springframework.ai", "org.springaicommunity.mcp", "io.quarkiverse.mcp",
)  # fmt: skip
"""Packages of Java's SDKs."""
_HTTP: Final = frozenset(
    {"HttpServletStreamableServerTransportProvider", "HttpServletStatelessServerTransport",
     "HttpServletSseServerTransportProvider", "WebMvcStreamableServerTransportProvider",
     "WebFluxStreamableServerTransportProvider", "WebMvcStatelessServerTransport", "WebFluxStatelessServerTransport",
     "WebMvcSseServerTransportProvider", "WebFluxSseServerTransportProvider"}
)  # fmt: skip
_STDIO: Final = frozenset({"StdioServerTransportProvider"})
_CLIENTS: Final = frozenset({"McpClient.sync", "McpClient.async"})
_SERVERS: Final = frozenset({"McpServer.sync", "McpServer.async"})
_SPRING: Final = frozenset({"SpringApplication.run", "SpringApplicationBuilder"})
_TOOLS: Final = frozenset({"Tool", "McpTool", "McpResource", "McpPrompt"})
"""Annotations of Spring AI on what a server offers."""
_LISTENING: Final = frozenset({"start", "bindNow", "join", "await"})
BY_HAND: Final = Means(
    # the JDK's own; Jetty, Tomcat and Undertow; Javalin; Vert.x; a socket
    listens=("HttpServer.create", "HttpsServer.create", ".Server", ".Tomcat", "Undertow.builder", "Javalin.create",
             ".createHttpServer", ".ServerSocket"),
    asks=("HttpClient.newHttpClient", "HttpClient.newBuilder", "HttpRequest.newBuilder", "URL.openConnection",
          ".openConnection", "RestClient.create", "WebClient.create", ".OkHttpClient", "HttpClients.createDefault"),
    reads=((".InputStreamReader", "System.in"), (".Scanner", "System.in"), ("IO.readln", "")),
)  # fmt: skip
"""What a program for the JVM listens, asks and reads with."""
_ROUTES: Final = frozenset({"addServlet", "addServletMappingDecoded", "addMapping", "mcpEndpoint", "messageEndpoint",
                            "createContext", "ServletRegistrationBean", "POST", "addServletWithMapping"})  # fmt: skip


def role(files: Sequence[CodeFacts]) -> Role:
    """Return the role of a program whose files have these facts, the main file's first."""
    calls = [call for code in files for call in code.calls]
    relevant = any(_speaks_mcp(code) for code in files)
    start = Start.RUN if any(has_main(code) for code in files) else Start.NONE
    server = next((c for c in calls if _is(c, _SERVERS)), None)
    client = next((c for c in calls if _is(c, _CLIENTS)), None)
    if client and server:
        return Role(ExampleKind.OTHER, start, relevant, server.line, why=PARTNERS)
    http = next((c for c in calls if _is_made(c, _HTTP)), None)
    if http and not client:
        listens = any(c.last in _LISTENING for c in calls) or any(_is(c, _SPRING) for c in calls)
        why = f"uses `{http.name}`, but nothing serves it"
        kind = ExampleKind.HTTP_SERVER if start is Start.RUN and listens else ExampleKind.OTHER
        return Role(kind, start, relevant, http.line, http.target, why)
    stdio = next((c for c in calls if _is_made(c, _STDIO)), None)
    if stdio and not client:
        kind = ExampleKind.STDIO_SERVER if start is Start.RUN else ExampleKind.OTHER
        return Role(kind, start, relevant, stdio.line, why="serves stdio in code that no `main` of this block calls")
    if client:
        return Role(ExampleKind.CLIENT, start, relevant, client.line, why="creates a client that nothing runs")
    spring = next((c for c in calls if _is(c, _SPRING)), None)
    if spring and relevant:
        # whether it listens on a port is for its packages to say: see the language
        return Role(ExampleKind.STDIO_SERVER, start, relevant, spring.line)
    if server:
        why = f"creates the server `{server.target or server.last}`, but nothing runs it"
        return Role(ExampleKind.OTHER, Start.NONE, relevant, server.line, server.target, why)
    if found := role_by_hand(files, start, BY_HAND):
        return found
    return Role(ExampleKind.OTHER, Start.NONE, relevant, why="neither starts a server nor connects to one")


def _is(call: Call, names: frozenset[str]) -> bool:
    """Whether a call is one of these, or goes on from one: ``McpServer.sync().build``."""
    return call.name in names or any(call.name.startswith(f"{name}()") for name in names)


def _is_made(call: Call, types: frozenset[str]) -> bool:
    """Whether a call makes an object of one of these types, by its constructor or its builder."""
    return call.name in types or any(call.name.startswith(f"{name}.builder") for name in types)


def _speaks_mcp(code: CodeFacts) -> bool:
    """Whether code imports an SDK, uses its classes, or names the protocol's methods or headers itself."""
    if any(imported.module.startswith(_PACKAGES) for imported in code.imports):
        return True
    if any(call.name in _TOOLS for call in code.decorators):
        return True
    known = _SERVERS | _CLIENTS
    if any(_is(call, known) or _is_made(call, _HTTP | _STDIO) for call in code.calls):
        return True
    return speaks_by_hand(code) or _is_spring_tools(code)


def _is_spring_tools(code: CodeFacts) -> bool:
    """Whether code offers tools as Spring AI does."""
    return any(call.name.startswith("MethodToolCallbackProvider") for call in code.calls)


def endpoint_paths(files: Sequence[CodeFacts], services: Sequence[ServiceRequest] = ()) -> tuple[str, ...]:
    """Return candidate paths, best first: those of servlets and handlers, then the usual one."""
    constants = constants_of(files)
    found = [path for call in (c for code in files for c in code.calls) for path in _paths(call, constants)]
    return tuple(dict.fromkeys([*(path for path in found if may_be_endpoint(path)), ENDPOINT]))


def _paths(call: Call, constants: object) -> Iterator[str]:
    """The paths of a route, without the pattern behind them."""
    for value in call.arguments if call.last in _ROUTES else ():
        path = path_of(value, constants)  # type: ignore[arg-type]
        if path is not None:
            yield path.removesuffix("*").rstrip("/") or "/"


JAVA: Final = LanguageRules(
    role=role,
    endpoint_paths=endpoint_paths,
    stdio_settings=("spring.ai.mcp.server.stdio=true", "spring.ai.mcp.server.transport=stdio"),
)
