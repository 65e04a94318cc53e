"""Lines to and from a server on standard input and output: each is recorded as an exchange."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import anyio

from harness.base import jsonrpc
from harness.base.errors import PodError
from harness.exchanges.body import KEPT_EVENTS
from harness.exchanges.stalls import StallWatch
from harness.model import KEPT_BYTES, STDIN, STDOUT, Exchange, Failure, FailureKind, Reply, SseEvent
from harness.profiles.mcp import messages, steps
from harness.profiles.mcp.revisions import FIRST_SESSIONLESS

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from harness.base.jsonrpc import Message
    from harness.engine.protocol import Pod

MOST_ANSWERS: Final = 10
"""Requests of the server that are answered while one response is waited for."""
MOST_NOISE: Final = 50
"""Lines of noise that are recorded one by one."""
MARGIN_S: Final = 0.1
"""Added to what is waited for a program that ends late."""


class StdioRecorder:
    """Writes lines, reads lines, and records each."""

    def __init__(self, pod: Pod, timeout_s: float, start_s: float, most_bytes: int) -> None:
        """Record what is said to a program.

        Args:
            pod: with the program.
            timeout_s: for an answer.
            start_s: for the first answer of a process.
            most_bytes: read of it in all.
        """
        self.exchanges: list[Exchange] = []
        self.started = time.monotonic()
        self.revision: str | None = None
        """That the process is spoken to in; None before it is known."""
        self._pod = pod
        self._timeout_s = timeout_s
        self._most_start_s = max(start_s, timeout_s)
        self._start_s = self._most_start_s
        self._slowest_start_s = 0.0
        self._started_process = True
        """Whether nothing was asked of the process yet."""
        self._process = 0
        self._ended_after_answers = False
        """Whether the end of the input of a process that had answered is recorded already."""
        self._rest = bytearray()
        self._most_bytes = most_bytes
        self._read_bytes = 0
        self._waited_in_vain = False

    def speak(self, revision: str) -> None:
        """Record what follows, and the request that showed it, as spoken in ``revision``."""
        self.revision = revision
        last = max(at for at, e in enumerate(self.exchanges) if e.method == STDIN and e.step != steps.ANSWER)
        self.exchanges[last] = replace(self.exchanges[last], revision=revision)

    @property
    def waited_in_vain(self) -> bool:
        """Whether a request was not answered in time, or under another id."""
        return self._waited_in_vain

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
        watch = StallWatch()
        try:
            await self._pod.send_stdin(messages.encode(message) + b"\n")
            with watch, anyio.fail_after(self._start_s if self._started_process else self._timeout_s):
                while answer is None:
                    line = await self._line()
                    if line is None:
                        failure = Failure(FailureKind.CLOSED)
                        break
                    (noise if _is_noise(line) else heard).append(line)
                    answer = jsonrpc.response_to(jsonrpc.messages(line) or (), message["id"])
                    if len(answered) < MOST_ANSWERS:
                        answered += await self._answer(line)
            if self._started_process and answer is not None:
                self._take_start(time.monotonic() - began)
        except TimeoutError:
            failure = Failure(FailureKind.TIMEOUT)
            self._waited_in_vain = True
            # a server that let a whole start pass is not given one again
            self._start_s = self._most_start_s = self._timeout_s
        except PodError as error:
            failure = Failure(FailureKind.CLOSED, error.message)
        self._started_process = False
        if answer is None:
            line = self._under_another_id(heard, message["id"])
            failure = failure if line is None else None
        reply = _reply(line, heard) if line is not None else None
        body = messages.encode(message).decode()
        self._record(step, STDIN, body, reply, failure, began, control=control, stalled_s=watch.stalled_s)
        for each in answered:
            self._record(steps.ANSWER, STDIN, messages.encode(each).decode(), None, None, began)
        self._record_noise(noise, began)
        return answer

    def _under_another_id(self, heard: Sequence[str], id: object) -> str | None:
        """Return the line with a response to nothing that this process was asked; None if there is none.

        One request is asked at a time, so it can only answer the one that was left unanswered.
        """
        asked = [jsonrpc.message(e.body) or {} for e in self.exchanges if e.process == self._process]
        known = {each["id"] for each in asked if "id" in each and "method" in each} | {id, None}
        return next((line for line in heard if _responds_outside(line, known)), None)

    def _take_start(self, took_s: float) -> None:
        """Wait for the first answers of later processes by that of one: some leave a request unanswered for good."""
        self._slowest_start_s = max(self._slowest_start_s, took_s)
        patience_s = steps.PATIENCE * self._slowest_start_s + MARGIN_S
        self._start_s = max(self._timeout_s, min(self._most_start_s, patience_s))

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
        patience_s = max(self._timeout_s, min(self._most_start_s, steps.PATIENCE * slowest_s + MARGIN_S))
        await self.end_input()
        noise: list[str] = []
        with StallWatch() as watch:
            with anyio.move_on_after(patience_s):
                while (line := await self._line()) is not None:
                    if _is_noise(line):
                        noise.append(line)
            state = await self._pod.wait_exit(max(0.01, patience_s - (time.monotonic() - began)))
        failure = None if state is not None else Failure(FailureKind.TIMEOUT)
        note = state.sentence if state is not None else None
        self._record(steps.STDIO_CLOSE, "CLOSE", "", None, failure, began, note, stalled_s=watch.stalled_s)
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
        stalled_s: float = 0.0,
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
                stalled_s=stalled_s,
                note=note,
                control=control,
            )
        )


def _responds_outside(line: str, known: Collection[object]) -> bool:
    """Return whether a line has a response with none of the ids that are known."""
    responses = filter(jsonrpc.is_response, jsonrpc.messages(line) or ())
    return any(isinstance(each.get("id"), str | int) and each["id"] not in known for each in responses)


def _is_noise(line: str) -> bool:
    """Return whether a line is anything but JSON-RPC 2.0 messages."""
    parsed = jsonrpc.messages(line)
    return not parsed or any(message.get("jsonrpc") != "2.0" for message in parsed)


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
