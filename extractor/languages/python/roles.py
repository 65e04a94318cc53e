"""What Python code does with MCP: serves HTTP, serves stdio, is a client, or none of these."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from extractor.languages.common.facts import Ref
from extractor.languages.common.values import Role, Start
from extractor.languages.python.web import ASGI, serving, web_applications
from extractor.model import ExampleKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from extractor.languages.common.facts import Call, Code, Import

HTTP_TRANSPORTS: Final = frozenset({"http", "streamable-http", "streamable_http", "sse"})
SERVERS: Final = frozenset({"FastMCP", "MCPServer", "Server", "FastApiMCP", "FastMCPOpenAPI", "LowLevelServer"})
"""Classes of the Python SDKs whose instances are servers."""
FACTORIES: Final = frozenset({"FastMCP.from_openapi", "FastMCP.from_fastapi", "FastMCP.as_proxy", "create_proxy"})
APPS: Final = frozenset({"http_app", "streamable_http_app", "sse_app"})
"""Methods that give an ASGI application."""
FRAMEWORKS: Final = ASGI
RUNNERS: Final = frozenset({"asyncio.run", "anyio.run", "trio.run", "run_until_complete"})
CLIENTS: Final = frozenset(
    {"ClientSession", "Client", "streamablehttp_client", "streamable_http_client", "sse_client", "stdio_client",
     "ClientSessionGroup", "StdioServerParameters", "StreamableHttpTransport"}
)  # fmt: skip
HTTP_LIBRARIES: Final = ("httpx", "requests", "aiohttp", "urllib3", "urllib.request", "http.client", "httpx2")
"""Modules that send requests. ``http`` and ``urllib`` hold other things too."""
_SENDING: Final = frozenset({"post", "request", "stream", "send", "urlopen"})
"""Functions of those libraries that send what they are given."""
_VOCABULARY: Final = (CLIENTS - {"Client", "StreamableHttpTransport"}) | {"stdio_server"}
"""Names that only MCP's packages have."""
_REGISTRATIONS: Final = frozenset({"tool", "resource", "prompt", "list_tools", "call_tool", "read_resource"})
_HTTP_METHODS: Final = frozenset({"run_http_async", "run_streamable_http_async", "run_sse_async"})


def python_role(codes: Sequence[Code]) -> Role:
    """The role of a program whose files have these facts, the main file's first."""
    calls = [call for code in codes for call in code.calls]
    mcp = any(speaks_mcp(code) for code in codes)
    main = codes[0]
    for call in calls:
        if role := _server_run(call, codes, mcp):
            return role
    if serving := next((c for c in calls if c.name in {"uvicorn.run", "hypercorn.run", "uvicorn.Server"}), None):
        return Role(ExampleKind.HTTP_SERVER, Start.RUN, mcp, serving.line)
    if stdio := next((c for c in calls if c.last == "stdio_server"), None):
        return Role(ExampleKind.STDIO_SERVER, _started(main, calls), mcp, stdio.line)
    if application := _application(main):
        return Role(ExampleKind.HTTP_SERVER, Start.APP, mcp, application.line, application.target)
    client = next((c for code in codes for c in code.calls if _is_client(c, code)), None)
    server = next((c for c in calls if _makes_server(c)), None)
    if client and server:
        why = "runs server and client inside one process: there is no exchange to judge"
        return Role(ExampleKind.OTHER, _started(main, calls), mcp, server.line, why=why)
    if client:
        return Role(ExampleKind.CLIENT, _started(main, calls), mcp, client.line, why="makes a client that nothing runs")
    if (web := _hand_written(codes, calls)) and (web.start is Start.RUN or not server):
        return web
    if _writes_requests(codes) and not server:
        sends = any(c.function is None and c.last in _SENDING for c in main.calls)
        start = Start.RUN if sends else _started(main, calls)
        return Role(ExampleKind.CLIENT, start, mcp, why="makes a client that nothing runs")
    if server:
        why = f"makes the server `{server.target or server.last}`, and nothing runs it"
        return Role(ExampleKind.OTHER, Start.NONE, mcp, server.line, server.target, why)
    return Role(ExampleKind.OTHER, Start.NONE, mcp, why="neither starts a server nor connects to one")


def speaks_mcp(code: Code) -> bool:
    """Whether code imports an MCP package, names one of its things, or writes its messages itself."""
    names = [*(i.module for i in code.imports), *code.free, *(c.name for c in code.calls)]
    if any("mcp" in name.lower() for name in (*names, *(d.name for d in code.decorators))):
        return True
    if any(call.last in _VOCABULARY and _is_client(call, code, _VOCABULARY) for call in code.calls):
        return True
    registers = any(d.last in _REGISTRATIONS and "." in d.name for d in code.decorators)
    return registers or any(t.value == "jsonrpc" for t in code.texts)


