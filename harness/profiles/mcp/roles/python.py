"""What Python code does with MCP: serves it over HTTP or stdio, is a client, or none of these."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, Final

from extractor.languages.common.facts import Ref
from extractor.languages.common.modes import MOST_WAYS, by_value
from extractor.languages.common.reach import used_only_later
from extractor.languages.common.roles import LanguageRules, Role, Start
from extractor.languages.python.web import (
    ASGI,
    ASGI_SERVERS,
    sends_on_load,
    serving,
    start_of,
    web_applications,
)
from extractor.model import Dependency, ExampleKind
from harness.profiles.mcp.roles.python_by_hand import hand_written, writes_requests
from harness.profiles.mcp.roles.python_endpoints import APPS, endpoint_paths, launches
from harness.profiles.mcp.roles.shared import (
    CLIENT_NAME,
    LISTENING,
    PARTNERS,
    WAITS,
    in_modes,
    modules_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from extractor.languages.common.facts import Call, CodeFacts, Value

HTTP_TRANSPORTS: Final = frozenset({"http", "streamable-http", "streamable_http", "sse"})
SERVERS: Final = frozenset({"FastMCP", "MCPServer", "Server", "FastApiMCP", "FastMCPOpenAPI", "LowLevelServer"})
"""Classes of the Python SDKs whose instances are servers."""
FACTORIES: Final = frozenset({"FastMCP.from_openapi", "FastMCP.from_fastapi", "FastMCP.as_proxy", "create_proxy"})
_MANAGERS: Final = frozenset({"StreamableHTTPSessionManager", "SseServerTransport"})
"""Classes of the low-level SDK whose methods an ASGI application calls."""
CLIENTS: Final = frozenset(
    {"ClientSession", "Client", "streamablehttp_client", "streamable_http_client", "sse_client", "stdio_client",
     "ClientSessionGroup", "StdioServerParameters", "StreamableHttpTransport", "MCPServerStreamableHTTP",
     "MCPServerStreamableHttp", "MCPServerHTTP", "MCPServerSSE", "MCPServerSse", "MCPServerStdio", "MCPClient",
     "MCPToolset", "McpToolset", "MCPTools", "MultiServerMCPClient", "MCPStreamableHTTPTool", "MCPServerAdapter"}
)  # fmt: skip
_VOCABULARY: Final = (CLIENTS - {"Client", "StreamableHttpTransport"}) | {"stdio_server"}
"""Names that only MCP's packages have."""
_REGISTRATIONS: Final = frozenset({"tool", "resource", "prompt"})
_HANDLERS: Final = _REGISTRATIONS | {"list_tools", "call_tool", "read_resource"}
"""Decorators of a server object."""
_SERVER_MODULE: Final = re.compile(r"\w*mcp\w*\.server\b", re.IGNORECASE)
_SERVER_OBJECTS: Final = frozenset({"mcp", "mcp_app", "mcp_server"})
"""Names that pages give to a server which another file makes."""
_HTTP_METHODS: Final = frozenset({"run_http_async", "run_streamable_http_async", "run_sse_async"})
_STDIO_BY_DEFAULT: Final = frozenset({"mcp", "fastmcp"})
"""Packages whose servers serve stdio if they are run without a word about it."""
_RUNS: Final = frozenset({"run", "run_async", "serve"})
_MAX_RUNS: Final = 200


def role(files: Sequence[CodeFacts]) -> Role:
    """Return the role of a program whose files have these facts, the main file's first."""
    found = _role(files)
    ways = (way for call in _calls(files) for way in _ways(call, files, found.relevant))
    return in_modes(found, tuple(islice(ways, MOST_WAYS)), files)


