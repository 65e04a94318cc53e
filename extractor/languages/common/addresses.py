"""Addresses in code: paths and hosts that a server serves, and URLs that it requests from others."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from extractor.base.loopback import is_loopback
from extractor.languages.common.facts import Ref

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from extractor.languages.common.facts import Call, CodeFacts, Value
    from extractor.model import ServiceRequest

_SIDE_PATHS: Final = re.compile(
    r"well-known|/realms/|introspect|oauth|authorize|/tokens?\b|/health|/register|/callback|favicon|/docs\b|\.\w+$"
    r"|/schema\b|/openapi|/metrics\b|/status\b",
    re.IGNORECASE,
)
"""Metadata, sign-in, health, descriptions, files."""
_REQUESTS: Final = frozenset({"fetch", "axios", "got", "ky", "urlopen", "ofetch", "undici.request"})
"""Functions that request the URL they are given."""
_CLIENTS: Final = frozenset({"axios", "got", "ky", "superagent", "http", "https", "requests", "httpx", "urllib3"})
_ASKING: Final = frozenset({"get", "post", "put", "patch", "delete", "request", "stream"})
"""Methods of those modules that request a URL."""
_HOST_LISTS: Final = frozenset({"allowed_hosts", "allowedHosts"})
_HOST: Final = re.compile(r"[\w.-]{1,200}(?::(?:\d{1,5}|\*))?", re.ASCII)
"""What a Host header may hold: a name from the docs cannot add another header."""
_MOUNTS: Final = frozenset({"Mount", "mount"})
_CONNECTION: Final = "HTTPConnection"
"""Python's class, of ``http.client``, which takes a host and a port."""
_NODE_REQUESTS: Final = frozenset({"http.request", "http.get"})
_PORTS: Final = 65536
_ANY_PORT: Final = ":*"
_PORT: Final = re.compile(r":(?:\d{1,5}|\*)$", re.ASCII)


def is_side_path(path: str) -> bool:
    """Return whether a path is one that servers have in addition to their endpoint."""
    return _SIDE_PATHS.search(path) is not None


def constants_of(files: Sequence[CodeFacts]) -> Mapping[str, str]:
    """Return the names that the files of a program bind once to a text, and the texts."""
    return {name: text for code in files for name, text in code.constants.items()}


def path_of(value: Value, constants: Mapping[str, str]) -> str | None:
    """Return the URL path that an argument is, as a literal or by a constant's name; None if it is not a path."""
    text = constants.get(value.text) if isinstance(value, Ref) else value
    return text if isinstance(text, str) and text.startswith("/") else None


def requested_urls(files: Sequence[CodeFacts], constants: Mapping[str, str]) -> frozenset[str]:
    """Return the URLs and paths that the code requests: others listen there, not the code itself."""
    calls = (call for code in files for call in code.calls)
    asking = (c for c in calls if c.name in _REQUESTS or (c.name.partition(".")[0] in _CLIENTS and c.last in _ASKING))
    given = [value for call in asking for value in (*call.arguments[:2], call.keywords.get("url"))]
    texts = (constants.get(value.text) if isinstance(value, Ref) else value for value in given)
    return frozenset(text for text in texts if isinstance(text, str))


def connections(files: Sequence[CodeFacts]) -> tuple[tuple[str, int], ...]:
    """Return the hosts and ports that code opens HTTP connections to, where it names them apart from a URL.

    Python's ``HTTPConnection(HOST, 8000)`` and Node's ``http.request({ host, port: 8000 })``: literals, and names that
    have one value.
    """
    values = {name: text for code in files for name, text in code.values.items()}
    found: list[tuple[str, int]] = []
    for call in (call for code in files for call in code.calls):
        given = call.keywords
        if call.last == _CONNECTION:
            named: tuple[Value, ...] = (given.get("host"), given.get("port"))
            host, port = (*call.arguments, *named[len(call.arguments) :])[:2]
        elif call.name in _NODE_REQUESTS and "port" in given:
            host, port = given.get("hostname", given.get("host", "localhost")), given["port"]
        else:
            continue
        address = _host_and_port(_known(host, values), _known(port, values))
        if address is not None:
            found.append(address)
    return tuple(dict.fromkeys(found))


def _known(value: Value, values: Mapping[str, str]) -> object:
    """A literal, or what the one value of a name is; None for anything else."""
    if not isinstance(value, Ref):
        return value
    try:
        return ast.literal_eval(values.get(value.text, ""))
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None


def _host_and_port(host: object, port: object) -> tuple[str, int] | None:
    """A host and a port, the port also behind the host (``localhost:8000``) or as a text."""
    if not isinstance(host, str):
        return None
    if port is None and (behind := _PORT.search(host)):
        host, port = host[: behind.start()], behind.group()[1:]
    number = int(port) if isinstance(port, str) and port.isascii() and port.isdecimal() else port
    sound = isinstance(number, int) and not isinstance(number, bool) and 0 < number < _PORTS
    return (host, number) if sound and isinstance(number, int) and _HOST.fullmatch(host) else None


def is_of_service(url: str, services: Sequence[ServiceRequest]) -> bool:
    """Return whether a URL is that of a service beside the program."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return False
    return any(port == service.port and (host == service.host or is_loopback(host or "")) for service in services)


def host_names(files: Sequence[CodeFacts]) -> tuple[str, ...]:
    """Return the names that a server answers to, from the lists of allowed hosts in its code.

    A server that protects itself against DNS rebinding turns every other Host away. Empty if there are no lists, or if
    loopback is in them. A name without a port comes first; ``example.com:*`` means any port.
    """
    calls = [call for code in files for call in code.calls]
    lists = [v.text for c in calls for k, v in c.keywords.items() if k in _HOST_LISTS and isinstance(v, Ref)]
    # a route by host decides which name is needed only where nothing is mounted for every name
    mounted = any(call.last in _MOUNTS for call in calls)
    routed = [] if mounted else [name for call in calls for name in _routed(call)]
    names = [name for text in lists for name in _strings(text)] or routed
    if any(name.startswith("*") or is_loopback(_PORT.sub("", name)) for name in names):
        return ()
    sound = [name for name in names if _HOST.fullmatch(name)]
    return tuple(sorted(dict.fromkeys(sound), key=lambda name: name.endswith(_ANY_PORT)))


def _routed(call: Call) -> tuple[str, ...]:
    """The host of Starlette's ``Host("tools.example.com", app=…)``, unless it has parameters."""
    first = call.arguments[0] if call.last == "Host" and call.arguments else None
    return (first,) if isinstance(first, str) and "{" not in first else ()


def _strings(literal: str) -> list[str]:
    """The strings of a list as Python or JavaScript writes it; empty if it is computed."""
    try:
        listed = ast.literal_eval(literal)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return []
    return [item for item in listed if isinstance(item, str)] if isinstance(listed, list | tuple) else []
