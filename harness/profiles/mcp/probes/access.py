"""Tokens: which are refused, and whether a session id stands in for one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from harness.profiles.mcp import steps, tokens
from harness.profiles.mcp.messages import Caller
from harness.profiles.mcp.probes import opening
from harness.profiles.mcp.probes.sessionless import ask

if TYPE_CHECKING:
    from harness.profiles.mcp.probes.peer import Peer

FAULTS: Final = (
    None,
    tokens.INACTIVE,
    tokens.EXPIRED,
    tokens.WRONG_AUDIENCE,
    tokens.AUDIENCE_LIST,
    tokens.AUDIENCE_LIST_REVERSED,
    tokens.OTHER_CLIENT,
)
"""Each against user 1's token; None is no Authorization header."""


async def faults(peer: Peer, revision: str) -> None:
    """Initialize with each token; a fresh process each where one is needed."""
    caller = Caller(revision, token=peer.token)
    control, _ = await opening.fresh_initialize(peer, steps.AUTH_VALID, caller, revision)
    for token in FAULTS:
        await opening.ready(peer)
        step = f"{steps.AUTH}.{token or 'none'}"
        await opening.initialize(peer, step, replace(caller, token=token), revision, control=control.number)


async def sessionless_faults(peer: Peer, revision: str, method: str) -> None:
    """The same for a sessionless revision, with an ordinary request."""
    caller = Caller(revision, version=revision, token=peer.token)
    control = await ask(peer, steps.AUTH_VALID, caller, method)
    for token in FAULTS:
        step = f"{steps.AUTH}.{token or 'none'}"
        await ask(peer, step, replace(caller, token=token), method, control=control.number)


async def hijack(peer: Peer, revision: str, legs: tuple[str, ...]) -> None:
    """User 1's session asked without a token and with user 2's; the DELETEs last, each checked for what it ended."""
    h = await opening.open_session(peer, "H", revision)
    if h is None or h.id is None:
        return
    nobody, user2 = replace(h, token=None), replace(h, token=tokens.USER2)
    for leg in legs[:-1]:
        control = await peer.leg(leg, steps.HIJACK_USER1, h)
        await peer.leg(leg, steps.HIJACK_NO_TOKEN, nobody, control=control.number)
        await peer.leg(leg, steps.HIJACK_USER2, user2, control=control.number)
    deletes: list[int] = []
    current: Caller | None = h
    for step, thief in ((steps.HIJACK_NO_TOKEN, nobody), (steps.HIJACK_USER2, user2)):
        if current is None or current.id is None:
            return
        stolen = await peer.delete(f"{step}.delete", replace(thief, id=current.id, label=current.label))
        deletes.append(stolen.number)
        alive = await peer.request(f"{steps.HIJACK_ALIVE}.{step.split('.')[1]}", current, control=stolen.number)
        if not alive.served:
            current = await opening.open_session(peer, f"H{len(deletes) + 1}", revision)
    if current is None or current.id is None:
        return
    control = await peer.delete(f"{steps.HIJACK_USER1}.delete", current)
    for number in deletes:
        peer.conversation.amend(number, control=control.number)