def _ways(call: Call, files: Sequence[CodeFacts], relevant: bool) -> Iterator[tuple[Call, ExampleKind]]:
    """What a program is by one call; twice where the call chooses its transport itself."""
    if call.name in ASGI_SERVERS:
        # an ASGI app without MCP, such as one for metrics, is not a transport of the server
        if any(one.last in APPS | _MANAGERS for code in files for one in code.calls):
            yield call, ExampleKind.HTTP_SERVER
    elif call.last == "stdio_server":
        yield call, ExampleKind.STDIO_SERVER
    elif run := _server_run(call, files, relevant):
        transport = _asked_transport(call)
        if isinstance(transport, Ref):
            for one, pipes in by_value(call, transport.text):
                yield one, ExampleKind.STDIO_SERVER if pipes else ExampleKind.HTTP_SERVER
        else:
            yield call, run.kind


def _asked_transport(call: Call) -> Value:
    """The transport that ``run`` is given: by its name, or first; of several expressions none is."""
    first = call.arguments[0] if call.arguments else None
    is_other = isinstance(first, Ref) and (len(call.arguments) > 1 or first.text == "*")
    return call.keywords.get("transport", None if is_other else first)


def _calls(files: Sequence[CodeFacts]) -> Iterator[Call]:
    """The calls of a program; of those that may start a server, which are looked at closely, the first."""
    left = _MAX_RUNS
    for call in (call for code in files for call in code.calls):
        left -= call.last in _RUNS
        if left > 0 or call.last not in _RUNS:
            yield call


def _role(files: Sequence[CodeFacts]) -> Role:
    calls = list(_calls(files))
    relevant = any(_speaks_mcp(code) for code in files)
    start = start_of(files)
    for call in calls:
        if run := _server_run(call, files, relevant):
            return run
    client = next((c for code in files for c in code.calls if _is_client(c, code)), None)
    server = next((c for c in calls if _makes_server(c)), None)
    asks = client is not None and not _has_server(files)
    if client and asks and _waits(files):
        return Role(ExampleKind.CLIENT, start, relevant, client.line, why=WAITS, obstacle=WAITS)
    if not asks and (asgi := next((c for c in calls if c.name in ASGI_SERVERS), None)):
        return Role(ExampleKind.HTTP_SERVER, Start.RUN, relevant, asgi.line)
    if stdio := next((c for c in calls if c.last == "stdio_server"), None):
        return Role(ExampleKind.STDIO_SERVER, start, relevant, stdio.line)
    if application := _application(files[0]):
        return Role(ExampleKind.HTTP_SERVER, Start.APP, relevant, application.line, application.target)
    if client and server:
        return Role(ExampleKind.OTHER, start, relevant, server.line, why=PARTNERS)
    if client:
        if _asks_on_load(files):
            start = Start.RUN
        return Role(ExampleKind.CLIENT, start, relevant, client.line, why="creates a client that nothing runs")
    if (web := hand_written(files, start)) and (web.start is Start.RUN or not server):
        return web
    if writes_requests(files) and not server:
        start = Start.RUN if sends_on_load(files[0]) else start
        return Role(ExampleKind.CLIENT, start, True, why="creates a client that nothing runs")
    if server:
        why = f"creates the server `{server.target or server.last}`, but nothing runs it"
        return Role(ExampleKind.OTHER, Start.NONE, relevant, server.line, server.target, why)
    return Role(ExampleKind.OTHER, Start.NONE, relevant, why="neither starts a server nor connects to one")


def _asks_on_load(files: Sequence[CodeFacts]) -> bool:
    """Whether loading the modules makes a client, and enters it or calls a method of it: some need no coroutines."""
    loaded = [(call, code) for code in files for call in code.calls if call.function is None]
    made = [call for call, code in loaded if _is_client(call, code)]
    asked = tuple(f"{call.target}." for call in made if call.target)
    return any(call.entered for call in made) or any(call.name.startswith(asked) for call, _ in loaded if asked)


