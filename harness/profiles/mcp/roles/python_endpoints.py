"""The paths under which a Python program may serve MCP, by what its code says."""

from __future__ import annotations

import re
from itertools import permutations
from typing import TYPE_CHECKING, Final

from extractor.languages.common.addresses import constants_of, path_of, requested_urls
from extractor.languages.python.web import ASGI
from harness.profiles.mcp.roles.python_by_hand import writes_json_rpc
from harness.profiles.mcp.roles.shared import ENDPOINT, may_be_endpoint

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from extractor.languages.common.facts import Call, CodeFacts
    from extractor.model import ServiceRequest

APPS: Final = frozenset({"http_app", "streamable_http_app", "sse_app"})
"""Methods that give an ASGI application."""
_PATH_KEYWORDS: Final = ("streamable_http_path", "path", "mount_path")
_SERVING: Final = frozenset({"run", "run_async", "run_http_async", *APPS, "FastMCP", "MCPServer"})
_OF_GRADIO: Final = "/gradio_api/mcp/"
"""Where Gradio serves MCP."""
_MOUNTS: Final = frozenset({"Mount", "mount", "mount_http"})
_PLAIN: Final = re.compile(r"(?:/[\w.~-]+)+/?")
_MAX_NESTED: Final = 4
_MAX_PATHS: Final = 12


def endpoint_paths(files: Sequence[CodeFacts], services: Sequence[ServiceRequest] = ()) -> tuple[str, ...]:
    """Return candidate paths, best first; the prefixes of mounts are put in front of what may be mounted there.

    A server that answers JSON-RPC by hand may have its endpoint under any path that it names but those it requests. The
    usual path is that of SDKs: for a server without one it would be a guess.
    """
    by_hand = writes_json_rpc(files)
    of_sdk = not by_hand or any("mcp" in imported.module.lower() for code in files for imported in code.imports)
    calls = [call for code in files for call in code.calls]
    constants = constants_of(files)
    inner = [path for call in calls if (path := _served_path(call, constants))] or [ENDPOINT] * of_sdk
    mounts = [path for call in calls if call.last in _MOUNTS and (path := _first_path(call, constants))]
    routes = [path for call in calls if call.last == "Route" and (path := _first_path(call, constants))]
    if not any(call.last in ASGI or call.last == "mount" for call in calls):
        mounts = []
    nested = ["".join(pair) for pair in permutations(dict.fromkeys(mounts), 2)] if len(mounts) <= _MAX_NESTED else []
    prefixes = [prefix.rstrip("/") for prefix in (*mounts, *nested)]
    mounted = [(prefix + path) or "/" for prefix in prefixes for path in dict.fromkeys(inner)]
    named = _named(files, constants) if by_hand else ()
    mounted += [_OF_GRADIO for call in calls if launches(call)]
    return tuple(dict.fromkeys([*mounted, *mounts, *inner, *routes, *named]))[:_MAX_PATHS]


def _named(files: Sequence[CodeFacts], constants: Mapping[str, str]) -> Iterator[str]:
    """Paths that the code compares with, or has a route for, and does not request itself."""
    requested = requested_urls(files, constants)
    for text in (text.value for code in files for text in code.texts):
        if text not in requested and _PLAIN.fullmatch(text) and may_be_endpoint(text):
            yield text


def _served_path(call: Call, constants: Mapping[str, str]) -> str | None:
    if call.last not in _SERVING:
        return None
    paths = (path_of(call.keywords.get(keyword), constants) for keyword in _PATH_KEYWORDS)
    return next((path for path in paths if path), None)


def _first_path(call: Call, constants: Mapping[str, str]) -> str | None:
    return path_of(call.arguments[0] if call.arguments else call.keywords.get("path"), constants)


def launches(call: Call) -> bool:
    """Return whether a call starts a Gradio application that serves its functions as tools, too."""
    return call.last == "launch" and call.keywords.get("mcp_server") is True
