"""The conversation with a server on standard input and output.

One run for the conversation (initialize with the newest revision, initialized, tools/list, calls of tools,
cancellations of nothing, end of input, end of the process), then the same for each further revision that is negotiated,
and one for each sessionless revision: discovery, and if it is spoken, tools/list and what follows. The first answer of
a process has the time of a start, since a process has no other sign of being ready. ``Reply.status`` is 200 for a
message that came: there is no HTTP here, and a reader of it asks only whether there was an answer.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Final

from harness.base import jsonrpc
from harness.exchanges.body import READ_BYTES
from harness.model import Exchange, Facts, FailureKind, Transcript
from harness.profiles.mcp import messages, steps
from harness.profiles.mcp.messages import initialize_version, strange_version
from harness.profiles.mcp.probes.offers import LISTS
from harness.profiles.mcp.probes.stdio_recorder import StdioRecorder
from harness.profiles.mcp.probes.tools import MOST_TOOLS, callable_tools
from harness.profiles.mcp.revisions import with_handshake, without_handshake

if TYPE_CHECKING:
    from collections.abc import Sequence

    from extractor.model import Bundle
    from harness.base.jsonrpc import Message
    from harness.engine.protocol import ExitState, Pod

UNKNOWN_ID: Final = 1000
"""Id of a request that was never sent."""
_SHOWN: Final = 80
"""Characters of a line that a reason shows."""


async def converse_stdio(
    pod: Pod,
    bundle: Bundle,
    *,
    revisions: tuple[str, ...],
    timeout_s: float,
    start_s: float,
    most_bytes: int = READ_BYTES,
) -> Transcript:
    """Hold the conversation with the stdio server in ``pod``.

    Args:
        pod: with the example started.
        bundle: the example.
        revisions: of the docs; undated ones are left out.
        timeout_s: to each answer but a process's first, and to the end of the process after its input ended.
        start_s: to the first answer of a process.
        most_bytes: what is read of one process.

    Returns:
        The whole conversation. Whatever the server does is in it; nothing of that is raised.

    Raises:
        PodError: the pod broke.
    """
    talk = StdioRecorder(pod, timeout_s, start_s, most_bytes)
    handshakes = with_handshake(revisions)
    negotiated: set[str] = set()
    modern: list[str] = []
    if handshakes:
        opening = await talk.request(steps.STDIO_INITIALIZE, messages.initialize(1, handshakes[0]))
        agreed = initialize_version(opening)
        if agreed is not None:
            negotiated.add(agreed)
            await _hold(talk, agreed)
        await talk.close()
        for version in handshakes[1:]:
            answer = await talk.afresh(steps.DISCOVER_INITIALIZE, messages.initialize(1, version))
            answered = initialize_version(answer)
            negotiated.add(answered or "")
            # what an earlier process left unanswered is not waited for again
            if answered == version != agreed and not talk.waited_in_vain:
                await _hold(talk, version)
            await talk.end_input()
    for version in without_handshake(revisions):
        params = {"_meta": messages.request_meta(version)}
        answer = await talk.afresh(steps.DISCOVER_MODERN, messages.request(1, "server/discover", params))
        listed = None
        talk.speak(version)
        if version in _supported(answer):
            listed = await _use_tools(talk, version)
            await _list_others(talk, version, answer)
        elif jsonrpc.error_code(answer) == jsonrpc.METHOD_NOT_FOUND:
            # every server must implement discovery; one that does not may serve the revision all the same
            listed = await _list_tools(talk, version)
        if version in _supported(answer) or "resultType" in (_result(listed) or {}):
            modern.append(version)
        await talk.close()
    negotiated = negotiated.intersection(revisions).union(modern)
    return Transcript(
        bundle.example_id,
        bundle.kind,
        tuple(talk.exchanges),
        negotiated=tuple(sorted(negotiated)),
        modern=tuple(sorted(modern)),
        logs=tuple(line.since(talk.started) for line in pod.logs()),
        facts=_facts(pod, talk, bool(negotiated)),
    )


async def _hold(talk: StdioRecorder, revision: str) -> None:
    """Hold the conversation that follows an answered initialize, in the revision that was agreed on."""
    talk.speak(revision)
    await talk.notify(steps.STDIO_INITIALIZED, messages.notification("notifications/initialized"))
    await _use_tools(talk)


async def _list_tools(talk: StdioRecorder, modern: str | None = None) -> Message | None:
    """Send tools/list, in the form of the sessionless revision ``modern`` if one is given; return the response."""
    params = {"_meta": messages.request_meta(modern)} if modern else None
    return await talk.request(steps.STDIO_TOOLS, messages.request(2, "tools/list", params))


async def _use_tools(talk: StdioRecorder, modern: str | None = None) -> Message | None:
    """List the tools and call the first of them; return the response to tools/list.

    After a call that was not answered in time no other one is sent.
    """
    listed = await _list_tools(talk, modern)
    for number, tool in enumerate(itertools.islice(callable_tools(_result(listed)), MOST_TOOLS), 3):
        params = tool.params(number)
        if modern:
            params["_meta"] |= messages.request_meta(modern)
        if await talk.request(steps.STDIO_TOOL_CALL, messages.request(number, "tools/call", params)) is None:
            return listed
    if listed is not None:
        await _cancel_nothing(talk, modern)
    return listed


async def _cancel_nothing(talk: StdioRecorder, modern: str | None) -> None:
    """Cancel a request that never was, one that is answered, and none at all; then list the tools again."""
    control = next(e.number for e in reversed(talk.exchanges) if e.step == steps.STDIO_TOOLS)
    for params in ({"requestId": UNKNOWN_ID}, {"requestId": 2}, {}):
        meta = {"_meta": messages.request_meta(modern)} if modern else {}
        notification = messages.notification("notifications/cancelled")
        await talk.notify(steps.STDIO_CANCELLED, {**notification, "params": {**params, **meta}})
    asked = {"_meta": messages.request_meta(modern)} if modern else None
    request = messages.request(UNKNOWN_ID + 1, "tools/list", asked)
    await talk.request(steps.STDIO_AFTER_CANCELLED, request, control=control)


async def _list_others(talk: StdioRecorder, modern: str, discovered: Message | None) -> None:
    """Ask for the other lists that discovery declares."""
    declared = (_result(discovered) or {}).get("capabilities")
    for number, (capability, method) in enumerate(sorted(LISTS.items()), UNKNOWN_ID + 2):
        if isinstance(declared, dict) and capability in declared and not talk.waited_in_vain:
            params = {"_meta": messages.request_meta(modern)}
            await talk.request(steps.STDIO_LIST, messages.request(number, method, params))


def _result(response: Message | None) -> Message | None:
    result = (response or {}).get("result")
    return result if isinstance(result, dict) else None


def _supported(discovered: Message | None) -> list[object]:
    """Return ``supportedVersions`` of a DiscoverResult; empty if the message is something else."""
    versions = (_result(discovered) or {}).get("supportedVersions")
    return versions if isinstance(versions, list) else []


def _facts(pod: Pod, talk: StdioRecorder, ok: bool) -> Facts:
    if ok:
        return Facts()
    return Facts(_why_not_served(talk.exchanges, pod.exit_state()) if talk.exchanges else "nothing was asked")


def _why_not_served(exchanges: Sequence[Exchange], state: ExitState | None) -> str:
    """Return what became of the first initialize; how the process ended counts only where that was the answer."""
    opening = exchanges[0]
    noise = [e.body for e in exchanges if e.step == steps.STDIO_NOISE and e.process == opening.process]
    answer = jsonrpc.response_to(jsonrpc.messages(opening.reply.body) or (), 1) if opening.reply else None
    if answer is None:
        closed = opening.failure is not None and opening.failure.kind is FailureKind.CLOSED
        if noise:
            return f"initialize was answered by lines that are not MCP messages, first {noise[0][:_SHOWN]!r}"
        return f"initialize was not answered ({state.sentence if closed and state else opening.failure})"
    if (code := jsonrpc.error_code(answer)) is not None:
        return f"initialize was answered with the error {code}"
    if (version := initialize_version(answer)) is not None:
        return strange_version(version)
    return "initialize was answered without a protocolVersion"
