"""What the server is like, before anything is judged: where its endpoint is and which revisions it negotiates.

The port is observed; the path comes from the docs, then from what the server itself prints, then from the usual
candidates, then from redirects.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin, urlsplit

from extractor.base.loopback import is_local
from harness.profiles.mcp import steps
from harness.profiles.mcp.messages import Caller, EndpointAddress, loopback_for
from harness.profiles.mcp.probes import access, sessions
from harness.profiles.mcp.probes.http_exchange import describe_answer
from harness.profiles.mcp.probes.peer import NegotiatedRevisions
from harness.profiles.mcp.probes.sessionless_probes import served_method
from harness.profiles.mcp.revisions import offered_versions, with_handshake, without_handshake

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from harness.model import ListeningSocket, LogLine
    from harness.profiles.mcp.probes.http_exchange import ProbeAnswer
    from harness.profiles.mcp.probes.peer import Peer

USUAL_PATHS: Final = ("/mcp", "/", "/mcp/", "/api/mcp", "/v1/mcp", "/messages", "/sse")
UNAUTHORIZED: Final = 401
"""Status that demands a token."""
_MAY_WANT_A_TOKEN: Final = (400, 403)
MOST_REDIRECTS: Final = 3
MOST_SILENT: Final = 2
"""Addresses that may leave an initialize unanswered before the search ends."""
_REDIRECTS: Final = (301, 302, 303, 307, 308)
_URL: Final = re.compile(r"https?://[\w.\-\[\]:]+(/[\w./~\-]*)?")


def candidate_addresses(
    sockets: Sequence[ListeningSocket],
    documented: Sequence[str],
    logs: Iterable[LogLine],
    hosts: Sequence[str] = (),
) -> Iterator[EndpointAddress]:
    """Return where the endpoint may be, likeliest first; each address once.

    Args:
        sockets: that the example listens on.
        documented: paths that the docs name.
        logs: what the example wrote so far.
        hosts: the only names that its code allows; empty if it allows any.
    """
    seen: set[tuple[int, str]] = set()
    printed = tuple(_printed_paths(logs))
    for paths in (documented, printed, USUAL_PATHS):
        for path in paths:
            for socket in sorted(sockets, key=lambda s: (s.port, ":" in s.address)):
                target = path if path.startswith("/") else f"/{path}"
                if (socket.port, target) not in seen:
                    seen.add((socket.port, target))
                    yield EndpointAddress(loopback_for(socket.address), socket.port, target, *hosts[:1])


def _printed_paths(logs: Iterable[LogLine]) -> Iterator[str]:
    """Return the paths of the URLs that the server's own first lines name."""
    for line in list(logs)[:50]:
        for match in _URL.finditer(line.text):
            if match.group(1):
                yield match.group(1).rstrip(".")


async def find_endpoint(
    peer: Peer, candidates: Iterable[EndpointAddress], revisions: tuple[str, ...]
) -> ProbeAnswer | None:
    """Point ``peer`` at the endpoint.

    The endpoint is what answers an initialize by an InitializeResult, or demands a token for it, or speaks a
    sessionless revision. Otherwise ``peer`` is left at the address whose refusal looked most like MCP's, and the fact
    ``not_served`` says what was seen there. A server that leaves two addresses unanswered is not asked for more.

    Args:
        peer: the server.
        candidates: likeliest first.
        revisions: of the docs.

    Returns:
        The answer that showed the endpoint; None if there is none.
    """
    fallback: tuple[EndpointAddress, ProbeAnswer] | None = None
    first: tuple[EndpointAddress, ProbeAnswer] | None = None
    silent = 0
    for address in candidates:
        peer.address = address
        answer, is_endpoint = await _try(peer, revisions)
        if is_endpoint:
            return answer
        first = first or (peer.address, answer)
        if fallback is None and any("error" in message for message in answer.messages):
            fallback = (peer.address, answer)
        silent += answer.exchange.timed_out
        if silent == MOST_SILENT:
            break
    best = fallback or first
    if best is not None:
        peer.address, answer = best
        reason = f"no path answers an initialize (POST {answer.exchange.target}: {describe_answer(answer)})"
        peer.facts = replace(peer.facts, not_served=reason)
    return None


