"""Exchanges that a page prints: only what they decide is said, and what a page leaves out is never held against it.

A header that is absent from a shortened example proves nothing (``headers_complete`` is false there), an id
may be cut short by dots, and an answer may be shown without its request.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from harness.judge.findings import inconclusive, satisfied, violated
from harness.profile import Decision
from harness.profiles.mcp.revisions import MODERN
from harness.profiles.mcp.rules import client, jsonrpc, session
from harness.profiles.mcp.rules.client import header, same_id
from harness.profiles.mcp.rules.reading import SESSION_HEADER, VERSION_HEADER
from harness.profiles.mcp.rules.verdicts import session_issued

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.model import BoundRequirement, Exchange, Finding, Transcript

OPTIONAL: Final = ("GET", "DELETE")
"""Methods that a server may choose not to have."""


def sends_session_id(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Requests printed after an answer with an id carry it."""
    later = [(exchange, id) for exchange, id in _inside_sessions(transcript) if id is not None or _whole(exchange)]
    for exchange, id in later:
        if id is None or not any(same_id(id, known.id) for known in transcript.sessions):
            sent = "no session id" if id is None else f"the session id {id[:40]!r}, which no answer gave"
            return violated(bound, f"The page prints {_named(exchange)} of a session with {sent}.", [exchange])
    if not later:
        return inconclusive(bound, "No request of a session is printed with its headers.")
    return satisfied(bound, f"{len(later)} printed requests carry the session id.", [exchange for exchange, _ in later])


def version_header(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Requests printed after initialize (sessionless: every POST) carry MCP-Protocol-Version."""
    if bound.revision in MODERN:
        later = [exchange for exchange in transcript.exchanges if exchange.method == "POST"]
    else:
        later = [exchange for exchange, _ in _inside_sessions(transcript)]
    shown = [exchange for exchange in later if header(exchange, VERSION_HEADER) or _whole(exchange)]
    for exchange in shown:
        if header(exchange, VERSION_HEADER) is None:
            return violated(bound, f"The page prints {_named(exchange)} without MCP-Protocol-Version.", [exchange])
    if not shown:
        return inconclusive(bound, "No such request is printed with its headers.")
    return satisfied(bound, f"{len(shown)} printed requests carry MCP-Protocol-Version.", shown)


def accepts_both(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """A printed POST of a message that shows its Accept header lists both types in it."""
    shown = [e for e in transcript.exchanges if e.method == "POST" and jsonrpc.sent(e) and header(e, "accept")]
    for exchange in shown:
        if missing := client.not_accepted(exchange):
            return violated(
                bound, f"The page prints {_named(exchange)} with an Accept without {' and '.join(missing)}.", [exchange]
            )
    if not shown:
        return inconclusive(bound, "No printed POST shows an Accept header.")
    return satisfied(bound, f"{len(shown)} printed POST requests accept both types.", shown)


def notification_202(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """A notification that is printed as accepted gets 202 and no body."""
    shown = [
        exchange
        for exchange in transcript.exchanges
        if "id" not in (jsonrpc.sent(exchange) or {"id": 0}) and 200 <= (exchange.status or 0) < 300
    ]
    for exchange in shown:
        if exchange.reply is not None and (exchange.status != 202 or exchange.reply.body.strip()):
            body = " with a body" if exchange.reply.body.strip() else ""
            return violated(
                bound,
                f"The page prints {_named(exchange)} answered {exchange.status}{body} instead of 202.",
                [exchange],
            )
    if not shown:
        return inconclusive(bound, "No answer to a notification is printed.")
    return satisfied(bound, f"{len(shown)} printed notifications are answered 202.", shown)


def terminated_404(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """After a printed DELETE that was answered 2xx, requests with that id are answered 404.

    A GET or a DELETE answered 405 tells of the server's methods and not of the session: no id would get another answer.
    """
    ended: dict[str, Exchange] = {}
    good: list[Exchange] = []
    for exchange in transcript.exchanges:
        if exchange.method in OPTIONAL and exchange.status in session.NOT_ALLOWED:
            continue
        id = header(exchange, SESSION_HEADER)
        end = next((end for known, end in ended.items() if id is not None and same_id(id, known)), None)
        if end is not None and exchange.status and exchange.status != 404:
            return violated(
                bound,
                f"The page prints DELETE answered {end.status}, and after it {_named(exchange)} with that id answered "
                f"{exchange.status} instead of 404.",
                [end, exchange],
            )
        if end is not None and exchange.status == 404:
            good += [end, exchange]
        if id is not None and exchange.method == "DELETE" and 200 <= (exchange.status or 0) < 300:
            ended.setdefault(id, exchange)
    if not good:
        return inconclusive(bound, "No request after the end of a session is printed with its answer.")
    return satisfied(bound, "The page prints 404 for a session that was ended.", good)


def missing_400(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Where an id is required, a request printed whole without one and refused for it gets 400."""
    refused = [
        exchange
        for exchange, id in _inside_sessions(transcript)
        if id is None and _whole(exchange) and exchange.status in (400, 404, 405, 406, 409, 410, 422)
        if exchange.method not in OPTIONAL or exchange.status not in session.NOT_ALLOWED
    ]
    wrong = [exchange for exchange in refused if exchange.status != 400]
    if wrong:
        return violated(
            bound, f"The page prints {_named(wrong[0])} without a session id answered {wrong[0].status}.", wrong
        )
    if not refused:
        return inconclusive(bound, "No refusal of a request without an id is printed.")
    return satisfied(bound, "The page prints 400 for a request without an id.", refused)


def removed_header(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """The sessionless revisions removed Mcp-Session-Id: no printed answer carries one."""
    answers = [exchange for exchange in transcript.exchanges if exchange.reply is not None]
    minted = [e for e in answers if e.reply is not None and e.reply.header(SESSION_HEADER) is not None]
    if minted:
        return violated(bound, "The page prints an answer with a session id, which this revision removed.", minted)
    if not answers:
        return inconclusive(bound, "No answer is printed.")
    return satisfied(bound, f"None of {len(answers)} printed answers carries a session id.", answers)


CHECKS: Final = {
    "session.terminated-404": Decision(terminated_404),
    "session.missing-400": Decision(missing_400),
    "session.id-charset": Decision(session.id_charset, (session_issued,)),
    "post.notification-202": Decision(notification_202),
    "sessionless.ignore-session-id": Decision(removed_header),
    "client.sends-session-id": Decision(sends_session_id),
    "client.version-header": Decision(version_header),
    "client.accepts-both": Decision(accepts_both),
}
"""What printed exchanges can decide."""


def _inside_sessions(transcript: Transcript) -> Iterator[tuple[Exchange, str | None]]:
    """Requests printed after an answer that gave an id, initialize left out, each with the id it carries."""
    given = min((known.exchange for known in transcript.sessions), default=None)
    for exchange in transcript.exchanges:
        method = (jsonrpc.sent(exchange) or {}).get("method")
        if given is not None and exchange.number > given and exchange.method and method != "initialize":
            yield exchange, header(exchange, SESSION_HEADER)


def _whole(exchange: Exchange) -> bool:
    """Whether the printed headers may be all there are, so that an absent one is absent."""
    return bool(exchange.method) and exchange.headers_complete


def _named(exchange: Exchange) -> str:
    method = (jsonrpc.sent(exchange) or {}).get("method")
    return str(method)[:60] if isinstance(method, str) else exchange.method