def _has_server(files: Sequence[CodeFacts]) -> bool:
    """Whether anything in the code is of an MCP server, its own or one of another file."""
    for code in files:
        made = any(_makes_server(c) or c.last in APPS or c.last == "stdio_server" for c in code.calls)
        registers = any(d.last in _HANDLERS and "." in d.name for d in code.decorators)
        taken = any(_SERVER_MODULE.match(i.module) or _SERVER_OBJECTS & set(i.names) for i in code.imports)
        if made or registers or taken or _subclasses(code):
            return True
    return hand_written(files, Start.NONE) is not None


def _waits(files: Sequence[CodeFacts]) -> bool:
    """Whether a program serves HTTP and uses its MCP client only in what it does for a request."""
    served = serving(files)
    listens = any(c.name in ASGI_SERVERS for code in files for c in code.calls)
    clients = [c for code in files for c in code.calls if _is_client(c, code)]
    return (listens or (served is not None and served.call is not None)) and used_only_later(clients, files)


def _speaks_mcp(code: CodeFacts) -> bool:
    """Whether code imports an MCP package, names one of its things, or writes its messages itself."""
    names = [*(i.module for i in code.imports), *code.free, *(c.name for c in code.calls)]
    if any("mcp" in name.lower() for name in (*names, *(d.name for d in code.decorators))):
        return True
    if any(call.last in _VOCABULARY and _is_client(call, code, _VOCABULARY) for call in code.calls):
        return True
    registers = any(d.last in _HANDLERS and "." in d.name for d in code.decorators)
    return registers or any(t.value == "jsonrpc" for t in code.texts)


def _is_client(call: Call, code: CodeFacts, names: frozenset[str] = CLIENTS) -> bool:
    """Whether a call is one of MCP's client classes, and not one of an HTTP library that has the same name."""
    if CLIENT_NAME.fullmatch(call.name) and any(call.name in imported.names for imported in code.imports):
        return True
    if call.last not in names:
        return False
    if "." in call.name:
        return "mcp" in call.name.partition(".")[0].lower()
    origins = {imported.module for imported in code.imports if call.name in imported.names}
    return not origins or any("mcp" in module.lower() for module in origins)


def _server_run(call: Call, files: Sequence[CodeFacts], relevant: bool) -> Role | None:
    """``mcp.run(…)`` in all its forms, but not ``run()`` of a web framework."""
    if call.last in _HTTP_METHODS or launches(call):
        return Role(ExampleKind.HTTP_SERVER, Start.RUN, relevant or launches(call), call.line)
    if call.last == "run_stdio_async":
        return Role(ExampleKind.STDIO_SERVER, Start.RUN, relevant, call.line)
    receiver = call.name.rpartition(".")[0]
    if call.last == "serve":
        return _configured_run(call, files, relevant) if _is_server(receiver, files) else None
    if call.last not in _RUNS or "." not in call.name:
        return None
    if receiver in web_applications(files):
        return None
    is_server = _is_server(receiver, files)
    transport = _asked_transport(call) if is_server else call.keywords.get("transport")
    if isinstance(transport, Ref) and relevant:
        transport = _resolved(transport, files)
    if isinstance(transport, str) and (is_server or (relevant and transport in {*HTTP_TRANSPORTS, "stdio"})):
        kind = ExampleKind.HTTP_SERVER if transport in HTTP_TRANSPORTS else ExampleKind.STDIO_SERVER
        return Role(kind, Start.RUN, relevant, call.line)
    if call.arguments or not is_server:
        return None
    is_guessed = "transport" not in call.keywords and _is_of_other_library(receiver, files)
    made = (c.keywords for code in files for c in code.calls if c.target == receiver)
    given = {name for keywords in (call.keywords, *made) for name in keywords}
    kind = ExampleKind.HTTP_SERVER if is_guessed and not LISTENING.isdisjoint(given) else ExampleKind.STDIO_SERVER
    return Role(kind, Start.RUN, relevant, call.line, is_transport_guessed=is_guessed)


