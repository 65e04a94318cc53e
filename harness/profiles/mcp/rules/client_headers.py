"""What every client sends: the version header, an Accept header for both kinds of answer, and initialized.

Sentences: transports page, "Protocol Version Header" and "Sending Messages to the Server" (2026-07-28: Streamable HTTP
page, "Sending Messages"); lifecycle page, "Initialization".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from extractor.model import Level
from harness.judge.findings import count, inconclusive, satisfied, violated
from harness.model import Requirement, Side
from harness.profiles.mcp.messages import VERSION_HEADER, initialize_version
from harness.profiles.mcp.revisions import HTTP_SSE, MODERN, SESSIONS, STREAMABLE, level, text
from harness.profiles.mcp.rules.preconditions import CLIENT, not_asked
from harness.profiles.mcp.rules.sent_requests import (
    is_printed_whole,
    name_of,
    not_accepted,
    openings,
    posts_of,
    printed_in_sessions,
    received,
    sent_after_initialize,
)
from harness.profiles.mcp.rules.transcript import header, is_initialize_result, method_of, response, sent
from harness.rule import Decision, Rule

if TYPE_CHECKING:
    from harness.model import BoundRequirement, Exchange, Finding, Transcript

_SHOWN: Final = 40
"""Characters of a header's value that a summary shows."""
_WITH_HANDSHAKE: Final = (*HTTP_SSE, *SESSIONS)
_WITH_VERSION_HEADER: Final = STREAMABLE[1:]


