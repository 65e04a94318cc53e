"""What Rust code does with MCP: serves it over HTTP or stdio, is a client, or none of these."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from extractor.languages.common.addresses import constants_of, path_of
from extractor.languages.common.roles import LanguageRules, Role, Start
from extractor.model import ExampleKind
from harness.profiles.mcp.roles.by_hand import Means, role_by_hand, speaks_by_hand
from harness.profiles.mcp.roles.shared import CLIENT_NAME, ENDPOINT, PARTNERS, may_be_endpoint

if TYPE_CHECKING:
    from collections.abc import Sequence

    from extractor.languages.common.facts import Call, CodeFacts
    from extractor.model import ServiceRequest

_CRATE: Final = "mcp"
"""What the names of crates that speak MCP have in them, the official ``rmcp`` and all others."""
_HANDLERS: Final = frozenset({"ServerHandler", "ServerHandlerCore", "McpServer"})
"""Traits that a server implements."""
_HTTP: Final = frozenset({"StreamableHttpService", "create_http_server", "hyper_server", "HyperServer"})
_OLD_HTTP: Final = frozenset({"SseServer"})
_LISTENING: Final = frozenset({"serve", "serve_connection", "start", "run", "bind"})
_RUNNING: Final = frozenset({"run", "serve", "start", "listen"})
_BUILT: Final = re.compile(r"\w*M(?:cp|CP)\w*Server\w*")
"""Names that libraries give to servers, or to their builders."""
_ADDRESSES: Final = frozenset({"bind", "bind_address", "address", "addr", "host", "port"})
"""Methods that give a server the address at which it listens."""
_STDIO: Final = frozenset({"stdio", "stdin", "StdioTransport"})
_CLIENTS: Final = frozenset(
    {"StreamableHttpClientTransport", "SseClientTransport", "TokioChildProcess", "client_runtime", "serve_client"}
)
_CLIENT_TRAITS: Final = frozenset({"ClientHandler"})
_SERVING: Final = frozenset({"serve", "serve_server", "serve_with_ct", "serve_directly", "create_server"})
_ROUTES: Final = frozenset({"nest_service", "route_service", "route", "nest", "resource", "path!"})
_BY_HAND: Final = Means(
    # axum and warp; hyper; actix-web; rocket; the standard library
    listens=(".serve", ".serve_connection", ".HttpServer.new", ".launch", ".TcpListener.bind", ".Server.http",
             ".Server.bind"),
    asks=(".post", ".request", ".send"),
    reads=((".stdin", ""), ("io.read_to_string", "stdin")),
)  # fmt: skip


def role(files: Sequence[CodeFacts]) -> Role:
    """Return the role of a program whose files have these facts, the main file's first."""
    calls = [call for code in files for call in code.calls]
    traits = {trait for code in files for implemented in code.bases.values() for trait in implemented}
    relevant = any(_speaks_mcp(code) for code in files) or bool(traits & (_HANDLERS | _CLIENT_TRAITS))
    start = Start.RUN if any("main" in code.defines for code in files) else Start.NONE
    client = _first(calls, _CLIENTS)
    if client is None and relevant:
        client = next((call for call in calls if CLIENT_NAME.fullmatch(_parts(call)[0])), None)
    http = _first(calls, _HTTP) or _first(calls, _OLD_HTTP)
    stdio = next((call for call in calls if call.last in _STDIO), None)
    serves = next((call for call in calls if call.last in _SERVING), None)
    if client and (http or traits & _HANDLERS):
        return Role(ExampleKind.OTHER, start, relevant, client.line, why=PARTNERS)
    if http and (start is Start.NONE or any(call.last in _LISTENING for call in calls)):
        kind = ExampleKind.HTTP_SERVER if start is Start.RUN else ExampleKind.OTHER
        return Role(kind, start, relevant, http.line, http.target, f"uses `{http.name}`, but nothing serves it")
    if stdio and serves and not client:
        kind = ExampleKind.STDIO_SERVER if start is Start.RUN else ExampleKind.OTHER
        return Role(kind, start, relevant, serves.line, why="serves stdio in a function that nothing calls")
    if client:
        return Role(ExampleKind.CLIENT, start, relevant, client.line, why="creates a client that nothing runs")
    if built := next((call for code in files for call in code.calls if _is_of_library(call, code)), None):
        return _built(built, calls, start)
    if traits & _HANDLERS:
        return Role(ExampleKind.OTHER, Start.NONE, relevant, why="creates a server, but nothing runs it")
    if found := role_by_hand(files, start, _BY_HAND):
        return found
    return Role(ExampleKind.OTHER, Start.NONE, relevant, why="neither starts a server nor connects to one")


