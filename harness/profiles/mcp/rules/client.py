"""Examples that are clients, judged by what a scripted server received from them.

Sentences: transports page, "Sending Messages to the Server", "Session Management" and "Protocol Version Header";
lifecycle page, "Initialization". A client may stop after a 404 if its program ends, and may never open the GET stream.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from harness.judge.findings import inconclusive, not_applicable, satisfied, violated
from harness.profiles.mcp import steps
from harness.profiles.mcp.rules import jsonrpc
from harness.profiles.mcp.rules.reading import SESSION_HEADER, VERSION_HEADER
from harness.profiles.mcp.rules.verdicts import not_asked

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.model import BoundRequirement, Exchange, Finding, Transcript

BOTH: Final = ("application/json", "text/event-stream")


def received(transcript: Transcript) -> tuple[Exchange, ...]:
    """What the scripted server received, in order."""
    return tuple(exchange for exchange in transcript.exchanges if exchange.step.startswith(f"{steps.CLIENT}."))


def sends_session_id(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """The client MUST include the id it was given on all of its subsequent requests."""
    issued = [opening for opening in _openings(transcript) if _issued(opening)]
    if not issued:
        return not_asked(transcript, bound, "An initialize answer with a session id")
    later = [exchange for exchange, _ in _inside_sessions(transcript)]
    for exchange, ids in _inside_sessions(transcript):
        id = header(exchange, SESSION_HEADER)
        if id is None or not any(same_id(id, known) for known in ids):
            sent = "no session id" if id is None else "another session id"
            return violated(
                bound,
                f"After an initialize answer with a session id, {_what(exchange)} carried {sent}.",
                [*issued, exchange],
            )
    if not later:
        return inconclusive(bound, "The client sent nothing after its initialize was answered.", issued)
    return satisfied(bound, f"All {len(later)} requests after initialize carried the session id.", [*issued, *later])


def version_header(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """The client MUST include MCP-Protocol-Version on all requests after initialize."""
    later = list(_after_initialize(transcript))
    if not later:
        return inconclusive(bound, "The client sent nothing after its initialize was answered.", _openings(transcript))
    for exchange in later:
        if header(exchange, VERSION_HEADER) is None:
            return violated(bound, f"After initialize, {_what(exchange)} carried no MCP-Protocol-Version.", [exchange])
    return satisfied(bound, f"All {len(later)} requests after initialize carried MCP-Protocol-Version.", later)


def accepts_both(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """The client MUST list application/json and text/event-stream in the Accept header of every POST."""
    posts = [exchange for exchange in received(transcript) if exchange.method == "POST"]
    if not posts:
        return not_asked(transcript, bound, "A POST of the client")
    for exchange in posts:
        if missing := not_accepted(exchange):
            return violated(
                bound,
                f"{_what(exchange)} was posted with an Accept that does not list {' and '.join(missing)}.",
                [exchange],
            )
    return satisfied(bound, f"All {len(posts)} POST requests listed both types in Accept.", posts)


def posts_initialized(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """After a successful initialize the client MUST send notifications/initialized."""
    openings = _openings(transcript)
    if not openings:
        return not_asked(transcript, bound, "An initialize that was answered")
    opening = openings[0]
    after = [e for e in received(transcript) if e.process == opening.process and e.number > opening.number]
    for exchange in after:
        if _rpc_method(exchange) == "notifications/initialized":
            return satisfied(
                bound, "After initialize the client posted notifications/initialized.", [opening, exchange]
            )
    if not after:
        return inconclusive(bound, "The client sent nothing after its initialize was answered.", [opening])
    return violated(
        bound,
        f"After initialize the client sent {len(after)} requests and no notifications/initialized.",
        [opening, *after],
    )


def reinit_on_404(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """On 404 to a request with a session id the client MUST send a new initialize without an id."""
    gone = next(
        (e for e in received(transcript) if e.status == 404 and e.method == "POST" and header(e, SESSION_HEADER)), None
    )
    if gone is None:
        return not_asked(transcript, bound, "A 404 to a request with a session id")
    after = [e for e in received(transcript) if e.process == gone.process and e.number > gone.number]
    again = next((e for e in after if _rpc_method(e) == "initialize"), None)
    if again is not None and header(again, SESSION_HEADER) is None:
        return satisfied(bound, "After a 404 the client sent a new initialize without an id.", [gone, again])
    if again is not None:
        return violated(bound, "After a 404 the client sent a new initialize with a session id.", [gone, again])
    clung = [e for e in after if e.method == "POST"]
    if clung:
        return violated(bound, f"After a 404 the client sent {_what(clung[0])} and no new initialize.", [gone, *clung])
    return inconclusive(
        bound, "After a 404 the client sent no further message: its program may have ended.", [gone, *after]
    )


def deletes_session(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """A client that no longer needs a session SHOULD end it by DELETE."""
    issued = [opening for opening in _openings(transcript) if _issued(opening)]
    if not issued:
        return not_asked(transcript, bound, "An initialize answer with a session id")
    process = issued[0].process
    ours = [e for e in received(transcript) if e.process == process]
    if any(e.status == 404 for e in ours):
        return not_applicable(bound, "The session was ended by the server.", issued)
    for exchange in ours:
        id = header(exchange, SESSION_HEADER)
        if exchange.method == "DELETE" and id is not None and same_id(id, _issued(issued[0]) or ""):
            return satisfied(bound, "The client ended its session by DELETE.", [issued[0], exchange])
    stopped = transcript.facts.stopped
    if stopped is not None:
        return inconclusive(bound, f"The client was still running when it was stopped: {stopped.sentence}.", issued)
    return violated(bound, "The client ended without a DELETE of its session.", [issued[0], ours[-1]])


def not_accepted(exchange: Exchange) -> list[str]:
    """Which of the two types a request's Accept header does not list."""
    listed = {part.split(";")[0].strip().lower() for part in (header(exchange, "accept") or "").split(",")}
    return [kind for kind in BOTH if kind not in listed]