def version_header(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that MCP-Protocol-Version MUST be on all requests after initialize (sessionless: on every POST)."""
    if bound.revision in MODERN:
        later, when = posts_of(transcript, bound.revision), ""
    else:
        later, when = list(sent_after_initialize(transcript)), " after initialize"
    if not later:
        return inconclusive(bound, f"The client sent nothing{when}.", openings(transcript))
    for exchange in later:
        if header(exchange, VERSION_HEADER) is None:
            return violated(bound, f"{name_of(exchange)}{when} carried no {VERSION_HEADER}.", [exchange])
    return satisfied(bound, f"Every request{when} carried {VERSION_HEADER} ({count(len(later), 'request')}).", later)


def printed_version_header(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that requests printed after initialize (sessionless: every POST) carry MCP-Protocol-Version."""
    if bound.revision in MODERN:
        later = [exchange for exchange in transcript.exchanges if exchange.method == "POST"]
    else:
        later = [exchange for exchange, _ in printed_in_sessions(transcript)]
    shown = [exchange for exchange in later if header(exchange, VERSION_HEADER) or is_printed_whole(exchange)]
    for exchange in shown:
        if header(exchange, VERSION_HEADER) is None:
            return violated(bound, f"The page prints {name_of(exchange)} without {VERSION_HEADER}.", [exchange])
    if not shown:
        return inconclusive(bound, "No such request is printed with its headers.")
    return satisfied(bound, f"Every printed request carries {VERSION_HEADER} ({count(len(shown), 'request')}).", shown)


CLIENT_VERSION_HEADER: Final = Rule(
    Requirement(
        id="client.version-header",
        title="The client sends MCP-Protocol-Version on every request that needs it",
        side=Side.CLIENT,
        levels=level(Level.MUST, _WITH_VERSION_HEADER),
        basis=text(_WITH_VERSION_HEADER),
        effect="Servers assume 2025-03-26, or refuse the request.",
        fix="Send the negotiated version in MCP-Protocol-Version on each request after initialize; from 2026-07-28 on, "
        "the version of `_meta` on every POST.",
        avoid="Don't send the newest version that the client knows: send the one that is in use.",
    ),
    Decision(version_header, CLIENT),
    printed=Decision(printed_version_header),
)


def version_value(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that the version that a client sends SHOULD be the one negotiated."""
    agreed: dict[int, str | None] = {}
    judged: list[Exchange] = []
    for exchange in received(transcript):
        if is_initialize_result(exchange):
            agreed[exchange.process] = initialize_version(response(exchange))
        value, expected = header(exchange, VERSION_HEADER), agreed.get(exchange.process)
        opens = method_of(exchange) == "initialize" or exchange.revision in MODERN
        if value is None or expected is None or opens:
            continue
        if value != expected:
            opening = next(e for e in openings(transcript) if e.process == exchange.process)
            return violated(
                bound,
                f"{name_of(exchange)} carried {VERSION_HEADER} {value[:_SHOWN]!r}; {expected} was negotiated.",
                [opening, exchange],
            )
        judged.append(exchange)
    if not judged:
        return not_asked(transcript, bound, f"A request with {VERSION_HEADER} after initialize")
    right = f"Every {VERSION_HEADER} was the negotiated one ({count(len(judged), 'request')})."
    return satisfied(bound, right, judged)


VERSION_VALUE: Final = Rule(
    Requirement(
        id="client.version-value",
        title="The version that the client sends is the one negotiated",
        side=Side.CLIENT,
        levels=level(Level.SHOULD, SESSIONS[1:]),
        basis=text(SESSIONS[1:]),
        effect="Servers refuse the request, or answer by the rules of another revision.",
        fix="Keep protocolVersion of the initialize answer and send it in MCP-Protocol-Version.",
        avoid="Don't write the version into the code: the server may have agreed to another one.",
    ),
    Decision(version_value, CLIENT),
)


def accepts_both(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that the client MUST list application/json and text/event-stream in the Accept header of every POST."""
    posts = posts_of(transcript, bound.revision)
    if not posts:
        return not_asked(transcript, bound, "A POST of the client")
    for exchange in posts:
        if missing := not_accepted(exchange):
            return violated(
                bound,
                f"{name_of(exchange)} was posted with an Accept that does not list {' and '.join(missing)}.",
                [exchange],
            )
    return satisfied(bound, f"Every POST listed both media types in Accept ({count(len(posts), 'request')}).", posts)


def printed_accepts_both(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that a printed POST of a message that shows its Accept header lists both types in it."""
    shown = [e for e in transcript.exchanges if e.method == "POST" and sent(e) and header(e, "accept")]
    for exchange in shown:
        if missing := not_accepted(exchange):
            return violated(
                bound,
                f"The page prints {name_of(exchange)} with an Accept that does not list {' and '.join(missing)}.",
                [exchange],
            )
    if not shown:
        return inconclusive(bound, "No printed POST shows an Accept header.")
    return satisfied(bound, f"Every printed POST accepts both media types ({count(len(shown), 'request')}).", shown)


ACCEPTS_BOTH: Final = Rule(
    Requirement(
        id="client.accepts-both",
        title="The client accepts JSON and event streams",
        side=Side.CLIENT,
        levels=level(Level.MUST, STREAMABLE),
        basis=text(STREAMABLE),
        effect="Servers answer 406.",
        fix="Send Accept: application/json, text/event-stream on every POST.",
        avoid="Don't send */*: several servers refuse it.",
    ),
    Decision(accepts_both, CLIENT),
    printed=Decision(printed_accepts_both),
)


def posts_initialized(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that after a successful initialize the client MUST send notifications/initialized."""
    opening = next(iter(openings(transcript)), None)
    if opening is None:
        return not_asked(transcript, bound, "An initialize that was answered")
    after = [e for e in received(transcript) if e.process == opening.process and e.number > opening.number]
    initialized = next((e for e in after if method_of(e) == "notifications/initialized"), None)
    if initialized is not None:
        return satisfied(bound, "After initialize the client posted notifications/initialized.", [opening, initialized])
    if not after:
        return inconclusive(bound, "The client sent nothing after its initialize was answered.", [opening])
    return violated(
        bound,
        f"After initialize the client sent {count(len(after), 'request')} and no notifications/initialized.",
        [opening, *after],
    )


POSTS_INITIALIZED: Final = Rule(
    Requirement(
        id="client.posts-initialized",
        title="The client confirms a successful initialization",
        side=Side.CLIENT,
        levels=level(Level.MUST, _WITH_HANDSHAKE),
        basis=text(_WITH_HANDSHAKE),
        effect="Servers that wait for it answer nothing but pings.",
        fix="Send notifications/initialized after the initialize answer and before other requests.",
    ),
    Decision(posts_initialized),
)

RULES: Final = (CLIENT_VERSION_HEADER, VERSION_VALUE, ACCEPTS_BOTH, POSTS_INITIALIZED)
