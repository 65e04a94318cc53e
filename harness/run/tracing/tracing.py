"""What a program executes for a request that violates something: the conversation held once more, with tracing.

A program of docprobe's is loaded into the example's own process, inside a pod. It answers to a service beside the
example, request by request. Nothing but lines to show depends on what it says. The conversation is held after the one
that is judged, in the same pod, or beside it in a pod of its own.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import replace
from http import HTTPStatus
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from extractor.languages.common.files import added_file
from extractor.model import SERVERS
from harness.base import jsonrpc
from harness.base.errors import DocprobeError
from harness.engine.hardening import APP
from harness.run.tracing.conversation import TracedConversation

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from anyio.abc import TaskGroup

    from extractor.model import Bundle
    from harness.config import Config
    from harness.engine.protocol import Engine, EnginePod
    from harness.model import Exchange, Image, Recording, TracedExchange, Transcript
    from harness.profile import Probe

FOLDER: Final = ".docprobe-"
"""Begins the name of the tracer's folder, beside the example's files; an example that runs there cannot guess it."""


def traced_bundle(bundle: Bundle) -> Bundle | None:
    """Return the bundle with the tracer of its toolchain beside its files; None if there is none for it."""
    inside = files("harness.engine.inside")
    folder = FOLDER + secrets.token_hex(8)
    environment = dict(bundle.environment)
    match bundle.toolchain:
        case "node":
            tracer = added_file(f"{folder}/trace.mjs", inside.joinpath("trace_node.mjs").read_text("utf-8"))
            option = f"--import file://{APP}/{tracer.path}"
            environment["NODE_OPTIONS"] = f"{option} {environment.get('NODE_OPTIONS', '')}".rstrip()
        case "python":
            tracer = added_file(f"{folder}/sitecustomize.py", inside.joinpath("trace_python.py").read_text("utf-8"))
            others = environment.get("PYTHONPATH")
            environment["PYTHONPATH"] = f"{APP}/{folder}" + (f":{others}" if others else "")
        case _:
            return None
    return replace(bundle, files=(*bundle.files, tracer), environment=environment)


class Tracing:
    """The conversation with one example, held once more with tracing: after the one that is judged, or beside it."""

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
        self._held: TracedConversation | None = None

    @property
    def is_begun(self) -> bool:
        """Whether a conversation was begun."""
        return self._held is not None

    def begin(self, image: Image) -> None:
        """Begin to hold the conversation in a pod of its own, to its end or to where :meth:`found` lets it stop."""
        if self._held is None and (conversation := self._new()) is not None:
            self._held = conversation
            self._tasks.start_soon(conversation.hold_apart, self._engine, image)

    async def hold_again(self, pod: EnginePod, probe: Probe, was: Transcript, pairs: Mapping[int, int]) -> None:
        """Hold the conversation once more in its own pod, unless it was begun beside it.

        Args:
            pod: in which nothing else goes on any more.
            probe: that held it.
            was: that conversation.
            pairs: as for :meth:`found`.
        """
        if self._held is None and pairs and (conversation := self._new()) is not None:
            self._held = conversation
            conversation.stop_after(_last(find_stand_ins(pairs, was), pairs))
            self._progress("tracing what it executes")
            await conversation.hold_again(pod, probe)

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
        if was is None or not pairs:
            return ()
        stand_ins = find_stand_ins(pairs, was)
        found = await self._found(was, pairs, stand_ins)
        if self._held is None or self._held.misled(was, stand_ins.values()):
            # none was held yet, or what the first conversation left in the pod made the program answer otherwise
            self._held, run = None, recording.runs[-1]
            try:
                self.begin(await self._engine.install(self._bundle, cutoff=run.date, lock=run.lock))
            except DocprobeError as error:
                self._progress(f"not traced: {type(error).__name__}")
            found = {**await self._found(was, pairs, stand_ins), **found}
        return tuple(
            replace(found[stand_in], number=number, control=pairs[number])
            for number, stand_in in sorted(stand_ins.items())
            if stand_in in found
        )

    async def _found(
        self, was: Transcript, pairs: Mapping[int, int], stand_ins: Mapping[int, int]
    ) -> dict[int, TracedExchange]:
        """Return what is found by the conversation that was begun, by number; nothing if none was."""
        if self._held is None:
            return {}
        last = _last(stand_ins, pairs)
        self._held.stop_after(last)
        self._progress("tracing what it executes")
        await self._held.ended.wait()
        held = {number: pairs[number] for number in stand_ins.values()}
        return {one.number: one for one in self._held.differences(was, held, pairs, last)}

    def _new(self) -> TracedConversation | None:
        """Return a conversation to hold; None if the program cannot be traced."""
        traced = traced_bundle(self._bundle) if self._bundle.kind in SERVERS else None
        return None if traced is None else TracedConversation(self._bundle, traced, self._config, self._progress)


def _last(stand_ins: Mapping[int, int], pairs: Mapping[int, int]) -> int:
    """Return the number of the last exchange that must be traced."""
    return max((*stand_ins.values(), *(pairs[number] for number in stand_ins.values())), default=0)


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
