"""The conversation with an HTTP server: what is asked, in which order, and why.

1. *Endpoint*: the observed ports, the docs' paths, then the usual ones, until an initialize is answered as MCP
   answers, or a token is demanded.
2. *Token*: where one is demanded, the audience that the server accepts is found first, since from here on every
   request but those under test is a perfect one.
3. *Revisions*: one initialize per revision of the docs, newest first, and one request without initialize for the
   sessionless ones. A server is judged under each revision that it really negotiates.
4. *Sessionless revisions*: they only read, so they come before anything that could break a session.
5. *Per revision with a handshake, newest first*: the baseline (session A); if that is not served, nothing else of the
   revision. Then what only reads, on A: version, batch, Origin. Then streams (B, C), then what opens sessions of its
   own: Origin on initialize, tokens; then what ends sessions, each on a session of its own: the life of T, isolation of
   I and J, hijacking of H. So no probe works on what another one broke. 2024-11-05 has no session and no stream rules
   that a server of Streamable HTTP could break: baseline, Origin and tokens only.
6. *Once, at the end*: many initializes for their ids; whether the process survived all of this; and only then a
   restart, for the ids of a fresh process.

One request at a time, except where the point is that two run at once: 50 runs of the same server must give the same
transcript. A control is the exchange just before its faults wherever that is possible. A process that accepts only
one initialize in its life, or dies with a session, is started afresh before each further one, and the facts say so.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import anyio

from extractor.base.loopback import IPV4_LOOPBACK
from harness.model import Facts, Incident, LogLine, StartOutcome, Transcript, Transport
from harness.profiles.mcp import steps
from harness.profiles.mcp.messages import EndpointAddress
from harness.profiles.mcp.probes import access, discovery, first_session, http_sse, sessionless, sessions, streams
from harness.profiles.mcp.probes.access import authorize
from harness.profiles.mcp.probes.discovery import negotiate
from harness.profiles.mcp.probes.exchanges import StoppedError
from harness.profiles.mcp.probes.peer import Peer
from harness.profiles.mcp.probes.recorder import Recorder
from harness.profiles.mcp.revisions import FIRST_SESSIONLESS, with_handshake

if TYPE_CHECKING:
    from collections.abc import Sequence

    from extractor.model import Bundle
    from harness.engine.protocol import Pod, Progress
    from harness.model import ListeningSocket
    from harness.profiles.mcp.tokens import TokenSource

START_S: Final = 60.0
AUTHORIZATION_LOG: Final = "authorization"
"""Source of the authorization server's log lines."""
BUDGET_TIMEOUTS: Final = 48
"""The conversation's budget in multiples of ``timeout_s`` (480 s for the default 10 s)."""
LEAST_BUDGET_S: Final = 120.0
"""Short timeouts are no reason to hurry a server on a busy machine."""


async def converse_http(
    pod: Pod,
    bundle: Bundle,
    *,
    revisions: Sequence[str],
    tokens: TokenSource | None,
    timeout_s: float,
    budget_s: float | None = None,
    progress: Progress | None = None,
) -> Transcript:
    """Hold the whole conversation with the HTTP server in ``pod``.

    Args:
        pod: with the example started.
        bundle: the example; its ``endpoint_paths`` are tried first.
        revisions: of the docs, in any order; undated ones (``draft``) are no wire versions and are left out.
        tokens: of the example's authorization server, if it has one.
        timeout_s: to the head of a reply, and then for its body.
        budget_s: for the whole conversation; 48 times ``timeout_s``, and 120 s at least, if not given.
        progress: told what is being probed.

    Returns:
        Everything that was said. Whatever the server does is in it; nothing of that is raised.

    Raises:
        PodError: the pod broke under us.
    """
    began = anyio.current_time()
    sockets = pod.sockets() or await pod.wait_listening(START_S)
    empty = Transcript(bundle.example_id, bundle.kind, (), sockets=sockets)
    if not sockets:
        return replace(empty, logs=tuple(line.since(began) for line in pod.logs()), facts=_not_listening(pod))
    budget_s = max(LEAST_BUDGET_S, BUDGET_TIMEOUTS * timeout_s) if budget_s is None else budget_s
    recorder = Recorder(pod.transport, timeout_s=timeout_s, budget_s=budget_s)
    peer = Peer(pod, recorder, EndpointAddress(IPV4_LOOPBACK, sockets[0].port, "/"), tokens, start_s=START_S)
    try:
        await _discover(peer, sockets, bundle, tuple(revisions), progress)
        await _probe(peer, progress)
    except StoppedError as stopped:
        peer.facts = replace(peer.facts, stopped=Incident(len(recorder.exchanges), str(stopped)))
        _conclude(peer)
    finally:
        await recorder.close()
    logs = pod.logs()
    return replace(
        empty,
        exchanges=recorder.exchanges,
        sessions=tuple(peer.sessions),
        negotiated=peer.negotiated.all,
        modern=tuple(sorted(peer.negotiated.sessionless)),
        sockets=pod.sockets() or sockets,
        endpoint=peer.address.public_url,
        demands_token=peer.demands_token,
        logs=tuple(line.since(recorder.started) for line in logs),
        facts=replace(peer.facts, introspects=_introspects(logs)),
    )


