"""What the server is like, before anything is judged: where its endpoint is and which revisions it negotiates.

The port is observed; the path comes from the docs, then from what the server itself prints, then from the usual
candidates, then from redirects.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin, urlsplit

from extractor.base.loopback import is_local, loopback_for
from harness.exchanges.http_exchange import describe_answer
from harness.model import RevisionFacts
from harness.profiles.mcp import messages, steps
from harness.profiles.mcp.messages import Caller, EndpointAddress
from harness.profiles.mcp.probes import access, sessions
from harness.profiles.mcp.probes.probed_server import NegotiatedRevisions
from harness.profiles.mcp.probes.sessionless_probes import NOT_FOUND, served_method
from harness.profiles.mcp.revisions import offered_versions, with_handshake, without_handshake

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from extractor.model import StatedEndpoint
    from harness.exchanges.http_exchange import ProbeAnswer
    from harness.model import ListeningSocket, LogLine, Session
    from harness.profiles.mcp.probes.probed_server import ProbedServer

USUAL_PATHS: Final = ("/mcp", "/", "/mcp/", "/api/mcp", "/v1/mcp", "/messages", "/sse")
UNAUTHORIZED: Final = 401
"""Status that demands a token."""
_MAY_WANT_A_TOKEN: Final = (400, 403)
MOST_REDIRECTS: Final = 3
MOST_PLAIN: Final = 3
"""Addresses that refused an initialize without a JSON-RPC error, and are asked without one: those with 404 last."""
MOST_SILENT: Final = 2
"""Addresses that may leave an initialize unanswered before the search ends."""
_NOT_OF_THE_ADDRESS: Final = (UNAUTHORIZED, 403, 429, 503)
"""Statuses that refuse a message for its sender or for load."""
_REDIRECTS: Final = (301, 302, 303, 307, 308)
_URL: Final = re.compile(r"https?://[\w.\-\[\]:]+(/[\w./~\-]*)?")


def candidate_addresses(
    sockets: Sequence[ListeningSocket],
    documented: Sequence[str],
    logs: Iterable[LogLine],
    hosts: Sequence[str] = (),
    stated: Sequence[StatedEndpoint] = (),
) -> Iterator[EndpointAddress]:
    """Return where the endpoint may be, likeliest first; each address once.

    Args:
        sockets: that the example listens on.
        documented: paths that the docs name.
        logs: what the example wrote so far.
        hosts: the names that its code allows, empty if it allows any. They may be those of another server in the same
            code: its own name is tried after the first of them.
        stated: addresses that the page states: of several ports, the one that it states with a path comes first.
    """
    places = tuple(_places(sockets, documented, logs, stated))
    for names in (hosts[:1], ()) if hosts else ((),):
        for ip, port, target in places:
            yield EndpointAddress(ip, port, target, *names)


def _places(
    sockets: Sequence[ListeningSocket],
    documented: Sequence[str],
    logs: Iterable[LogLine],
    stated: Sequence[StatedEndpoint],
) -> Iterator[tuple[str, int, str]]:
    """The IP address, port and path of each place where the endpoint may be."""
    seen: set[tuple[int, str]] = set()
    ports = {(endpoint.path, endpoint.port) for endpoint in stated}
    printed = tuple(_printed_paths(logs))
    for paths in (documented, printed, USUAL_PATHS):
        for path in paths:
            for socket in sorted(sockets, key=lambda s: ((path, s.port) not in ports, s.port, ":" in s.address)):
                target = path if path.startswith("/") else f"/{path}"
                if (socket.port, target) not in seen:
                    seen.add((socket.port, target))
                    yield loopback_for(socket.address), socket.port, target


def _printed_paths(logs: Iterable[LogLine]) -> Iterator[str]:
    """Return the paths of the URLs that the server's own first lines name."""
    for line in list(logs)[:50]:
        for match in _URL.finditer(line.text):
            if match.group(1):
                yield match.group(1).rstrip(".")


