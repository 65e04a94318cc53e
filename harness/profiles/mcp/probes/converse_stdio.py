"""The conversation with a server on standard input and output.

One run for the conversation (initialize with the newest revision, initialized, tools/list, calls of tools,
cancellations of nothing, end of input, end of the process), then the same for each further revision that is negotiated,
and one for each sessionless revision: discovery, and if it is spoken, tools/list and what follows. The first answer of
a process has the time of a start, since a process has no other sign of being ready. ``Reply.status`` is 200 for a
message that came: there is no HTTP here, and a reader of it asks only whether there was an answer.
"""

from __future__ import annotations

import itertools
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import anyio

from harness.base import jsonrpc
from harness.base.errors import PodError
from harness.exchanges.body import KEPT_EVENTS, READ_BYTES
from harness.model import KEPT_BYTES, STDIN, STDOUT, Exchange, Facts, Failure, FailureKind, Reply, SseEvent, Transcript
from harness.profiles.mcp import messages, steps
from harness.profiles.mcp.messages import initialize_version, strange_version
from harness.profiles.mcp.probes.offers import LISTS
from harness.profiles.mcp.probes.tools import callable_tools
from harness.profiles.mcp.revisions import FIRST_SESSIONLESS, with_handshake, without_handshake

if TYPE_CHECKING:
    from collections.abc import Sequence

    from extractor.model import Bundle
    from harness.base.jsonrpc import Message
    from harness.engine.protocol import ExitState, Pod

MOST_TOOLS: Final = 3
"""Tools that are called: each may print in its own way, and may be slow."""
MOST_ANSWERS: Final = 10
"""Requests of the server that are answered while one response is waited for."""
MOST_NOISE: Final = 50
"""Lines of noise that are recorded one by one."""
UNKNOWN_ID: Final = 1000
"""Id of a request that was never sent."""
MARGIN_S: Final = 0.1
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
    talk = _StdioRecorder(pod, timeout_s, start_s, most_bytes)
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


async def _hold(talk: _StdioRecorder, revision: str) -> None:
    """Hold the conversation that follows an answered initialize, in the revision that was agreed on."""
    talk.speak(revision)
    await talk.notify(steps.STDIO_INITIALIZED, messages.notification("notifications/initialized"))
    await _use_tools(talk)


async def _list_tools(talk: _StdioRecorder, modern: str | None = None) -> Message | None:
    """Send tools/list, in the form of the sessionless revision ``modern`` if one is given; return the response."""
    params = {"_meta": messages.request_meta(modern)} if modern else None
    return await talk.request(steps.STDIO_TOOLS, messages.request(2, "tools/list", params))


async def _use_tools(talk: _StdioRecorder, modern: str | None = None) -> Message | None:
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


async def _cancel_nothing(talk: _StdioRecorder, modern: str | None) -> None:
    """Cancel a request that never was, one that is answered, and none at all; then list the tools again."""
    control = next(e.number for e in reversed(talk.exchanges) if e.step == steps.STDIO_TOOLS)
    for params in ({"requestId": UNKNOWN_ID}, {"requestId": 2}, {}):
        meta = {"_meta": messages.request_meta(modern)} if modern else {}
        notification = messages.notification("notifications/cancelled")
        await talk.notify(steps.STDIO_CANCELLED, {**notification, "params": {**params, **meta}})
    asked = {"_meta": messages.request_meta(modern)} if modern else None
    request = messages.request(UNKNOWN_ID + 1, "tools/list", asked)
    await talk.request(steps.STDIO_AFTER_CANCELLED, request, control=control)


async def _list_others(talk: _StdioRecorder, modern: str, discovered: Message | None) -> None:
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


def _is_noise(line: str) -> bool:
    """Return whether a line is anything but JSON-RPC 2.0 messages."""
    parsed = jsonrpc.messages(line)
    return not parsed or any(message.get("jsonrpc") != "2.0" for message in parsed)


def _facts(pod: Pod, talk: _StdioRecorder, ok: bool) -> Facts:
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


