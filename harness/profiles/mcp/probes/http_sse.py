"""The HTTP+SSE transport of 2024-11-05: recognized and spoken, so that an example that runs is known to run.

A GET opens the stream, its first event names where to POST, and every answer comes on the stream. None of the rules
that docprobe probes is about this transport, so the conversation is initialize, initialized and one request, once per
revision; the facts record which transport it was.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, TypeVar
from urllib.parse import urljoin, urlsplit

import anyio

from harness.base import jsonrpc
from harness.model import RevisionFacts, Transport
from harness.profiles.mcp import messages, steps
from harness.profiles.mcp.messages import Caller, initialize_version
from harness.profiles.mcp.probes.probed_server import NegotiatedRevisions
from harness.profiles.mcp.revisions import with_handshake

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from harness.base.jsonrpc import Message
    from harness.exchanges.recorder import OpenStream
    from harness.profiles.mcp.messages import EndpointAddress
    from harness.profiles.mcp.probes.probed_server import ProbedServer

T = TypeVar("T")
LOOK_S: Final = 0.005


async def negotiate_over_sse(
    peer: ProbedServer, addresses: Iterable[EndpointAddress], revisions: tuple[str, ...]
) -> bool:
    """Find the stream among ``addresses`` and negotiate every revision on it; return False if there is none.

    ``peer`` is pointed at the stream and knows what is negotiated; without a stream it is left where it was.
    """
    versions, before = with_handshake(revisions), peer.address
    for address in addresses:
        if not versions or any(exchange.timed_out for exchange in peer.recorder.exchanges):
            break
        peer.address = address
        if not await _negotiate(peer, versions[0]):
            continue
        for version in versions[1:]:
            await _negotiate(peer, version)
        agreed = set(peer.answered.values()).intersection(revisions)
        peer.negotiated = NegotiatedRevisions(tuple(sorted(agreed, reverse=True)))
        peer.facts = replace(peer.facts, transport=Transport.HTTP_SSE, not_served=None)
        return True
    peer.address = before
    return False


async def _negotiate(peer: ProbedServer, version: str) -> bool:
    """Send initialize with ``version`` and a request over one connection; return False without such a stream."""
    address = peer.address
    caller = Caller(None, token=peer.token)
    async with peer.stream(steps.DISCOVER_SSE, caller) as held:
        target = await _wait_for(peer.recorder.timeout_s, held, lambda: _endpoint(held, address)) if held.open else None
        if target is None:
            return False
        peer.address = replace(address, target=target)
        try:
            message = messages.initialize(peer.recorder.rpc_id(), version)
            agreed = initialize_version(await _ask(peer, held, steps.DISCOVER_INITIALIZE, message))
            if agreed is None:
                return False
            peer.answered.setdefault(version, agreed)
            peer.initializes_served += 1
            await peer.notify(steps.OPEN_INITIALIZED, caller)
            request = messages.request(peer.recorder.rpc_id(), "tools/list")
            served = await _ask(peer, held, steps.BASELINE_REQUEST, request)
            if agreed not in peer.facts.revisions:
                reason = None if served is not None else "tools/list is not answered on the stream"
                peer.learn_revision(agreed, RevisionFacts(reason))
        finally:
            peer.address = address
    return True


async def _ask(peer: ProbedServer, held: OpenStream, step: str, message: Message) -> Message | None:
    """POST a request; return its response from the stream, None if it does not come in time."""
    await peer.post(step, Caller(None, token=peer.token), message)
    return await _wait_for(
        peer.recorder.timeout_s, held, lambda: jsonrpc.response_to(held.body.messages, message["id"])
    )


def _endpoint(held: OpenStream, address: EndpointAddress) -> str | None:
    """Return path and query to POST to, once the ``endpoint`` event came; only on the same server."""
    event = next((event for event in held.body.events if event.event == "endpoint"), None)
    if event is None:
        return None
    try:
        parts = urlsplit(urljoin(address.public_url, event.data.strip()))
        if parts.port != address.port:
            return None
    except ValueError:
        return None
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return target if target.isascii() and target.isprintable() else None


async def _wait_for(timeout_s: float, held: OpenStream, look: Callable[[], T | None]) -> T | None:
    """Wait until ``look`` finds something on a stream, or the stream has ended; None if it finds nothing in time."""
    with anyio.move_on_after(timeout_s):
        while True:
            ended = held.body.ended
            if (value := look()) is not None or ended:
                return value
            await anyio.sleep(LOOK_S)
    return None
