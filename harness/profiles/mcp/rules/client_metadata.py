"""What clients send with each request; most of it since 2026-07-28.

Sentences: Streamable HTTP page, "Sending Messages" and "Request Metadata"; basic/index, "Requests" and "Per-request
protocol fields".
"""

from __future__ import annotations

import base64
import binascii
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from extractor.model import Level
from harness.base import jsonrpc
from harness.judge.findings import count, not_applicable, satisfied, violated
from harness.model import Requirement, Side
from harness.profiles.mcp.messages import META, METHOD_HEADER, NAME_HEADER, SESSION_HEADER, VERSION_HEADER
from harness.profiles.mcp.revisions import ALL, MODERN, SESSIONS, STREAMABLE, level, text
from harness.profiles.mcp.rules.answers import is_success
from harness.profiles.mcp.rules.preconditions import CLIENT, not_asked
from harness.profiles.mcp.rules.sent_requests import (
    NAMED_BY,
    name_of,
    not_accepted,
    params_of,
    posts_of,
    received,
    target_of,
)
from harness.profiles.mcp.rules.transcript import EVENT_STREAM, header, issued_id, method_of, sent
from harness.rule import Decision, Rule

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from harness.base.jsonrpc import Message
    from harness.model import BoundRequirement, Exchange, Finding, Transcript

_ENCODED: Final = ("=?base64?", "?=")
_SHOWN: Final = 60


def _each(
    transcript: Transcript,
    bound: BoundRequirement,
    exchanges: Sequence[Exchange],
    fault_of: Callable[[Exchange], str | None],
    right: str,
) -> Finding:
    """Judge requests one by one: the first fault violates, none satisfies.

    Args:
        transcript: the conversation.
        bound: the requirement.
        exchanges: the requests that the sentence is about.
        fault_of: what is wrong with one, in words that follow its name; None if nothing is.
        right: what all of them did, as the start of a sentence.
    """
    if not exchanges:
        return not_asked(transcript, bound, f"A request of {bound.revision}")
    for exchange in exchanges:
        if fault := fault_of(exchange):
            return violated(bound, f"{name_of(exchange)} {fault}.", [exchange])
    return satisfied(bound, f"{right} ({count(len(exchanges), 'request')}).", exchanges)


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
    return _each(transcript, bound, _requests(transcript, bound), fault_of, right)


