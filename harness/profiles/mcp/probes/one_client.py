"""The conversation with a server whose process serves one client in its life: one process for each revision.

Everything is asked on the session that a process gives, and what must be refused before it has one is asked first: a
refused initialize uses nothing up, and the one that is served then is its control. So a server that takes seconds to
start is started once for each revision, and not for each initialize.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from harness.base.errors import NoRestartError
from harness.profiles.mcp import steps
from harness.profiles.mcp.messages import FOREIGN_ORIGIN, Caller
from harness.profiles.mcp.probes import access, first_session, sessions, stream_probes
from harness.profiles.mcp.probes.probed_server import NegotiatedRevisions

if TYPE_CHECKING:
    from harness.profiles.mcp.probes.first_session import FirstSession
    from harness.profiles.mcp.probes.probed_server import ProbedServer


async def probe_revision(peer: ProbedServer, revision: str) -> bool:
    """Hold the whole conversation in one revision; return False if it is not negotiated, or its baseline not served."""
    if not _may_be_negotiated(peer, revision):
        return False
    try:
        refused = await _refused_initializes(peer, revision)
    except NoRestartError:
        return await _probe_running(peer, revision)
    if not _may_be_negotiated(peer, revision):
        return False
    base = await first_session.open_first_session(peer, revision)
    if peer.answered.get(revision) != revision:
        facts = {known: learned for known, learned in peer.facts.revisions.items() if known != revision}
        peer.facts = replace(peer.facts, revisions=facts)
        return False
    negotiated = tuple(sorted({*peer.negotiated.with_handshake, revision}, reverse=True))
    peer.negotiated = NegotiatedRevisions(negotiated, peer.negotiated.sessionless)
    if base is None:
        return False
    for number in refused:
        peer.recorder.amend(number, control=base.opening)
    await _probe_session(peer, revision, base)
    return True


async def _probe_running(peer: ProbedServer, revision: str) -> bool:
    """Hold the conversation on the session that the endpoint was found with: the process cannot be started afresh."""
    if peer.first is None or peer.first[1].revision != revision:
        return False
    answer, opened = peer.first
    peer.recorder.amend(answer.number, step=steps.BASELINE_INITIALIZE, revision=revision)
    base = await first_session.use_first_session(peer, revision, answer, opened)
    if base is None:
        return False
    await _probe_session(peer, revision, base)
    return True


async def _probe_session(peer: ProbedServer, revision: str, base: FirstSession) -> None:
    """Ask everything on session A; its end comes last."""
    await first_session.probe_what_reads(peer, base)
    if revision < first_session.STREAMABLE_SINCE:
        return
    await stream_probes.probe_streams(peer, revision, base)
    await first_session.probe_unreadable(peer, base)
    if base.caller.id is not None:
        caller = await sessions.revived(peer, base.caller)
        await sessions.probe_lifetime(peer, revision, base.legs, caller)
        if peer.token is not None:
            await access.probe_hijacking(peer, revision, base.legs)


def _may_be_negotiated(peer: ProbedServer, revision: str) -> bool:
    """Return whether the server has not answered this revision by another one, which has a process of its own."""
    return peer.answered.get(revision, revision) == revision


async def _refused_initializes(peer: ProbedServer, revision: str) -> list[int]:
    """Send every initialize that a right server refuses; return the numbers of the exchanges."""
    caller = Caller(revision, token=peer.token)
    faults = [(steps.ORIGIN_FOREIGN_INITIALIZE, replace(caller, origin=FOREIGN_ORIGIN))]
    if peer.token is not None:
        faults += [
            (f"{steps.AUTH}.{token or 'none'}", replace(caller, token=token))
            for token in access.MUST_BE_REFUSED
            if peer.has_token(token)
        ]
    numbers = []
    for step, fault in faults:
        await sessions.ready(peer)
        answer, _ = await sessions.initialize(peer, step, fault, revision)
        numbers.append(answer.number)
    return numbers
