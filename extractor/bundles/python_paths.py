"""Paths under which a Python server offers its endpoint, told from the code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from extractor.bundles.python_roles import APPS, FRAMEWORKS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from extractor.code.facts import Call, Code

_PATH_KEYWORDS: Final = ("streamable_http_path", "path", "mount_path")
_SERVING: Final = frozenset({"run", "run_async", "run_http_async", *APPS, "FastMCP", "MCPServer"})
_MOUNTS: Final = frozenset({"Mount", "mount", "mount_http"})
DEFAULT: Final = "/mcp"
"""Both Python SDKs serve there unless told otherwise."""


def endpoint_paths(codes: Sequence[Code]) -> tuple[str, ...]:
    """Candidate paths, best first; a mount's prefix is put in front of what is mounted."""
    calls = [call for code in codes for call in code.calls]
    inner = list(dict.fromkeys(path for call in calls if (path := _path(call)) is not None)) or [DEFAULT]
    mounts = [p for c in calls if c.last in _MOUNTS and (p := _first_text(c)) is not None and p.startswith("/")]
    routes = [p for c in calls if c.last == "Route" and (p := _first_text(c)) is not None and p.startswith("/")]
    mounted = [(m.rstrip("/") + p) or "/" for m in mounts for p in inner] if _mounts_apply(calls) else []
    return tuple(dict.fromkeys([*mounted, *(m for m in mounts if mounted), *inner, *routes]))


def _path(call: Call) -> str | None:
    if call.last not in _SERVING:
        return None
    for keyword in _PATH_KEYWORDS:
        value = call.keywords.get(keyword)
        if isinstance(value, str) and value.startswith("/"):
            return value
    return None


def _first_text(call: Call) -> str | None:
    value = call.arguments[0] if call.arguments else call.keywords.get("path")
    return value if isinstance(value, str) else None


def _mounts_apply(calls: Sequence[Call]) -> bool:
    return any(c.last in FRAMEWORKS or c.last == "mount" for c in calls)
