"""What a program executes for a request that violates something: the conversation held once more, with tracing.

A program of docprobe's is loaded into the example's own process, inside its pod. It answers to a service beside the
example, request by request. What it says comes from a place that the example controls: it is checked and bounded, and
nothing but lines to show depends on it.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

import anyio
import httpx
from anyio.streams.buffered import BufferedByteReceiveStream

from extractor.base.text import one_line
from extractor.languages.common.files import added_file
from extractor.model import ExampleKind
from harness.base import jsonrpc
from harness.base.errors import DocprobeError
from harness.engine.hardening import APP
from harness.exchanges.http_exchange import StoppedError
from harness.model import RARELY, STDIN, LibraryFunction, TracedExchange
from harness.run.attempt import make_probe

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence

    from anyio.abc import ByteStream

    from extractor.model import Bundle
    from harness.config import Config
    from harness.engine.protocol import Engine, ExitState, Pod
    from harness.model import Exchange, ListeningSocket, LogLine, Recording, Transcript

PORT: Final = 1
"""Where the program finds docprobe; both tracers have the same number. Nothing else uses it (tcpmux)."""
FOLDER: Final = ".docprobe"
"""Beside the example's files."""
ARRIVE_S: Final = 20.0
"""Time in which a program that listens must have connected."""
ANSWER_S: Final = 30.0
_TRACED: Final = frozenset({ExampleKind.HTTP_SERVER, ExampleKind.STDIO_SERVER})
_MOST_BYTES: Final = 8 * 1024 * 1024
_MOST_PLACES: Final = 100_000
_MOST_NAMES: Final = 5_000
_MOST_LINE: Final = 1_000_000
_MOST_SHOWN: Final = 40
"""Functions of packages that are kept of one request."""
_ERRORS: Final = (OSError, ValueError, anyio.EndOfStream, anyio.IncompleteRead, anyio.DelimiterNotFound,
                  anyio.BrokenResourceError, anyio.ClosedResourceError, RecursionError)  # fmt: skip


def traced_bundle(bundle: Bundle) -> Bundle | None:
    """Return the bundle with the tracer of its toolchain beside its files; None if there is none for it."""
    inside = files("harness.engine.inside")
    environment = dict(bundle.environment)
    match bundle.toolchain:
        case "node":
            tracer = added_file(f"{FOLDER}/trace.mjs", inside.joinpath("trace_node.mjs").read_text("utf-8"))
            option = f"--import file://{APP}/{tracer.path}"
            environment["NODE_OPTIONS"] = f"{option} {environment.get('NODE_OPTIONS', '')}".rstrip()
        case "python":
            tracer = added_file(f"{FOLDER}/sitecustomize.py", inside.joinpath("trace_python.py").read_text("utf-8"))
            others = environment.get("PYTHONPATH")
            environment["PYTHONPATH"] = f"{APP}/{FOLDER}" + (f":{others}" if others else "")
        case _:
            return None
    return replace(bundle, files=(*bundle.files, tracer), environment=environment)


async def trace(
    engine: Engine,
    bundle: Bundle,
    recording: Recording,
    pairs: Mapping[int, int],
    config: Config,
    progress: Callable[[str], None],
) -> tuple[TracedExchange, ...]:
    """Hold the conversation of a recording once more and return what the program executed for some of its requests.

    Args:
        engine: where to run it.
        bundle: of the recording.
        recording: with a transcript.
        pairs: number of each exchange that is wrong, and of its control; 0 if it has none.
        config: of the run.
        progress: called when something begins.

    Returns:
        In order. Without the exchanges of which nothing is known; empty if the program cannot be traced, or does not
        answer as it did. Whatever goes wrong costs these lines only.

    The same step is taken in each revision. Where two were answered alike, and their controls too, one of them is
    traced, and what ran for it stands for both; the conversation ends when nothing is left to trace.
    """
    traced, was = traced_bundle(bundle), recording.transcript
    if traced is None or was is None or bundle.kind not in _TRACED or not pairs:
        return ()
    stand_ins = find_stand_ins(pairs, was)
    held = {number: pairs[number] for number in stand_ins.values()}
    by_http = bundle.kind is ExampleKind.HTTP_SERVER
    progress("tracing what it executes")
    run = recording.runs[-1]
    probe, service = make_probe(bundle, config.profile), TraceService(frozenset(file.path for file in bundle.files))
    try:
        image = await engine.install(bundle, cutoff=run.date, lock=run.lock)
        with anyio.move_on_after(config.limits.example_s):
            async with engine.pod(traced, image, (*probe.services, service)) as pod:
                if by_http:
                    await pod.wait_listening(config.limits.start_s)
                watched = TracedPod(pod, service, range(1, max(*held, *held.values()) + 1), stops=by_http)
                now = await probe.converse(watched, config.probe_settings, lambda _: None)
                found = {one.number: one for one in differences(was, now, held, watched.numbered(now), pairs.keys())}
                return tuple(
                    replace(found[stand_in], number=number, control=pairs[number])
                    for number, stand_in in sorted(stand_ins.items())
                    if stand_in in found
                )
    except (DocprobeError, *_ERRORS) as error:
        progress(f"not traced: {type(error).__name__}")
    return ()


