"""Paths that servers have beside their endpoint, and those that they ask others for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from extractor.base.loopback import is_loopback
from extractor.languages.common.facts import Ref

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from extractor.languages.common.facts import Code
    from extractor.model import ServiceRequest

OTHER_PATHS: Final = re.compile(
    r"well-known|/realms/|introspect|oauth|authorize|/tokens?\b|/health|/sse|/messages?\b|/register|/callback|favicon|/docs\b|\.\w+$",
    re.IGNORECASE,
)
"""Metadata, sign-in, health, the older transport: never the endpoint of a conversation over Streamable HTTP."""
_REQUESTS: Final = frozenset({"fetch", "axios", "got", "ky", "urlopen", "ofetch", "undici.request"})
"""Functions that ask the URL they are given."""
_CLIENTS: Final = frozenset({"axios", "got", "ky", "superagent", "http", "https", "requests", "httpx", "urllib3"})
_ASKING: Final = frozenset({"get", "post", "put", "patch", "delete", "request", "stream"})
"""Methods of those modules that do."""


def asked_for(codes: Sequence[Code], constants: Mapping[str, str]) -> frozenset[str]:
    """Texts that the code requests: they tell where others listen, not where it does itself."""
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