async def _discover(
    peer: Peer,
    sockets: Sequence[ListeningSocket],
    bundle: Bundle,
    revisions: tuple[str, ...],
    progress: Progress | None,
) -> None:
    """Steps 1 to 3; the facts say what was missing."""
    _say(progress, "looking for the endpoint")
    addresses = tuple(discovery.candidate_addresses(sockets, bundle.endpoint_paths, peer.pod.logs(), bundle.host_names))
    found = await discovery.find_endpoint(peer, addresses, revisions)
    peer.facts = replace(peer.facts, transport=Transport.STREAMABLE_HTTP)
    if found is None:
        await http_sse.speak(peer, addresses, revisions)
        return
    if found.status == 401:
        peer.demands_token = True
        _say(progress, "asking with a token")
        reason = await authorize(peer, found, (with_handshake(revisions) or (FIRST_SESSIONLESS,))[0])
        if reason is not None:
            peer.facts = replace(peer.facts, not_served=reason)
            return
    _say(progress, "asking which revisions it speaks")
    await negotiate(peer, revisions)


async def _probe(peer: Peer, progress: Progress | None) -> None:
    """Steps 4 to 6."""
    negotiated = peer.negotiated
    for revision, method in negotiated.sessionless.items():
        _say(progress, f"probing {revision} (no sessions)")
        await sessionless.probe_revision(peer, revision, method)
        if peer.token is not None:
            await access.sessionless_faults(peer, revision, method)
    served: list[str] = []
    for revision in negotiated.with_handshake if peer.facts.transport is not Transport.HTTP_SSE else ():
        _say(progress, f"probing {revision}")
        peer.suffix = "" if revision == negotiated.with_handshake[0] else f"@{revision}"
        if await _probe_revision(peer, revision):
            served.append(revision)
    _conclude(peer)
    if served:
        _say(progress, "collecting session ids")
        newest = served[0]
        if not peer.single_session:
            await sessions.collect_ids(peer, newest)
        await sessions.survives(peer, newest)
        await sessions.ids_after_restart(peer, newest)
    elif negotiated.sessionless:
        revision, method = next(iter(negotiated.sessionless.items()))
        await sessionless.survives(peer, revision, method)
    elif negotiated.with_handshake and peer.facts.transport is not Transport.HTTP_SSE:
        # the baseline was not served: was that an answer, or the end of the process?
        await sessions.survives(peer, negotiated.with_handshake[0])


async def _probe_revision(peer: Peer, revision: str) -> bool:
    """Step 5; False if the baseline was not served."""
    base = await first_session.run(peer, revision)
    if base is None:
        return False
    if revision >= first_session.VERSION_HEADER_SINCE:
        await first_session.version(peer, base.caller)
    if revision == first_session.BATCH_REVISION:
        await first_session.batch(peer, base.caller)
    await first_session.foreign_request(peer, base.caller)
    streamable = revision >= first_session.STREAMABLE_SINCE
    # a GET that got no head once would cost its whole timeout each time
    legs = tuple(leg for leg in steps.LEGS if leg != "get" or base.get.reply is not None)
    if streamable:
        await streams.run(peer, revision, base)
    await first_session.foreign_initialize(peer, revision)
    if peer.token is not None:
        await access.faults(peer, revision)
    if streamable and base.caller.id is not None:
        await sessions.lifetime(peer, revision, legs)
        if not peer.single_session:
            await sessions.isolation(peer, revision)
        if peer.token is not None:
            await access.hijack(peer, revision, legs)
    return True


def _conclude(peer: Peer) -> None:
    """The facts that sum up the baselines."""
    known = {revision: facts for revision, facts in peer.facts.revisions.items() if revision in peer.negotiated.all}
    reasons = [f"{revision}: {facts.not_served}" for revision, facts in known.items() if facts.not_served]
    ok = len(reasons) < len(known)
    not_served = peer.facts.not_served or (None if ok else "; ".join(reasons) or "no revision is negotiated")
    outcome = StartOutcome.SERVING if peer.negotiated.all else StartOutcome.NO_INITIALIZE
    peer.facts = replace(peer.facts, not_served=not_served, outcome=outcome)


def _not_listening(pod: Pod) -> Facts:
    state = pod.exit_state()
    if state is None:
        return Facts(StartOutcome.NEVER_LISTENED, "nothing listens")
    return Facts(StartOutcome.KILLED if state.limit else StartOutcome.EXITED, state.sentence)


def _introspects(logs: Sequence[LogLine]) -> bool | None:
    """Whether the example asked its authorization server about tokens; None if it did not talk to it at all."""
    asked = [line.text for line in logs if line.source == AUTHORIZATION_LOG]
    return any("/introspect" in text for text in asked) if asked else None


def _say(progress: Progress | None, text: str) -> None:
    if progress is not None:
        progress(text)
