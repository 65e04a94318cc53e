"""The life of a session: live, missing, unknown, terminated; isolation of two; ids; what survives it all."""

from __future__ import annotations

import secrets
import string
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from harness.profiles.mcp import steps
from harness.profiles.mcp.messages import Caller
from harness.profiles.mcp.probes import opening

if TYPE_CHECKING:
    from harness.profiles.mcp.probes.peer import Peer

IDS: Final = 20
NEVER_ASKED: Final = "docprobe-never-asked"
"""JSON-RPC id of a request that no server sent."""
IDS_AFTER_RESTART: Final = 3
SHORT_ID: Final = 16
"""Ids shorter than this may be counters: a random one of the same shape might be alive."""
_CLASSES: Final = (string.ascii_lowercase, string.ascii_uppercase)
_HEX: Final = "0123456789abcdef"


def never_issued(issued: str) -> str:
    """A random id of the shape of ``issued``: hex stays hex, letters stay letters, digits digits, the rest is kept."""
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


async def lifetime(peer: Peer, revision: str, legs: tuple[str, ...]) -> None:
    """Session T: each of ``legs`` live, without an id and with an unknown one; then the end, and each on the dead id.

    The DELETEs without an id and with an unknown one come before the end (a process that dies with its session would
    refuse everything afterwards) and after all else (a sloppy server may end the session by them); that the session
    still lives is asked directly before its end.
    """
    t = await opening.open_session(peer, "T", revision)
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
    faults = [
        await peer.delete(f"{steps.MISSING}.delete", missing),
        await peer.delete(f"{steps.UNKNOWN}.delete", unknown),
    ]
    before = await peer.request(steps.TERMINATED_BEFORE, t)
    if not before.served:
        again = await opening.open_session(peer, "T2", revision)
        if again is None or again.id is None:
            return
        t = again
        before = await peer.request(steps.TERMINATED_BEFORE, t)
    controls["post-request"] = before.number
    end = await peer.delete(steps.TERMINATED_END, t)
    for fault in faults:
        peer.conversation.amend(fault.number, control=end.number)
    if not end.served:
        return
    controls["delete"] = end.number
    for leg in legs:
        await peer.leg(leg, steps.TERMINATED, t, control=controls[leg])
    await opening.initialize(peer, steps.TERMINATED_FRESH, Caller(revision, token=peer.token), revision)


async def isolation(peer: Peer, revision: str) -> None:
    """Ending session I leaves session J alive."""
    i = await opening.open_session(peer, "I", revision)
    j = await opening.open_session(peer, "J", revision)
    if i is None or j is None or i.id is None or j.id is None or i.id == j.id:
        return
    before = await peer.request(steps.ISOLATION_BEFORE_B, j)
    await peer.delete(steps.ISOLATION_END_A, i)
    await peer.request(steps.ISOLATION_REQUEST_B, j, control=before.number)


async def collect_ids(peer: Peer, revision: str) -> None:
    """Initialize until there are enough ids, or the server refuses."""
    for _ in range(IDS):
        _, opened = await opening.initialize(peer, steps.IDS_INITIALIZE, Caller(revision, token=peer.token), revision)
        if opened is None or opened.id is None:
            return


async def survives(peer: Peer, revision: str) -> None:
    """After everything, in the same process: does the server still initialize and serve?"""
    caller = Caller(revision, token=peer.token)
    _, opened = await opening.initialize(peer, steps.SURVIVES_INITIALIZE, caller, revision)
    if opened is not None:
        await peer.notify(steps.OPEN_INITIALIZED, opened)
        await peer.request(steps.SURVIVES_REQUEST, opened)


async def ids_after_restart(peer: Peer, revision: str) -> None:
    """The ids of a fresh process: an id that comes again is no random one."""
    if not any(session.process == peer.conversation.process for session in peer.sessions):
        return
    await opening.restart(peer)
    for _ in range(1 if peer.single_session else IDS_AFTER_RESTART):
        await opening.initialize(peer, steps.IDS_RESTART, Caller(revision, token=peer.token), revision)
