"""A plan executed: examples run, judged and reported. Identical copies of a text run once."""

from __future__ import annotations

import datetime
import time
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import anyio

from extractor.base.kept import today
from extractor.base.storage import remove_unfinished
from harness.base.errors import BlockedError, EngineError
from harness.judge.example import IMPORTS
from harness.judge.findings import count
from harness.model import INTERRUPTED_REASON, ReportProblem
from harness.run.before import (
    fragments_before,
    judge_base,
    name_before,
    only_before,
    otherwise_before,
    settings_before,
)
from harness.run.cache import named_images
from harness.run.confirm import introduced, texts_of, with_second_run
from harness.run.dates import cutoff_date
from harness.run.disk import trim
from harness.run.lookups import ImportLookups
from harness.run.observer import Observer, Silent
from harness.run.outcome import build_report, conclude
from harness.run.run_results import RunResults
from harness.run.source import describe_source
from harness.run.texts import WantedTexts, record_texts
from harness.selection.changed import locks_before

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from contextlib import AbstractAsyncContextManager

    from extractor.model import Example
    from harness.baseline.file import Baseline
    from harness.config import Config
    from harness.model import Recording, Report
    from harness.run.connect import Connect
    from harness.run.plan import Plan
    from harness.run.recorder import OpenRecorder, Recorder

WORKERS = "workers"
"""Progress name of asking other machines what they provide."""


async def execute(
    plan: Plan,
    config: Config,
    connect: Connect,
    *,
    observer: Observer | None = None,
    stop: anyio.Event | None = None,
    elsewhere: OpenRecorder | None = None,
    baseline: Baseline | None = None,
) -> Report:
    """Run and judge the selected examples.

    Args:
        plan: which examples.
        config: of the run.
        connect: opens the container engine; called only if something must really run.
        observer: is informed while the run goes on; None for nobody.
        stop: when it is set (Ctrl-C), results that are there are kept, and the rest is reported as blocked.
        elsewhere: opens what runs texts in place of this machine's engine.
        baseline: by which the report is concluded. With one, what fails it and is new by the change is run once more.

    Returns:
        The report, in which nothing decides the exit code yet.
    """
    began, started, day = time.monotonic(), datetime.datetime.now(datetime.UTC), today()
    observer = observer or Silent()
    remove_unfinished(config.state)
    texts = _texts(plan, config)
    for sentence in plan.unmatched:
        observer.note(f"warning: {sentence}")
    groups = plan.groups()
    observer.planned(len(groups), sum(len(group) for group in groups.values()))
    results = RunResults(plan, config, observer)
    lookups = _import_lookups(plan, config, day=day)
    results.add_without_run()
    wanted = WantedTexts(
        texts, _dates(plan, config), config, observer, plan.base, rules=results.rules if config.trace else None
    )
    open_recorder = elsewhere or partial(_on_engine, connect)
    lends = elsewhere is not None or bool(named_images(config))

    async def record() -> None:
        await _record(wanted, results.add_recorded, lookups, open_recorder, day=day, lends=lends)
        if (then := _wanted_before(plan, config, observer)) is not None:
            nothing = ImportLookups((), (), config, day=day)
            await _record(then, results.add_before, nothing, open_recorder, day=day, lends=lends)

    results.block_missing(await _in_time(record, config, stop, lookups))
    results.add_lookups(lookups.found)
    affected = [result for result in results.in_order() if plan.affects(result)]
    base = None
    if plan.base is not None:
        base = judge_base(
            plan, plan.base, affected, results.recordings, lookups.found, config, started.date(), results.guarded
        )
    asked = config.requirements
    describe = partial(
        build_report,
        describe_source(config.docs, config.spec, config.host),
        started=started,
        config=config,
        plan=plan,
        base=base,
        requirements=[row for row in config.catalogue.requirements if not asked or row.id in asked],
    )
    report = describe(affected)
    new = introduced(conclude(report, baseline)) if baseline is not None and base is not None else frozenset()
    if twice := {digest: texts[digest] for digest in sorted(texts_of(report, new))}:
        examples = count(len(twice), "example")
        observer.note(f"running {examples} again, to confirm the findings that the change introduces")
        nothing = ImportLookups((), (), config, day=day)
        again = replace(wanted, texts=twice, rules=None, again=True)

        async def record_again() -> None:
            await _record(again, results.add_again, nothing, open_recorder, day=day, lends=lends)

        reason = await _in_time(record_again, config, stop, nothing, time.monotonic() - began)
        results.block_missing_again(twice, reason)
        second = [results.again.get(result.id, result) for result in affected]
        confirmed = introduced(conclude(describe(second), baseline))
        report = describe(with_second_run(affected, results.again, new, confirmed))
    report = replace(report, duration_s=round(time.monotonic() - began, 3))
    return _with_trimmed_state(report, config)


