"""The texts of a run, recorded: from the cache, or by running them. One that goes wrong costs no other its verdict."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

import anyio

from extractor.base.errors import internal_error
from extractor.base.processor import processor_limit
from harness.base.errors import DocprobeError
from harness.judge.results import exchanges_to_trace
from harness.model import Recording
from harness.run import cache
from harness.run.dates import last_commit_date
from harness.run.kept_results import rules_digest
from harness.run.locks import read_locks
from harness.run.observer import note_traceback
from harness.run.turns import Turns

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from extractor.model import Example
    from harness.config import Config
    from harness.judge.results import Ruleset
    from harness.model import Transcript
    from harness.run.lookups import ImportLookups
    from harness.run.observer import Observer
    from harness.run.plan import BasePlan
    from harness.run.recorder import OpenRecorder, Recorder
    from harness.run.turns import Turn


_IMPORTS: Final = "imports"
"""What looking up the imports of fragments is called while it goes on."""
_EARLIER: Final = " (seen earlier today; --no-cache tries it again)"


async def record_texts(
    texts: Mapping[str, tuple[Example, str]],
    dates: Mapping[str, str | None],
    config: Config,
    open_recorder: OpenRecorder,
    observer: Observer,
    done: Callable[[str, Recording, str | None, bool], None],
    lookups: ImportLookups,
    *,
    day: str,
    base: BasePlan | None = None,
    rules: Ruleset | None = None,
    lent: tuple[str, ...] = (),
) -> None:
    """Record every text: from the cache, or by running it. Look up the imports of fragments.

    Args:
        texts: of each text, by digest, one of its copies and what it is called while it runs.
        dates: cutoff of each text's dated packages, by digest.
        config: of the run.
        open_recorder: opens what runs texts; called only if something must really run.
        observer: is informed of progress.
        done: called for each text with its digest, its recording, the digest of that if it is stored, and whether it
            was cached; cached ones first.
        lookups: of the imports of fragments.
        day: today, ISO, UTC.
        base: of a change, the merge base.
        rules: what violates them is traced; None: nothing is.
        lent: from :meth:`harness.run.recorder.Recorder.lent`.
    """
    code, host_inputs = cache.conversation_digest(), cache.host_inputs_digest(config, lent)
    folder = config.state / "recordings"
    locks = read_locks(config.lock)
    keys = {
        digest: cache.key(
            example, config, date=dates[digest], day=day, code=code, host_inputs=host_inputs, locks=locks.get(digest)
        )
        for digest, (example, _) in texts.items()
    }
    waiting: list[str] = []
    untraced: dict[str, Recording] = {}
    chosen_by = rules_digest(rules) if rules is not None else ""
    for digest, (example, name) in texts.items():
        recording = None if config.no_cache else cache.load(folder, keys[digest])
        if recording is None:
            waiting.append(digest)
            continue
        if rules is not None and name == example.id and recording.asked_by != chosen_by and recording.transcript:
            # other rules may be violated by other exchanges than those that were traced
            if not _to_trace(example, config, rules, observer)(recording.transcript).keys() <= set(recording.asked):
                untraced[digest] = recording
                waiting.append(digest)
                continue
            _store(folder, keys[digest], replace(recording, asked_by=chosen_by), observer)
        if recording.blocked is not None:
            recording = replace(recording, blocked=f"{recording.blocked}{_EARLIER}")
        done(digest, recording, cache.content_digest(folder, keys[digest]), True)
    left = lookups.read_cache(code=code, host_inputs=host_inputs)
    if not waiting and not left:
        return

    async def run(recorder: Recorder, digest: str, turns: Turns) -> None:
        async with turns.next() as turn:
            example, name = texts[digest]
            reported = rules if name == example.id else None
            recording = await _record(
                recorder, example, name, config, observer,
                date=dates[digest], locks=locks.get(digest, {}), base=base, rules=reported, turn=turn,
            )  # fmt: skip
        if recording.blocked is not None and digest in untraced:
            return
        untraced.pop(digest, None)
        if reported is not None:
            recording = replace(recording, asked_by=chosen_by)
        recorded = None
        if recording.blocked is None or recording.lasting:
            recorded = _store(folder, keys[digest], recording, observer)
        done(digest, recording, recorded, False)

    async def look_up(recorder: Recorder, limiter: anyio.CapacityLimiter) -> None:
        await lookups.look_up_all(recorder, limiter, lambda text: observer.doing(_IMPORTS, text))
        observer.ended(_IMPORTS)

    try:
        async with open_recorder(config) as recorder, anyio.create_task_group() as tasks:
            turns = Turns(recorder.at_once)
            for digest in waiting:
                tasks.start_soon(run, recorder, digest, turns)
            if left:
                tasks.start_soon(look_up, recorder, turns.conversing)
    finally:
        # what could not be run once more to be traced has its verdict all the same
        for digest, recording in untraced.items():
            done(digest, recording, cache.content_digest(folder, keys[digest]), True)


def _store(folder: Path, key: str, recording: Recording, observer: Observer) -> str | None:
    """Store a recording, and return its digest; None if it cannot be stored."""
    try:
        cache.store(folder, key, recording)
    except DocprobeError as error:  # the verdict is reported all the same
        observer.note(error.in_one_line())
        return None
    return cache.content_digest(folder, key)


def _to_trace(
    example: Example, config: Config, rules: Ruleset | None, observer: Observer
) -> Callable[[Transcript], Mapping[int, int]]:
    """Return what tells the exchanges of a conversation that shall be traced, each with its control."""

    def to_trace(transcript: Transcript) -> Mapping[int, int]:
        if rules is None:
            return {}
        try:
            with processor_limit(config.limits.example_s):
                return exchanges_to_trace(example, transcript, rules)
        except Exception as error:  # it costs no verdict
            observer.note(f"{example.id}: not traced: {type(error).__name__}: {error}")
            return {}

    return to_trace


async def _record(
    recorder: Recorder,
    example: Example,
    name: str,
    config: Config,
    observer: Observer,
    *,
    date: str | None,
    locks: Mapping[str, str],
    base: BasePlan | None,
    rules: Ruleset | None,
    turn: Turn,
) -> Recording:
    """Record one text. What goes wrong in docprobe blocks this text, and costs no other its verdict.

    Args:
        recorder: what runs it.
        example: a copy of it.
        name: what it is called while it runs.
        config: of the run.
        observer: is informed of progress.
        date: cutoff of its dated packages.
        locks: of its packages.
        base: of a change, the merge base.
        rules: what violates them is traced; None: nothing is.
        turn: its own.
    """
    assert example.bundle is not None, "a runnable example has a bundle"
    bundle = replace(example.bundle, example_id=example.id)

    def progress(text: str) -> None:
        observer.doing(name, text)

    async def committed() -> str | None:
        # the same day before a change and after it: a letter that is edited today takes no older packages away
        origin = base.origin(example, is_before=name != example.id) if base is not None else None
        dated, commit = (example, None) if base is None or origin is None else (origin, base.since.base)
        find = partial(last_commit_date, dated, config.docs, config.host, commit, drafts=config.layout.drafts)
        return await anyio.to_thread.run_sync(find)

    asked: dict[int, int] = {}
    chosen = _to_trace(example, config, rules, observer)

    def to_trace(transcript: Transcript) -> Mapping[int, int]:
        asked.update(pairs := chosen(transcript))
        return pairs

    try:
        recording = await recorder.record(
            bundle, date=date, committed=committed, locks=locks, progress=progress, to_trace=to_trace,
            turn=turn,
        )  # fmt: skip
        return replace(recording, asked=tuple(sorted(asked)))
    except DocprobeError as error:  # such as a lock that is refused, or a full disk
        return Recording((), None, blocked=error.in_one_line())
    except Exception as error:
        note_traceback(observer, error)
        return Recording((), None, blocked=internal_error(error))
