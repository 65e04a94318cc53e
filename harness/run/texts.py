"""The texts of a run, recorded: from the cache, or by running them. One that goes wrong costs no other its verdict."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Final, TypeAlias

import anyio

from extractor.base.errors import internal_error
from extractor.base.processor import processor_limit
from harness.base.errors import DocprobeError
from harness.base.lock_file import read_locks
from harness.judge.results import exchanges_to_trace
from harness.model import Recording
from harness.run import cache
from harness.run.dates import last_commit_date
from harness.run.kept_results import rules_digest
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

Done: TypeAlias = "Callable[[str, Recording, str | None, bool], None]"
"""Called for each text with its digest, its recording, the digest of the recording if it is stored, and whether it was
cached."""
_IMPORTS: Final = "imports"
"""What looking up the imports of fragments is called while it goes on."""
_EARLIER: Final = " (seen earlier today; --no-cache tries it again)"


@dataclass(frozen=True, slots=True)
class WantedTexts:
    """The texts that a run needs recordings of, and what decides how they are recorded."""

    texts: Mapping[str, tuple[Example, str]]
    """Of each text, by digest, one of its copies and what it is called while it runs."""
    dates: Mapping[str, str | None]
    """Cutoff of each text's dated packages, by digest."""
    config: Config
    """Of the run."""
    observer: Observer
    """Is informed of progress."""
    base: BasePlan | None = None
    """Of a change, the merge base."""
    locks: Mapping[str, Mapping[str, str]] | None = None
    """Packages to replay, by digest and then by ``today`` or ``dated``; None: those of the lock file."""
    rules: Ruleset | None = None
    """What violates them is traced; None: nothing is."""
    again: bool = False
    """Whether each was run before, and this is to show whether it does the same once more."""

    def rules_for(self, digest: str) -> Ruleset | None:
        """Return the rules that decide what of a text is traced; None for one that is only compared with."""
        example, name = self.texts[digest]
        return self.rules if name == example.id else None

    def to_trace(self, digest: str) -> Callable[[Transcript], Mapping[int, int]]:
        """Return what tells the exchanges of a conversation that shall be traced, each with its control."""
        example, rules = self.texts[digest][0], self.rules_for(digest)

        def to_trace(transcript: Transcript) -> Mapping[int, int]:
            if rules is None:
                return {}
            try:
                with processor_limit(self.config.limits.example_s):
                    return exchanges_to_trace(example, transcript, rules)
            except Exception as error:  # it costs no verdict
                self.observer.note(f"{example.id}: not traced: {type(error).__name__}: {error}")
                return {}

        return to_trace


async def record_texts(
    wanted: WantedTexts,
    open_recorder: OpenRecorder,
    done: Done,
    lookups: ImportLookups,
    *,
    day: str,
    lent: tuple[str, ...] = (),
) -> None:
    """Record every text: from the cache, or by running it. Look up the imports of fragments.

    Args:
        wanted: the texts.
        open_recorder: opens what runs texts; called only if something must really run.
        done: called for each text; for cached ones first.
        lookups: of the imports of fragments.
        day: today, ISO, UTC.
        lent: from :meth:`harness.run.recorder.Recorder.lent`.
    """
    config, observer = wanted.config, wanted.observer
    code, host_inputs = cache.conversation_digest(), cache.host_inputs_digest(config, lent)
    locks = read_locks(config.lock) if wanted.locks is None else wanted.locks
    keys = {
        digest: cache.key(
            example, config, date=wanted.dates[digest], day=day, code=code, host_inputs=host_inputs,
            locks=locks.get(digest), again=wanted.again,
        )
        for digest, (example, _) in wanted.texts.items()
    }  # fmt: skip
    stored = _Stored(wanted, config.state / "recordings", keys)
    waiting, untraced = await _report_cached(wanted, stored, done)
    left = lookups.read_cache(code=code, host_inputs=host_inputs)
    if not waiting and not left:
        return

    async def run(recorder: Recorder, digest: str, turns: Turns) -> None:
        async with turns.next() as turn:
            recording = await _record(recorder, wanted, digest, locks.get(digest, {}), turn)
        if recording.blocked is not None and digest in untraced:
            return
        untraced.pop(digest, None)
        recording = stored.marked(digest, recording)
        recorded = stored.store(digest, recording) if recording.blocked is None or recording.lasting else None
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
                tasks.start_soon(look_up, recorder, turns.looking_up)
    finally:
        # what could not be run once more to be traced has its verdict all the same
        for digest, recording in untraced.items():
            done(digest, recording, stored.content_digest(digest), True)


