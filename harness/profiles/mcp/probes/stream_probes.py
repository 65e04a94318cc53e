"""Event streams: the standalone one held open while requests run, two at once, and resumption."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import anyio

from harness.exchanges.http_exchange import LINGER_S
from harness.exchanges.recorder import task_group
from harness.profiles.mcp import messages, steps
from harness.profiles.mcp.messages import UNKNOWN_METHOD
from harness.profiles.mcp.probes import sessions

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.base.jsonrpc import Message
    from harness.exchanges.http_exchange import ProbeAnswer
    from harness.profiles.mcp.messages import Caller
    from harness.profiles.mcp.probes.first_session import FirstSession
    from harness.profiles.mcp.probes.probed_server import ProbedServer

SETTLE_S: Final = 0.15
"""Least time that a message has to show up on the standalone stream after the response it should not be with."""
LISTEN_S: Final = 0.1
"""How long to listen to what a stream that was cut replays at once."""
REPLAY_S: Final = 0.3
"""Least time to wait for what a resumed stream should not replay."""
OWN_REPLAY_S: Final = 1.0
"""How long to wait for what it should; less if it comes."""
ASKED: Final = 3
"""How often the rest of a stream is asked for that was cut."""
EVENT_ID_HEADER: Final = "Last-Event-ID"
INVENTED_EVENT_ID: Final = "docprobe-never-issued"


async def probe_streams(peer: ProbedServer, revision: str, baseline: FirstSession) -> None:
    """Probe the standalone stream, then resumption, on session B (A where the process serves one session only)."""
    b = (
        baseline.caller
        if peer.single_session or baseline.caller.id is None
        else await sessions.open_session(peer, "B", revision)
    )
    if b is None:
        return
    answers = await _while_open(peer, b, listens=baseline.listens)
    seen = [answer for answer in (baseline.request, baseline.tool, *answers) if answer is not None]
    if baseline.listens:
        issued = first_event_id(answers)
        if issued is not None:
            await _resume(peer, steps.GET_RESUME_ISSUED, b, issued, listen_s=LISTEN_S)
        await _resume(peer, steps.GET_RESUME_INVENTED, b, INVENTED_EVENT_ID, listen_s=LINGER_S)
    if first_event_id(seen) is not None and b.id is not None and not peer.single_session:
        await _resume_across(peer, revision, b)


async def _while_open(peer: ProbedServer, b: Caller, *, listens: bool) -> tuple[ProbeAnswer, ...]:
    """Send a request, then two at once, while the standalone stream is open (if the server offers one)."""
    if not listens:
        return await _two_at_once(peer, b)
    async with peer.stream(steps.GET_STREAM, b) as held:
        if not held.open:
            return await _two_at_once(peer, b)
        alone = await peer.post(steps.GET_WHILE_OPEN, b, _request(peer, tool=True))
        two = await _two_at_once(peer, b)
        slowest_s = max(answer.exchange.duration_s for answer in (alone, *two))
        await anyio.sleep(max(SETTLE_S, steps.PATIENCE * slowest_s))
    return (alone, *two)


async def _two_at_once(peer: ProbedServer, b: Caller) -> tuple[ProbeAnswer, ...]:
    answers: list[ProbeAnswer] = []

    async def post(step: str, message: Message) -> None:
        answers.append(await peer.post(step, b, message))

    async with task_group() as tasks:
        tasks.start_soon(post, steps.STREAM_TWO_A, _request(peer, tool=False))
        tasks.start_soon(post, steps.STREAM_TWO_B, _request(peer, tool=True))
    return tuple(sorted(answers, key=lambda answer: answer.number))


def _request(peer: ProbedServer, *, tool: bool) -> Message:
    """Make a tools/call where a tool is known and wanted, else the ordinary request."""
    rpc_id = peer.recorder.rpc_id()
    if tool and peer.tool is not None:
        return messages.request(rpc_id, "tools/call", peer.tool.params(rpc_id))
    return messages.request(rpc_id, peer.method)


async def _resume_across(peer: ProbedServer, revision: str, b: Caller) -> None:
    """Use the same JSON-RPC id on two sessions with different methods; each replayed event shows whose it was.

    A later stream of the session that resumes shows whether what is replayed is one stream or all that came since.
    """
    c = await sessions.open_session(peer, "C", revision)
    if c is None or c.id is None or c.id == b.id:
        return
    rpc_id = peer.recorder.rpc_id()
    other = "ping" if peer.method != "ping" else UNKNOWN_METHOD
    own = await peer.post(steps.RESUME_A, b, messages.request(rpc_id, peer.method))
    await peer.post(steps.RESUME_B, c, messages.request(rpc_id, other))
    issued = first_event_id([own])
    if issued is None:
        return
    await peer.post(steps.RESUME_AFTER, b, messages.request(peer.recorder.rpc_id(), peer.method))
    resumed = await _resume(peer, steps.RESUME_OWN, b, issued, listen_s=OWN_REPLAY_S, replays=rpc_id)
    patience_s = max(REPLAY_S, steps.PATIENCE * resumed.exchange.duration_s)
    await _resume(peer, steps.RESUME_CROSS, c, issued, control=resumed.number, listen_s=patience_s)
    await _cut(peer, b, own, resumed)


async def _cut(peer: ProbedServer, b: Caller, whole: ProbeAnswer, resumed: ProbeAnswer) -> None:
    """Close the connection of a request at its first event, and ask for the rest of its stream.

    It is asked for again where it does not come: a server that has not noticed yet that the connection is closed
    replays what it has, and ends.
    """
    message = _request(peer, tool=True)
    cut = await peer.post(steps.STREAM_CUT, b, message, control=whole.number, cuts=True)
    last = cut.reply.events[-1].id if cut.reply is not None and cut.reply.events else None
    if last is None or cut.response is not None or not _fits_a_header(last):
        return
    slowest_s = max(exchange.duration_s for exchange in peer.recorder.exchanges if exchange.session == b.label)
    for _ in range(ASKED):
        rest = await _resume(
            peer,
            steps.STREAM_CUT_RESUMED,
            b,
            last,
            control=resumed.number,
            listen_s=max(OWN_REPLAY_S, steps.PATIENCE * slowest_s),
            replays=message["id"],
        )
        if not rest.served or any(m.get("id") == message["id"] and "method" not in m for m in rest.messages):
            return
        await anyio.sleep(max(SETTLE_S, slowest_s))


async def _resume(
    peer: ProbedServer,
    step: str,
    caller: Caller,
    event_id: str,
    *,
    listen_s: float,
    control: int | None = None,
    replays: int | None = None,
) -> ProbeAnswer:
    extra = ((EVENT_ID_HEADER, event_id),)
    return await peer.get(step, caller, control=control, listen_s=listen_s, replays=replays, extra=extra)


def first_event_id(answers: Iterable[ProbeAnswer]) -> str | None:
    """Return the first event id in the replies that can stand in a header; None if there is none."""
    for answer in answers:
        for event in answer.reply.events if answer.reply else ():
            if event.id is not None and _fits_a_header(event.id):
                return event.id
    return None


def _fits_a_header(event_id: str) -> bool:
    return event_id.isascii() and event_id.isprintable()
