"""Sessions: opened, used, ended, kept apart; and the process started afresh when it accepts no further initialize.

Some transports live for one session, or die with it: what a restart shows about that is recorded in the facts.
"""

from __future__ import annotations

import secrets
import string
import uuid
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import anyio

from harness.exchanges.http_exchange import ProbeAnswer, StoppedError
from harness.model import FailureKind, Incident, Session
from harness.profiles.mcp import messages, steps
from harness.profiles.mcp.messages import FOREIGN_ORIGIN, SESSION_HEADER, Caller, initialize_version

if TYPE_CHECKING:
    from harness.engine.protocol import ExitState
    from harness.profiles.mcp.probes.probed_server import ProbedServer

MOST_RESTARTS: Final = 60
FULL: Final = 503
"""ProbeAnswer to an initialize beyond the sessions that a server holds at a time: a fresh process has none."""
_NO_SIGN_OF_ONE_CLIENT: Final = (401, 403, 429, FULL)
"""Refusals of a second initialize that say nothing about the number of clients."""
NOTICE_S: Final = 5.0
"""Time for the end of a process to be noticed after its connections broke."""
_BROKEN: Final = frozenset({FailureKind.RESET, FailureKind.CLOSED})
"""What a request meets where a process dies, and where a server breaks a connection and lives."""
LOOK_S: Final = 0.25
"""After such a failure, time until it is looked whether the server accepts connections: a dead process does not."""
ACCEPTED: Final = 202
"""Answer to a DELETE that will be done later."""
ENDING_S: Final = 5.0
"""Time for a session to end whose DELETE was only accepted."""
ENDING_PAUSE_S: Final = 0.25
IDS: Final = 20
"""Ids that are collected of the process that served the conversation."""
NEVER_ASKED: Final = "docprobe-never-asked"
"""JSON-RPC id of a request that the server never sent."""
IDS_AFTER_RESTART: Final = 3
SHORT_ID: Final = 16
"""Ids shorter than this may be counters: a random one of the same shape might be alive."""
_CLASSES: Final = (string.ascii_lowercase, string.ascii_uppercase)
_HEX: Final = "0123456789abcdef"


async def initialize(
    peer: ProbedServer, step: str, caller: Caller, version: str, *, role: str | None = None, control: int | None = None
) -> tuple[ProbeAnswer, Caller | None]:
    """POST an initialize.

    Args:
        peer: the server.
        step: of the exchange.
        caller: gives revision, token and Origin.
        version: the protocolVersion to offer.
        role: label of the new session; the number of the exchange if None.
        control: number of the exchange it is compared with.

    Returns:
        The answer and, if it is an InitializeResult, the caller of the new session (without an id if none was issued).
    """
    message = messages.initialize(peer.recorder.rpc_id(), version)
    answer = await peer.post(step, caller, message, control=control)
    agreed = initialize_version(answer.response) if answer.status == 200 else None
    if agreed is None or answer.reply is None:
        return answer, None
    peer.answered.setdefault(version, agreed)
    peer.initializes_served += 1
    issued = answer.reply.header(SESSION_HEADER)
    label = f"{role}{peer.suffix}" if role else str(answer.number)
    if issued is not None:
        peer.sessions.append(Session(label, issued, agreed, peer.recorder.process, answer.number))
    opened = replace(caller, revision=agreed, version=agreed, id=issued, label=label if issued is not None else None)
    if peer.initializes_served == 1:
        peer.first = (answer, opened)
    return answer, opened


async def ask_for_second_client(peer: ProbedServer, caller: Caller) -> bool:
    """Send the initialize that this process has served once more, and return whether it is served again.

    A process that refuses it, or ends because of it, serves one client in its life: the facts record it. A late answer,
    and a refusal because of load or a missing token, show nothing.
    """
    answer, opened = await initialize(peer, steps.CLIENTS_SECOND, caller, next(iter(peer.answered)))
    if opened is not None:
        return True
    ended = peer.pod.exit_state()
    if ended is None and answer.exchange.failure is not None:
        ended = await _noticed_end(peer, answer.exchange.failure.kind)
    if ended is not None:
        incident = peer.facts.crashed or Incident(answer.number, ended.sentence)
        peer.facts = replace(peer.facts, crashed=incident, single_session=True)
    elif answer.reply is not None and answer.status not in _NO_SIGN_OF_ONE_CLIENT:
        peer.facts = replace(peer.facts, single_session=True)
    return False