async def _report_cached(wanted: WantedTexts, stored: _Stored, done: Done) -> tuple[list[str], dict[str, Recording]]:
    """Report the texts that need not be run.

    Returns:
        Digests of the texts to run; and, of those of them that only have to be traced, what is cached.
    """
    waiting: list[str] = []
    untraced: dict[str, Recording] = {}
    for digest in wanted.texts:
        recording = stored.load(digest)
        if recording is None or await _is_of_another_day(wanted, digest, recording):
            waiting.append(digest)
        elif not stored.is_traced(digest, recording):
            untraced[digest] = recording
            waiting.append(digest)
        else:
            stored.confirm(digest, recording)
            if recording.blocked is not None:
                recording = replace(recording, blocked=f"{recording.blocked}{_EARLIER}")
            done(digest, recording, stored.content_digest(digest), True)
    return waiting, untraced


class _Stored:
    """The recordings of a run's texts in the cache."""

    def __init__(self, wanted: WantedTexts, folder: Path, keys: Mapping[str, str]) -> None:
        """``keys`` of the cache, by digest of the text."""
        self._wanted = wanted
        self._folder = folder
        self._keys = keys
        self._chosen_by = rules_digest(wanted.rules) if wanted.rules is not None else ""

    def load(self, digest: str) -> Recording | None:
        """Return the recording of a text; None if there is none that may be used."""
        return None if self._wanted.config.no_cache else cache.load(self._folder, self._keys[digest])

    def is_traced(self, digest: str, recording: Recording) -> bool:
        """Return whether everything is traced that the rules of this run want traced.

        Other rules may be violated by other exchanges than those that were traced.
        """
        if not self._others_chose(digest, recording) or recording.transcript is None:
            return True
        return self._wanted.to_trace(digest)(recording.transcript).keys() <= set(recording.asked)

    def confirm(self, digest: str, recording: Recording) -> None:
        """Store that what is traced is what the rules of this run want traced, if other rules chose it."""
        if self._others_chose(digest, recording):
            self.store(digest, self.marked(digest, recording))

    def _others_chose(self, digest: str, recording: Recording) -> bool:
        """Return whether what is traced of a conversation was chosen by other rules than those of this run."""
        has_choice = self._wanted.rules_for(digest) is not None and recording.transcript is not None
        return has_choice and recording.asked_by != self._chosen_by

    def marked(self, digest: str, recording: Recording) -> Recording:
        """Return the recording with the rules that chose what of it is traced."""
        return recording if self._wanted.rules_for(digest) is None else replace(recording, asked_by=self._chosen_by)

    def store(self, digest: str, recording: Recording) -> str | None:
        """Store a recording, and return its digest; None if it cannot be stored."""
        try:
            cache.store(self._folder, self._keys[digest], recording)
        except DocprobeError as error:  # the verdict is reported all the same
            self._wanted.observer.note(error.in_one_line())
            return None
        return self.content_digest(digest)

    def content_digest(self, digest: str) -> str | None:
        """Return the digest of what is stored of a text; None if nothing is."""
        return cache.content_digest(self._folder, self._keys[digest])


async def _record(
    recorder: Recorder, wanted: WantedTexts, digest: str, locks: Mapping[str, str], turn: Turn
) -> Recording:
    """Record one text. What goes wrong in docprobe blocks this text, and costs no other its verdict.

    Args:
        recorder: what runs it.
        wanted: the texts of the run.
        digest: of this one.
        locks: of its packages.
        turn: its own.
    """
    example, name = wanted.texts[digest]
    assert example.bundle is not None, "a runnable example has a bundle"
    bundle = replace(example.bundle, example_id=example.id)
    asked: dict[int, int] = {}
    chosen = wanted.to_trace(digest)

    def progress(text: str) -> None:
        wanted.observer.doing(name, text)

    def to_trace(transcript: Transcript) -> Mapping[int, int]:
        asked.update(pairs := chosen(transcript))
        return pairs

    try:
        recording = await recorder.record(
            bundle, date=wanted.dates[digest], committed=partial(_committed, wanted, example, name), locks=locks,
            progress=progress, to_trace=to_trace, turn=turn,
        )  # fmt: skip
        return replace(recording, asked=tuple(sorted(asked)))
    except DocprobeError as error:  # such as a lock that is refused, or a full disk
        return Recording((), None, blocked=error.in_one_line())
    except Exception as error:
        note_traceback(wanted.observer, error)
        return Recording((), None, blocked=internal_error(error))


async def _is_of_another_day(wanted: WantedTexts, digest: str, recording: Recording) -> bool:
    """Return whether packages of another day would be tried now than when a text was recorded."""
    if recording.commit_day is None:
        return False
    return recording.commit_day != (await _committed(wanted, *wanted.texts[digest]) or "")


async def _committed(wanted: WantedTexts, example: Example, name: str) -> str | None:
    """Return the day of the last commit that touched an example; None if that is not known.

    The same day before a change and after it: a letter that is edited today takes no older packages away.
    """
    base, config = wanted.base, wanted.config
    origin = base.origin(example, is_before=name != example.id) if base is not None else None
    dated, commit = (example, None) if base is None or origin is None else (origin, base.since.base)
    find = partial(last_commit_date, dated, config.docs, config.host, commit, drafts=config.layout.drafts)
    return await anyio.to_thread.run_sync(find)
