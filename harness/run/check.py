"""Wires the stages: docs in, report out. Findings come as they become known; identical copies run once."""

from __future__ import annotations

import datetime
import time
import traceback
from collections import defaultdict
from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import TYPE_CHECKING

import anyio

from extractor.base.files import remove_unfinished
from extractor.docs.corpus import extract
from extractor.examples.find import find_examples
from extractor.examples.ids import with_repeated_ids
from extractor.model import ExampleStatus
from harness.base.errors import DocprobeError, EngineError, NothingSelectedError
from harness.judge.printed import Printed, printed, result_of_printed
from harness.judge.results import blocked, gate_drift, listed, result_of, source_lines, unbound
from harness.model import ExampleResult, Recording, Report
from harness.run import cache
from harness.run.attempt import record
from harness.run.locks import read_locks
from harness.run.observer import Observer, Silent
from harness.run.source import describe_source, rules_root
from harness.selection.concerned import concern
from harness.selection.lost import lost
from harness.selection.select import in_shard, select, shard_names
from harness.spec.binding import bind, load_bindings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from extractor.model import Corpus, Example, Problem
    from harness.config import Config
    from harness.engine.protocol import Engine
    from harness.model import Lost
    from harness.selection.changed import Change
    from harness.spec.binding import Bound

    Connect = Callable[[Config], AbstractAsyncContextManager[Engine]]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run is about, before anything is started."""

    corpus: Corpus
    bound: Bound
    examples: tuple[Example, ...]
    """The selected ones, of every status."""
    found: tuple[Example, ...]
    """All there are: copies and dates do not depend on the selection."""
    printed: tuple[Printed, ...] = ()
    """What the pages print, by the same ids."""
    problems: tuple[Problem, ...] = ()
    """What was stepped over, where the run is about it: with a change, in the files that it touches."""
    lost: tuple[Lost, ...] = ()
    """What the change took from being checked."""

    @property
    def ids(self) -> frozenset[str]:
        """Ids of all examples of the docs, selected or not: what a baseline may name."""
        return frozenset(example.id for example in self.found)

    @property
    def pages(self) -> frozenset[str]:
        """Paths of all pages of the docs, and of what could not be read."""
        read = {page.path for page in self.corpus.pages}
        return frozenset(read | {problem.span.file for problem in self.corpus.problems})

    def groups(self) -> Mapping[str, tuple[Example, ...]]:
        """Runnable examples by digest: identical copies together, in order of id."""
        groups: dict[str, list[Example]] = defaultdict(list)
        for example in self.examples:
            if example.status is ExampleStatus.RUNNABLE:
                groups[example.digest].append(example)
        return {digest: tuple(sorted(group, key=lambda e: e.id)) for digest, group in groups.items()}

    def copies(self, digest: str) -> tuple[Example, ...]:
        """Every example with that text, selected or not, in order of id."""
        return tuple(sorted((e for e in self.found if e.digest == digest), key=lambda e: e.id))


def find(config: Config) -> tuple[Corpus, tuple[Example, ...]]:
    """The docs, extracted, and every example in them."""
    corpus = _extract(config.docs, config)
    found = find_examples(corpus, config.profile.code, config.overrides, config.python_packages)
    return with_repeated_ids(corpus, found), found


def _extract(root: Path, config: Config) -> Corpus:
    cached = None if config.no_cache else config.state / "pages"
    return extract(root, config.layout, jobs=config.jobs, cache=cached)


def plan(config: Config, *, since: Change | None = None) -> Plan:
    """Extract, bind and select.

    Args:
        config: of the run.
        since: narrow to what a change concerns; then the plan may be empty.

    Raises:
        UsageError: nothing selected, an unknown requirement, unreadable bindings.
    """
    for name in config.requirements:
        config.catalogue.requirement(name)
    corpus, found = find(config)
    shown = tuple(printed(corpus, config.profile))
    found = (*found, *(entry.example for entry in shown))
    catalogue = config.catalogue
    oracle = corpus if config.spec is None else _extract(config.spec, config)
    bound = bind(oracle.statements, load_bindings(config.bindings, catalogue), catalogue.requirements)
    if not found and corpus.problems:
        raise NothingSelectedError(
            f"no example was found, and {corpus.problems[0].span}: {corpus.problems[0].message}",
            "see that this user may read every page; all there is to say: docprobe examples DOCS",
        )
    chosen = select(found, config.select, config.revisions)
    todo = Plan(corpus, bound, chosen, found, shown, corpus.problems)
    if since is not None:
        todo = _narrowed(todo, since, config)
    return replace(todo, examples=tuple(e for e in todo.examples if in_shard(e.digest, config.shard)))


def _narrowed(todo: Plan, since: Change, config: Config) -> Plan:
    """The plan for what a change concerns."""
    told = concern(config, since, todo.bound)
    return replace(
        todo,
        examples=told.concerned(todo.examples),
        problems=tuple(problem for problem in todo.corpus.problems if problem.span.file in since.files),
        lost=lost(told.before, todo.found, _sources(todo.corpus), since, config),
    )


def _sources(corpus: Corpus) -> dict[str, str | None]:
    """Text of every page by its path; None for what could not be read."""
    unread = {problem.span.file: None for problem in corpus.problems}
    return {**unread, **{page.path: page.source for page in corpus.pages}}


def dated(group: Sequence[Example], config: Config) -> str | None:
    """The cutoff for a text's dated packages: a configured date, else the newest revision date of its copies."""
    forced = [example.resolve_date for example in group if example.resolve_date]
    if forced:
        return max(forced)
    dates = [e.revision for e in group if e.revision and e.revision not in config.layout.drafts]
    return max(dates, default=None)


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
            dates = {digest: dated(copies[digest], config) for digest in groups}
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
            *unbound(ordered, todo.bound),
            *(f"{problem.span}: {problem.message}" for problem in todo.problems),
        ),
        requirements=tuple(
            row for row in config.catalogue.requirements if not config.requirements or row.id in config.requirements
        ),
        sources=source_lines(todo.corpus, ordered),
        strict=config.strict,
        fail_on=config.fail_on,
        narrowed=config.changed_since is not None,
        lost=todo.lost,
        shards=shard_names(config.shard),
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