def client_info(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that clients SHOULD include clientInfo on every request."""

    def fault_of(exchange: Exchange) -> str | None:
        return None if isinstance(_meta(exchange).get(f"{META}clientInfo"), dict) else "carried no clientInfo in _meta"

    return _each(transcript, bound, _requests(transcript, bound), fault_of, "Every request carried clientInfo")


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
    return _each(transcript, bound, _requests(transcript, bound), fault_of, right)


def header_equals_meta(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that the value of MCP-Protocol-Version MUST match the version in the body's _meta."""
    both = [e for e in _requests(transcript, bound) if _version(e) is not None and header(e, VERSION_HEADER)]

    def fault_of(exchange: Exchange) -> str | None:
        given, stated = header(exchange, VERSION_HEADER), _version(exchange)
        if given == stated:
            return None
        return f"carried {VERSION_HEADER} {(given or '')[:_SHOWN]!r} and {str(stated)[:_SHOWN]!r} in _meta"

    return _each(transcript, bound, both, fault_of, f"Every {VERSION_HEADER} matched the version in the body")


def header_encoding(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that a name which no plain header value can carry MUST be encoded as Base64."""
    requests = [e for e in _requests(transcript, bound) if header(e, NAME_HEADER) and _needs_encoding(target_of(e))]
    if not requests:
        return not_applicable(bound, "Every name and URI that the client sent fits in a plain header value.")

    def fault_of(exchange: Exchange) -> str | None:
        if _decoded(header(exchange, NAME_HEADER) or "") == target_of(exchange):
            return None
        return f"carried the name {target_of(exchange)[:_SHOWN]!r} unencoded in {NAME_HEADER}"

    return _each(transcript, bound, requests, fault_of, "Every name that needs it was encoded")


def single_message(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that the body of a POST MUST be a single request or notification."""

    def fault_of(exchange: Exchange) -> str | None:
        messages = jsonrpc.messages(exchange.body)
        if messages is None or exchange.body.lstrip().startswith("["):
            return "was posted with a body that is not one JSON-RPC message"
        return None

    right = "Every POST carried one message"
    return _each(transcript, bound, posts_of(transcript, bound.revision), fault_of, right)


def no_responses(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that the client MUST NOT send JSON-RPC responses."""

    def fault_of(exchange: Exchange) -> str | None:
        messages = jsonrpc.messages(exchange.body) or ()
        return "carried a JSON-RPC response" if any(jsonrpc.is_response(message) for message in messages) else None

    right = "The client sent requests and notifications only"
    return _each(transcript, bound, posts_of(transcript, bound.revision), fault_of, right)


def request_ids(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that requests MUST include a string or integer as id; up to 2025-11-25, none that the session had before.

    One that was not answered 2xx may be sent again.
    """
    posts = [e for e in posts_of(transcript, bound.revision) if "id" in (sent(e) or {}) and method_of(e)]

    def fault_of(exchange: Exchange) -> str | None:
        id = (sent(exchange) or {}).get("id")
        return None if isinstance(id, (str, int)) and not isinstance(id, bool) else f"has the id {id!r}"

    right = "The id of every request was a string or an integer"
    if bound.revision in MODERN or any(fault_of(exchange) for exchange in posts):
        return _each(transcript, bound, posts, fault_of, right)
    begun = Counter(exchange.process for exchange in posts if method_of(exchange) == "initialize")
    seen: dict[tuple[int, str | None], dict[tuple[str, object], Exchange]] = {}
    for exchange in posts:
        opens = method_of(exchange) == "initialize"
        session = issued_id(exchange) if opens else header(exchange, SESSION_HEADER)
        key, id = (exchange.process, session), (sent(exchange) or {}).get("id")
        if session is None and begun[exchange.process] > 1:
            continue  # sessions without an id cannot be told apart
        used = seen.setdefault(key, {})
        named = (type(id).__name__, id)
        if named in used:
            summary = f"{name_of(exchange)} had the id {id!r}, which {name_of(used[named])} had in the same session."
            return violated(bound, summary, [used[named], exchange], quoting="previously used")
        if is_success(exchange):
            used[named] = exchange
    return _each(transcript, bound, posts, fault_of, f"{right}, and new in its session")


def posts_messages(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that every JSON-RPC message MUST be a POST of its own."""

    def fault_of(exchange: Exchange) -> str | None:
        return None if exchange.method == "POST" or not jsonrpc.messages(exchange.body) else "carried a message"

    return _each(transcript, bound, received(transcript), fault_of, "Every message was a POST")


def get_accepts_stream(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that the GET that opens a stream MUST accept one."""
    gets = [exchange for exchange in received(transcript) if exchange.method == "GET"]
    if not gets:
        return not_applicable(bound, "The client opened no stream by GET.")

    def fault_of(exchange: Exchange) -> str | None:
        return f"does not accept {EVENT_STREAM}" if EVENT_STREAM in not_accepted(exchange) else None

    return _each(transcript, bound, gets, fault_of, "Every GET accepted a stream")


def cancels_own(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that a client MUST only cancel requests that it sent itself, in the run that it cancels them in."""
    sent_ids: dict[int, list[object]] = {}
    seen = None
    for exchange in posts_of(transcript, bound.revision):
        message = sent(exchange) or {}
        own = sent_ids.setdefault(exchange.process, [])
        if method_of(exchange) == "notifications/cancelled":
            seen = exchange
            params = params_of(exchange)
            if "requestId" in params and params["requestId"] not in own:
                return violated(bound, "The client cancelled a request that it had not sent.", [exchange])
        elif "id" in message and method_of(exchange):
            own.append(message["id"])
    if seen is None:
        return not_applicable(bound, "The client cancelled nothing.")
    return satisfied(bound, "The client cancelled requests of its own.", [seen])


def no_undeclared_tasks(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that tools MUST NOT be called as tasks, since the scripted server declares none."""
    calls = [e for e in posts_of(transcript, bound.revision) if method_of(e) == "tools/call"]
    if not calls:
        return not_applicable(bound, "The client called no tool.")

    def fault_of(exchange: Exchange) -> str | None:
        return "asked for a task, and the server declares none" if "task" in params_of(exchange) else None

    return _each(transcript, bound, calls, fault_of, "No tool was called as a task")


def _row(id: str, title: str, must: Level, effect: str, fix: str, revisions: tuple[str, ...] = MODERN) -> Requirement:
    return Requirement(
        id=id,
        title=title,
        side=Side.CLIENT,
        levels=level(must, revisions),
        basis=text(revisions),
        effect=effect,
        fix=fix,
    )


RULES: Final = (
    Rule(
        _row(
            "client.request-meta",
            "Every request states its version and capabilities",
            Level.MUST,
            "Servers refuse the request as malformed (-32602).",
            "Put the protocol version and the client's capabilities into _meta of every request.",
        ),
        Decision(request_meta),
    ),
    Rule(
        _row(
            "client.standard-headers",
            "Mcp-Method and Mcp-Name mirror the body",
            Level.MUST,
            "Servers refuse the request (-32020), and gateways route it to the wrong place.",
            "Send Mcp-Method with every request, and Mcp-Name with tools/call, prompts/get and resources/read.",
        ),
        Decision(standard_headers, CLIENT),
    ),
    Rule(
        _row(
            "client.header-equals-meta",
            "MCP-Protocol-Version is the version of the body",
            Level.MUST,
            "Servers refuse the request (-32020).",
            "Set the header from the same variable as the field in _meta.",
        ),
        Decision(header_equals_meta, CLIENT),
    ),
    Rule(
        _row(
            "client.header-encoding",
            "Names that are not plain ASCII are encoded in headers",
            Level.MUST,
            "The header is lost, refused or split by whatever stands between client and server.",
            "Send =?base64?…?= with the UTF-8 bytes of the name.",
        ),
        Decision(header_encoding, CLIENT),
    ),
    Rule(
        _row(
            "client.single-message",
            "A POST carries one message",
            Level.MUST,
            "Servers refuse batches.",
            "Send each message in a POST of its own.",
            (*SESSIONS[1:], *MODERN),
        ),
        Decision(single_message, CLIENT),
    ),
    Rule(
        _row(
            "client.posts-messages",
            "Messages are sent by POST",
            Level.MUST,
            "Servers read no message from a request with another method.",
            "Send each message in a POST of its own.",
            STREAMABLE,
        ),
        Decision(posts_messages, CLIENT),
    ),
    Rule(
        _row(
            "client.get-accepts-stream",
            "A GET accepts a stream",
            Level.MUST,
            "Servers refuse it with 406, and the client receives nothing that they send.",
            "Send `Accept: text/event-stream` with the GET.",
            SESSIONS,
        ),
        Decision(get_accepts_stream, CLIENT),
    ),
    Rule(
        _row(
            "client.cancels-own",
            "A client cancels only its own requests",
            Level.MUST,
            "Servers cancel nothing, or what another client waits for.",
            "Keep the ids of requests that wait for a response, and cancel those.",
            ALL,
        ),
        Decision(cancels_own),
    ),
    Rule(
        _row(
            "client.no-undeclared-tasks",
            "Tools are called as tasks only where the server declares tasks",
            Level.MUST_NOT,
            "Servers refuse the call, or answer it as an ordinary one.",
            "Look for `tasks.requests.tools.call` in the server's capabilities before sending `task`.",
            SESSIONS[2:],
        ),
        Decision(no_undeclared_tasks),
    ),
    Rule(
        _row(
            "client.no-responses",
            "The client sends no responses",
            Level.MUST_NOT,
            "Servers of this revision send no requests, and refuse a response.",
            "Answer an InputRequiredResult by retrying the request with the input.",
        ),
        Decision(no_responses),
    ),
    Rule(
        _row(
            "client.request-ids",
            "The id of a request is a string or an integer, and its own",
            Level.MUST,
            "The client cannot tell which request an answer belongs to.",
            "Number the requests.",
            ALL,
        ),
        Decision(request_ids),
    ),
    Rule(
        _row(
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
