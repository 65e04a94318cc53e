"""Paths under which a TypeScript or JavaScript server offers its endpoint, told from the code."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from extractor.languages.common.facts import Ref
from extractor.languages.common.routes import OTHER_PATHS, asked_for, is_of_service

if TYPE_CHECKING:
    from collections.abc import Sequence

    from extractor.languages.common.facts import Code
    from extractor.model import ServiceRequest

_ROUTES: Final = ("all", "post", "use", "route", "get", "delete")
_PLAIN: Final = re.compile(r"^/[\w/-]*$")


def endpoint_paths(codes: Sequence[Code], services: Sequence[ServiceRequest] = ()) -> tuple[str, ...]:
    """Candidate paths, best first: routes for POST, paths compared or configured, paths of URLs it prints.

    URLs that it requests, or that lead to ``services`` beside it, are no candidates.
    """
    calls = [call for code in codes for call in code.calls]
    known = {name: text for code in codes for name, text in code.constants.items()}
    firsts = [(verb, c.arguments[0]) for verb in _ROUTES for c in calls if c.last == verb and c.arguments]
    told = (known.get(value.text) if isinstance(value, Ref) else value for _, value in firsts)
    routes = [path for path in told if isinstance(path, str)]
    given = [v for c in calls for k, v in c.keywords.items() if k in {"path", "endpoint", "url"} and isinstance(v, str)]
    asked = asked_for(codes, known)
    texts = [t.value for code in codes for t in code.texts if t.value not in asked]
    texts = [text for text in texts if not is_of_service(text, services)]
    plain = [t for t in texts if _PLAIN.match(t)]
    urls = [path for t in texts if t.startswith("http://") and (path := _url_path(t))]
    told_of = [p for p in (*routes, *given, *plain, *urls) if p not in asked]
    found = [p for p in told_of if _PLAIN.match(p) and not OTHER_PATHS.search(p)]
    named = [p for p in found if "mcp" in p]
    return tuple(dict.fromkeys([*(p for p in routes if p in named), *named, *found]))[:8]


def _url_path(text: str) -> str | None:
    try:
        path = urlsplit(text.replace("{}", "0")).path
    except ValueError:
        return None
    return path if _PLAIN.match(path) else None
