"""The conversation with an HTTP server: what is asked, in which order, and why.

1. *Endpoint*: the observed ports, the docs' paths, then the usual ones, until an initialize is answered as MCP
   answers and what follows it is served, or a token is demanded.
2. *Token*: where one is demanded, the audience that the server accepts is found first, since from here on every
   request but those under test is a perfect one. What the page says that requests carry, all of them carry.
3. *Revisions*: one initialize per revision of the docs, newest first, and one request without initialize for the
   sessionless ones. A server is judged under each revision that it really negotiates.
4. *Sessionless revisions*: they only read, so they come before anything that could break a session.
5. *Per revision with a handshake, newest first*: the baseline (session A); if that is not served, nothing else of the
   revision. Then what only reads, on A: version, batch, Origin. Then streams (B, C), then what opens sessions of its
   own: Origin on initialize, tokens; then what is no JSON, of which some servers die; then what ends sessions, each on
   a session of its own: the life of T, isolation of I and J, hijacking of H. So no probe works on what another one
   broke, and where one did kill the process, those after it have a new one. 2024-11-05 has no session and no stream
   rules that a server of Streamable HTTP could break: baseline, Origin and tokens only.
6. *Once, at the end*: many initializes for their ids; whether the process survived all of this; then a restart, for the
   ids of a fresh process; and last the tools after the first one, which may end the process or never answer.

One request at a time, except where the point is that two run at once: 50 runs of the same server must give the same
transcript. A control is the exchange just before its faults wherever that is possible. A process that dies with a
session, or has no room for another one, is started afresh, and the facts record it. One that serves one client in its
life is started once for each revision (:mod:`harness.profiles.mcp.probes.one_client`).
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from extractor.base.loopback import IPV4_LOOPBACK
from extractor.model import NoteKind
from harness.base.errors import NoRestartError, NotServingError
from harness.exchanges.http_exchange import StoppedError
from harness.exchanges.recorder import Recorder
from harness.model import Incident, LogLine, Transcript, Transport
from harness.profiles.mcp.messages import EndpointAddress, strange_version
from harness.profiles.mcp.probes import (
    access,
    discovery,
    first_session,
    http_sse,
    one_client,
    sessionless_probes,
    sessions,
    stream_probes,
)
from harness.profiles.mcp.probes.other_tools import call_other_tools
from harness.profiles.mcp.probes.probed_server import ProbedServer
from harness.profiles.mcp.revisions import offered_versions, with_handshake

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from extractor.model import Bundle, Note
    from harness.engine.protocol import Pod, Progress
    from harness.model import ListeningSocket
    from harness.profile import ProbeSettings
    from harness.profiles.mcp.tokens import TokenSource

AUTHORIZATION_LOG: Final = "authorization"
"""Source of the authorization server's log lines."""
_BUDGET_TIMEOUTS: Final = 48
"""The conversation's budget in multiples of ``timeout_s`` (480 s for the default 10 s)."""
_LEAST_BUDGET_S: Final = 120.0
"""The least budget: short timeouts must not hurry a server on a busy machine."""
_SAYS_WHERE: Final = frozenset({NoteKind.COMMAND, NoteKind.ENVIRONMENT, NoteKind.VALUE})
_ADDRESS: Final = re.compile(
    r"--(?:host|bind|address)\b|(?:^|[\s_])(?:host(?:name)?|bind|addr(?:ess)?|interface)\b", re.I
)
"""In a command's options, or as the last word of a variable's name."""


