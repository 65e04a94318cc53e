"""Requests of clients, those that a scripted server received and those that a page prints; how they are judged.

What a page leaves out is never held against it: a header that is absent from a shortened request proves nothing
(``headers_complete`` is false there), an id may be cut short by dots, and an answer may stand without its request.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from harness.judge.findings import count, satisfied, violated
from harness.model import Requirement, Side
from harness.profiles.mcp import steps
from harness.profiles.mcp.messages import SESSION_HEADER
from harness.profiles.mcp.revisions import MODERN, level, text
from harness.profiles.mcp.rules.preconditions import not_asked
from harness.profiles.mcp.rules.transcript import header, is_initialize_result, issued_id, method_of, sent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from extractor.model import Level
    from harness.base.jsonrpc import Message
    from harness.model import BoundRequirement, Exchange, Finding, Transcript

OPTIONAL_METHODS: Final = ("GET", "DELETE")
"""HTTP methods that a server may choose not to offer."""
NAMED_BY: Final = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}
"""By method: the parameter that names what it is about, which Mcp-Name mirrors."""
_BOTH_TYPES: Final = ("application/json", "text/event-stream")
_DOTS: Final = ("...", "…")


def received(transcript: Transcript) -> tuple[Exchange, ...]:
    """Return what the scripted server received, in order."""
    return tuple(exchange for exchange in transcript.exchanges if exchange.step.startswith(f"{steps.CLIENT}."))


def openings(transcript: Transcript) -> list[Exchange]:
    """Return the initialize requests of the client that were answered by a result."""
    return [exchange for exchange in received(transcript) if is_initialize_result(exchange)]


def sent_after_initialize(transcript: Transcript) -> Iterator[Exchange]:
    """Yield every request of a client process after its initialize was answered; further initializes are left out.

    So are requests of the sessionless revisions, and those between two sessions.
    """
    opened: set[int] = set()
    between = _between_sessions(transcript)
    for exchange in received(transcript):
        later = exchange.process in opened and method_of(exchange) != "initialize"
        if later and exchange.revision not in MODERN and exchange.number not in between:
            yield exchange
        if is_initialize_result(exchange):
            opened.add(exchange.process)


def posts_of(transcript: Transcript, revision: str) -> list[Exchange]:
    """Return the messages of a client that belong to one sessionless revision, or to any of those with sessions.

    They were posted, or written to the stdin of a server that the client started.
    """
    posts = [exchange for exchange in received(transcript) if exchange.method in ("POST", "STDIN")]
    if revision in MODERN:
        return [exchange for exchange in posts if exchange.revision == revision]
    return [exchange for exchange in posts if exchange.revision not in MODERN]


def sent_in_sessions(transcript: Transcript) -> Iterator[tuple[Exchange, list[str]]]:
    """Yield every later request of a client process with the ids that it was given until then.

    Those between two sessions are left out.
    """
    ids: dict[int, list[str]] = {}
    between = _between_sessions(transcript)
    for exchange in received(transcript):
        known = ids.get(exchange.process)
        if known and method_of(exchange) != "initialize" and exchange.number not in between:
            yield exchange, known
        if is_initialize_result(exchange) and (id := issued_id(exchange)):
            ids.setdefault(exchange.process, []).append(id)


def _between_sessions(transcript: Transcript) -> frozenset[int]:
    """The numbers of requests without an id that a client sent when the server had ended all of its sessions by 404.

    Its next session is a new one, perhaps by an older transport, which is tried with a GET. Of a POST other than an
    initialize, :mod:`client_sessions` says that it is wrong.
    """
    live: dict[int, set[str]] = {}
    found: set[int] = set()
    for exchange in received(transcript):
        own, id = live.get(exchange.process), header(exchange, SESSION_HEADER)
        if own is not None and not own and id is None:
            found.add(exchange.number)
        if own is not None and id is not None and exchange.status == 404:
            own.discard(id)
        if is_initialize_result(exchange) and (issued := issued_id(exchange)):
            live.setdefault(exchange.process, set()).add(issued)
    return frozenset(found)


def printed_in_sessions(transcript: Transcript) -> Iterator[tuple[Exchange, str | None]]:
    """Yield the requests that a page prints after an answer with an id, each with the id that it carries itself.

    An initialize is left out.
    """
    opening = min((session.exchange for session in transcript.sessions), default=None)
    for exchange in transcript.exchanges:
        later = opening is not None and exchange.number > opening
        if later and exchange.method and method_of(exchange) != "initialize":
            yield exchange, header(exchange, SESSION_HEADER)


def is_printed_whole(exchange: Exchange) -> bool:
    """Return whether the printed headers may be all there are, so that an absent one is absent."""
    return bool(exchange.method) and exchange.headers_complete


def not_accepted(exchange: Exchange) -> list[str]:
    """Return which of the two media types of an answer a request's Accept header does not list.

    A list may be sent in several lines of that name (RFC 9110, section 5.3).
    """
    lines = [value for name, value in exchange.headers if name.lower() == "accept"]
    accepted = {part.split(";")[0].strip().lower() for part in ",".join(lines).split(",")}
    return [kind for kind in _BOTH_TYPES if kind not in accepted]


def is_same_id(one: str, other: str) -> bool:
    """Return whether two session ids are the same, where docs may have shortened either (``1868a90c...``)."""
    for short, long in ((one, other), (other, one)):
        if any(short.endswith(dots) and long.startswith(short.removesuffix(dots)) for dots in _DOTS):
            return True
    return one == other


def name_of(exchange: Exchange) -> str:
    """Return a name for a request in a summary: its JSON-RPC method, else its HTTP method."""
    return method_of(exchange) or exchange.method


def params_of(exchange: Exchange) -> Message:
    """Return the parameters of the message that was sent; empty if it has none."""
    params = (sent(exchange) or {}).get("params")
    return params if isinstance(params, dict) else {}


def target_of(exchange: Exchange) -> str:
    """Return the name or URI that the request is about; empty if it has none."""
    target = params_of(exchange).get(NAMED_BY.get(method_of(exchange) or "", ""))
    return target if isinstance(target, str) else ""


def judge_each(
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


def client_requirement(
    id: str, title: str, must: Level, effect: str, fix: str, revisions: tuple[str, ...] = MODERN
) -> Requirement:
    """Return a requirement on clients that the text of ``revisions`` states."""
    return Requirement(
        id=id,
        title=title,
        side=Side.CLIENT,
        levels=level(must, revisions),
        basis=text(revisions),
        effect=effect,
        fix=fix,
    )
