"""Paths that servers have beside their endpoint, and those that they ask others for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from extractor.base.loopback import is_loopback
from extractor.languages.common.facts import Ref

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from extractor.languages.common.facts import Code, Value
    from extractor.model import ServiceRequest

_SIDE_PATHS: Final = re.compile(
    r"well-known|/realms/|introspect|oauth|authorize|/tokens?\b|/health|/register|/callback|favicon|/docs\b|\.\w+$",
    re.IGNORECASE,
)
"""Metadata, sign-in, health, files."""
_REQUESTS: Final = frozenset({"fetch", "axios", "got", "ky", "urlopen", "ofetch", "undici.request"})
"""Functions that ask the URL they are given."""
_CLIENTS: Final = frozenset({"axios", "got", "ky", "superagent", "http", "https", "requests", "httpx", "urllib3"})
_ASKING: Final = frozenset({"get", "post", "put", "patch", "delete", "request", "stream"})
"""Methods of those modules that do."""


def is_side_path(path: str) -> bool:
    """Whether a path is one that servers have beside their endpoint."""
    return _SIDE_PATHS.search(path) is not None


def constants_of(codes: Sequence[Code]) -> Mapping[str, str]:
    """Names that the files of a program bind once to a text, and the texts."""
    return {name: text for code in codes for name, text in code.constants.items()}


def path_of(value: Value, constants: Mapping[str, str]) -> str | None:
    """The URL path that an argument gives, as a literal or by a constant's name; None if it gives none."""
    text = constants.get(value.text) if isinstance(value, Ref) else value
    return text if isinstance(text, str) and text.startswith("/") else None


def requested_urls(codes: Sequence[Code], constants: Mapping[str, str]) -> frozenset[str]:
    """URLs and paths that the code requests: others listen there, not the code itself."""
    calls = (call for code in codes for call in code.calls)
    asking = (c for c in calls if c.name in _REQUESTS or (c.name.partition(".")[0] in _CLIENTS and c.last in _ASKING))
    given = [value for call in asking for value in (*call.arguments[:2], call.keywords.get("url"))]
    told = (constants.get(value.text) if isinstance(value, Ref) else value for value in given)
    return frozenset(text for text in told if isinstance(text, str))


def is_of_service(url: str, services: Sequence[ServiceRequest]) -> bool:
    """Whether a URL leads to a service that stands beside the program."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return False
    return any(port == service.port and (host == service.host or is_loopback(host or "")) for service in services)