async def fresh_initialize(
    peer: ProbedServer, step: str, caller: Caller, version: str, *, role: str | None = None, control: int | None = None
) -> tuple[ProbeAnswer, Caller | None]:
    """POST an initialize that a living server serves; if it is not served, restart the process and send it again.

    What the restart shows is recorded in the facts: one initialize per process, a crash, or a process that no longer
    serves. An initialize that merely was not answered in time shows none of that.

    Args and Returns are those of :func:`initialize`.
    """
    await ready(peer)
    answer, opened = await initialize(peer, step, caller, version, role=role, control=control)
    if opened is not None or not peer.answered or answer.status in (401, 403, 429):
        return answer, opened
    served_before = peer.initializes_served
    crashed = peer.pod.exit_state()
    if crashed is None and answer.exchange.failure is not None:
        crashed = await _noticed_end(peer, answer.exchange.failure.kind)
    if crashed is None and served_before == 0:
        return answer, opened
    peer.recorder.amend(answer.number, step=f"{steps.RETRY}.{step}")
    await restart(peer)
    last = answer
    answer, opened = await initialize(peer, step, caller, version, role=role, control=control)
    if crashed is not None:
        incident = peer.facts.crashed or Incident(last.number, crashed.sentence)
        peer.facts = replace(peer.facts, crashed=incident)
    elif opened is None or last.exchange.timed_out:
        pass
    elif served_before == 1:
        peer.facts = replace(peer.facts, single_session=True)
    elif last.status != FULL:
        incident = peer.facts.died or Incident(last.number, f"initialize answered {last.status}")
        peer.facts = replace(peer.facts, died=incident)
    return answer, opened


async def open_session(peer: ProbedServer, role: str, revision: str, *, token: str | None = None) -> Caller | None:
    """Open a session and send notifications/initialized on it; return its caller, None if the server gave none."""
    caller = Caller(revision, token=token or peer.token)
    _, opened = await fresh_initialize(peer, steps.OPEN_INITIALIZE, caller, revision, role=role)
    if opened is not None:
        await peer.notify(steps.OPEN_INITIALIZED, opened)
    return opened


async def revived(peer: ProbedServer, caller: Caller) -> Caller:
    """Return the caller; if its session is over, one with a new session, of a new process if the old one has died.

    What killed it is one fault, and hides no other: everything that it did not kill is asked all the same.
    """
    over = caller.id in peer.sessions_over and not peer.single_session
    if not over and not await has_died(peer):
        return caller
    opened = await open_session(peer, "A2", caller.revision or "")
    return caller if opened is None else opened


async def restart_if_dead(peer: ProbedServer) -> None:
    """Start the process afresh if it has died meanwhile, for a request that needs no session."""
    if await has_died(peer):
        await restart(peer)


async def has_died(peer: ProbedServer) -> bool:
    """Return whether the process has died; the facts record it."""
    exchanges = peer.recorder.exchanges
    last = exchanges[-1] if exchanges else None
    ended = peer.pod.exit_state()
    failure = last.failure if last is not None else None
    if ended is None and failure is not None and failure.kind in {FailureKind.REFUSED, *_BROKEN}:
        ended = await _noticed_end(peer, failure.kind)
    if ended is None:
        return False
    number = last.number + 1 if last is not None else 1
    peer.facts = replace(peer.facts, crashed=peer.facts.crashed or Incident(number, ended.sentence))
    return True


async def _noticed_end(peer: ProbedServer, met: FailureKind) -> ExitState | None:
    """Return how the process ended, which may take a while to be noticed; None if it lives.

    Args:
        peer: the server.
        met: what its last request met.
    """
    if met in _BROKEN:
        ended = await peer.pod.wait_exit(LOOK_S)
        if ended is not None or await _accepts_connections(peer):
            return ended
    return await peer.pod.wait_exit(NOTICE_S)


async def _accepts_connections(peer: ProbedServer) -> bool:
    with anyio.move_on_after(NOTICE_S), suppress(OSError):
        await (await peer.pod.connect(peer.address.ip, peer.address.port)).aclose()
        return True
    return False


async def ready(peer: ProbedServer) -> None:
    """Restart a process that is known to serve one initialize and has served it."""
    if peer.initializes_served and peer.single_session:
        await restart(peer)


async def restart(peer: ProbedServer) -> None:
    """Start the server's process afresh.

    Raises:
        StoppedError: too many restarts, or it does not listen again.
        NoRestartError: docprobe did not start it.
    """
    peer.restarts += 1
    if peer.restarts > MOST_RESTARTS:
        raise StoppedError(f"the server was restarted more than {MOST_RESTARTS} times")
    await peer.pod.restart()
    sockets = await peer.pod.wait_listening(peer.start_s)
    if not sockets:
        state = peer.pod.exit_state()
        raise StoppedError(f"after a restart the server {state.sentence if state else 'never listened'}")
    ports = {socket.port for socket in sockets}
    if peer.address.port not in ports:
        peer.address = replace(peer.address, port=min(ports))
    peer.initializes_served = 0
    peer.streams_closed.clear()
    await peer.recorder.restarted()


def never_issued(issued: str) -> str:
    """Make a random id of the shape of ``issued``: hex stays hex, letters letters, digits digits, the rest as it is."""
    if len(issued) < SHORT_ID:
        return str(uuid.uuid4())
    letters = [c for c in issued if c.isalpha()]
    hexadecimal = all(c in _HEX for c in letters)
    out = []
    for char in issued:
        if char.isascii() and char.isalnum() and hexadecimal:
            out.append(secrets.choice(_HEX))
        elif char.isdigit() and char.isascii():
            out.append(secrets.choice(string.digits))
        else:
            out.append(next((secrets.choice(kind) for kind in _CLASSES if char in kind), char))
    made = "".join(out)
    return made if made != issued else str(uuid.uuid4())


