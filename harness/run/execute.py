"""A plan executed: examples run, judged and reported. Identical copies of a text run once."""

from __future__ import annotations

import datetime
import time
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import anyio

from extractor.base.errors import internal_error
from extractor.base.kept import today, value_digest
from extractor.base.processor import TooLongError, processor_limit
from extractor.base.storage import remove_unfinished
from extractor.model import ExampleStatus
from harness.base.errors import BlockedError, EngineError
from harness.judge.example import IMPORTS
from harness.judge.results import (
    Ruleset,
    blocked_result,
    result_of_printed,
    result_of_recording,
    result_without_run,
)
from harness.model import INTERRUPTED_REASON, Recording, ReportProblem
from harness.run.before import fragments_before, judge_base, name_before, only_before
from harness.run.cache import named_images
from harness.run.dates import cutoff_date
from harness.run.disk import LongTranscripts, Shared, trim, without_locks
from harness.run.kept_results import KeptResults
from harness.run.lookups import ImportLookups
from harness.run.observer import Observer, Silent, note_traceback
from harness.run.outcome import build_report
from harness.run.source import describe_source
from harness.run.texts import record_texts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractAsyncContextManager

    from extractor.model import Example
    from harness.config import Config
    from harness.model import ExampleResult, Report, Transcript
    from harness.run.connect import Connect
    from harness.run.plan import Plan
    from harness.run.recorder import OpenRecorder, Recorder

WORKERS = "workers"
"""What it is called in progress that other machines are asked what they lend."""


async def execute(
    plan: Plan,
    config: Config,
    connect: Connect,
    *,
    observer: Observer | None = None,
    stop: anyio.Event | None = None,
    elsewhere: OpenRecorder | None = None,
) -> Report:
    """Run and judge the selected examples.

    Args:
        plan: which examples.
        config: of the run.
        connect: opens the container engine; called only if something must really run.
        observer: is informed while the run goes on; None for nobody.
        stop: when it is set (Ctrl-C), results that are there are kept, and the rest is reported as blocked.
        elsewhere: opens what runs texts in place of this machine's engine.

    Returns:
        The report, in which nothing decides the exit code yet.
    """
    began, started, day = time.monotonic(), datetime.datetime.now(datetime.UTC), today()
    observer = observer or Silent()
    remove_unfinished(config.state)
    groups, before = plan.groups(), only_before(plan)
    for sentence in plan.unmatched:
        observer.note(f"warning: {sentence}")
    observer.planned(len(groups), sum(len(group) for group in groups.values()))
    copies = {digest: plan.copies(digest) for digest in groups}
    rules = Ruleset(config.profile, plan.bound, config.requirements)
    results: dict[str, ExampleResult] = {}
    recordings: dict[str, Callable[[], Recording]] = {}

    shared = Shared()

    def add(result: ExampleResult) -> None:
        result = results[result.id] = shared.of(result)
        observer.finished(result)

    def guarded(example: Example, judged: Callable[[], ExampleResult]) -> ExampleResult:
        """Return the result, or, if docprobe itself fails at it, one that says so: no example costs others theirs."""
        try:
            with processor_limit(config.limits.example_s):
                return judged()
        except TooLongError as error:
            reason = f"judging it {error} (hint: raise example-s in [limits], or skip the example)"
        except Exception as error:
            note_traceback(observer, error)
            reason = internal_error(error)
        return blocked_result(example, plan.copies(example.digest), reason)

    long = LongTranscripts(config.state.absolute())

    kept = None if config.no_cache else KeptResults(config.state / "results", rules)

    def judged_once(example: Example, recording: Recording, recorded: str | None, cached: bool) -> ExampleResult:
        same = copies[example.digest]
        judged = partial(result_of_recording, example, same, recording, rules, cached=cached)
        if kept is None or recorded is None:
            return judged()
        return replace(kept.result(example, same, recorded, recording.transcript, judged), cached=cached)

    def judge(digest: str, recording: Recording, recorded: str | None, cached: bool) -> None:
        if digest in before:
            observer.ended(name_before(before[digest][0]))
        judged = [
            guarded(example, partial(judged_once, example, recording, recorded, cached))
            for example in groups.get(digest, ())
        ]
        held = long.keep(recording)
        if plan.base is not None:
            recordings[digest] = held.whole
        for result in judged if config.lock is not None else map(without_locks, judged):
            if held.packed and result.transcript is not None:
                result = replace(result, transcript=None, packed=held.packed, whole_transcript=held.file)
            add(result)

    lookups = _import_lookups(plan, config, day=day)
    printed = {shown.example.id: shown.transcript for shown in plan.printed}
    for example in plan.examples:
        if example.status is not ExampleStatus.RUNNABLE:
            add(guarded(example, partial(_result_without_run, example, plan, printed, rules, kept)))
    every = {digest: plan.base.copies(digest) for digest in before} | copies if plan.base is not None else copies
    dates = {digest: cutoff_date(same, config.layout.drafts) for digest, same in every.items()}
    texts = {digest: (group[0], group[0].id) for digest, group in groups.items()}
    texts |= {digest: (group[0], name_before(group[0])) for digest, group in before.items()}
    reason = f"not run (hint: {BlockedError.NEXT_STEP})"
    try:
        async with anyio.create_task_group() as tasks:
            if stop is not None:
                tasks.start_soon(_cancel_on, stop, tasks.cancel_scope)
            with anyio.move_on_after(config.limits.check_s) as clock:
                reported = rules if config.trace else None
                record = partial(
                    record_texts, texts, dates, config, observer=observer, done=judge, lookups=lookups,
                    day=day, base=plan.base, rules=reported,
                )  # fmt: skip
                open_recorder = elsewhere or partial(_on_engine, connect)
                if not (texts or lookups) or not (elsewhere or named_images(config)):
                    await record(open_recorder=open_recorder)
                else:
                    # what workers lend, and what an image's name means, is asked before anything is taken for unchanged
                    async with open_recorder(config) as recorder:
                        lent = await recorder.lent(partial(observer.doing, WORKERS))
                        observer.ended(WORKERS)
                        await record(open_recorder=lambda _: nullcontext(recorder), lent=lent)
            if clock.cancelled_caught:
                cut = (
                    f"this run has taken {config.limits.check_s:g} s, docprobe's limit "
                    "(hint: raise check-s in [limits], or split the run with --shard)"
                )
                reason = f"not run: {cut}"
                lookups.give_up(cut)
            tasks.cancel_scope.cancel()
        if stop is not None and stop.is_set():
            reason = INTERRUPTED_REASON
    except* EngineError as errors:
        # there is one engine for all: what it kept from being run is blocked, with its message and hint
        reason = _first(errors).in_one_line()
        lookups.give_up(reason)
    for digest, group in groups.items():
        for example in group:
            if example.id not in results:
                result = blocked_result(example, copies[digest], reason)
                results[example.id] = result
                if not result.interrupted:
                    observer.finished(result)
    for example in plan.examples:
        if example.id in lookups.found:
            found = partial(result_without_run, example, rules, lookups.found[example.id])
            results[example.id] = guarded(example, found)
    in_order = (results[id] for id in sorted(example.id for example in plan.examples))
    affected = [result for result in in_order if plan.affects(result)]
    base = plan.base
    asked = config.requirements
    report = build_report(
        describe_source(config.docs, config.spec, config.host),
        affected,
        started,
        round(time.monotonic() - began, 3),
        config=config,
        plan=plan,
        base=None
        if base is None
        else judge_base(plan, base, affected, recordings, lookups.found, config, started.date(), guarded),
        requirements=[row for row in config.catalogue.requirements if not asked or row.id in asked],
    )
    removed = trim(config.state, config.limits.state_mib)
    if removed:
        remark = f"{removed} files that were not used for longest were removed from the state folder"
        limit = f"it is limited to {config.limits.state_mib} MiB (state-mib in [limits])"
        report = replace(report, problems=(*report.problems, ReportProblem(f"{remark}: {limit}")))
    return report