class _StdioRecorder:
    """Writes lines, reads lines, and records each."""

    def __init__(self, pod: Pod, timeout_s: float, start_s: float, most_bytes: int) -> None:
        self.exchanges: list[Exchange] = []
        self.started = time.monotonic()
        self.revision: str | None = None
        """That the process is spoken to in; None before it is known."""
        self._pod = pod
        self._timeout_s = timeout_s
        self._start_s = max(start_s, timeout_s)
        self._started_process = True
        """Whether nothing was asked of the process yet."""
        self._process = 0
        self._ended_after_answers = False
        """Whether the end of the input of a process that had answered is recorded already."""
        self._rest = bytearray()
        self._most_bytes = most_bytes
        self._read_bytes = 0

    def speak(self, revision: str) -> None:
        """Record what follows, and the request that showed it, as spoken in ``revision``."""
        self.revision = revision
        last = max(at for at, e in enumerate(self.exchanges) if e.method == STDIN and e.step != steps.ANSWER)
        self.exchanges[last] = replace(self.exchanges[last], revision=revision)

    @property
    def waited_in_vain(self) -> bool:
        """Whether a request was not answered in time."""
        return any(e.failure is not None and e.failure.kind is FailureKind.TIMEOUT for e in self.exchanges)

    async def afresh(self, step: str, message: Message) -> Message | None:
        """Write a request to a fresh process."""
        await self._pod.restart()
        self._process += 1
        self.revision = None
        self._started_process = True
        self._rest.clear()
        self._read_bytes = 0
        return await self.request(step, message)

    async def request(self, step: str, message: Message, *, control: int | None = None) -> Message | None:
        """Write a request and read lines until its response; None if there was none."""
        began = time.monotonic()
        failure: Failure | None = None
        line: str | None = None
        answer: Message | None = None
        noise: list[str] = []
        heard: list[str] = []
        answered: list[Message] = []
        try:
            await self._pod.send_stdin(messages.encode(message) + b"\n")
            with anyio.fail_after(self._start_s if self._started_process else self._timeout_s):
                while answer is None:
                    line = await self._line()
                    if line is None:
                        failure = Failure(FailureKind.CLOSED)
                        break
                    (noise if _is_noise(line) else heard).append(line)
                    answer = jsonrpc.response_to(jsonrpc.messages(line) or (), message["id"])
                    if len(answered) < MOST_ANSWERS:
                        answered += await self._answer(line)
        except TimeoutError:
            failure = Failure(FailureKind.TIMEOUT)
            # a server that let a whole start pass is not given one again
            self._start_s = self._timeout_s
        except PodError as error:
            failure = Failure(FailureKind.CLOSED, error.message)
        self._started_process = False
        reply = _reply(line, heard) if answer is not None and line is not None else None
        self._record(step, STDIN, messages.encode(message).decode(), reply, failure, began, control=control)
        for each in answered:
            self._record(steps.ANSWER, STDIN, messages.encode(each).decode(), None, None, began)
        self._record_noise(noise, began)
        return answer

    async def _answer(self, line: str) -> list[Message]:
        """Answer the requests of the server in a line; clients of sessionless revisions send no responses."""
        if (self.revision or "") >= FIRST_SESSIONLESS:
            return []
        asked = map(messages.response_to_server, jsonrpc.messages(line) or ())
        answers = [answer for answer in asked if answer is not None]
        for answer in answers:
            await self._pod.send_stdin(messages.encode(answer) + b"\n")
        return answers

    async def notify(self, step: str, message: Message) -> None:
        """Write a notification."""
        began = time.monotonic()
        failure: Failure | None = None
        try:
            await self._pod.send_stdin(messages.encode(message) + b"\n")
        except PodError as error:
            failure = Failure(FailureKind.CLOSED, error.message)
        self._record(step, STDIN, messages.encode(message).decode(), None, failure, began)

    async def close(self) -> None:
        """End the input and wait for the process to end; what it still writes is recorded if it is noise.

        Once that was seen of a process that had answered, a further one is only left to end.
        """
        if self._ended_after_answers:
            await self.end_input()
            return
        began = time.monotonic()
        answers = [exchange for exchange in self.exchanges if exchange.reply is not None]
        self._ended_after_answers = any(exchange.process == self._process for exchange in answers)
        slowest_s = max((e.duration_s for e in answers if not e.step.startswith(steps.TOOL_STEPS)), default=0.0)
        patience_s = max(self._timeout_s, min(self._start_s, steps.PATIENCE * slowest_s + MARGIN_S))
        await self.end_input()
        noise: list[str] = []
        with anyio.move_on_after(patience_s):
            while (line := await self._line()) is not None:
                if _is_noise(line):
                    noise.append(line)
        state = await self._pod.wait_exit(max(0.01, patience_s - (time.monotonic() - began)))
        failure = None if state is not None else Failure(FailureKind.TIMEOUT)
        note = state.sentence if state is not None else None
        self._record(steps.STDIO_CLOSE, "CLOSE", "", None, failure, began, note)
        self._record_noise(noise, began)

    async def end_input(self) -> None:
        """End the input, after which a process is left to end."""
        try:
            await self._pod.close_stdin()
        except PodError:
            # the process is gone already
            return

    async def _line(self) -> str | None:
        """Return the next line that is not blank; None at the end, or once too much was read."""
        while True:
            end = self._rest.find(b"\n")
            if end >= 0:
                line = bytes(self._rest[:end])
                del self._rest[: end + 1]
                if line.strip():
                    return line.decode("utf-8", "backslashreplace").rstrip("\r")
                continue
            data = b"" if self._read_bytes > self._most_bytes else await self._pod.receive_stdout()
            if not data:
                last, self._rest = bytes(self._rest), bytearray()
                return last.decode("utf-8", "backslashreplace") if last.strip() else None
            self._read_bytes += len(data)
            self._rest += data

    def _record_noise(self, lines: list[str], began: float) -> None:
        for text in lines[:MOST_NOISE]:
            self._record(steps.STDIO_NOISE, STDOUT, text[:KEPT_BYTES], None, None, began)

    def _record(
        self,
        step: str,
        method: str,
        body: str,
        reply: Reply | None,
        failure: Failure | None,
        began: float,
        note: str | None = None,
        control: int | None = None,
    ) -> None:
        self.exchanges.append(
            Exchange(
                number=len(self.exchanges) + 1,
                step=step,
                revision=self.revision,
                process=self._process,
                method=method,
                target="",
                headers=(),
                body=body,
                reply=reply,
                failure=failure,
                started_s=round(began - self.started, 4),
                duration_s=round(time.monotonic() - began, 4),
                note=note,
                control=control,
            )
        )


def _reply(line: str, heard: Sequence[str]) -> Reply:
    """Return the line with the response, and as events every message up to it where there are several."""
    events = tuple(SseEvent("message", each[:KEPT_BYTES]) for each in heard[-KEPT_EVENTS:])
    return Reply(
        status=200,
        headers=(),
        body=line[:KEPT_BYTES],
        body_bytes=len(line.encode("utf-8", "replace")),
        events=events if len(events) > 1 else (),
        truncated=len(line) > KEPT_BYTES,
    )