async def _try(peer: Peer, revisions: tuple[str, ...]) -> tuple[ProbeAnswer, bool]:
    """Send initialize to ``peer.address``, older and older where a newer revision is refused by a JSON-RPC error.

    Returns:
        The last answer, and whether it shows the endpoint.
    """
    caller = Caller(None)
    answer: ProbeAnswer | None = None
    for version in offered_versions(revisions):
        await sessions.ready(peer)
        answer, opened = await sessions.initialize(peer, steps.DISCOVER_ENDPOINT, caller, version)
        for _ in range(MOST_REDIRECTS):
            target = _redirect(peer, answer)
            if target is None:
                break
            peer.address = replace(peer.address, target=target)
            answer, opened = await sessions.initialize(peer, steps.DISCOVER_ENDPOINT, caller, version)
        if opened is not None or answer.status == UNAUTHORIZED:
            peer.recorder.amend(answer.number, step=steps.DISCOVER_INITIALIZE)
            return answer, True
        if not any("error" in message for message in answer.messages):
            break
    assert answer is not None
    if any("error" in message for message in answer.messages):
        for version in without_handshake(revisions):
            if await served_method(peer, version):
                return answer, True
    if await _demands_token(peer, answer, offered_versions(revisions)[0]):
        peer.recorder.amend(answer.number, step=steps.DISCOVER_INITIALIZE)
        return answer, True
    return answer, False


async def _demands_token(peer: Peer, refused: ProbeAnswer, version: str) -> bool:
    """Return whether an address that refuses an initialize by 400 or 403 serves it with a token, and keep the token.

    These statuses may mean anything: only a token of the example's authorization server can decide.
    """
    if refused.status not in _MAY_WANT_A_TOKEN or (peer.tokens is None and len(peer.header_choices) == 1):
        return False
    before = peer.facts
    if await access.authorize(peer, refused, version) is None:
        return True
    peer.facts = before
    return False


def _redirect(peer: Peer, answer: ProbeAnswer) -> str | None:
    """Return path and query of a redirect to the same server; None for other answers, and for a redirect elsewhere."""
    if answer.reply is None or answer.status not in _REDIRECTS:
        return None
    location = answer.reply.header("location") or ""
    try:
        parts = urlsplit(urljoin(peer.address.public_url, location))
        here = is_local(parts.hostname or "") and (parts.port or 80) == peer.address.port
    except ValueError:
        here, parts = False, None
    note = "followed" if here else f"not followed: {location[:200]}"
    peer.recorder.amend(answer.number, step=steps.DISCOVER_REDIRECT, note=note)
    if not here or parts is None:
        return None
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return target if target.isascii() else None


async def negotiate(peer: Peer, revisions: tuple[str, ...]) -> None:
    """Ask for every revision of the docs, newest first; ``peer.negotiated`` says what was negotiated.

    A process that serves one client is asked for one: its other revisions each take a fresh process, which
    :mod:`harness.profiles.mcp.probes.one_client` uses for the whole conversation in them.
    """
    for version in with_handshake(revisions):
        if version not in peer.answered and not peer.single_session:
            await _initialize(peer, version)
    if peer.initializes_served == 1 and not peer.single_session:
        await sessions.ask_for_second_client(peer, Caller(None, token=peer.token))
    answered = set(peer.answered.values())
    for version in answered.difference(revisions):
        peer.facts = replace(peer.facts, unknown_version=version[:100])
    modern = {version: await served_method(peer, version) for version in without_handshake(revisions)}
    peer.negotiated = NegotiatedRevisions(
        tuple(sorted(answered.intersection(revisions), reverse=True)),
        {version: method for version, method in modern.items() if method is not None},
    )


async def _initialize(peer: Peer, version: str) -> None:
    """Send initialize with ``version``; what it negotiates is in ``peer.answered`` afterwards.

    A refusal may mean the version, that the process serves one client, or that it is full; one that was served before
    tells them apart.
    """
    caller = Caller(None, token=peer.token)
    await sessions.ready(peer)
    answer, opened = await sessions.initialize(peer, steps.DISCOVER_INITIALIZE, caller, version)
    if opened is not None or not peer.answered:
        return
    if await sessions.ask_for_second_client(peer, caller):
        return
    if peer.single_session:
        peer.recorder.amend(answer.number, step=f"{steps.RETRY}.{steps.DISCOVER_INITIALIZE}")
        return
    process = peer.recorder.process
    await sessions.fresh_initialize(peer, steps.OPEN_INITIALIZE, caller, next(iter(peer.answered)))
    if peer.recorder.process != process:
        peer.recorder.amend(answer.number, step=f"{steps.RETRY}.{steps.DISCOVER_INITIALIZE}")
        await sessions.ready(peer)
        await sessions.initialize(peer, steps.DISCOVER_INITIALIZE, caller, version)