def _is_client(call: Call, code: Code, names: frozenset[str] = CLIENTS) -> bool:
    """Whether a call is one of MCP's client classes, and not one of an HTTP library that has the same name."""
    if call.last not in names:
        return False
    if "." in call.name:
        return "mcp" in call.name.partition(".")[0].lower()
    origins = {found.module for found in code.imports if call.name in found.names}
    return not origins or any("mcp" in module.lower() for module in origins)


def _server_run(call: Call, codes: Sequence[Code], mcp: bool) -> Role | None:
    """``mcp.run(…)`` in all its forms, but not ``run()`` of a web framework."""
    if call.last in _HTTP_METHODS:
        return Role(ExampleKind.HTTP_SERVER, Start.RUN, mcp, call.line)
    if call.last == "run_stdio_async":
        return Role(ExampleKind.STDIO_SERVER, Start.RUN, mcp, call.line)
    if call.last not in {"run", "run_async"} or "." not in call.name:
        return None
    if call.name.rpartition(".")[0] in web_applications(codes):
        return None
    transport = call.keywords.get("transport", call.arguments[0] if call.arguments else None)
    if isinstance(transport, Ref) and "transport" in call.keywords:
        transport = _resolved(transport, codes)
    if isinstance(transport, str):
        http = transport in HTTP_TRANSPORTS
        return Role(ExampleKind.HTTP_SERVER if http else ExampleKind.STDIO_SERVER, Start.RUN, mcp, call.line)
    receiver = call.name.rpartition(".")[0]
    made = {c.target for code in codes for c in code.calls if _makes_server(c)} | {f"{name}()" for name in SERVERS}
    if not call.arguments and (receiver in made or receiver in {"mcp", "server"}):
        return Role(ExampleKind.STDIO_SERVER, Start.RUN, mcp, call.line)
    return None


def _resolved(value: Ref, codes: Sequence[Code]) -> str:
    """``config.TRANSPORT`` by the default that the code reads from the environment; else what the code hints at."""
    wanted = value.text.rpartition(".")[2].strip("()\"' ").upper()
    for code in codes:
        for read in code.environment:
            if read.default and (read.name == wanted or wanted in read.name):
                return read.default
    texts = {text.value for code in codes for text in code.texts}
    found = sorted(texts & HTTP_TRANSPORTS)
    return found[0] if found else "stdio"


def _makes_server(call: Call) -> bool:
    return call.last in SERVERS or call.name in FACTORIES


def _application(code: Code) -> Call | None:
    """The outermost ASGI application that loading the module makes: the last framework one, else the SDK's own."""
    sdk = [c for c in code.calls if c.last in APPS]
    if not sdk and not any(c.last == "FastApiMCP" for c in code.calls):
        return None
    on_load = [c for c in code.calls if c.function is None and c.target and "." not in c.target]
    frameworks = [c for c in on_load if c.last in FRAMEWORKS]
    own = [c for c in on_load if c.last in APPS]
    mounted = frameworks or own
    return mounted[-1] if mounted else None


def _started(main: Code, calls: Sequence[Call]) -> Start:
    """Whether loading the file sets something going: a guard, an event loop, a statement for its effect."""
    if main.main_guard or main.bare_await:
        return Start.RUN
    own = any(c.function is None and c.statement and c.name.partition(".")[0] in main.defines for c in main.calls)
    return Start.RUN if own or any(c.function is None and c.name in RUNNERS for c in calls) else Start.NONE


def _hand_written(codes: Sequence[Code], calls: Sequence[Call]) -> Role | None:
    """The role of a server that answers JSON-RPC itself."""
    found = serving(codes)
    if found is None:
        return None
    kind, line = ExampleKind.HTTP_SERVER, found.call.line if found.call else 1
    if found.application:
        return Role(kind, Start.APP, True, line, found.application.target)
    if found.started and found.call:
        start = Start.RUN if found.call.function is None else _started(codes[0], calls)
        return Role(kind, start, True, line, why="starts a server in a function that nothing calls")
    made = f"makes `{found.call.last}`" if found.call else "answers requests"
    return Role(ExampleKind.OTHER, Start.NONE, True, line, why=f"{made}, and nothing in it starts a server")


def _writes_requests(codes: Sequence[Code]) -> bool:
    """Whether the code opens an MCP conversation over an HTTP library of its own choice."""
    texts = {text.value for code in codes for text in code.texts}
    return {"jsonrpc", "initialize"} <= texts and any(_sends(found) for code in codes for found in code.imports)


def _sends(found: Import) -> bool:
    """Whether an import takes a library that sends requests: ``http.client``, ``from http import client``."""
    modules = (found.module, *(f"{found.module}.{name}" for name in found.names))
    return any(f"{module}.".startswith(f"{library}.") for module in modules for library in HTTP_LIBRARIES)