def find_stand_ins(pairs: Mapping[int, int], transcript: Transcript) -> dict[int, int]:
    """Return for each exchange to trace the one whose trace stands for it: the first like it, often itself.

    Alike are exchanges of the same step with the same answer, whose controls are alike too.

    Args:
        pairs: number of each exchange to trace, and of its control.
        transcript: that they are of.
    """
    exchanges = {exchange.number: exchange for exchange in transcript.exchanges}
    first: dict[object, int] = {}
    return {
        number: first.setdefault((_manner(exchanges[number]), control and _manner(exchanges[control])), number)
        for number, control in sorted(pairs.items())
        if number in exchanges and (control in exchanges or control == 0)
    }


def _manner(exchange: Exchange) -> tuple[object, ...]:
    """Return what is asked in an exchange and how it was answered, without what differs each time."""
    reply = exchange.reply
    if reply is None:
        return exchange.step, exchange.failure
    texts = [event.data for event in reply.events] or [reply.body]
    answers = tuple(_without_id(text) for text in texts) if reply.status >= HTTPStatus.BAD_REQUEST else ()
    return exchange.step, reply.status, reply.media_type, reply.fault, answers, _codes(texts)


def _without_id(text: str) -> str:
    message = jsonrpc.message(text)
    return text if message is None else json.dumps({**message, "id": None}, sort_keys=True)


def _codes(texts: Sequence[str]) -> tuple[int | None, ...]:
    return tuple(jsonrpc.error_code(jsonrpc.message(text)) for text in texts)


@dataclass(frozen=True, slots=True)
class Executed:
    """What ran in some time."""

    places: Mapping[str, frozenset[tuple[int, int]]] = field(default_factory=dict)
    """By file of the bundle: line from 1, column from 0."""
    calls: tuple[tuple[str, ...], ...] = ()
    """Package and function, and those of the caller if it is another package's; in order where the tracer knows it."""


class TraceService:
    """Beside the example: asks its processes what they executed. A :class:`harness.engine.protocol.Service`."""

    port = PORT

    def __init__(self, paths: frozenset[str]) -> None:
        """``paths`` are the example's own files."""
        self._paths = paths
        self._connections: dict[ByteStream, anyio.Event] = {}
        self._arrived = anyio.Event()
        self._given_up = False
        self._one_question = anyio.Lock()

    async def serve(self, stream: ByteStream) -> None:
        """Hold the connection of one process until it fails."""
        failed = self._connections[stream] = anyio.Event()
        self._arrived.set()
        try:
            await failed.wait()
        finally:
            self._connections.pop(stream, None)
            with anyio.CancelScope(shield=True):
                await stream.aclose()

    def log(self) -> tuple[LogLine, ...]:
        """Return nothing."""
        return ()

    def forget(self) -> None:
        """Leave the processes that are there: they are ended."""
        for failed in self._connections.values():
            failed.set()
        self._connections.clear()
        self._arrived = anyio.Event()

    async def take(self) -> Executed | None:
        """Return what ran in all processes since the last call; None if none of them answers."""
        # two requests that travel together ask together
        async with self._one_question:
            return await self._take()

    async def _take(self) -> Executed | None:
        if self._given_up:
            return None
        with anyio.move_on_after(ARRIVE_S):
            await self._arrived.wait()
        if not self._connections:
            self._given_up = True
            return None
        answers = []
        for stream, failed in list(self._connections.items()):
            try:
                with anyio.fail_after(ANSWER_S):
                    await stream.send(b"?\n")
                    answers.append(
                        read_answer(
                            await BufferedByteReceiveStream(stream).receive_until(b"\n", _MOST_BYTES), self._paths
                        )
                    )
            except _ERRORS:
                self._connections.pop(stream, None)
                failed.set()
        if not answers:
            return None
        return Executed(
            {
                path: frozenset().union(*(answer.places.get(path, frozenset()) for answer in answers))
                for path in {path for answer in answers for path in answer.places}
            },
            tuple(dict.fromkeys(call for answer in answers for call in answer.calls)),
        )