def _is_of_library(call: Call, code: CodeFacts) -> bool:
    """Whether a call makes a server of a library's type, and not of one that the program itself defines."""
    name, imported = _parts(call)[0], {name for one in code.imports for name in one.names}
    return bool(_BUILT.fullmatch(name)) and (name in imported or name not in code.defines)


def _built(server: Call, calls: Sequence[Call], start: Start) -> Role:
    """The role of a program whose library has a builder for servers: it serves HTTP where it is given an address."""
    running = next((call for call in calls if call.last in _RUNNING), None)
    if running is None:
        why = f"creates the server `{server.target or _parts(server)[0]}`, but nothing runs it"
        return Role(ExampleKind.OTHER, Start.NONE, True, server.line, server.target, why)
    if not any(call.last in _ADDRESSES for call in calls):
        why = f"starts its server with `{running.last}()` without naming a transport"
        return Role(ExampleKind.OTHER, Start.NONE, True, running.line, why=why)
    kind = ExampleKind.HTTP_SERVER if start is Start.RUN else ExampleKind.OTHER
    why = "starts a server in a function that nothing calls"
    return Role(kind, start, True, running.line, why=why, is_transport_guessed=True)


def _first(calls: Sequence[Call], names: frozenset[str]) -> Call | None:
    """The first call of one of these names, or of something that belongs to it."""
    return next((call for call in calls if not names.isdisjoint(_parts(call))), None)


def _parts(call: Call) -> list[str]:
    return call.name.replace("()", "").split(".")


def _speaks_mcp(code: CodeFacts) -> bool:
    """Whether code imports an SDK, uses its types by the names that they have in other blocks, or the messages."""
    if speaks_by_hand(code) or any(_CRATE in imported.module.partition("::")[0] for imported in code.imports):
        return True
    known = _HTTP | _OLD_HTTP | (_CLIENTS - {"client_runtime"})
    return _first(code.calls, known) is not None


def endpoint_paths(files: Sequence[CodeFacts], services: Sequence[ServiceRequest] = ()) -> tuple[str, ...]:
    """Return candidate paths, best first: those of routes; a service that serves every path is at the root too."""
    calls = [call for code in files for call in code.calls]
    constants = constants_of(files)
    routes = [
        path
        for call in calls
        if call.last in _ROUTES and call.arguments and (path := path_of(call.arguments[0], constants))
    ]
    return tuple(dict.fromkeys([*(path for path in routes if may_be_endpoint(path)), ENDPOINT, "/"]))


RUST: Final = LanguageRules(role=role, endpoint_paths=endpoint_paths)
FEATURES: Final = {
    "rmcp": {
        "ServerHandler": "server", "ServiceExt": "server", "RoleClient": "client",
        "ClientHandler": "client", "ClientInfo": "client", "().serve": "client", "schemars": "schemars",
        "stdio": "transport-io", "stdin": "transport-io", "TokioChildProcess": "transport-child-process",
        "streamable_http_server": "transport-streamable-http-server",
        "StreamableHttpService": "transport-streamable-http-server",
        "StreamableHttpClientTransport": "transport-streamable-http-client-reqwest",
        "SseServer": "transport-sse-server", "SseClientTransport": "transport-sse-client", "auth": "auth",
        "elicit": "elicitation",
    },
}  # fmt: skip
"""Features of crates that code needs, by a word that it has then: pages leave them out."""
