"""Opening sessions, and starting the process afresh when it accepts no further initialize.

Some transports live for one session, or die with it: what a restart teaches about that is kept in the facts.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from harness.base import jsonrpc
from harness.model import Incident, Session
from harness.profiles.mcp import messages, steps
from harness.profiles.mcp.messages import SESSION_HEADER, Caller
from harness.profiles.mcp.probes.exchanges import Answer, StoppedError

if TYPE_CHECKING:
    from harness.profiles.mcp.probes.peer import Peer

MOST_RESTARTS: Final = 60
FULL: Final = 503
"""Answer to an initialize beyond the sessions that a server holds at a time: a fresh process has none."""
NOTICE_S: Final = 1.0
"""Time for the end of a process to be noticed after its connections broke."""


async def initialize(
    peer: Peer, step: str, caller: Caller, version: str, *, role: str | None = None, control: int | None = None
) -> tuple[Answer, Caller | None]:
    """POST an initialize and, if it is answered by an InitializeResult, the caller of the new session.

    The caller's id is None if the server issued none. A session without a ``role`` is labelled by its number.
    """
    message = messages.initialize(peer.conversation.rpc_id(), version)
    answer = await peer.post(step, caller, message, control=control)
    spoken = jsonrpc.initialize_version(answer.response) if answer.status == 200 else None
    if spoken is None or answer.reply is None:
        return answer, None
    peer.answered.setdefault(version, spoken)
    peer.served_here += 1
    issued = answer.reply.header(SESSION_HEADER)
    label = f"{role}{peer.suffix}" if role else str(answer.number)
    if issued is not None:
        peer.sessions.append(Session(label, issued, spoken, peer.conversation.process, answer.number))
    opened = replace(caller, revision=spoken, version=spoken, id=issued, label=label if issued is not None else None)
    return answer, opened


async def fresh_initialize(
    peer: Peer, step: str, caller: Caller, version: str, *, role: str | None = None, control: int | None = None
) -> tuple[Answer, Caller | None]:
    """As :func:`initialize`, for a request that a living server serves: if it does not, the process is restarted.

    What the restart teaches is recorded: one initialize per process, a crash, or a process that no longer serves.
    """
    await ready(peer)
    answer, opened = await initialize(peer, step, caller, version, role=role, control=control)
    if opened is not None or not peer.answered or answer.status in (401, 403, 429):
        return answer, opened
    served_here = peer.served_here
    crashed = peer.pod.exit_state()
    if crashed is None and answer.exchange.failure is not None:
        crashed = await peer.pod.wait_exit(NOTICE_S)
    if crashed is None and served_here == 0:
        return answer, opened
    peer.conversation.amend(answer.number, step=f"{steps.RETRY}.{step}")
    await restart(peer)
    last = answer
    answer, opened = await initialize(peer, step, caller, version, role=role, control=control)
    if crashed is not None:
        incident = peer.facts.crashed or Incident(last.number, crashed.sentence)
        peer.facts = replace(peer.facts, crashed=incident)
    elif opened is not None and served_here == 1:
        peer.facts = replace(peer.facts, single_session=True)
    elif opened is not None and last.status != FULL:
        incident = peer.facts.died or Incident(last.number, f"initialize answered {last.status}")
        peer.facts = replace(peer.facts, died=incident)
    return answer, opened


async def open_session(peer: Peer, role: str, revision: str, *, token: str | None = None) -> Caller | None:
    """A session of its own, initialized; None if the server gives none."""
    caller = Caller(revision, token=token or peer.token)
    _, opened = await fresh_initialize(peer, steps.OPEN_INITIALIZE, caller, revision, role=role)
    if opened is not None:
        await peer.notify(steps.OPEN_INITIALIZED, opened)
    return opened


async def ready(peer: Peer) -> None:
    """Make sure that an initialize can be served, as far as is known."""
    if peer.served_here and peer.single_session:
        await restart(peer)


async def restart(peer: Peer) -> None:
    """Start the server's process afresh.

    Raises:
        StoppedError: too many restarts, or it does not listen again.
    """
    peer.restarts += 1
    if peer.restarts > MOST_RESTARTS:
        raise StoppedError(f"the server had to be restarted more than {MOST_RESTARTS} times")
    await peer.pod.restart()
    sockets = await peer.pod.wait_listening(peer.start_s)
    if not sockets:
        state = peer.pod.exit_state()
        raise StoppedError(f"after a restart the server {state.sentence if state else 'never listened'}")
    ports = {socket.port for socket in sockets}
    if peer.place.port not in ports:
        peer.place = replace(peer.place, port=min(ports))
    peer.served_here = 0
    peer.streams_closed.clear()
    await peer.conversation.restarted()
