"""Where a program's endpoint is and what its requests carry, as the page states it, and as its code shows it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from extractor.languages.common.addresses import is_of_service
from extractor.languages.common.environment import is_placeholder
from extractor.languages.common.facts import Ref
from extractor.model import ExampleKind, StatedEndpoint, StatedHeader

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from extractor.languages.common.values import Draft
    from extractor.languages.common.view import Address
    from extractor.model import ServiceRequest

MAX_PATHS: Final = 12
"""Candidates for the endpoint."""
MAX_STATED: Final = 20
"""Addresses, and headers, that are taken from one page."""
_EVERY_REQUEST: Final = frozenset(
    {"accept", "accept-encoding", "accept-language", "allow", "cache-control", "connection", "content-length",
     "content-type", "date", "host", "location", "origin", "referer", "retry-after", "server", "transfer-encoding",
     "user-agent", "vary", "www-authenticate"}
)  # fmt: skip
"""Headers that a client sets itself, or that answers have (RFC 9110)."""
_VARIABLE: Final = re.compile(
    r"\$\{(?:process\.env\.|env:|input:)?(?P<a>\w+)\}|\$env:(?P<b>\w+)|\$(?P<c>\w+)|%(?P<d>\w+)%"
    r"|\{os\.(?:environ\[|getenv\(|environ\.get\()[\"'](?P<e>\w+)[\"'][\])]\}"
)
_UNFILLED: Final = re.compile(r"[{}<>$…]|\.{3}")
_PORT_OF_PAIR: Final = re.compile(r"[\"'][\w.]*[\"'],\s*(\d{2,5})\b", re.ASCII)
_ROUTE_FILE: Final = re.compile(r"(?:^|/)app/(?P<folders>[^.]+)/route\.\w+$")
_LOWEST_PORT: Final = 80
_ROUTE_WORDS: Final = 2
"""Words of the specification that are tried as the name of a route's folder."""


def stated_endpoints(
    draft: Draft, services: Sequence[ServiceRequest], command: Sequence[str]
) -> tuple[StatedEndpoint, ...]:
    """Return the addresses at which the page says that the server of a draft is, likeliest first.

    Args:
        draft: the program.
        services: services beside it, whose addresses are left out.
        command: that starts it; it may name a port.
    """
    addresses = [a for a in _candidates(draft, services) if not a.elsewhere and _is_stated(a, draft)]
    ports = _ports(draft, command)
    if ports and not draft.alone:
        addresses = [a for a in addresses if a.port is None or a.port in ports]
    main = draft.program.main.snippets[-1].block
    addresses.sort(key=lambda a: (not a.sure, abs(a.span.first - main.span.last)))
    found = {str(e): e for e in reversed([StatedEndpoint(a.path, a.span, a.host, a.port) for a in addresses])}
    return tuple(reversed(found.values()))[:MAX_STATED]


def endpoint_paths(
    draft: Draft, kind: ExampleKind, services: Sequence[ServiceRequest], stated: Sequence[StatedEndpoint]
) -> tuple[str, ...]:
    """Return the paths to look for the endpoint at: what the page states, then what the code does, then the rest.

    Args:
        draft: the program.
        kind: what it is when it is started as the page says.
        services: services beside it.
        stated: as :func:`stated_endpoints` returns them.
    """
    if draft.override.endpoint:
        return (draft.override.endpoint,)
    if kind is not ExampleKind.HTTP_SERVER:
        return ()
    in_code = draft.rules.endpoint_paths(draft.facts, services)
    found = sorted(_candidates(draft, services), key=lambda address: address.elsewhere)
    on_page = [address.path for address in found if not address.elsewhere or address.path != "/"]
    named = [endpoint.path for endpoint in stated]
    both = [path for path in named if path.partition("?")[0] in in_code] or [p for p in in_code if p in on_page]
    return tuple(dict.fromkeys([*both, *named, *_route(draft), *in_code, *on_page]))[:MAX_PATHS]


def _route(draft: Draft) -> Iterator[str]:
    """The path at which a framework serves a route file: ``/api/mcp`` of ``src/app/api/mcp/route.ts`` (Next.js).

    A folder in brackets takes any name (``[transport]``): those of the specification's are tried.
    """
    name = draft.program.main.name
    match = _ROUTE_FILE.search(name.path) if name else None
    if match:
        parts = [part for part in match["folders"].split("/") if not part.startswith("(")]
        for word in draft.docs.profile.words[:_ROUTE_WORDS] or ("",):
            yield "/" + "/".join(word if part.startswith("[") else part for part in parts)


def stated_headers(draft: Draft, environment: Mapping[str, str]) -> tuple[StatedHeader, ...]:
    """Return the headers that clients of the page send, nearest to the program first.

    Those whose value nobody states are left out.

    Args:
        draft: the program.
        environment: values for the variables that headers refer to.
    """
    left_out = _EVERY_REQUEST | draft.docs.profile.protocol_headers
    main = draft.program.main.snippets[-1].block
    if draft.override.headers:
        return tuple(StatedHeader(name, value, main.span) for name, value in draft.override.headers.items())
    found: dict[tuple[str, str], StatedHeader] = {}
    for header in sorted(draft.around.headers, key=lambda header: abs(header.span.first - main.span.last)):
        name = header.name.lower()
        elsewhere = header.to and not any(word in header.to.lower() for word in draft.docs.profile.words)
        if elsewhere or name in left_out or len(found) >= MAX_STATED:
            continue
        value = _VARIABLE.sub(lambda match: environment.get(next(filter(None, match.groups())), "{}"), header.value)
        secret = value.rpartition(" ")[2]
        if not _UNFILLED.search(value) and not is_placeholder(secret) and value.isprintable() and value.isascii():
            found.setdefault((name, value), StatedHeader(header.name, value, header.span))
    return tuple(found.values())


def _candidates(draft: Draft, services: Sequence[ServiceRequest]) -> Iterator[Address]:
    """The addresses on the page that may be the endpoint's."""
    for address in draft.around.addresses:
        url = f"http://{address.host}:{address.port or 80}{address.path}"
        may_be = draft.docs.profile.may_be_endpoint(address.path.partition("?")[0])
        of_tool = address.port in draft.docs.profile.tool_ports
        if may_be and not of_tool and not (address.host and is_of_service(url, services)):
            yield address


def _is_stated(address: Address, draft: Draft) -> bool:
    """Whether the page says that the endpoint is there: a client is set up so, or the path is called after it."""
    path, _, _ = address.path.partition("?")
    text = f"{path} {address.line.replace(address.path, path)}".lower()
    return address.sure or any(word in text for word in draft.docs.profile.words)


def _ports(draft: Draft, command: Sequence[str]) -> frozenset[int]:
    """The ports that the program or its command names; empty if none."""
    ports = {int(word) for word in command if word.isascii() and word.isdigit() and len(word) <= 5}
    for call in (call for code in draft.facts for call in code.calls):
        given = [v for k, v in call.keywords.items() if k.lower() == "port"]
        given += call.arguments[:1] if call.last == "listen" else ()
        ports |= {value for value in given if isinstance(value, int)}
        texts = (value.text for value in call.arguments if isinstance(value, Ref) and len(value.text) < 100)
        ports |= {int(match[1]) for text in texts if (match := _PORT_OF_PAIR.search(text))}
    return frozenset(port for port in ports if port >= _LOWEST_PORT)