async def converse_http(
    pod: Pod,
    bundle: Bundle,
    settings: ProbeSettings,
    tokens: TokenSource | None,
    progress: Progress = lambda text: None,
) -> Transcript:
    """Hold the whole conversation with the HTTP server in ``pod``.

    Args:
        pod: with the example started and listening.
        bundle: the example; its ``endpoint_paths`` are tried first.
        settings: how the conversation is held. Undated revisions (``draft``) are left out: no message can name them.
            ``heard`` is called in the first revision with a handshake: after what only reads, and at its end.
        tokens: of the example's authorization server, or those that a user gave; None for none.
        progress: called with what is being probed.

    Returns:
        The whole conversation. Whatever the server does is in it; nothing of that is raised.

    Raises:
        PodError: the pod broke.
        NotServingError: the only endpoint that may be asked does not serve, and another path does.
    """
    sockets = pod.sockets()
    recorder = Recorder(
        pod.transport,
        timeout_s=settings.timeout_s,
        start_s=settings.start_s,
        budget_s=max(_LEAST_BUDGET_S, _BUDGET_TIMEOUTS * settings.timeout_s),
        exchange_bytes=settings.exchange_bytes,
    )
    address = EndpointAddress(IPV4_LOOPBACK, sockets[0].port, "/")
    peer = ProbedServer(
        pod, recorder, address, tokens, start_s=settings.start_s, stated_headers=bundle.stated_headers
    )  # fmt: skip
    peer.ends_sessions = settings.ends_sessions
    so_far = partial(_transcript, peer, bundle, sockets)
    try:
        await _discover(peer, sockets, bundle, settings, progress)
        await _probe(peer, settings.revisions, progress, lambda: settings.heard(so_far()))
    except (StoppedError, NoRestartError) as stopped:
        peer.facts = replace(peer.facts, stopped=Incident(len(recorder.exchanges), str(stopped)))
        _conclude(peer)
    finally:
        await recorder.close()
    return so_far()


def _transcript(peer: ProbedServer, bundle: Bundle, sockets: tuple[ListeningSocket, ...]) -> Transcript:
    """Return the conversation so far."""
    logs = peer.pod.logs()
    return Transcript(
        bundle.example_id,
        bundle.kind,
        peer.recorder.exchanges,
        sessions=tuple(peer.sessions),
        negotiated=peer.negotiated.all,
        modern=tuple(sorted(peer.negotiated.sessionless)),
        sockets=sockets,
        endpoint=peer.address.public_url,
        demands_token=peer.demands_token,
        logs=tuple(line.since(peer.recorder.started) for line in logs),
        facts=replace(
            peer.facts,
            introspects=_introspects(logs),
            stated_headers=tuple(name for name, _ in peer.stated_headers),
            listens_as_added=address_added(bundle.guesses),
        ),
    )


async def _discover(
    peer: ProbedServer,
    sockets: Sequence[ListeningSocket],
    bundle: Bundle,
    settings: ProbeSettings,
    progress: Progress,
) -> None:
    """Take steps 1 to 3; the facts record what was missing."""
    revisions, endpoint = settings.revisions, settings.endpoint
    progress("looking for the endpoint")
    addresses = tuple(
        discovery.candidate_addresses(
            sockets, bundle.endpoint_paths, peer.pod.logs(), bundle.host_names, bundle.stated_endpoints
        )
    )
    answer = await discovery.find_endpoint(peer, addresses, revisions)
    peer.facts = replace(peer.facts, transport=Transport.STREAMABLE_HTTP)
    if answer is None:
        await http_sse.negotiate_over_sse(peer, addresses, revisions)
        return
    if endpoint is not None and peer.address.target != endpoint:
        asked = f"{peer.address.authority}{endpoint}"
        raise NotServingError(f"{asked} does not serve; {peer.address.target} does", "give that path in the URL")
    if answer.status == discovery.UNAUTHORIZED:
        if peer.tokens is not None:
            progress("asking with a token")
        reason = await access.authorize(peer, answer, offered_versions(revisions)[0])
        if reason is not None:
            peer.demands_token = True
            peer.facts = replace(peer.facts, not_served=reason)
            return
    peer.demands_token = peer.token is not None
    progress("asking which revisions it speaks")
    await discovery.negotiate(peer, revisions)


