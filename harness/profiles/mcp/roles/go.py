"""What Go code does with MCP: serves it over HTTP or stdio, is a client, or none of these."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from extractor.languages.common.addresses import constants_of, path_of
from extractor.languages.common.facts import Ref
from extractor.languages.common.roles import LanguageRules, Role, Start
from extractor.model import ExampleKind
from harness.profiles.mcp.roles.by_hand import Means, role_by_hand, speaks_by_hand
from harness.profiles.mcp.roles.shared import ENDPOINT, PARTNERS, may_be_endpoint

if TYPE_CHECKING:
    from collections.abc import Sequence

    from extractor.languages.common.facts import Call, CodeFacts, Import
    from extractor.model import ServiceRequest

_PACKAGES: Final = ("modelcontextprotocol/go-sdk", "mcp")
"""Parts of the paths of packages that speak MCP, in lower case."""
_SERVERS: Final = frozenset({"mcp.NewServer", "server.NewMCPServer"})
_HTTP: Final = frozenset(
    {"mcp.NewStreamableHTTPHandler", "server.NewStreamableHTTPServer", "mcp.StreamableServerTransport",
     "mcp.NewStreamableServerTransport"}
)  # fmt: skip
_OLD_HTTP: Final = frozenset({"mcp.NewSSEHandler", "server.NewSSEServer"})
_STDIO: Final = frozenset({"mcp.StdioTransport", "mcp.NewStdioTransport", "server.ServeStdio", "server.NewStdioServer"})
_CLIENTS: Final = frozenset(
    {"mcp.NewClient", "client.NewStreamableHttpClient", "client.NewStdioMCPClient", "client.NewSSEMCPClient",
     "client.NewClient"}
)  # fmt: skip
_LISTENING: Final = frozenset({"ListenAndServe", "ListenAndServeTLS", "Serve", "Start"})
_RUNNING: Final = _LISTENING | {"Run", "Listen"}
_ROUTES: Final = frozenset({"Handle", "HandleFunc", "WithEndpointPath", "Mount"})
_SERVER: Final = re.compile(r"New\w*Server")
_CLIENT: Final = re.compile(r"(?:New|Dial|Connect)\w*Client\w*")
_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+")
"""A word of a name: New, HTTP, Transport."""
_TRANSPORT: Final = re.compile(r"(?:New|Serve|Listen|Run)\w*")
_TRANSPORTS: Final = (
    ("stdio", ExampleKind.STDIO_SERVER), ("http", ExampleKind.HTTP_SERVER), ("sse", ExampleKind.HTTP_SERVER),
    ("gin", ExampleKind.HTTP_SERVER),
)  # fmt: skip
"""What the names of a library's transports say, and what a program is by them."""
_BY_HAND: Final = Means(
    # net/http and chi; gin; echo; fiber
    listens=(".ListenAndServe", ".ListenAndServeTLS", ".Serve", ".Run", ".Start", ".Listen"),
    asks=("http.Post", "http.NewRequest", "http.NewRequestWithContext"),
    reads=(("bufio.NewScanner", "os.Stdin"), ("bufio.NewReader", "os.Stdin"), ("json.NewDecoder", "os.Stdin")),
)
_ROUTES_BY_HAND: Final = frozenset({"POST", "Post", "Any", "All", "Add"})
"""Of gin, echo, chi and fiber."""


def role(files: Sequence[CodeFacts]) -> Role:
    """Return the role of a program whose files have these facts, the main file's first."""
    calls = [call for code in files for call in code.calls]
    relevant = any(_speaks_mcp(code) for code in files)
    start = Start.RUN if any("main" in code.defines for code in files) else Start.NONE
    server = next((c for c in calls if c.name in _SERVERS), None)
    client = next((c for c in calls if c.name in _CLIENTS), None)
    if client and server:
        return Role(ExampleKind.OTHER, start, relevant, server.line, why=PARTNERS)
    http = next((c for c in calls if c.name in _HTTP | _OLD_HTTP), None)
    if http and (start is Start.NONE or any(c.last in _LISTENING for c in calls)):
        why = f"uses `{http.name}`, but nothing serves it"
        kind = ExampleKind.HTTP_SERVER if start is Start.RUN else ExampleKind.OTHER
        return Role(kind, start, relevant, http.line, http.target, why)
    stdio = next((c for c in calls if _is_stdio(c)), None)
    if stdio and not client:
        kind = ExampleKind.STDIO_SERVER if start is Start.RUN else ExampleKind.OTHER
        return Role(kind, start, relevant, stdio.line, why="serves stdio in a function that nothing calls")
    if client:
        return Role(ExampleKind.CLIENT, start, relevant, client.line, why="creates a client that nothing runs")
    if server:
        why = f"creates the server `{server.target or server.last}`, but nothing runs it"
        return Role(ExampleKind.OTHER, Start.NONE, relevant, server.line, server.target, why)
    if found := _of_other_library(files, start):
        return found
    if found := role_by_hand(files, start, _BY_HAND):
        return found
    return Role(ExampleKind.OTHER, Start.NONE, relevant, why="neither starts a server nor connects to one")