async def probe_lifetime(peer: ProbedServer, revision: str, legs: tuple[str, ...], only: Caller | None = None) -> None:
    """Send each of ``legs`` on session T, without an id and with an unknown one; end it, and send each again.

    Args:
        peer: the server.
        revision: that is spoken.
        legs: which of ``steps.LEGS`` to send.
        only: the session to take for T where the process serves one client only.

    The DELETEs without an id and with an unknown one come before the end (a process that dies with its session would
    refuse everything afterwards) and after all else (a sloppy server may end the session by them); that the session
    still lives is asked directly before its end.
    """
    t = only or await open_session(peer, "T", revision)
    if t is None or t.id is None:
        return
    missing = replace(t, id=None, label=None)
    unknown = replace(t, id=never_issued(t.id), label="unknown")
    controls: dict[str, int] = {}
    for leg in legs[:-1]:
        control = await peer.leg(leg, steps.LIVE, t)
        controls[leg] = control.number
        await peer.leg(leg, steps.MISSING, missing, control=control.number)
        await peer.leg(leg, steps.UNKNOWN, unknown, control=control.number)
    await peer.post(steps.LIVE_RESPONSE, t, {"jsonrpc": "2.0", "id": NEVER_ASKED, "result": {}})
    if not peer.ends_sessions:
        return
    faults = [
        await peer.delete(f"{steps.MISSING}.delete", missing),
        await peer.delete(f"{steps.UNKNOWN}.delete", unknown),
    ]
    before = await peer.request(steps.TERMINATED_BEFORE, t)
    if not before.served:
        again = await open_session(peer, "T2", revision)
        if again is None or again.id is None:
            return
        t = again
        before = await peer.request(steps.TERMINATED_BEFORE, t)
    controls["post-request"] = before.number
    end = await peer.delete(steps.TERMINATED_END, t)
    for fault in faults:
        peer.recorder.amend(fault.number, control=end.number)
    if not end.served:
        return
    controls["delete"] = end.number
    if end.status == ACCEPTED:
        await _wait_for_end(peer, t)
    for leg in legs:
        await peer.leg(leg, steps.TERMINATED, t, control=controls[leg])
    await initialize(peer, steps.TERMINATED_FRESH, Caller(revision, token=peer.token), revision)


async def _wait_for_end(peer: ProbedServer, caller: Caller) -> None:
    """Repeat a request on a session whose DELETE was only accepted, until it is not served or the time is over."""
    until = anyio.current_time() + ENDING_S
    while (await peer.request(f"{steps.RETRY}.{steps.TERMINATED}.post-request", caller)).served:
        if anyio.current_time() >= until:
            return
        await anyio.sleep(ENDING_PAUSE_S)


async def probe_isolation(peer: ProbedServer, revision: str) -> None:
    """End session I, and ask whether session J lives; then end that, if it does, with a foreign Origin."""
    i = await open_session(peer, "I", revision)
    j = await open_session(peer, "J", revision)
    if i is None or j is None or i.id is None or j.id is None or i.id == j.id:
        return
    before = await peer.request(steps.ISOLATION_BEFORE_B, j)
    end = await peer.delete(steps.ISOLATION_END_A, i)
    alive = await peer.request(steps.ISOLATION_REQUEST_B, j, control=before.number)
    if alive.served:
        await peer.delete(steps.ORIGIN_FOREIGN_DELETE, replace(j, origin=FOREIGN_ORIGIN), control=end.number)


async def collect_ids(peer: ProbedServer, revision: str) -> None:
    """Send initialize until there are enough ids, or the server refuses."""
    for _ in range(IDS):
        _, opened = await initialize(peer, steps.IDS_INITIALIZE, Caller(revision, token=peer.token), revision)
        if opened is None or opened.id is None:
            return


async def survives(peer: ProbedServer, revision: str) -> None:
    """Ask whether the server still initializes and serves after everything, in a process that has served a client."""
    caller = Caller(revision, token=peer.token)
    if not peer.initializes_served:
        await initialize(peer, steps.OPEN_INITIALIZE, caller, revision)
    _, opened = await initialize(peer, steps.SURVIVES_INITIALIZE, caller, revision)
    if opened is not None:
        await peer.notify(steps.OPEN_INITIALIZED, opened)
        await peer.request(steps.SURVIVES_REQUEST, opened)


async def ids_after_restart(peer: ProbedServer, revision: str) -> None:
    """Collect ids of a fresh process: one that comes again is not random.

    A process that serves one client was started afresh for each of its sessions: their ids are there already.
    """
    processes = {session.process for session in peer.sessions}
    if peer.recorder.process not in processes or (peer.single_session and len(processes) > 1):
        return
    await restart(peer)
    for _ in range(1 if peer.single_session else IDS_AFTER_RESTART):
        await initialize(peer, steps.IDS_RESTART, Caller(revision, token=peer.token), revision)
