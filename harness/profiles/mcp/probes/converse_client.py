"""Watch a client example: it runs several times, and what it sends to the scripted server is the transcript.

The first run is ordinary. One that speaks a sessionless revision runs again against a server that speaks older ones
only, and if it called something, against one that asks for input first; one that opens sessions runs again and loses
its session after its first request. A client that neither ends nor sends anything any more is stopped, and the facts
record it: what it would have done last stays unknown. How long a silence that takes follows its own pace: on a busy
machine it ends later than on a quiet one, as it starts later.
"""

from __future__ import annotations

import math
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import anyio

from harness.model import Facts, Incident, Transcript, Transport
from harness.profiles.mcp.services.scripted_server import Scene, ScriptedServer
from harness.profiles.mcp.services.scripted_stdio import STDIN

if TYPE_CHECKING:
    from extractor.model import Bundle
    from harness.engine.protocol import ExitState, Pod

IDLE_S: Final = 3.0
"""Silence after which a client that sent something is taken to wait for something that will not come, at least."""
STARTS: Final = 2
"""And at least this many times as long as it took from its start to its first message."""
SLICE_S: Final = 0.2


async def converse_client(pod: Pod, bundle: Bundle, scripted: ScriptedServer | None, *, timeout_s: float) -> Transcript:
    """Let the client in ``pod`` talk to the scripted server.

    Args:
        pod: with the client started.
        bundle: the example.
        scripted: from ``services_for``; None if the client names no URL on this machine and starts no server.
        timeout_s: for each of the two runs.
    """
    started = time.monotonic()
    empty = Transcript(bundle.example_id, bundle.kind, ())
    if scripted is None:
        facts = Facts("the client names no server on this machine")
        return replace(empty, facts=facts, logs=tuple(line.since(started) for line in pod.logs()))
    first = await _watch(pod, scripted, timeout_s, 0, started)
    stopped = None
    if first is None:
        stopped = Incident(len(scripted.exchanges), "it neither ended nor sent anything more")
    served = bool(scripted.sessions or scripted.sessionless or scripted.sse.negotiated or scripted.over_stdio)

    async def again(scene: Scene) -> ExitState | None:
        scripted.next_run(scene)
        sent, began = len(scripted.exchanges), time.monotonic()
        await pod.restart()
        return await _watch(pod, scripted, timeout_s, sent, began)

    if scripted.called:
        await again(Scene.INPUT)
    if scripted.sessionless:
        await again(Scene.OLDER)
    failed = None
    if scripted.sessions:
        ended = await again(Scene.GONE)
        if ended is not None and ended.code != 0:
            failed = Incident(len(scripted.exchanges), ended.sentence)
    return replace(
        empty,
        exchanges=scripted.since(started),
        sessions=tuple(scripted.sessions),
        negotiated=tuple(sorted(scripted.negotiated | scripted.sse.negotiated)),
        logs=tuple(line.since(started) for line in pod.logs()),
        modern=tuple(sorted(scripted.sessionless)),
        facts=Facts(
            None if served else _why_not_served(scripted, first, timeout_s),
            transport=_transport(scripted),
            stopped=stopped,
            failed_when_gone=failed,
        ),
    )


def _transport(scripted: ScriptedServer) -> Transport | None:
    """The transport, where it is not Streamable HTTP."""
    if all(exchange.method == STDIN for exchange in scripted.exchanges) and scripted.exchanges:
        return Transport.STDIO
    return Transport.HTTP_SSE if scripted.sse.negotiated else None


async def _watch(pod: Pod, scripted: ScriptedServer, timeout_s: float, sent: int, began: float) -> ExitState | None:
    """Wait until the client ends, falls silent, or its time is over; return how it ended, None if it did not.

    Args:
        pod: with the client.
        scripted: what it talks to.
        timeout_s: for the run.
        sent: number of exchanges before the run.
        began: when its start began, on the clock of ``time.monotonic``.
    """
    patience_s = math.inf
    with anyio.move_on_after(timeout_s):
        while True:
            state = await pod.wait_exit(SLICE_S)
            if state is not None:
                return state
            if patience_s == math.inf and len(scripted.exchanges) > sent:
                first_at = scripted.started + scripted.exchanges[sent].started_s
                patience_s = max(IDLE_S, STARTS * (first_at - began))
            if scripted.idle_s > patience_s:
                return None
    return None


def _why_not_served(scripted: ScriptedServer, state: ExitState | None, timeout_s: float) -> str:
    if scripted.exchanges:
        sent = "the client sent no initialize and no request that can be served"
        return f"{sent} and {state.sentence}" if state is not None else sent
    if state is None:
        return f"the client still ran after {timeout_s:g} s and sent nothing"
    return f"the client sent nothing and {state.sentence}"
