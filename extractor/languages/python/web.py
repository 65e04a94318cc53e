"""How Python programs start, serve HTTP and send requests: the standard library and its web frameworks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from extractor.languages.common.facts import Ref
from extractor.languages.common.roles import Start

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from extractor.languages.common.facts import Call, CodeFacts, Import

ASGI: Final = frozenset({"Starlette", "FastAPI", "Litestar", "Quart"})
"""Classes whose instances an ASGI server serves."""
ASGI_SERVERS: Final = frozenset({"uvicorn.run", "hypercorn.run", "uvicorn.Server"})
"""Calls that serve an ASGI application."""
ROUTE_DECORATORS: Final = frozenset({"custom_route", "route", "get", "post", "put", "delete", "patch"})
"""Decorators, always of an object (``@app.get``), whose function runs when a client asks for it."""
_SELF_SERVING: Final = frozenset({"Flask", "Quart", "Sanic", "Bottle"})
"""Classes whose instances have ``run()``."""
_SERVER_LIBRARIES: Final = frozenset(
    {"http.server", "socketserver", "wsgiref", "flask", "quart", "sanic", "bottle", "fastapi", "starlette", "litestar",
     "aiohttp.web", "tornado.web", "tornado.httpserver", "werkzeug.serving", "waitress", "uvicorn", "hypercorn",
     "cherrypy", "gevent.pywsgi", "asyncio"}
)  # fmt: skip
"""Modules to serve with; ``asyncio`` serves too, but importing it does not show that a program does."""
_CLIENT_LIBRARIES: Final = ("httpx", "requests", "aiohttp", "urllib3", "urllib.request", "http.client", "httpx2")
"""Modules that send requests. ``http`` and ``urllib`` hold other things too."""
_SENDING: Final = frozenset({"post", "request", "stream", "send", "urlopen"})
"""Functions of those modules that send what they are given."""
_MAKING: Final = frozenset(
    {"HTTPServer", "ThreadingHTTPServer", "TCPServer", "ThreadingTCPServer", "make_server", "WSGIServer"}
)
_STARTING: Final = frozenset(
    {"serve_forever", "handle_request", "run_app", "TCPSite", "start_server", "run_simple", "quickstart"}
)
_QUALIFIED: Final = frozenset({"waitress.serve", "bottle.run", "hypercorn.asyncio.serve"})
"""Functions that are known by their module only, since other modules have functions of the same name."""
_SERVE_FOREVER: Final = ".serve_forever"
_EVENT_LOOPS: Final = frozenset({"asyncio.run", "anyio.run", "trio.run", "run_until_complete"})


@dataclass(frozen=True, slots=True)
class ServedApplication:
    """How a program serves HTTP."""

    call: Call | None = None
    """The call that starts the server, or makes it; None if only the imports show that the program is one."""
    started: bool = False
    application: Call | None = None
    """The ASGI application that loading the main file makes, where the code starts no server itself."""


def serving(files: Sequence[CodeFacts]) -> ServedApplication | None:
    """Return how a program serves HTTP; None if it imports nothing to serve with.

    Args:
        files: facts of its files, the main file's first.
    """
    libraries = frozenset(name for code in files for name in _libraries(code))
    if not libraries:
        return None
    calls = [call for code in files for call in code.calls]
    applications = web_applications(files)
    for call in calls:
        if _starts(call, files, applications):
            return ServedApplication(call, started=True)
    if made := next((c for c in files[0].calls if c.last in ASGI and c.function is None and c.target), None):
        return ServedApplication(made, application=made)
    if made := next((c for c in calls if c.last in _MAKING or (c.last in _SELF_SERVING and c.target)), None):
        return ServedApplication(made)
    return ServedApplication() if libraries - {"asyncio"} else None


def web_applications(files: Sequence[CodeFacts]) -> frozenset[str]:
    """Return the names of objects of web frameworks whose ``run()`` serves HTTP."""
    return frozenset(c.target for code in files for c in code.calls if c.last in _SELF_SERVING and c.target)


def start_of(files: Sequence[CodeFacts]) -> Start:
    """Return RUN if loading the main file starts something: a main guard, an event loop, a call; else NONE."""
    main = files[0]
    if main.main_guard or main.bare_await:
        return Start.RUN
    own = any(c.function is None and c.statement and c.name.partition(".")[0] in main.defines for c in main.calls)
    loops = any(c.function is None and c.name in _EVENT_LOOPS for code in files for c in code.calls)
    return Start.RUN if own or loops else Start.NONE


def imports_http_client(code: CodeFacts) -> bool:
    """Return whether code imports a module that sends requests: ``http.client``, ``from http import client``."""
    return any(_is_client_library(imported) for imported in code.imports)


def sends_on_load(code: CodeFacts) -> bool:
    """Return whether loading the code sends a request."""
    return any(c.function is None and c.last in _SENDING for c in code.calls)


def _is_client_library(imported: Import) -> bool:
    modules = (imported.module, *(f"{imported.module}.{name}" for name in imported.names))
    return any(f"{module}.".startswith(f"{library}.") for module in modules for library in _CLIENT_LIBRARIES)


def _starts(call: Call, files: Sequence[CodeFacts], applications: frozenset[str]) -> bool:
    if call.last in _STARTING or _imported(call, files) in _QUALIFIED:
        return True
    if call.last == "run" and call.name.rpartition(".")[0] in applications:
        return True
    # Thread(target=server.serve_forever)
    handed = (*call.arguments, *call.keywords.values())
    return any(isinstance(value, Ref) and value.text.endswith(_SERVE_FOREVER) for value in handed)


def _imported(call: Call, files: Sequence[CodeFacts]) -> str:
    """A call's name with the module that it was taken from: ``waitress.serve`` for ``serve``."""
    origin = next((i.module for code in files for i in code.imports if call.name in i.names), None)
    return call.name if origin is None else f"{origin}.{call.name}"


def _libraries(code: CodeFacts) -> Iterator[str]:
    """Libraries to serve with that code imports, each as it is called in :data:`_SERVER_LIBRARIES`."""
    for imported in code.imports:
        for module in (imported.module, *(f"{imported.module}.{name}" for name in imported.names)):
            parts = module.split(".")
            names = {".".join(parts[:count]) for count in range(1, len(parts) + 1)}
            yield from names & _SERVER_LIBRARIES
