"""Python servers whose MCP is written by hand: over the standard library, or over a web framework."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from extractor.languages.common.facts import Ref

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from extractor.languages.common.facts import Call, Code

ASGI: Final = frozenset({"Starlette", "FastAPI", "Litestar", "Quart"})
"""Classes whose instances an ASGI server serves."""
_RUN_THEMSELVES: Final = frozenset({"Flask", "Quart", "Sanic", "Bottle"})
"""Classes whose instances have ``run()``."""
_LIBRARIES: Final = frozenset(
    {"http.server", "socketserver", "wsgiref", "flask", "quart", "sanic", "bottle", "fastapi", "starlette", "litestar",
     "aiohttp.web", "tornado.web", "tornado.httpserver", "werkzeug.serving", "waitress", "uvicorn", "hypercorn",
     "cherrypy", "gevent.pywsgi", "asyncio"}
)  # fmt: skip
"""Modules to serve with; ``asyncio`` serves too, but is no sign that a program does."""
_MAKING: Final = frozenset(
    {"HTTPServer", "ThreadingHTTPServer", "TCPServer", "ThreadingTCPServer", "make_server", "WSGIServer"}
)
_STARTING: Final = frozenset(
    {"serve_forever", "handle_request", "run_app", "TCPSite", "start_server", "run_simple", "quickstart"}
)
_QUALIFIED: Final = frozenset({"waitress.serve", "bottle.run", "hypercorn.asyncio.serve"})
"""Functions whose last name alone is everybody's."""
_SERVE_FOREVER: Final = ".serve_forever"
_ASKED: Final = "clientInfo"
_ANSWERED: Final = "serverInfo"
"""What opens an MCP conversation, and what answers it."""
ENDPOINT: Final = "/mcp"


@dataclass(frozen=True, slots=True)
class Serving:
    """How a program serves."""

    call: Call | None = None
    """The call that starts the server, or makes it; None if only imports tell that the program is one."""
    started: bool = False
    application: Call | None = None
    """The ASGI application that loading the main file makes, where the code starts no server itself."""


def serving(codes: Sequence[Code]) -> Serving | None:
    """How a program that answers JSON-RPC by hand, or has a route called as MCP's is, serves HTTP; else None.

    One that writes ``clientInfo`` and never ``serverInfo`` asks; what it serves is a page to sign in.
    """
    texts = {text.value for code in codes for text in code.texts}
    if not (writes_json_rpc(codes) or ENDPOINT in texts) or (_ASKED in texts and _ANSWERED not in texts):
        return None
    libraries = frozenset(name for code in codes for name in _libraries(code))
    if not libraries:
        return None
    calls = [call for code in codes for call in code.calls]
    applications = web_applications(codes)
    for call in calls:
        if _starts(call, codes, applications):
            return Serving(call, started=True)
    if made := next((c for c in codes[0].calls if c.last in ASGI and c.function is None and c.target), None):
        return Serving(made, application=made)
    if made := next((c for c in calls if c.last in _MAKING), None):
        return Serving(made)
    return Serving() if libraries - {"asyncio"} and writes_json_rpc(codes) else None


def writes_json_rpc(codes: Sequence[Code]) -> bool:
    """Whether the code writes JSON-RPC messages itself."""
    texts = (text.value for code in codes for text in code.texts)
    written = any(text == "jsonrpc" or '"jsonrpc"' in text for text in texts)
    return written or any("jsonrpc" in call.keywords for code in codes for call in code.calls)


def web_applications(codes: Sequence[Code]) -> frozenset[str]:
    """Names of objects that web frameworks made: their ``run()`` is none of an MCP SDK's."""
    return frozenset(c.target for code in codes for c in code.calls if c.last in _RUN_THEMSELVES and c.target)


def _starts(call: Call, codes: Sequence[Code], applications: frozenset[str]) -> bool:
    if call.last in _STARTING or _imported(call, codes) in _QUALIFIED:
        return True
    if call.last == "run" and call.name.rpartition(".")[0] in applications:
        return True
    # Thread(target=server.serve_forever)
    handed = (*call.arguments, *call.keywords.values())
    return any(isinstance(value, Ref) and value.text.endswith(_SERVE_FOREVER) for value in handed)


def _imported(call: Call, codes: Sequence[Code]) -> str:
    """A call's name with the module that it was taken from: ``waitress.serve`` for ``serve``."""
    origin = next((i.module for code in codes for i in code.imports if call.name in i.names), None)
    return call.name if origin is None else f"{origin}.{call.name}"


def _libraries(code: Code) -> Iterator[str]:
    """Libraries to serve with that code imports, each as it is called in :data:`_LIBRARIES`."""
    for found in code.imports:
        for module in (found.module, *(f"{found.module}.{name}" for name in found.names)):
            parts = module.split(".")
            names = {".".join(parts[:count]) for count in range(1, len(parts) + 1)}
            yield from names & _LIBRARIES