def header(exchange: Exchange, name: str) -> str | None:
    """A request's header, case-insensitive; None if absent or empty."""
    return next((value for key, value in exchange.headers if key.lower() == name and value), None)


def same_id(sent: str, issued: str) -> bool:
    """Whether two ids are the same, where docs may have shortened either (``1868a90c...``)."""
    for one, other in ((sent, issued), (issued, sent)):
        for dots in ("...", "…"):
            if one.endswith(dots) and other.startswith(one.removesuffix(dots)):
                return True
    return sent == issued


def _openings(transcript: Transcript) -> list[Exchange]:
    return [exchange for exchange in received(transcript) if jsonrpc.is_initialize_result(exchange)]


def _issued(opening: Exchange) -> str | None:
    return opening.reply.header(SESSION_HEADER) if opening.reply is not None else None


def _after_initialize(transcript: Transcript) -> Iterator[Exchange]:
    """Every request that came after an initialize of the same process was answered; new initializes left out."""
    opened: set[int] = set()
    for exchange in received(transcript):
        if exchange.process in opened and _rpc_method(exchange) != "initialize":
            yield exchange
        if jsonrpc.is_initialize_result(exchange):
            opened.add(exchange.process)


def _inside_sessions(transcript: Transcript) -> Iterator[tuple[Exchange, list[str]]]:
    """Every later request with the ids its process was given until then; none before the first id."""
    ids: dict[int, list[str]] = {}
    for exchange in received(transcript):
        known = ids.get(exchange.process)
        if known and _rpc_method(exchange) != "initialize":
            yield exchange, known
        if jsonrpc.is_initialize_result(exchange) and (id := _issued(exchange)):
            ids.setdefault(exchange.process, []).append(id)


def _rpc_method(exchange: Exchange) -> str | None:
    message = jsonrpc.sent(exchange)
    method = message.get("method") if message else None
    return method if isinstance(method, str) else None


def _what(exchange: Exchange) -> str:
    return (_rpc_method(exchange) or ("a response" if exchange.method == "POST" else exchange.method))[:60]