async def _record(
    wanted: WantedTexts,
    done: Callable[[str, Recording, str | None, bool], None],
    lookups: ImportLookups,
    open_recorder: OpenRecorder,
    *,
    day: str,
    lends: bool,
) -> None:
    """Record texts; ``lends`` is whether what they run on must be asked for first. Else as :func:`record_texts`."""
    record = partial(record_texts, wanted, done=done, lookups=lookups, day=day)
    if (wanted.texts or lookups) and lends:
        await _record_as_lent(record, open_recorder, wanted.config, wanted.observer)
    else:
        await record(open_recorder=open_recorder)


def _wanted_before(plan: Plan, config: Config, observer: Observer) -> WantedTexts | None:
    """Return the texts of the merge base to record as they ran then; None if none runs otherwise now."""
    groups = otherwise_before(plan, config)
    if plan.base is None or not groups:
        return None
    then = settings_before(config, plan.base)
    texts = {digest: (group[0], name_before(group[0])) for digest, group in groups.items()}
    dates = {digest: cutoff_date(plan.base.copies(digest), then.layout.drafts) for digest in groups}
    return WantedTexts(texts, dates, then, observer, plan.base, locks_before(config, plan.base.since.base))


def _texts(plan: Plan, config: Config) -> dict[str, tuple[Example, str]]:
    """Return the texts to record, by digest: an example of each, and what it is called while it runs."""
    texts = {digest: (group[0], group[0].id) for digest, group in plan.groups().items()}
    return texts | {digest: (group[0], name_before(group[0])) for digest, group in only_before(plan, config).items()}


def _dates(plan: Plan, config: Config) -> dict[str, str | None]:
    """Return the cutoff of each text's dated packages, by digest."""
    copies = {digest: plan.base.copies(digest) for digest in only_before(plan, config)} if plan.base is not None else {}
    copies |= {digest: plan.copies(digest) for digest in plan.groups()}
    return {digest: cutoff_date(same, config.layout.drafts) for digest, same in copies.items()}


async def _record_as_lent(
    record: Callable[..., Awaitable[None]], open_recorder: OpenRecorder, config: Config, observer: Observer
) -> None:
    """Record the texts, keyed by what workers lend and what an image's name means: that is asked before the cache."""
    async with open_recorder(config) as recorder:
        lent = await recorder.lent(partial(observer.doing, WORKERS))
        observer.ended(WORKERS)
        await record(open_recorder=lambda _: nullcontext(recorder), lent=lent)


async def _in_time(
    record: Callable[[], Awaitable[None]],
    config: Config,
    stop: anyio.Event | None,
    lookups: ImportLookups,
    spent_s: float = 0.0,
) -> str:
    """Wait until everything is recorded, at most ``check-s``; return why what has no result then was not run.

    Args:
        record: records it.
        config: of the run.
        stop: ends it earlier.
        lookups: that ``record`` does, too.
        spent_s: how much of ``check-s`` is gone.
    """
    reason = f"not run (hint: {BlockedError.NEXT_STEP})"
    try:
        async with anyio.create_task_group() as tasks:
            if stop is not None:
                tasks.start_soon(_cancel_on, stop, tasks.cancel_scope)
            with anyio.move_on_after(max(config.limits.check_s - spent_s, 0)) as clock:
                await record()
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
    return reason


def _with_trimmed_state(report: Report, config: Config) -> Report:
    """Remove what was not used for longest from a state folder over its limit; the report says so."""
    removed = trim(config.state, config.limits.state_mib)
    if not removed:
        return report
    remark = f"{count(removed, 'file')} removed from the state folder, least recently used first"
    limit = f"it is limited to {config.limits.state_mib} MiB (state-mib in [limits])"
    return replace(report, problems=(*report.problems, ReportProblem(f"{remark}: {limit}")))


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
