"""What Kotlin code does with MCP: serves it over HTTP or stdio, is a client, or none of these."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from extractor.languages.common.addresses import constants_of, path_of
from extractor.languages.common.facts import has_main
from extractor.languages.common.roles import LanguageRules, Role, Start
from extractor.model import ExampleKind
from harness.profiles.mcp.roles.by_hand import Means, role_by_hand, speaks_by_hand
from harness.profiles.mcp.roles.java import BY_HAND as OF_JAVA
from harness.profiles.mcp.roles.shared import ENDPOINT, PARTNERS, may_be_endpoint

if TYPE_CHECKING:
    from collections.abc import Sequence

    from extractor.languages.common.facts import CodeFacts
    from extractor.model import ServiceRequest

_PACKAGES: Final = ("io.modelcontextprotocol", "org.springframework.ai")
_HTTP: Final = frozenset(
    {"mcp", "mcpStreamableHttp", "mcpStatelessStreamableHttp", "StreamableHttpServerTransport", "SseServerTransport"}
)
_STDIO: Final = frozenset({"StdioServerTransport"})
_CLIENTS: Final = frozenset({"Client", "StreamableHttpClientTransport", "StdioClientTransport", "SseClientTransport",
                             "mcpSseTransport", "mcpStreamableHttpTransport", "mcpStreamableHttpClient"})  # fmt: skip
_SERVERS: Final = frozenset({"Server"})
_LISTENING: Final = "embeddedServer"
_BY_HAND: Final = Means(
    listens=(f".{_LISTENING}", ".start", *OF_JAVA.listens),
    asks=(".HttpClient", ".post", ".request", *OF_JAVA.asks),
    reads=(
        (".readln", ""),
        (".readlnOrNull", ""),
        (".readLine", ""),
        (".InputStreamReader", "System.`in`"),
        ("in`.bufferedReader", ""),
    ),
)
_ROUTES: Final = frozenset({"post", "createContext", "route", "mcp", "mcpStreamableHttp", "mcpStatelessStreamableHttp"})


def role(files: Sequence[CodeFacts]) -> Role:
    """Return the role of a program whose files have these facts, the main file's first."""
    calls = [call for code in files for call in code.calls]
    relevant = any(_speaks_mcp(code) for code in files)
    start = Start.RUN if any(has_main(code) for code in files) else Start.NONE
    if not relevant:
        # functions of the page that `main` calls may be what is relevant
        return Role(ExampleKind.OTHER, start, relevant, why="neither starts a server nor connects to one")
    server = next((c for c in calls if c.name in _SERVERS), None)
    client = next((c for c in calls if c.name in _CLIENTS), None)
    http = next((c for c in calls if c.last in _HTTP), None)
    if client and (server or http):
        return Role(ExampleKind.OTHER, start, relevant, client.line, why=PARTNERS)
    if http and any(c.name.partition("()")[0] == _LISTENING for c in calls):
        kind = ExampleKind.HTTP_SERVER if start is Start.RUN else ExampleKind.OTHER
        return Role(
            kind, start, relevant, http.line, http.target, f"uses `{http.last}` in a function that nothing calls"
        )
    stdio = next((c for c in calls if c.name in _STDIO), None)
    if stdio and not client:
        kind = ExampleKind.STDIO_SERVER if start is Start.RUN else ExampleKind.OTHER
        return Role(
            kind, start, relevant, stdio.line, why="serves stdio in a function that no `main` of this block calls"
        )
    if client:
        kind = ExampleKind.CLIENT if start is Start.RUN else ExampleKind.OTHER
        return Role(kind, start, relevant, client.line, why="creates a client that nothing runs")
    if server:
        why = f"creates the server `{server.target or server.last}`, but nothing runs it"
        return Role(ExampleKind.OTHER, Start.NONE, relevant, server.line, server.target, why)
    if found := role_by_hand(files, start, _BY_HAND):
        return found
    return Role(ExampleKind.OTHER, start, relevant, why="neither starts a server nor connects to one")


def _speaks_mcp(code: CodeFacts) -> bool:
    """Whether code imports an SDK, uses what only its packages have, or writes the messages itself."""
    if speaks_by_hand(code) or any(imported.module.startswith(_PACKAGES) for imported in code.imports):
        return True
    known = _HTTP | _STDIO | _CLIENTS - {"Client"}
    return (
        any(c.name in known or c.last in {"addTool", "addTools"} for c in code.calls) or "Implementation" in code.free
    )


def endpoint_paths(files: Sequence[CodeFacts], services: Sequence[ServiceRequest] = ()) -> tuple[str, ...]:
    """Return candidate paths, best first: those of routes, then the usual one."""
    constants = constants_of(files)
    given = [v for code in files for c in code.calls if c.last in _ROUTES for v in (*c.arguments, *c.keywords.values())]
    found = [path for value in given if (path := path_of(value, constants))]
    return tuple(dict.fromkeys([*(path for path in found if may_be_endpoint(path)), ENDPOINT]))


KOTLIN: Final = LanguageRules(role=role, endpoint_paths=endpoint_paths)
