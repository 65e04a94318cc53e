"""What TypeScript or JavaScript code does with MCP: serves it over HTTP or stdio, is a client, or none of these."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from extractor.languages.common.facts import Ref
from extractor.languages.common.modes import by_value
from extractor.languages.common.reach import may_begin, used_only_later
from extractor.languages.common.roles import LanguageRules, Role, Start
from extractor.languages.ecmascript.web import served_paths
from extractor.model import ExampleKind
from harness.profiles.mcp.roles.shared import (
    CLIENT_NAME,
    LISTENING,
    PARTNERS,
    WAITS,
    in_modes,
    may_be_endpoint,
    modules_of,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from extractor.languages.common.facts import Call, CodeFacts
    from extractor.model import ServiceRequest

_HTTP_TRANSPORTS: Final = (
    "StreamableHTTPServerTransport", "StreamableHttpServerTransport", "SSEServerTransport",
    "StreamableHTTPTransport", "WebStandardStreamableHTTPServerTransport",
)  # fmt: skip
_HTTP_FACTORIES: Final = frozenset(
    {"createMcpHandler", "createMcpExpressApp", "createMcpHonoApp", "createMcpFastifyApp", "toNodeHandler",
     "mcpHandler", "createMCPServer", "EdgeFastMCP"}
)  # fmt: skip
_STDIO: Final = frozenset({"StdioServerTransport", "serveStdio"})
_SERVERS: Final = frozenset({"McpServer", "Server", "FastMCP", "MCPServer"})
_STDIO_BY_DEFAULT: Final = frozenset({"@modelcontextprotocol", "fastmcp", "litemcp", "mcp-framework"})
"""Packages, or their scopes, whose servers serve stdio if they are started without a word about it."""
_SERVER_CLASS: Final = re.compile(r"[A-Z]\w*M(?:CP|cp)|[A-Z]\w*M(?:CP|cp)Server|M(?:CP|cp)Server")
"""Names that libraries give to their servers."""
_OF_SDK: Final = frozenset(
    {"Client", "StreamableHTTPClientTransport", "SSEClientTransport", "StdioClientTransport"}
)  # fmt: skip
"""Clients that connect when their ``connect`` is called."""
_CLIENTS: Final = _OF_SDK | {"MCPClient"}
_STARTING: Final = frozenset({"spawn", "fork", "exec", "execFile"})
"""What starts another program: its server, where a client is written by hand."""
_LISTENERS: Final = frozenset({"listen", "serve"})
_HTTP_START: Final = frozenset({"httpStream", "http-stream", "http", "sse", "streamable-http"})
_PLATFORMS: Final = frozenset({"agents/mcp", "cloudflare:workers"})
"""Modules of programs whose default export Cloudflare Workers runs, whatever it is called."""
_WEB_SERVERS: Final = frozenset({"createServer", "createSecureServer", "express", "fastify", "Fastify", "Hono", "Koa"})
"""What makes a web server that answers MCP by hand."""
_VOCABULARY: Final = (
    {"registerTool", "registerResource", "registerPrompt", "setRequestHandler"} | _STDIO | (_CLIENTS - {"Client"})
)
"""Names that only MCP's packages have."""
_REGISTRATIONS: Final = frozenset(
    {"registerTool", "registerResource", "registerPrompt", "tool", "resource", "prompt", "addTool", "addResource",
     "addPrompt"}
)  # fmt: skip
"""Methods whose functions run when a client asks for them."""
_ANSWERED: Final = frozenset(
    {"tools/list", "tools/call", "resources/list", "resources/read", "prompts/list", "prompts/get"}
)
"""Methods that a server is asked for."""
_NAMES: Final = ("mcp", "modelcontextprotocol")
_MAX_PATHS: Final = 8


def role(files: Sequence[CodeFacts]) -> Role:
    """Return the role of a program whose files have these facts, the main file's first."""
    found = _role(files)
    made = {call.target: call for call in _servers(files) if call.target}
    ways = []
    for call in (call for code in files for call in code.calls):
        receiver = call.name.rpartition(".")[0]
        if call.last == "start" and (receiver in made or "transportType" in call.keywords):
            kind = call.keywords.get("transportType")
            if isinstance(kind, Ref):
                told = by_value(call, kind.text)
                ways += [(one, ExampleKind.STDIO_SERVER if pipes else ExampleKind.HTTP_SERVER) for one, pipes in told]
            else:
                ways.append((call, _transport(call, made.get(receiver))))
        elif call.last in _LISTENERS and found.kind is ExampleKind.HTTP_SERVER and not _is_protocol_call(call):
            ways.append((call, ExampleKind.HTTP_SERVER))
        elif call.last in _STDIO:
            ways.append((call, ExampleKind.STDIO_SERVER))
    return in_modes(found, ways, files)


