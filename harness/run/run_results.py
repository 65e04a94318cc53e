"""The results of a run, judged as its recordings come in. A failure of docprobe at one costs no other its result."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from extractor.base.errors import internal_error
from extractor.base.kept import value_digest
from extractor.base.processor import TooLongError, processor_limit
from extractor.model import ExampleStatus
from harness.judge.results import (
    Ruleset,
    blocked_result,
    result_of_printed,
    result_of_recording,
    result_without_run,
)
from harness.run.before import name_before, only_before, otherwise_before
from harness.run.disk import LongTranscripts, Shared, without_locks
from harness.run.kept_results import KeptResults
from harness.run.observer import note_traceback

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from extractor.model import Example
    from harness.config import Config
    from harness.model import ExampleResult, Lookup, Recording
    from harness.run.observer import Observer
    from harness.run.plan import Plan


class RunResults:
    """The results of the selected examples, each as soon as it is known. Mutable: a run adds to it."""

    def __init__(self, plan: Plan, config: Config, observer: Observer) -> None:
        """Begin with no results; ``observer`` is informed of each."""
        self._plan = plan
        self._config = config
        self._observer = observer
        self._groups, self._otherwise = plan.groups(), otherwise_before(plan, config)
        self._before = {**only_before(plan, config), **self._otherwise}
        self._copies = {digest: plan.copies(digest) for digest in self._groups}
        self._printed = {shown.example.id: shown.transcript for shown in plan.printed}
        self.rules = Ruleset(config.profile, plan.bound, config.requirements)
        """What the examples are judged by."""
        self.recordings: dict[str, Callable[[], Recording]] = {}
        """Of a change: of each text, by digest, what gives all that was recorded of it as it ran at the merge base."""
        self.again: dict[str, ExampleResult] = {}
        """Results of a second run, by id of the example."""
        self._kept = None if config.no_cache else KeptResults(config.state / "results", self.rules)
        self._long = LongTranscripts(config.state.absolute())
        self._shared = Shared()
        self._results: dict[str, ExampleResult] = {}

    def in_order(self) -> list[ExampleResult]:
        """Return the results, in order of id."""
        return [self._results[id] for id in sorted(self._results)]

    def add_without_run(self) -> None:
        """Add the results of the examples that are printed, or cannot or shall not run."""
        for example in self._plan.examples:
            if example.status is not ExampleStatus.RUNNABLE:
                self._add(self.guarded(example, partial(self._without_run, example)))

    def add_recorded(self, digest: str, recording: Recording, recorded: str | None, cached: bool) -> None:
        """Add the results of a text: of each of its selected copies.

        Args:
            digest: of the text.
            recording: of it.
            recorded: digest of the recording; None if it is not stored.
            cached: whether it is from an earlier run.
        """
        if digest in self._before and digest not in self._otherwise:
            self._observer.ended(name_before(self._before[digest][0]))
        judged = [
            self.guarded(example, partial(self._judged, example, recording, recorded, cached))
            for example in self._groups.get(digest, ())
        ]
        held = self._long.keep(recording)
        if self._plan.base is not None and digest not in self._otherwise:
            self.recordings[digest] = held.whole
        for result in judged if self._config.lock is not None else map(without_locks, judged):
            if held.packed and result.transcript is not None:
                result = replace(result, transcript=None, packed=held.packed, whole_transcript=held.file)
            self._add(result)

    def add_before(self, digest: str, recording: Recording, recorded: str | None, cached: bool) -> None:
        """Add what was recorded of a text as it ran at the merge base; arguments as for :meth:`add_recorded`."""
        self._observer.ended(name_before(self._before[digest][0]))
        self.recordings[digest] = self._long.keep(recording).whole

    def add_again(self, digest: str, recording: Recording, recorded: str | None, cached: bool) -> None:
        """Add what a second run of a text gives to :attr:`again`; arguments as for :meth:`add_recorded`."""
        group = self._groups[digest]
        for example in group:
            judged = self.guarded(example, partial(self._judged, example, recording, recorded, cached))
            # nothing of a second run is shown but its findings
            self.again[example.id] = self._shared.of(replace(judged, transcript=None))
        self._observer.ended(group[0].id)

    def block_missing_again(self, digests: Iterable[str], reason: str) -> None:
        """Add the examples of some texts that have no result of a second run to :attr:`again`, with the reason."""
        for digest in digests:
            for example in self._groups[digest]:
                self.again.setdefault(example.id, blocked_result(example, self._copies[digest], reason))

    def add_lookups(self, found: Mapping[str, tuple[Lookup, ...]]) -> None:
        """Judge the imports of fragments by what was looked up, by id of the example."""
        for example in self._plan.examples:
            if example.id in found:
                judged = partial(result_without_run, example, self.rules, found[example.id])
                self._results[example.id] = self.guarded(example, judged)

    def block_missing(self, reason: str) -> None:
        """Add the examples that should have run and have no result, with the reason."""
        for digest, group in self._groups.items():
            for example in group:
                if example.id not in self._results:
                    result = blocked_result(example, self._copies[digest], reason)
                    self._results[example.id] = result
                    if not result.interrupted:
                        self._observer.finished(result)

    def guarded(self, example: Example, judged: Callable[[], ExampleResult]) -> ExampleResult:
        """Return the result, or, if docprobe itself fails at it, one that says so: no example costs others theirs."""
        try:
            with processor_limit(self._config.limits.example_s):
                return judged()
        except TooLongError as error:
            reason = f"judging it {error} (hint: raise example-s in [limits], or skip the example)"
        except Exception as error:
            note_traceback(self._observer, error)
            reason = internal_error(error)
        return blocked_result(example, self._plan.copies(example.digest), reason)

    def _add(self, result: ExampleResult) -> None:
        result = self._results[result.id] = self._shared.of(result)
        self._observer.finished(result)

    def _judged(self, example: Example, recording: Recording, recorded: str | None, cached: bool) -> ExampleResult:
        same = self._copies[example.digest]
        judged = partial(result_of_recording, example, same, recording, self.rules, cached=cached)
        if self._kept is None or recorded is None:
            return judged()
        return replace(self._kept.result(example, same, recorded, recording.transcript, judged), cached=cached)

    def _without_run(self, example: Example) -> ExampleResult:
        if example.status is not ExampleStatus.PRINTED:
            return result_without_run(example, self.rules)
        transcript, same = self._printed[example.id], self._plan.copies(example.digest)
        judged = partial(result_of_printed, example, transcript, same, self.rules)
        if self._kept is None:
            return judged()
        return self._kept.result(example, same, value_digest(transcript), transcript, judged)
