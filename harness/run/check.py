"""Wires the stages: docs in, report out. Findings come as they become known; identical copies run once."""

from __future__ import annotations

import datetime
import time
import traceback
from dataclasses import replace
from importlib.metadata import version
from typing import TYPE_CHECKING

import anyio

from extractor.base.storage import remove_unfinished
from extractor.model import ExampleStatus
from harness.base.errors import DocprobeError, EngineError
from harness.judge.results import (
    blocked,
    gate_drift,
    listed,
    result_of,
    result_of_printed,
    source_lines,
    unbound,
)
from harness.model import ExampleResult, FailOn, Recording, Report, ReportProblem
from harness.run import cache
from harness.run.attempt import record
from harness.run.locks import read_locks
from harness.run.observer import Observer, Silent
from harness.run.plan import cutoff_date
from harness.run.source import describe_source, rules_root

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractAsyncContextManager

    from extractor.model import Example
    from harness.config import Config
    from harness.engine.protocol import Engine
    from harness.run.plan import Plan

    Connect = Callable[[Config], AbstractAsyncContextManager[Engine]]


async def check(
    todo: Plan,
    config: Config,
    connect: Connect,
    *,
    observer: Observer | None = None,
    stop: anyio.Event | None = None,
) -> Report:
    """The main job. The engine is connected only if something must really run.

    When ``stop`` is set (Ctrl-C) what is known so far is kept: the rest of the report is ``blocked: interrupted``.
    """
    began, started = time.monotonic(), datetime.datetime.now(datetime.UTC)
    watch = observer or Silent()
    remove_unfinished(config.state)
    groups = todo.groups()
    watch.planned(len(groups), sum(len(group) for group in groups.values()))
    copies = {digest: todo.copies(digest) for digest in groups}
    results: dict[str, ExampleResult] = {}
    for example in todo.examples:
        if example.status is ExampleStatus.PRINTED:
            entry = next(entry for entry in todo.printed if entry.example.id == example.id)
            results[example.id] = result_of_printed(entry, todo.printed, todo.bound, config)
        elif example.status is not ExampleStatus.RUNNABLE:
            results[example.id] = listed(example)
        else:
            continue
        watch.finished(results[example.id])

    def known(digest: str, recording: Recording, fresh: bool) -> None:
        for example in groups[digest]:
            result = result_of(example, copies[digest], recording, todo.bound, config, cached=not fresh)
            results[example.id] = result
            watch.finished(result)

    why = "not run"
    try:
        async with anyio.create_task_group() as tasks:
            if stop is not None:
                tasks.start_soon(_cancel_on, stop, tasks.cancel_scope)
            dates = {digest: cutoff_date(copies[digest], config.layout.drafts) for digest in groups}
            await _hold(config, groups, dates, connect, watch, known, day=started.date().isoformat())
            tasks.cancel_scope.cancel()
        if stop is not None and stop.is_set():
            why = "interrupted before it was judged"
    except* EngineError as errors:
        # the engine is one for all: what it kept us from asking is blocked, with its sentence and the next step
        why = _said(errors)
    for digest, group in groups.items():
        for example in group:
            if example.id not in results:
                results[example.id] = blocked(example, copies[digest], why)
                watch.finished(results[example.id])
    source = describe_source(config.docs, config.host)
    ordered = tuple(results[example.id] for example in sorted(todo.examples, key=lambda e: e.id))
    return Report(
        version=version("docprobe"),
        started=started.strftime("%Y-%m-%dT%H:%M:%SZ"),
        duration_s=round(time.monotonic() - began, 3),
        docs_root=config.docs.name,
        commit=source.commit,
        snapshot=source.snapshot,
        examples=ordered,
        drift=gate_drift(todo.bound.drift, ordered, config),
        problems=(
            *(ReportProblem(remark) for remark in unbound(ordered, todo.bound)),
            *(ReportProblem(problem.message, problem.span) for problem in todo.problems),
        ),
        requirements=tuple(
            row for row in config.catalogue.requirements if not config.requirements or row.id in config.requirements
        ),
        sources=source_lines(todo.corpus, ordered),
        strict=config.strict,
        fail_on=FailOn(config.fail_on),
        narrowed=config.changed_since is not None,
        lost=todo.lost,
        shards=() if config.shard is None else (str(config.shard),),
        rules_root=rules_root(config, source.root_in_repository),
        root_in_repository=source.root_in_repository,
    )


def _said(group: BaseExceptionGroup[EngineError]) -> str:
    """The first error of a group, with its next step."""
    first: BaseException = group
    while isinstance(first, BaseExceptionGroup):
        first = first.exceptions[0]
    assert isinstance(first, EngineError)
    return first.in_one_line()


async def _cancel_on(stop: anyio.Event, scope: anyio.CancelScope) -> None:
    await stop.wait()
    scope.cancel()


async def _hold(
    config: Config,
    groups: Mapping[str, Sequence[Example]],
    dates: Mapping[str, str | None],
    connect: Connect,
    watch: Observer,
    known: Callable[[str, Recording, bool], None],
    *,
    day: str,
) -> None:
    """Hold every conversation, the kept ones first; ``known(digest, recording, fresh)`` is called for each."""
    code = cache.code_digest()
    kept = config.state / "recordings"
    locks = read_locks(config.lock)
    keys = {
        digest: cache.key(group[0], config, date=dates[digest], day=day, code=code, locks=locks.get(digest))
        for digest, group in groups.items()
    }
    waiting: list[str] = []
    for digest in groups:
        recording = None if config.no_cache else cache.load(kept, keys[digest])
        if recording is None:
            waiting.append(digest)
        else:
            known(digest, recording, False)
    if not waiting:
        return
    limiter = anyio.CapacityLimiter(max(1, config.jobs))

    async def one(engine: Engine, digest: str) -> None:
        group = groups[digest]
        bundle = group[0].bundle
        assert bundle is not None, "a runnable example has a bundle"
        async with limiter:
            try:
                recording = await record(
                    engine,
                    replace(bundle, example_id=group[0].id),
                    config,
                    date=dates[digest],
                    locks=locks.get(digest, {}),
                    doing=lambda text: watch.doing(group[0].id, text),
                )
            except DocprobeError as error:  # such as a lock that is refused, or a full disk
                recording = Recording((), None, blocked=error.in_one_line())
            except Exception as error:
                # a defect of ours in one example must not cost the others their verdicts; never said as the docs' fault
                watch.note("".join(traceback.format_exception(error)))
                recording = Recording((), None, blocked=f"docprobe itself failed: {type(error).__name__}: {error}")
        if recording.blocked is None:
            try:
                cache.store(kept, keys[digest], recording)
            except DocprobeError as error:  # a verdict that was paid for is told, kept or not
                watch.note(error.in_one_line())
        known(digest, recording, True)

    async with connect(config) as engine, anyio.create_task_group() as tasks:
        for digest in waiting:
            tasks.start_soon(one, engine, digest)
