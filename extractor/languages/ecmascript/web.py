"""Paths that a TypeScript or JavaScript server serves."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from extractor.languages.common.addresses import constants_of, is_of_service, requested_urls
from extractor.languages.common.facts import Ref

if TYPE_CHECKING:
    from collections.abc import Sequence

    from extractor.languages.common.facts import CodeFacts
    from extractor.model import ServiceRequest

_ROUTES: Final = ("all", "post", "use", "route", "get", "delete")
_PLAIN: Final = re.compile(r"^/[\w/-]*$")


def served_paths(files: Sequence[CodeFacts], services: Sequence[ServiceRequest] = ()) -> tuple[str, ...]:
    """Return the paths that the code names, likeliest first: routes for POST, configured, compared, of printed URLs.

    Args:
        files: facts of the program's files.
        services: services beside the program; URLs that lead to them, or that it requests, are left out.
    """
    calls = [call for code in files for call in code.calls]
    constants = constants_of(files)
    firsts = [(verb, c.arguments[0]) for verb in _ROUTES for c in calls if c.last == verb and c.arguments]
    values = (constants.get(value.text) if isinstance(value, Ref) else value for _, value in firsts)
    routes = [path for path in values if isinstance(path, str)]
    given = [v for c in calls for k, v in c.keywords.items() if k in {"path", "endpoint", "url"} and isinstance(v, str)]
    requested = requested_urls(files, constants)
    texts = [t.value for code in files for t in code.texts if t.value not in requested]
    texts = [text for text in texts if not is_of_service(text, services)]
    plain = [t for t in texts if _PLAIN.match(t)]
    urls = [path for t in texts if t.startswith("http://") and (path := _url_path(t))]
    paths = (*routes, *given, *plain, *urls)
    return tuple(dict.fromkeys(p for p in paths if p not in requested and _PLAIN.match(p)))


def _url_path(text: str) -> str | None:
    try:
        path = urlsplit(text.replace("{}", "0")).path
    except ValueError:
        return None
    return path if _PLAIN.match(path) else None
