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
from harness.run.trace_service import TRACE_ERRORS, TraceService
from harness.run.traced_pod import TracedPod

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from extractor.model import Bundle
    from harness.config import Config
    from harness.engine.protocol import Engine
    from harness.model import Exchange, Recording, TracedExchange, Transcript

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
    except (DocprobeError, *TRACE_ERRORS) as error:
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