@dataclass(frozen=True, slots=True)
class _HalfServed:
    """An address that answers an initialize and not what follows, with what it answered."""

    address: EndpointAddress
    answer: ProbeAnswer
    answered: Mapping[str, str]
    sessions: tuple[Session, ...]


async def find_endpoint(
    peer: ProbedServer, candidates: Iterable[EndpointAddress], revisions: tuple[str, ...]
) -> ProbeAnswer | None:
    """Point ``peer`` at the endpoint.

    The endpoint is what answers an initialize by an InitializeResult and serves what follows, or demands a token for
    it, or speaks a sessionless revision. If no address serves what follows, it is the first that answers an initialize.
    Addresses that refuse an initialize in plain words are asked for a sessionless revision last. Otherwise ``peer`` is
    left at the address whose refusal looked most like MCP's, and the fact ``not_served`` says what was seen there. A
    server that leaves two addresses unanswered is not asked for more.

    Args:
        peer: the server.
        candidates: likeliest first.
        revisions: of the docs.

    Returns:
        The answer that showed the endpoint; None if there is none.
    """
    half: _HalfServed | None = None
    fallback: tuple[EndpointAddress, ProbeAnswer] | None = None
    first: tuple[EndpointAddress, ProbeAnswer] | None = None
    silent = 0
    refused: list[tuple[EndpointAddress, ProbeAnswer]] = []
    for address in candidates:
        peer.address = address
        answer, opened, is_endpoint = await _try(peer, revisions)
        if is_endpoint and (opened is None or await _goes_on(peer, opened)):
            return answer
        if is_endpoint:
            half = half or _HalfServed(peer.address, answer, dict(peer.answered), tuple(peer.sessions))
            if peer.pod.exit_state() is not None:
                break
            _forget(peer, answer)
            continue
        first = first or (peer.address, answer)
        plain = answer.status is not None and not any("error" in sent for sent in answer.messages)
        if plain:
            refused.append((peer.address, answer))
        if fallback is None and any("error" in sent for sent in answer.messages):
            fallback = (peer.address, answer)
        silent += answer.exchange.timed_out
        if silent == MOST_SILENT:
            break
    if half is not None:
        peer.address, peer.answered, peer.sessions = half.address, dict(half.answered), list(half.sessions)
        peer.recorder.amend(half.answer.number, step=steps.DISCOVER_INITIALIZE)
        return half.answer
    # a 404 may be about the method as well as about the path
    refused.sort(key=lambda each: each[1].status == NOT_FOUND)
    for peer.address, answer in refused[:MOST_PLAIN]:
        if await _is_sessionless(peer, revisions):
            return answer
    best = fallback or first
    if best is not None:
        peer.address, answer = best
        said = describe_answer(answer) if answer.reply is not None else f"no reply, {answer.exchange.failure}"
        reason = f"no path answers an initialize (POST {answer.exchange.target}: {said})"
        peer.facts = replace(peer.facts, not_served=reason)
    return None


async def _goes_on(peer: ProbedServer, opened: Caller) -> bool:
    """Return whether an address that answered an initialize also serves what follows.

    A refusal for another reason than the address, or no answer in time, does not show that it does not.
    """
    for message in (
        messages.notification("notifications/initialized"),
        messages.request(peer.recorder.rpc_id(), "tools/list"),
    ):
        answer = await peer.post(steps.DISCOVER_OPENING, opened, message)
        if answer.status is None and not answer.exchange.timed_out:
            return False
        if answer.status is not None and answer.status >= 400 and answer.status not in _NOT_OF_THE_ADDRESS:
            return False
    return True


def _forget(peer: ProbedServer, answer: ProbeAnswer) -> None:
    """Forget what an address that is not the endpoint answered."""
    peer.recorder.amend(answer.number, step=steps.DISCOVER_ENDPOINT)
    peer.answered.clear()
    peer.sessions.clear()