def _is_of_other_library(receiver: str, files: Sequence[CodeFacts]) -> bool:
    """Whether an object is made by a class of a library of which it is not known that ``run()`` means stdio."""
    made = {receiver.removesuffix("()"), *(c.name for code in files for c in code.calls if c.target == receiver)}
    made |= {base for code in files for name in made & code.bases.keys() for base in code.bases[name]}
    return any(module.partition(".")[0] not in _STDIO_BY_DEFAULT for module in modules_of(made, files))


def _configured_run(call: Call, files: Sequence[CodeFacts], relevant: bool) -> Role:
    """The role of ``server.serve()`` in frameworks that take the transport from a configuration object."""
    given = [c.keywords["transport"] for code in files for c in code.calls if "transport" in c.keywords]
    transports = {transport for transport in given if isinstance(transport, str)}
    if transports and transports <= HTTP_TRANSPORTS:
        return Role(ExampleKind.HTTP_SERVER, Start.RUN, relevant, call.line)
    if transports == {"stdio"}:
        return Role(ExampleKind.STDIO_SERVER, Start.RUN, relevant, call.line)
    why = f"starts its server with `{call.name}()` without naming a transport"
    return Role(ExampleKind.OTHER, Start.NONE, relevant, call.line, why=why)


def _is_server(receiver: str, files: Sequence[CodeFacts]) -> bool:
    """Whether an object is an MCP server: one that the code makes, or one called so that it makes nothing else of."""
    calls = [call for code in files for call in code.calls]
    classes = SERVERS | {name for code in files for name in _subclasses(code)}
    if receiver in {c.target for c in calls if _makes_server(c) or c.name in classes}:
        return True
    if receiver in {f"{name}()" for name in classes} | {f"{name}()" for name in FACTORIES}:
        return True
    made = any(c.target == receiver for c in calls)
    imported = {name: i.module for code in files for i in code.imports for name in i.names}
    library = receiver in {i.module for code in files for i in code.imports if not i.names}
    strange = imported.get(receiver, "").partition(".")[0] in {"subprocess", "asyncio", "anyio", "trio", "uvicorn"}
    return receiver in {"mcp", "server"} and not made and not library and not strange


def _subclasses(code: CodeFacts) -> tuple[str, ...]:
    """Classes of the code that extend one of the SDKs' servers."""
    return tuple(name for name, bases in code.bases.items() if SERVERS & set(bases))


def _resolved(value: Ref, files: Sequence[CodeFacts]) -> str:
    """``config.TRANSPORT`` by the default that the code reads from the environment; else what the code hints at."""
    wanted = value.text.rpartition(".")[2].strip("()\"' ").upper()
    for code in files:
        for read in code.environment:
            if read.default and (read.name == wanted or wanted in read.name):
                return read.default
    texts = {text.value for code in files for text in code.texts}
    hints = sorted(texts & HTTP_TRANSPORTS)
    return hints[0] if hints else "stdio"


def _makes_server(call: Call) -> bool:
    """Whether a call makes an MCP server, which ``uvicorn.Server`` does not."""
    return (call.last in SERVERS and call.name not in ASGI_SERVERS) or call.name in FACTORIES


def _application(code: CodeFacts) -> Call | None:
    """The outermost ASGI application that loading the module makes: the last framework one, else the SDK's own."""
    sdk = [c for c in code.calls if c.last in APPS]
    if not sdk and not any(c.last == "FastApiMCP" for c in code.calls):
        return None
    on_load = [c for c in code.calls if c.function is None and c.target and "." not in c.target]
    frameworks = [c for c in on_load if c.last in ASGI]
    own = [c for c in on_load if c.last in APPS]
    mounted = frameworks or own
    return mounted[-1] if mounted else None


PYTHON: Final = LanguageRules(
    role=role,
    endpoint_paths=endpoint_paths,
    registrations=_REGISTRATIONS,
    loaders={"mcp": Dependency("mcp", extras=("cli",)), "fastmcp": Dependency("fastmcp")},
    http_transports=HTTP_TRANSPORTS,
)