def _of_other_library(files: Sequence[CodeFacts], start: Start) -> Role | None:
    """The role of a program by what it makes of a library whose path has ``mcp`` in it: libraries name alike."""
    calls = [call for code in files for call in code.calls]
    made = [call for code in files for call in code.calls if _is_member(call, code)]
    client = next((c for c in made if _CLIENT.fullmatch(c.last)), None)
    server = next((c for c in made if _SERVER.fullmatch(c.last)), None)
    if client and server:
        return Role(ExampleKind.OTHER, start, True, server.line, why=PARTNERS)
    if client:
        return Role(ExampleKind.CLIENT, start, True, client.line, why="creates a client that nothing runs")
    transports = {kind: c for word, kind in _TRANSPORTS for c in made if _made_of(word, c)}
    for kind, call in transports.items() if any(c.last in _RUNNING for c in calls) else ():
        why = "starts a server in a function that nothing calls"
        kind = kind if start is Start.RUN else ExampleKind.OTHER
        return Role(kind, start, True, call.line, why=why, is_transport_guessed=len(transports) > 1)
    if server:
        why = f"creates the server `{server.target or server.last}`, but nothing runs it"
        return Role(ExampleKind.OTHER, Start.NONE, True, server.line, server.target, why)
    return None


def _is_member(call: Call, code: CodeFacts) -> bool:
    """Whether a call is of a package whose path names the protocol."""
    libraries = (one for one in code.imports if _is_of_mcp(one) and "/internal/" not in f"{one.module}/")
    return any(call.last in imported.names for imported in libraries)


def _is_of_mcp(imported: Import) -> bool:
    return any(package in imported.module.lower() for package in _PACKAGES)


def _made_of(word: str, call: Call) -> bool:
    return bool(_TRANSPORT.fullmatch(call.last)) and word in map(str.lower, _WORD.findall(call.last))


def _speaks_mcp(code: CodeFacts) -> bool:
    """Whether code imports an SDK, uses its packages by the names that they have in other blocks, or the messages."""
    if speaks_by_hand(code) or any(map(_is_of_mcp, code.imports)):
        return True
    known = _SERVERS | _HTTP | _OLD_HTTP | _STDIO | _CLIENTS
    return any(call.name in known or "mcp" in call.name.partition(".")[0].lower() for call in code.calls)


def _is_stdio(call: Call) -> bool:
    """Whether a call makes the stdio transport, perhaps as an argument of another."""
    if call.name in _STDIO:
        return True
    given = (*call.arguments, *call.keywords.values())
    return any(isinstance(value, Ref) and value.text.lstrip("&").partition("{")[0] in _STDIO for value in given)


def endpoint_paths(files: Sequence[CodeFacts], services: Sequence[ServiceRequest] = ()) -> tuple[str, ...]:
    """Return candidate paths, best first: those of routes; a handler that serves every path is at the root too."""
    calls = [call for code in files for call in code.calls]
    constants = constants_of(files)
    routes = [
        path
        for call in calls
        if call.last in _ROUTES | _ROUTES_BY_HAND and call.arguments and (path := _path(call.arguments[0], constants))
    ]
    routes += [
        path
        for code in files
        for call in code.calls
        if any(_made_of(word, call) for word, _ in _TRANSPORTS) and _is_member(call, code)
        if call.arguments and (path := path_of(call.arguments[0], constants))
    ]
    usual = [ENDPOINT] if any(c.name == "server.NewStreamableHTTPServer" for c in calls) else ["/"]
    return tuple(dict.fromkeys([*(path for path in routes if may_be_endpoint(path)), *usual]))


def _path(value: object, constants: dict[str, str] | object) -> str | None:
    """The path of a route, without the method that Go 1.22 allows in front of it."""
    text = value.rpartition(" ")[2] if isinstance(value, str) else value
    return path_of(text, constants)  # type: ignore[arg-type]


GO: Final = LanguageRules(role=role, endpoint_paths=endpoint_paths)
