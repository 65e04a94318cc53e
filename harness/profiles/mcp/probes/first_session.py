"""The baseline of a revision (session A), and the probes that only read on it: version, batch, Origin.

If the baseline is not served, nothing else of that revision is asked: no answer would mean anything.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from harness.exchanges.http_exchange import LINGER_S, WATCH_END_S, describe_answer
from harness.exchanges.recorder import TOO_MANY
from harness.model import RevisionFacts
from harness.profiles.mcp import messages, steps
from harness.profiles.mcp.messages import FOREIGN_ORIGIN, LOCAL_LOOKING_ORIGINS, Caller
from harness.profiles.mcp.probes import sessions, tasks
from harness.profiles.mcp.probes.offers import probe_offers
from harness.profiles.mcp.probes.tools import first_callable_tool

if TYPE_CHECKING:
    from harness.base.jsonrpc import Message
    from harness.exchanges.http_exchange import ProbeAnswer
    from harness.profiles.mcp.probes.probed_server import ProbedServer
    from harness.profiles.mcp.probes.tools import ServerTool

BAD_REQUEST: Final = 400
STREAMABLE_SINCE: Final = "2025-03-26"
"""The first revision of Streamable HTTP, and of sessions."""
BATCH_REVISION: Final = "2025-03-26"
VERSION_HEADER_SINCE: Final = "2025-06-18"


@dataclass(frozen=True, slots=True)
class FirstSession:
    """What was learned on session A."""

    caller: Caller
    """Session A; its id is None for a stateless server."""
    opening: int
    """Number of the initialize exchange."""
    initialized: int
    """Number of the notification after it."""
    request: ProbeAnswer
    tool: ProbeAnswer | None
    get: ProbeAnswer
    declared: Message
    """Capabilities of the server."""

    @property
    def listens(self) -> bool:
        """Whether GET opens a stream."""
        reply = self.get.reply
        return reply is not None and reply.status == 200 and reply.media_type == "text/event-stream"

    @property
    def legs(self) -> tuple[str, ...]:
        """The kinds of requests to send: a GET that got no head once would cost its whole timeout each time."""
        return tuple(leg for leg in steps.LEGS if leg != "get" or self.get.reply is not None)


async def open_first_session(peer: ProbedServer, revision: str) -> FirstSession | None:
    """Open session A and send each kind of request once.

    Returns:
        What was learned; None if the server does not serve them, and the reason is in ``peer.facts.revisions``.
    """
    caller = Caller(revision, token=peer.token)
    answer, opened = await sessions.fresh_initialize(peer, steps.BASELINE_INITIALIZE, caller, revision, role="A")
    if opened is None:
        peer.learn_revision(revision, RevisionFacts(f"initialize is answered {describe_answer(answer)}"))
        _learn_load(peer, answer)
        return None
    if opened.revision != revision:
        reason = f"initialize with {revision} now negotiates {opened.revision}"
        peer.learn_revision(revision, RevisionFacts(reason))
        return None
    return await use_first_session(peer, revision, answer, opened)


async def use_first_session(
    peer: ProbedServer, revision: str, answer: ProbeAnswer, opened: Caller
) -> FirstSession | None:
    """Send each kind of request once on session A.

    Args:
        peer: the server.
        revision: that the session speaks.
        answer: to the initialize that opened it.
        opened: its caller.

    Returns:
        As :func:`open_first_session`.
    """
    initialized = await peer.notify(steps.BASELINE_INITIALIZED, opened)
    if not initialized.served:
        await _without_version(peer, opened, initialized, messages.notification("notifications/initialized"))
        _learn_load(peer, initialized)
        reason = f"notifications/initialized is answered {describe_answer(initialized)}"
        peer.learn_revision(revision, RevisionFacts(reason))
        return None
    peer.method = "tools/list" if _declares(answer, "tools") else "ping"
    peer.tool = None
    watch_s = max(WATCH_END_S, steps.PATIENCE * max(answer.exchange.duration_s, initialized.exchange.duration_s))
    request = await _ordinary_request(peer, opened, watch_s)
    if request.result is None:
        await _without_version(peer, opened, request, messages.request(peer.recorder.rpc_id(), peer.method))
        _learn_load(peer, request)
        peer.learn_revision(revision, RevisionFacts(f"{peer.method} is answered {describe_answer(request)}"))
        return None
    peer.learn_revision(revision, RevisionFacts(method=peer.method))
    get = await peer.get(steps.BASELINE_GET, opened)
    if _declares(answer, "resources"):
        await _read_missing_resource(peer, opened, request.number)
    if peer.method == "tools/list":
        peer.listed_tools[revision] = request.result
    called, peer.tool = await _call_tool(peer, opened, request)
    if peer.tool is not None:
        peer.learn_revision(revision, RevisionFacts(method=peer.method, tool=peer.tool.name))
    return FirstSession(opened, answer.number, initialized.number, request, called, get, _capabilities(answer))


async def _without_version(peer: ProbedServer, caller: Caller, refused: ProbeAnswer, message: Message) -> None:
    """Send a message that was refused by 400 without the negotiated version, or with another: was it the version?"""
    if refused.status != BAD_REQUEST or caller.revision is None or caller.revision < VERSION_HEADER_SINCE:
        return
    others = [version for version in peer.negotiated.with_handshake if version != caller.version]
    for version in (None, *others[:1]):
        control = await peer.post(steps.VERSION_NEGOTIATED, replace(caller, version=version), message)
        if control.served:
            peer.recorder.amend(refused.number, control=control.number)
            return


async def _ordinary_request(peer: ProbedServer, caller: Caller, watch_s: float) -> ProbeAnswer:
    """Send the ordinary request and the other one that every server may get; the first that is served is ordinary.

    A server that refuses ping, or serves tools that it does not declare, runs: rows of their own judge that.
    """
    declared = peer.method
    other = "ping" if declared == "tools/list" else "tools/list"
    request = await peer.request(steps.BASELINE_REQUEST, caller, linger_s=watch_s)
    peer.method = other
    second = await peer.request(
        steps.BASELINE_OTHER, caller, linger_s=LINGER_S if request.result is not None else watch_s
    )
    if request.result is not None or second.result is None:
        peer.method = declared
        return request
    peer.recorder.amend(request.number, step=steps.BASELINE_OTHER)
    peer.recorder.amend(second.number, step=steps.BASELINE_REQUEST)
    return second


def _learn_load(peer: ProbedServer, answer: ProbeAnswer) -> None:
    """Record that a step of the baseline was refused for load, which says nothing about the server."""
    if answer.status in (TOO_MANY, sessions.FULL):
        peer.facts = replace(peer.facts, refused_for_load=True)


async def _call_tool(
    peer: ProbedServer, caller: Caller, listed: ProbeAnswer
) -> tuple[ProbeAnswer | None, ServerTool | None]:
    """Call the first tool that can be called; return the answer, and the tool if it was served."""
    tool = first_callable_tool(listed.result) if peer.method == "tools/list" else None
    if tool is None or tool.only_as_task:
        return None, None
    rpc_id = peer.recorder.rpc_id()
    answer = await peer.post(steps.BASELINE_TOOL, caller, messages.request(rpc_id, "tools/call", tool.params(rpc_id)))
    return answer, tool if answer.result is not None else None


async def _read_missing_resource(peer: ProbedServer, caller: Caller, control: int) -> None:
    """Read a resource that does not exist."""
    params = {"uri": messages.MISSING_RESOURCE}
    message = messages.request(peer.recorder.rpc_id(), "resources/read", params)
    await peer.post(steps.RESOURCE_MISSING, caller, message, control=control)


def _capabilities(initialized: ProbeAnswer) -> Message:
    capabilities = (initialized.result or {}).get("capabilities")
    return capabilities if isinstance(capabilities, dict) else {}


def _declares(initialized: ProbeAnswer, capability: str) -> bool:
    return capability in _capabilities(initialized)


async def probe_what_reads(peer: ProbedServer, base: FirstSession) -> None:
    """Send on session A what changes nothing: version, batch, Origin, and what it offers besides tools."""
    revision, caller = base.caller.revision or "", base.caller

    async def living() -> Caller:
        nonlocal caller
        caller = await sessions.revived(peer, caller)
        return caller

    if revision >= VERSION_HEADER_SINCE:
        await probe_version(peer, await living())
    if revision == BATCH_REVISION:
        await probe_batch(peer, await living())
    await probe_origin_of_request(peer, await living())
    if base.listens:
        foreign = replace(await living(), origin=FOREIGN_ORIGIN)
        await peer.get(steps.ORIGIN_FOREIGN_GET, foreign, control=base.get.number)

    async def ask(step: str, method: str, params: Message, control: int | None = None) -> ProbeAnswer:
        message = messages.request(peer.recorder.rpc_id(), method, params)
        return await peer.post(step, await living(), message, control=control or base.request.number)

    tools = base.request.result if peer.method == "tools/list" else None
    await probe_offers(ask, base.declared, {}, tools=tools, sessions=True)
    if tools is not None and revision >= tasks.SINCE:
        await tasks.probe_tasks(ask, base.declared, tools, base.tool)


async def probe_unreadable(peer: ProbedServer, base: FirstSession) -> None:
    """Send what is no JSON: there are servers that die of it, so nothing else on session A comes after it."""
    caller = await sessions.revived(peer, base.caller)
    await peer.post_unreadable(steps.POST_UNREADABLE, caller, control=base.initialized)


async def probe_version(peer: ProbedServer, a: Caller) -> None:
    """Send an unsupported MCP-Protocol-Version, against the negotiated one (2025-06-18 on)."""
    control = await peer.request(steps.VERSION_CONTROL, a)
    unsupported = replace(a, version=messages.UNSUPPORTED_VERSION)
    await peer.request(steps.VERSION_UNSUPPORTED, unsupported, control=control.number)
    await peer.request(steps.VERSION_ABSENT, replace(a, version=None), control=control.number)


async def probe_batch(peer: ProbedServer, a: Caller) -> None:
    """Send a batch of two requests (2025-03-26 only)."""
    control = await peer.request(steps.BATCH_CONTROL, a)
    pair = [messages.request(peer.recorder.rpc_id(), method) for method in (peer.method, "ping")]
    await peer.post(steps.BATCH, a, pair, control=control.number)


async def probe_origin_of_request(peer: ProbedServer, a: Caller) -> None:
    """Send a request on the session with each foreign Origin, and its own, against the same without one."""
    control = await peer.request(steps.ORIGIN_CONTROL_REQUEST, a)
    await peer.request(steps.ORIGIN_OWN, replace(a, origin=peer.address.origin), control=control.number)
    await peer.request(steps.ORIGIN_FOREIGN_REQUEST, replace(a, origin=FOREIGN_ORIGIN), control=control.number)
    for leg, origin in LOCAL_LOOKING_ORIGINS.items():
        step = f"{steps.ORIGIN_LOCAL_LOOKING}.{leg}"
        await peer.request(step, replace(a, origin=origin), control=control.number)


async def probe_unknown_version(peer: ProbedServer, revision: str) -> None:
    """Send an initialize that offers a version that does not exist, against the last one that was served."""
    await sessions.ready(peer)
    caller = Caller(revision, token=peer.token)
    control = next(e for e in reversed(peer.recorder.exchanges) if e.step == steps.ORIGIN_CONTROL_INITIALIZE)
    step, version = steps.INITIALIZE_UNSUPPORTED, messages.UNSUPPORTED_VERSION
    await sessions.initialize(peer, step, caller, version, control=control.number)


async def probe_origin_of_initialize(peer: ProbedServer, revision: str) -> None:
    """Send an initialize with a foreign Origin, against the same without one; a fresh process each where needed."""
    caller = Caller(revision, token=peer.token)
    control, _ = await sessions.fresh_initialize(peer, steps.ORIGIN_CONTROL_INITIALIZE, caller, revision)
    await sessions.ready(peer)
    foreign = replace(caller, origin=FOREIGN_ORIGIN)
    await sessions.initialize(peer, steps.ORIGIN_FOREIGN_INITIALIZE, foreign, revision, control=control.number)
