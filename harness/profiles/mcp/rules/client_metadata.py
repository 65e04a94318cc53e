"""What clients say of themselves and of a request in its headers and ``_meta``, since 2026-07-28.

Sentences: Streamable HTTP page, "Request Metadata"; basic/index, "Per-request protocol fields".
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any, Final

from extractor.model import Level
from harness.judge.findings import not_applicable
from harness.profiles.mcp.messages import META, METHOD_HEADER, NAME_HEADER, VERSION_HEADER
from harness.profiles.mcp.rules.preconditions import CLIENT
from harness.profiles.mcp.rules.sent_requests import (
    NAMED_BY,
    client_requirement,
    judge_each,
    params_of,
    posts_of,
    target_of,
)
from harness.profiles.mcp.rules.transcript import header, method_of, sent
from harness.rule import Decision, Rule

if TYPE_CHECKING:
    from harness.base.jsonrpc import Message
    from harness.model import BoundRequirement, Exchange, Finding, Transcript

_ENCODED: Final = ("=?base64?", "?=")
_SHOWN: Final = 60


def _requests(transcript: Transcript, bound: BoundRequirement) -> list[Exchange]:
    """Return the sessionless requests of the revision: no notifications, batches or responses."""
    return [e for e in posts_of(transcript, bound.revision) if method_of(e) and "id" in (sent(e) or {})]


def _meta(exchange: Exchange) -> Message:
    meta = params_of(exchange).get("_meta")
    return meta if isinstance(meta, dict) else {}


def request_meta(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that the required fields of _meta MUST be included on every request."""

    def fault_of(exchange: Exchange) -> str | None:
        meta = _meta(exchange)
        missing = [
            name
            for name, kind in (("protocolVersion", str), ("clientCapabilities", dict))
            if not isinstance(meta.get(f"{META}{name}"), kind)
        ]
        return f"carried no {META}{' and no '.join(missing)} in _meta" if missing else None

    right = "Every request carried its protocol version and client capabilities in _meta"
    return judge_each(transcript, bound, _requests(transcript, bound), fault_of, right)


def client_info(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that clients SHOULD include clientInfo on every request."""

    def fault_of(exchange: Exchange) -> str | None:
        return None if isinstance(_meta(exchange).get(f"{META}clientInfo"), dict) else "carried no clientInfo in _meta"

    return judge_each(transcript, bound, _requests(transcript, bound), fault_of, "Every request carried clientInfo")


def standard_headers(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that Mcp-Method, and Mcp-Name where it applies, are REQUIRED and mirror the body."""

    def fault_of(exchange: Exchange) -> str | None:
        method = (sent(exchange) or {}).get("method")
        given = header(exchange, METHOD_HEADER)
        if given != method:
            return f"carried {'no' if given is None else 'another'} {METHOD_HEADER}"
        if method not in NAMED_BY:
            return None
        name, given = params_of(exchange).get(NAMED_BY[method]), header(exchange, NAME_HEADER)
        if given is None:
            return f"carried no {NAME_HEADER}"
        if isinstance(name, str) and name not in (given, _decoded(given)):
            return f"carried the {NAME_HEADER} {given[:_SHOWN]!r} for {name[:_SHOWN]!r}"
        return None

    right = f"Every request carried the {METHOD_HEADER}, and where it applies the {NAME_HEADER}, of its body"
    return judge_each(transcript, bound, _requests(transcript, bound), fault_of, right)


def header_equals_meta(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that the value of MCP-Protocol-Version MUST match the version in the body's _meta."""
    both = [e for e in _requests(transcript, bound) if _version(e) is not None and header(e, VERSION_HEADER)]

    def fault_of(exchange: Exchange) -> str | None:
        given, stated = header(exchange, VERSION_HEADER), _version(exchange)
        if given == stated:
            return None
        return f"carried {VERSION_HEADER} {(given or '')[:_SHOWN]!r} and {str(stated)[:_SHOWN]!r} in _meta"

    return judge_each(transcript, bound, both, fault_of, f"Every {VERSION_HEADER} matched the version in the body")


def header_encoding(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that a name which no plain header value can carry MUST be encoded as Base64."""
    requests = [e for e in _requests(transcript, bound) if header(e, NAME_HEADER) and _needs_encoding(target_of(e))]
    if not requests:
        return not_applicable(bound, "Every name and URI that the client sent fits in a plain header value.")

    def fault_of(exchange: Exchange) -> str | None:
        if _decoded(header(exchange, NAME_HEADER) or "") == target_of(exchange):
            return None
        return f"carried the name {target_of(exchange)[:_SHOWN]!r} unencoded in {NAME_HEADER}"

    return judge_each(transcript, bound, requests, fault_of, "Every name that needs it was encoded")


RULES: Final = (
    Rule(
        client_requirement(
            "client.request-meta",
            "Every request states its version and capabilities",
            Level.MUST,
            "Servers refuse the request as malformed (-32602).",
            "Put the protocol version and the client's capabilities into _meta of every request.",
        ),
        Decision(request_meta),
    ),
    Rule(
        client_requirement(
            "client.standard-headers",
            "Mcp-Method and Mcp-Name mirror the body",
            Level.MUST,
            "Servers refuse the request (-32020), and gateways route it to the wrong place.",
            "Send Mcp-Method with every request, and Mcp-Name with tools/call, prompts/get and resources/read.",
        ),
        Decision(standard_headers, CLIENT),
    ),
    Rule(
        client_requirement(
            "client.header-equals-meta",
            "MCP-Protocol-Version is the version of the body",
            Level.MUST,
            "Servers refuse the request (-32020).",
            "Set the header from the same variable as the field in _meta.",
        ),
        Decision(header_equals_meta, CLIENT),
    ),
    Rule(
        client_requirement(
            "client.header-encoding",
            "Names that are not plain ASCII are encoded in headers",
            Level.MUST,
            "The header is lost, refused or split by whatever stands between client and server.",
            "Send =?base64?…?= with the UTF-8 bytes of the name.",
        ),
        Decision(header_encoding, CLIENT),
    ),
    Rule(
        client_requirement(
            "client.client-info",
            "Every request names the client",
            Level.SHOULD,
            "A server's log cannot tell which client sent what.",
            "Put clientInfo into _meta of every request, unless the client is configured not to identify itself.",
        ),
        Decision(client_info),
    ),
)


def _version(exchange: Exchange) -> Any:
    return _meta(exchange).get(f"{META}protocolVersion")


def _needs_encoding(name: str) -> bool:
    return not (name.isascii() and name.isprintable()) or name != name.strip() or _is_encoded(name)


def _is_encoded(value: str) -> bool:
    return value.startswith(_ENCODED[0]) and value.endswith(_ENCODED[1])


def _decoded(value: str) -> str | None:
    """Return what a header value in the Base64 form carries; None for a plain or a broken one."""
    if not _is_encoded(value):
        return None
    try:
        return base64.b64decode(value[len(_ENCODED[0]) : -len(_ENCODED[1])], validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