def _role(files: Sequence[CodeFacts]) -> Role:
    calls = [call for code in files for call in code.calls]
    relevant = any(_speaks_mcp(code) for code in files)
    main = files[0]
    http = next((c for c in calls if _is_http(c)), None)
    listener = next((c for c in calls if c.last in _LISTENERS and not _is_protocol_call(c)), None)
    spoken = any(t.value == "jsonrpc" for code in files for t in code.texts) or _writes_json_rpc(calls)
    spoken = spoken or (listener is not None and _answers(files))
    made = {c.target: c for c in _servers(files) if c.target}
    for call in calls:
        if call.last == "start" and (call.name.rpartition(".")[0] in made or "transportType" in call.keywords):
            server = made.get(call.name.rpartition(".")[0])
            is_guessed = server is not None and _is_guessed(call, server, files)
            kind = _transport(call, server)
            return Role(kind, Start.RUN, relevant, call.line, is_transport_guessed=is_guessed)
    served = listener is not None and listener.name.rpartition(".")[0] in made
    if listener and (http or spoken or served):
        return Role(ExampleKind.HTTP_SERVER, Start.RUN, relevant or spoken, listener.line)
    hosted = any(imported.module in _PLATFORMS for imported in main.imports)
    if main.default_export and (http or spoken or hosted) and relevant:
        return Role(ExampleKind.HTTP_SERVER, Start.HANDLER, relevant, main.default_export)
    if "POST" in main.exports and (http or spoken) and relevant:
        return Role(ExampleKind.HTTP_SERVER, Start.HANDLER, relevant, http.line if http else 1)
    if stdio := next((c for c in calls if c.last in _STDIO), None):
        return Role(ExampleKind.STDIO_SERVER, Start.RUN, relevant, stdio.line)
    reading = next((use for code in files for use in code.reads), None)
    if reading and not http and not listener and _answers(files) and not any(c.last in _STARTING for c in calls):
        return Role(ExampleKind.STDIO_SERVER, Start.RUN, True, reading.line)
    if http:
        why = f"uses `{http.last}`, but nothing listens"
        return Role(ExampleKind.HTTP_SERVER, Start.NONE, relevant, http.line, http.target, why)
    client = next((c for code in files for c in code.calls if _is_client(c, code)), None)
    server = next(iter(_servers(files)), None)
    if client and server:
        return Role(ExampleKind.OTHER, Start.RUN, relevant, server.line, why=PARTNERS)
    if client and listener and used_only_later([c for code in files for c in code.calls if _is_client(c, code)], files):
        return Role(ExampleKind.CLIENT, Start.RUN, relevant, client.line, why=WAITS, obstacle=WAITS)
    if client:
        connecting = [c for c in calls if c.last in {"connect", "connectToServer"}]
        connects = any(may_begin(c, files) for c in connecting) or _connects_by_itself(files)
        idle = client.last in _OF_SDK and not connecting
        why = f"creates a client that {'connects to nothing' if idle else 'nothing runs'}"
        return Role(ExampleKind.CLIENT, Start.RUN if connects else Start.NONE, relevant, client.line, why=why)
    if not server and _writes_requests(files):
        start = (
            Start.RUN
            if any(c.function is None and (c.statement or c.name == "fetch") for c in main.calls)
            else Start.NONE
        )
        return Role(ExampleKind.CLIENT, start, True, why="creates a client that nothing runs")
    if not server and (web := next((c for c in calls if c.last in _WEB_SERVERS), None)) and (spoken or _answers(files)):
        why = f"uses `{web.last}`, but nothing listens"
        return Role(ExampleKind.HTTP_SERVER, Start.NONE, True, web.line, web.target, why)
    if server:
        why = f"creates the server `{server.target or server.last}`, but nothing runs it"
        return Role(ExampleKind.OTHER, Start.NONE, relevant, server.line, server.target, why)
    return Role(ExampleKind.OTHER, Start.NONE, relevant, why="neither starts a server nor connects to one")


def _speaks_mcp(code: CodeFacts) -> bool:
    """Whether code imports an MCP package, names one of its things, or writes its messages itself."""
    names = [*(i.module for i in code.imports), *code.free, *(c.name for c in code.calls)]
    if any(part in name.lower() for name in names for part in _NAMES):
        return True
    if any(call.last in _VOCABULARY or call.last.endswith(_HTTP_TRANSPORTS) for call in code.calls):
        return True
    if any("jsonrpc" in call.keywords for call in code.calls):
        return True
    return any(t.value.lower() in {"jsonrpc", "mcp-session-id", "/mcp"} for t in code.texts)