def read_answer(line: bytes, paths: frozenset[str]) -> Executed:
    """Return what a process says that it executed. It may say anything.

    Args:
        line: JSON.
        paths: the files that it can be about; others are left out.

    Raises:
        ValueError: it is not JSON.
    """
    match json.loads(line):
        case {"files": dict(named), "calls": list(calls)}:
            pass
        case _:
            raise ValueError("not what a tracer says")
    places = {
        path: frozenset((place[0], place[1]) for place in listed[:_MOST_PLACES] if _is_place(place))
        for path, listed in named.items()
        if path in paths and isinstance(listed, list)
    }
    known = (call for call in calls[:_MOST_NAMES] if isinstance(call, list) and len(call) in (2, 4))
    words = (tuple(one_line(word, 200) for word in call) for call in known if all(isinstance(w, str) for w in call))
    return Executed(places, tuple(dict.fromkeys(words)))


def _is_place(value: Any) -> bool:
    match value:
        case [int(line), int(column)]:
            return 0 < line < _MOST_LINE and 0 <= column < _MOST_LINE
        case _:
            return False


class TracedPod:
    """A pod whose requests are counted, and of some of which it is recorded what they execute."""

    def __init__(self, pod: Pod, service: TraceService, wanted: Collection[int], *, stops: bool = True) -> None:
        """Watch a pod.

        Args:
            pod: with the program started.
            service: that asks its processes.
            wanted: numbers of requests, from 1 in order of sending.
            stops: whether the conversation is stopped once all of them are traced.
        """
        self._stops = stops
        self._pod, self._service, self._wanted = pod, service, wanted
        self._last = max(wanted)
        self._count = 0
        self._open: set[int] = set()
        self._mixed: set[int] = set()
        self.executed: dict[int, Executed] = {}
        """By the number of the request. Without those beside which another one was open."""

    def begin(self) -> int:
        """Count a request that begins. Raises StoppedError after the last whose execution is wanted."""
        self._stop_if_done()
        self._count += 1
        if self._open:
            self._mixed |= {*self._open, self._count}
        self._open.add(self._count)
        return self._count

    def _stop_if_done(self) -> None:
        if self._stops and self._count >= self._last and self._open.isdisjoint(self._wanted):
            raise StoppedError("everything that was wanted is traced")

    def is_wanted(self, number: int) -> bool:
        """Return whether to record what a request executes."""
        return number in self._wanted

    async def settle(self) -> None:
        """Discard what ran before: it belongs to no request that follows."""
        await self._service.take()

    async def end(self, number: int) -> None:
        """Record what a request has executed, if that is wanted."""
        if number not in self._open:
            return
        self._open.discard(number)
        if number in self._wanted and number not in self._mixed:
            executed = await self._service.take()
            if executed is not None and number not in self._mixed:
                self.executed[number] = executed

    async def _end_message(self) -> None:
        """Record what the last message on standard input has executed: whatever ran until the next one comes."""
        with anyio.CancelScope(shield=True):
            for number in sorted(self._open):
                await self.end(number)

    def numbered(self, transcript: Transcript) -> dict[int, Executed]:
        """Return what was executed by the numbers of exchanges: on standard output lines come between the messages."""
        messages = [one.number for one in transcript.exchanges if one.method == STDIN]
        if not messages:
            return self.executed
        return {messages[at - 1]: found for at, found in self.executed.items() if at <= len(messages)}

    def transport(self) -> httpx.AsyncBaseTransport:
        """See :class:`harness.engine.protocol.Pod`."""
        return _Transport(self._pod.transport(), self)

    async def restart(self) -> None:
        """See :class:`harness.engine.protocol.Pod`. Raises StoppedError if nothing is left to trace."""
        await self._end_message()
        self._stop_if_done()
        self._service.forget()
        await self._pod.restart()

    async def connect(self, host: str, port: int) -> ByteStream:
        """See :class:`harness.engine.protocol.Pod`."""
        return await self._pod.connect(host, port)

    async def wait_listening(self, timeout_s: float) -> tuple[ListeningSocket, ...]:
        """See :class:`harness.engine.protocol.Pod`."""
        return await self._pod.wait_listening(timeout_s)

    def sockets(self) -> tuple[ListeningSocket, ...]:
        """See :class:`harness.engine.protocol.Pod`."""
        return self._pod.sockets()

    def exit_state(self) -> ExitState | None:
        """See :class:`harness.engine.protocol.Pod`."""
        return self._pod.exit_state()

    async def send_stdin(self, data: bytes) -> None:
        """See :class:`harness.engine.protocol.Pod`."""
        await self._end_message()
        with anyio.CancelScope(shield=True):
            await self.settle()
        self.begin()
        await self._pod.send_stdin(data)

    async def receive_stdout(self) -> bytes:
        """See :class:`harness.engine.protocol.Pod`."""
        return await self._pod.receive_stdout()

    async def close_stdin(self) -> None:
        """See :class:`harness.engine.protocol.Pod`."""
        await self._end_message()
        await self._pod.close_stdin()

    async def wait_exit(self, timeout_s: float) -> ExitState | None:
        """See :class:`harness.engine.protocol.Pod`."""
        return await self._pod.wait_exit(timeout_s)

    def logs(self) -> tuple[LogLine, ...]:
        """See :class:`harness.engine.protocol.Pod`."""
        return self._pod.logs()


