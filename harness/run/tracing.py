"""What a program executes for a request that violates something: the conversation held once more, with tracing.

A program of docprobe's is loaded into the example's own process, inside its pod. It answers to a service beside the
example, request by request. Nothing but lines to show depends on what it says.
"""

from __future__ import annotations

import json
from dataclasses import replace
from http import HTTPStatus
from importlib.resources import files
from typing import TYPE_CHECKING, Final

import anyio

from extractor.languages.common.files import added_file
from extractor.model import ExampleKind
from harness.base import jsonrpc
from harness.base.errors import DocprobeError
from harness.engine.hardening import APP
from harness.run.attempt import make_probe
from harness.run.trace_differences import differences
from harness.run.trace_service import TraceService
from harness.run.traced_pod import TracedPod

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from anyio.abc import TaskGroup

    from extractor.model import Bundle
    from harness.config import Config
    from harness.engine.protocol import Engine
    from harness.model import Exchange, Image, Recording, TracedExchange, Transcript

FOLDER: Final = ".docprobe"
"""Beside the example's files."""
_TRACED: Final = frozenset({ExampleKind.HTTP_SERVER, ExampleKind.STDIO_SERVER})


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


class Tracing:
    """The conversation with one example, held once more with tracing; perhaps beside the one that is judged."""

    def __init__(
        self, engine: Engine, bundle: Bundle, config: Config, tasks: TaskGroup, progress: Callable[[str], None]
    ) -> None:
        """Begin nothing yet.

        Args:
            engine: where to run it.
            bundle: of the example.
            config: of the run.
            tasks: in which the conversation is held; what still runs when they are cancelled is removed.
            progress: called when something is waited for.
        """
        self._engine, self._bundle, self._config, self._tasks, self._progress = engine, bundle, config, tasks, progress
        self._traced = traced_bundle(bundle) if bundle.kind in _TRACED else None
        self._pod: TracedPod | None = None
        self._last: int | None = None
        self._now: Transcript | None = None
        self._ended: anyio.Event | None = None

    def begin(self, image: Image) -> None:
        """Begin to hold the conversation, to its end or to where :meth:`found` says that it may stop."""
        if self._traced is not None and self._ended is None:
            self._ended = anyio.Event()
            self._tasks.start_soon(self._hold, self._traced, image, self._ended)

    async def found(self, recording: Recording, pairs: Mapping[int, int]) -> tuple[TracedExchange, ...]:
        """Return what the program executed for some requests of a recording.

        Args:
            recording: with a transcript.
            pairs: number of each exchange that is wrong, and of its control; 0 if it has none.

        Returns:
            In order. Without the exchanges of which nothing is known; empty if the program cannot be traced, or does
            not answer as it did. Whatever goes wrong costs these lines only.

        The same step is taken in each revision. Where two were answered alike, and their controls too, one of them is
        traced, and what ran for it stands for both; the conversation ends when nothing is left to trace.
        """
        was = recording.transcript
        if self._traced is None or was is None or not pairs:
            return ()
        stand_ins = find_stand_ins(pairs, was)
        held = {number: pairs[number] for number in stand_ins.values()}
        last = max(*held, *held.values(), 0)
        if self._bundle.kind is ExampleKind.HTTP_SERVER:
            self._stop_after(last)
        self._progress("tracing what it executes")
        if self._ended is None:
            run = recording.runs[-1]
            try:
                self.begin(await self._engine.install(self._bundle, cutoff=run.date, lock=run.lock))
            except DocprobeError as error:
                self._progress(f"not traced: {type(error).__name__}")
        if self._ended is not None:
            await self._ended.wait()
        if self._pod is None or self._now is None:
            return ()
        # what ran after the last one is known only where it was quick
        executed = {number: ran for number, ran in self._pod.numbered(self._now).items() if number <= last}
        found = {one.number: one for one in differences(was, self._now, held, executed, pairs.keys())}
        return tuple(
            replace(found[stand_in], number=number, control=pairs[number])
            for number, stand_in in sorted(stand_ins.items())
            if stand_in in found
        )

    def _stop_after(self, last: int) -> None:
        self._last = last
        if self._pod is not None:
            self._pod.last = last

    async def _hold(self, traced: Bundle, image: Image, ended: anyio.Event) -> None:
        limits, settings = self._config.limits, replace(self._config.probe_settings, heard=lambda _: None)
        probe = make_probe(self._bundle, self._config.profile)
        service = TraceService(frozenset(file.path for file in self._bundle.files))
        try:
            with anyio.move_on_after(limits.example_s):
                async with self._engine.pod(traced, image, (*probe.services, service)) as pod:
                    if traced.kind is ExampleKind.HTTP_SERVER:
                        await pod.wait_listening(limits.start_s)
                    self._pod = TracedPod(pod, service)
                    self._pod.last = self._last
                    self._now = await probe.converse(self._pod, settings, lambda _: None)
        except Exception as error:  # whatever it is, it costs these lines only
            self._progress(f"not traced: {type(error).__name__}")
        finally:
            ended.set()


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
