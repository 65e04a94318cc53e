"""Paths under which a Python server offers its endpoint, told from the code."""

from __future__ import annotations

import re
from itertools import permutations
from typing import TYPE_CHECKING, Final

from extractor.languages.common.facts import Ref
from extractor.languages.common.routes import OTHER_PATHS, asked_for
from extractor.languages.python.roles import APPS, FRAMEWORKS
from extractor.languages.python.web import writes_json_rpc

if TYPE_CHECKING:
    from collections.abc import Sequence

    from extractor.languages.common.facts import Call, Code, Value

_PATH_KEYWORDS: Final = ("streamable_http_path", "path", "mount_path")
_SERVING: Final = frozenset({"run", "run_async", "run_http_async", *APPS, "FastMCP", "MCPServer"})
_MOUNTS: Final = frozenset({"Mount", "mount", "mount_http"})
_PLAIN: Final = re.compile(r"/[\w/-]+")
_MAX_NESTED: Final = 4
DEFAULT: Final = "/mcp"
"""Both Python SDKs serve there unless told otherwise."""


def endpoint_paths(codes: Sequence[Code]) -> tuple[str, ...]:
    """Candidate paths, best first; the prefixes of mounts are put in front of what may be mounted there.

    A server that answers JSON-RPC by hand may have its endpoint under any path that it names but those it requests.
    """
    calls = [call for code in codes for call in code.calls]
    known = {name: text for code in codes for name, text in code.constants.items()}
    inner = [path for call in calls if (path := _served_path(call, known))] or [DEFAULT]
    mounts = [path for call in calls if call.last in _MOUNTS and (path := _first_path(call, known))]
    routes = [path for call in calls if call.last == "Route" and (path := _first_path(call, known))]
    if not any(call.last in FRAMEWORKS or call.last == "mount" for call in calls):
        mounts = []
    nested = ["".join(pair) for pair in permutations(dict.fromkeys(mounts), 2)] if len(mounts) <= _MAX_NESTED else []
    prefixes = [prefix.rstrip("/") for prefix in (*mounts, *nested)]
    mounted = [(prefix + path) or "/" for prefix in prefixes for path in dict.fromkeys(inner)]
    named = _named(codes, known) if writes_json_rpc(codes) else []
    return tuple(dict.fromkeys([*mounted, *mounts, *inner, *routes, *named]))[:12]


def _named(codes: Sequence[Code], known: dict[str, str]) -> list[str]:
    """Paths that the code compares with, or has a route for, and does not request itself."""
    asked = asked_for(codes, known)
    texts = (text.value for code in codes for text in code.texts if text.value not in asked)
    return [text for text in texts if _PLAIN.fullmatch(text) and not OTHER_PATHS.search(text)]


def _served_path(call: Call, known: dict[str, str]) -> str | None:
    if call.last not in _SERVING:
        return None
    found = (_path(call.keywords.get(keyword), known) for keyword in _PATH_KEYWORDS)
    return next((path for path in found if path), None)


def _first_path(call: Call, known: dict[str, str]) -> str | None:
    return _path(call.arguments[0] if call.arguments else call.keywords.get("path"), known)


def _path(value: Value, known: dict[str, str]) -> str | None:
    text = known.get(value.text) if isinstance(value, Ref) else value
    return text if isinstance(text, str) and text.startswith("/") else None