def _servers(files: Sequence[CodeFacts]) -> list[Call]:
    """What makes servers: the SDK's classes, and those that a library with the protocol in its name calls so."""
    return [call for code in files for call in code.calls if call.last in _SERVERS or _is_of_library(call, code)]


def _is_of_library(call: Call, code: CodeFacts) -> bool:
    modules = (imported.module.lower() for imported in code.imports if call.name in imported.names)
    return bool(_SERVER_CLASS.fullmatch(call.name)) and any("mcp" in module for module in modules)


def _is_http(call: Call) -> bool:
    return call.last.endswith(_HTTP_TRANSPORTS) or call.last in _HTTP_FACTORIES


def _is_client(call: Call, code: CodeFacts) -> bool:
    """Whether a call makes an MCP client, of the SDK or of a library that names it so."""
    return call.last in _CLIENTS or (
        bool(CLIENT_NAME.fullmatch(call.name)) and any(call.name in imported.names for imported in code.imports)
    )


def _connects_by_itself(files: Sequence[CodeFacts]) -> bool:
    """Whether starting a program makes a client that connects as it is made, or asks one for something.

    Functions that make a client connect it, objects connect when they are first asked, or what they were handed on to
    is: one that goes to an agent that the program only exports connects to nothing.
    """
    made = [c for code in files for c in code.calls if _is_client(c, code) and c.last not in _OF_SDK]
    asked = tuple(f"{name}." for name in _holders(made, files))
    uses = [c for code in files for c in code.calls if c.name.startswith(asked)] if asked else []
    return any(may_begin(call, files) for call in (*(c for c in made if c.last[:1].islower()), *uses))


def _holders(made: Sequence[Call], files: Sequence[CodeFacts]) -> frozenset[str]:
    """The names of what some calls make, and of what is made with these: ``new Agent({ model, client })``."""
    names = {call.target for call in made if call.target}
    for call in (call for code in files for call in code.calls):
        given = {value.text for value in (*call.arguments, *call.keywords.values()) if isinstance(value, Ref)}
        if call.target and not names.isdisjoint(given):
            names.add(call.target)
    return frozenset(names)


def _is_protocol_call(call: Call) -> bool:
    return call.name.startswith(("client.", "transport."))


def _writes_json_rpc(calls: Sequence[Call]) -> bool:
    return any("jsonrpc" in c.keywords and "result" in c.keywords for c in calls)


def _answers(files: Sequence[CodeFacts]) -> bool:
    """Whether a program that listens knows the words of an MCP conversation and opens none: it answers one.

    The messages may be objects outside calls, whose keys are not among the facts.
    """
    texts = {text.value for code in files for text in code.texts}
    asks = any("jsonrpc" in c.keywords and "method" in c.keywords for code in files for c in code.calls)
    return "initialize" in texts and bool({"2.0", *_ANSWERED} & texts) and not asks


def _writes_requests(files: Sequence[CodeFacts]) -> bool:
    """Whether the code opens an MCP conversation with ``fetch``, or with Node's own ``http.request``."""
    opens = any(c.name in {"fetch", "http.request"} for code in files for c in code.calls)
    calls = [call for code in files for call in code.calls]
    written = any("method" in c.keywords and bool({"jsonrpc", "params"} & c.keywords.keys()) for c in calls)
    texts = {text.value for code in files for text in code.texts}
    return opens and "initialize" in texts and (written or "2.0" in texts)


def _transport(start: Call, made: Call | None) -> ExampleKind:
    """The kind that ``start()`` means: by its own argument, by the server's ``transport``, by a port, else stdio."""
    argument = start.keywords.get("transportType")
    configured = made.keywords.get("transport") if made else None
    words = argument if isinstance(argument, str) else configured.text if isinstance(configured, Ref) else ""
    http = any(word in words for word in _HTTP_START) or (not words and not LISTENING.isdisjoint(start.keywords))
    return ExampleKind.HTTP_SERVER if http else ExampleKind.STDIO_SERVER


def _is_guessed(start: Call, made: Call, files: Sequence[CodeFacts]) -> bool:
    """Whether ``start()`` states no transport, and what it means in that library is not known."""
    if "transportType" in start.keywords or "transport" in made.keywords:
        return False
    return any(module.partition("/")[0] not in _STDIO_BY_DEFAULT for module in modules_of({made.name}, files))


def endpoint_paths(files: Sequence[CodeFacts], services: Sequence[ServiceRequest] = ()) -> tuple[str, ...]:
    """Return candidate paths, best first: those with ``mcp`` in them, then the rest."""
    paths = [path for path in served_paths(files, services) if may_be_endpoint(path)]
    return tuple(sorted(paths, key=lambda path: "mcp" not in path))[:_MAX_PATHS]


ECMASCRIPT: Final = LanguageRules(role=role, endpoint_paths=endpoint_paths, registrations=_REGISTRATIONS)