def _result_without_run(
    example: Example,
    plan: Plan,
    printed: Mapping[str, Transcript],
    rules: Ruleset,
    kept: KeptResults | None,
) -> ExampleResult:
    """Return the result of an example that is printed, or cannot or shall not run; ``printed`` by id."""
    if example.status is ExampleStatus.PRINTED:
        transcript, same = printed[example.id], plan.copies(example.digest)
        judged = partial(result_of_printed, example, transcript, same, rules)
        return judged() if kept is None else kept.result(example, same, value_digest(transcript), transcript, judged)
    return result_without_run(example, rules)


def _import_lookups(plan: Plan, config: Config, *, day: str) -> ImportLookups:
    """Return the lookups of the selected fragments' imports; none if that is not asked for."""
    asked = not config.requirements or IMPORTS in config.requirements
    fragments = [*(e for e in plan.examples if e.imports is not None), *fragments_before(plan)] if asked else []
    return ImportLookups(fragments, (e for e in plan.examples if e.bundle is not None), config, day=day)


def _first(group: BaseExceptionGroup[EngineError]) -> EngineError:
    """Return the first error of a group, which may hold groups."""
    first: BaseException = group
    while isinstance(first, BaseExceptionGroup):
        first = first.exceptions[0]
    assert isinstance(first, EngineError)
    return first


def _on_engine(connect: Connect, config: Config) -> AbstractAsyncContextManager[Recorder]:
    """Open what runs texts on the engine that ``connect`` opens."""
    # here, since a run whose conversations are all cached needs nothing of what talks to engines and examples
    from harness.run.recorder import on_engine

    return on_engine(connect, config)


async def _cancel_on(stop: anyio.Event, scope: anyio.CancelScope) -> None:
    await stop.wait()
    scope.cancel()