class _Transport(httpx.AsyncBaseTransport):
    def __init__(self, inner: httpx.AsyncBaseTransport, pod: TracedPod) -> None:
        self._inner, self._pod = inner, pod

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        number = self._pod.begin()
        with anyio.CancelScope(shield=True):
            if self._pod.is_wanted(number):
                await self._pod.settle()
        try:
            response = await self._inner.handle_async_request(request)
        except BaseException:
            with anyio.CancelScope(shield=True):
                await self._pod.end(number)
            raise
        response.stream = _Stream(response, number, self._pod)
        return response

    async def aclose(self) -> None:
        await self._inner.aclose()


class _Stream(httpx.AsyncByteStream):
    """A reply's body; before it is closed, what its request executed is recorded."""

    def __init__(self, response: httpx.Response, number: int, pod: TracedPod) -> None:
        assert isinstance(response.stream, httpx.AsyncByteStream)
        self._inner, self._number, self._pod = response.stream, number, pod

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._inner:
            yield part

    async def aclose(self) -> None:
        with anyio.CancelScope(shield=True):
            await self._pod.end(self._number)
        await self._inner.aclose()


def differences(
    was: Transcript,
    now: Transcript,
    pairs: Mapping[int, int],
    executed: Mapping[int, Executed],
    wrong: Collection[int],
) -> tuple[TracedExchange, ...]:
    """Return what only the first of each pair executed, where both were answered as in the conversation before.

    Args:
        was: the conversation that was judged.
        now: the one that was traced.
        pairs: number of each exchange to return, and of its control; 0 if it has none.
        executed: what ran for each exchange.
        wrong: numbers of all exchanges with which something is wrong.
    """
    before, after = ({one.number: one for one in transcript.exchanges} for transcript in (was, now))
    versions = {_plain(name): version for name, version in was.packages.items()}
    found = []
    asked_again = {number for number in executed if _same(before.get(number), after.get(number))}
    right = {number: executed[number] for number in sorted(asked_again.difference(wrong))}
    for number, control in sorted(pairs.items()):
        if not asked_again.issuperset({number, control} - {0}):
            continue
        ran = executed[number]
        # without a control everything ran for others too, as far as is known
        other = executed[control] if control else ran
        only = {path: ran.places[path] - other.places.get(path, frozenset()) for path in sorted(ran.places)}
        # what every request of a kind does wrong, those with which nothing else is wrong do too
        alike = set() if any(only.values()) else {_kind(after[number])}
        times = Counter(
            (path, place)
            for each, one in right.items()
            if _kind(after[each]) not in alike
            for path, places in one.places.items()
            for place in places
        )
        rare = {
            path: tuple((*place, times[path, place]) for place in sorted(places) if times[path, place] < RARELY)
            for path, places in sorted(ran.places.items())
        }
        others = {call[:2] for call in other.calls}
        fresh = [call for call in ran.calls if call[:2] not in others]
        library = list(dict.fromkeys(named for call in fresh for named in (call[2:], call[:2]) if named))[:_MOST_SHOWN]
        found.append(
            TracedExchange(
                number,
                control,
                {path: tuple(sorted({line for line, _ in ran.places[path]})) for path in sorted(ran.places)},
                {path: tuple(sorted(places)) for path, places in only.items() if places},
                tuple(LibraryFunction(name, versions.get(_plain(name), ""), called) for name, called in library),
                {path: places for path, places in rare.items() if places},
            )
        )
    return tuple(found)


def _same(one: Exchange | None, other: Exchange | None) -> bool:
    if one is None or other is None:
        return False
    return (one.step, one.method, one.status) == (other.step, other.method, other.status)


def _kind(exchange: Exchange) -> tuple[str, str]:
    return exchange.method, jsonrpc.methods(exchange.body)


def _plain(name: str) -> str:
    return name.lower().replace("_", "-")