async def _probe(peer: ProbedServer, revisions: tuple[str, ...], progress: Progress, heard: Callable[[], None]) -> None:
    """Take steps 4 to 6."""
    negotiated = peer.negotiated
    for revision, method in negotiated.sessionless.items():
        progress(f"probing {revision} (no sessions)")
        await sessionless_probes.probe_revision(peer, revision, method)
        if peer.token is not None:
            await access.probe_sessionless_tokens(peer, revision, method)
    one_client_only = peer.single_session
    asked = tuple(revision for revision in negotiated.with_handshake if revision not in peer.facts.revisions)
    if one_client_only:
        newer = {revision for revision in with_handshake(revisions) if revision >= first_session.STREAMABLE_SINCE}
        asked = tuple(sorted(newer.union(asked), reverse=True))
    served: list[str] = []
    for revision in asked if peer.facts.transport is not Transport.HTTP_SSE else ():
        progress(f"probing {revision}")
        peer.suffix = f"@{revision}" if served else ""
        is_first = not served
        if one_client_only:
            is_served = await one_client.probe_revision(peer, revision)
        else:
            is_served = await _probe_revision(peer, revision, heard if is_first else _nothing)
        if is_served:
            served.append(revision)
            if is_first:
                heard()
    _conclude(peer)
    if served:
        progress("collecting session ids")
        newest = served[0]
        if not peer.single_session:
            await sessions.collect_ids(peer, newest)
        await sessions.survives(peer, newest)
        with suppress(NoRestartError):
            await sessions.ids_after_restart(peer, newest)
        if not peer.single_session:
            await call_other_tools(peer)
    elif negotiated.sessionless:
        revision, method = next(iter(negotiated.sessionless.items()))
        await sessionless_probes.survives(peer, revision, method)
    elif negotiated.with_handshake and peer.facts.transport is not Transport.HTTP_SSE:
        # the baseline was not served: was that an answer, or the end of the process?
        await sessions.survives(peer, negotiated.with_handshake[0])


def _nothing() -> None:
    return


async def _probe_revision(peer: ProbedServer, revision: str, has_read: Callable[[], None]) -> bool:
    """Take step 5 for one revision; return False if its baseline was not served.

    ``has_read`` is called after what only reads.
    """
    base = await first_session.open_first_session(peer, revision)
    if base is None:
        return False
    await first_session.probe_what_reads(peer, base)
    has_read()
    streamable = revision >= first_session.STREAMABLE_SINCE
    if streamable:
        await stream_probes.probe_streams(peer, revision, base)
    await first_session.probe_origin_of_initialize(peer, revision)
    if revision == peer.negotiated.with_handshake[0]:
        await first_session.probe_unknown_version(peer, revision)
    if peer.token is not None:
        await access.probe_tokens(peer, revision)
    if streamable:
        await first_session.probe_unreadable(peer, base)
    if streamable and base.caller.id is not None:
        await sessions.probe_lifetime(peer, revision, base.legs)
        if not peer.single_session and peer.ends_sessions:
            await sessions.probe_isolation(peer, revision)
        if peer.token is not None:
            await access.probe_hijacking(peer, revision, base.legs)
    return True


def _conclude(peer: ProbedServer) -> None:
    """Sum up in the facts the baselines, and what was left out on purpose."""
    if not peer.ends_sessions and peer.facts.stopped is None:
        last = len(peer.recorder.exchanges)
        peer.facts = replace(peer.facts, stopped=Incident(last, "docprobe was not asked to end sessions"))
    tried = {revision: facts for revision, facts in peer.facts.revisions.items() if revision in peer.negotiated.all}
    reasons = [f"{revision}: {facts.not_served}" for revision, facts in tried.items() if facts.not_served]
    ok = len(reasons) < len(tried)
    unknown = peer.facts.unknown_version
    none = "no revision is negotiated" if unknown is None else strange_version(unknown)
    not_served = peer.facts.not_served or (None if ok else "; ".join(reasons) or none)
    peer.facts = replace(peer.facts, not_served=not_served)


def address_added(guesses: Sequence[Note]) -> str | None:
    """Return the first guess that decides on which addresses the server listens; None if there is none."""
    added = (
        note.what
        for note in guesses
        if note.kind is NoteKind.ADAPTER or (note.kind in _SAYS_WHERE and _ADDRESS.search(note.what))
    )
    return next(added, None)


def _introspects(logs: Sequence[LogLine]) -> bool | None:
    """Return whether the example asked its authorization server about tokens; None if it never talked to it."""
    asked = [line.text for line in logs if line.source == AUTHORIZATION_LOG]
    return any("/introspect" in text for text in asked) if asked else None