async def _try(peer: ProbedServer, revisions: tuple[str, ...]) -> tuple[ProbeAnswer, Caller | None, bool]:
    """Send initialize to ``peer.address``, older and older where a newer revision is refused by a JSON-RPC error.

    Returns:
        The last answer, the caller of a session that it opened, and whether it shows the endpoint.
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
            return answer, opened, True
        if not any("error" in sent for sent in answer.messages):
            break
    assert answer is not None
    if any("error" in sent for sent in answer.messages) and await _is_sessionless(peer, revisions):
        return answer, None, True
    if await _demands_token(peer, answer, offered_versions(revisions)[0]):
        peer.recorder.amend(answer.number, step=steps.DISCOVER_INITIALIZE)
        return answer, None, True
    return answer, None, False


async def _is_sessionless(peer: ProbedServer, revisions: tuple[str, ...]) -> bool:
    """Return whether a sessionless revision is spoken at ``peer.address``."""
    for version in without_handshake(revisions):
        if await served_method(peer, version):
            return True
    return False


async def _demands_token(peer: ProbedServer, refused: ProbeAnswer, version: str) -> bool:
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


def _redirect(peer: ProbedServer, answer: ProbeAnswer) -> str | None:
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


async def negotiate(peer: ProbedServer, revisions: tuple[str, ...]) -> None:
    """Ask for every revision of the docs, newest first; ``peer.negotiated`` says what was negotiated.

    One that got no answer in time is asked for once more; it counts as negotiated and not served if it gets none again,
    since silence says nothing of it. A process that serves one client is asked for one: its other revisions each take a
    fresh process, which :mod:`harness.profiles.mcp.probes.one_client` uses for the whole conversation in them.
    """
    late = [version for version in with_handshake(revisions) if await _is_late(peer, version)]
    late = [version for version in late if await _is_late(peer, version)]
    for version in late:
        peer.learn_revision(version, RevisionFacts("initialize was not answered in time, twice"))
    if peer.initializes_served == 1 and not peer.single_session:
        await sessions.ask_for_second_client(peer, Caller(None, token=peer.token))
    answered = set(peer.answered.values())
    for version in answered.difference(revisions):
        peer.facts = replace(peer.facts, unknown_version=version[:100])
    modern = {version: await served_method(peer, version) for version in without_handshake(revisions)}
    peer.negotiated = NegotiatedRevisions(
        tuple(sorted({*late, *answered.intersection(revisions)}, reverse=True)),
        {version: method for version, method in modern.items() if method is not None},
    )


async def _is_late(peer: ProbedServer, version: str) -> bool:
    """Ask for a revision that was not asked for yet; return whether the answer did not come in time."""
    return version not in peer.answered and not peer.single_session and await _initialize(peer, version)


async def _initialize(peer: ProbedServer, version: str) -> bool:
    """Send initialize with ``version``; what it negotiates is in ``peer.answered`` afterwards.

    A refusal may mean the version, that the process serves one client, or that it is full; one that was served before
    tells them apart.

    Returns:
        Whether no answer came in time.
    """
    caller = Caller(None, token=peer.token)
    await sessions.ready(peer)
    answer, opened = await sessions.initialize(peer, steps.DISCOVER_INITIALIZE, caller, version)
    if opened is not None or not peer.answered:
        return answer.exchange.timed_out
    if await sessions.ask_for_second_client(peer, caller):
        return answer.exchange.timed_out
    if peer.single_session:
        peer.recorder.amend(answer.number, step=f"{steps.RETRY}.{steps.DISCOVER_INITIALIZE}")
        return False
    process = peer.recorder.process
    await sessions.fresh_initialize(peer, steps.OPEN_INITIALIZE, caller, next(iter(peer.answered)))
    if peer.recorder.process != process:
        peer.recorder.amend(answer.number, step=f"{steps.RETRY}.{steps.DISCOVER_INITIALIZE}")
        await sessions.ready(peer)
        answer, _ = await sessions.initialize(peer, steps.DISCOVER_INITIALIZE, caller, version)
    return answer.exchange.timed_out
