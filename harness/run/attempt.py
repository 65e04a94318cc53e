"""One distinct text: install, start, converse; with today's packages, and with those of its date if those fail."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Final

import anyio

from extractor.model import ExampleKind, Note
from harness.base.errors import BlockedError, InstallError, LastingError, PodError, UnsuitableError
from harness.exchanges.recorder import task_group
from harness.judge.start_failure import describe_start
from harness.model import DateSource, LogLine, Recording, Resolve, Run, StartOutcome, Transcript
from harness.run.environment_faults import (
    block_if_limited,
    block_if_overloaded,
    block_if_port_is_held,
    out_of_time,
)
from harness.run.kept_types import types_of
from harness.run.listening_probe import ListeningProbe
from harness.run.start_results import (
    exit_text,
    how_it_serves,
    last_lines,
    observed_endpoint,
    other_versions,
    outcome_of,
    was_left_to_end,
    where_it_answered,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from extractor.model import Bundle
    from harness.config import Config
    from harness.engine.protocol import Engine, EnginePod
    from harness.model import Image, TypeCheck
    from harness.profile import Probe, Profile

END_KNOWN_S: Final = 1.0
"""Time within which the end of a process is known that closed its output."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One run, with the transcript if it served."""

    run: Run
    transcript: Transcript | None
    types: TypeCheck | None = None
    """Of a program that serves, if its language's types are checked apart."""


async def _no_wait() -> None:
    return


async def _left_alone(pod: EnginePod, probe: Probe, transcript: Transcript) -> None:
    return


@dataclass(frozen=True, slots=True)
class Watcher:
    """Callbacks during a conversation, while its pod exists. What they do does not change the recording."""

    installed: Callable[[], Awaitable[None]] = _no_wait
    """Awaited before the example is started, when its packages are there."""
    heard: Callable[[Transcript, Image], None] = lambda transcript, image: None
    """May be called with the conversation so far, while it goes on, and with what is installed."""
    served: Callable[[EnginePod, Probe, Transcript], Awaitable[None]] = _left_alone
    """Called after the whole conversation with an example that serves, with its pod and what held it."""
    is_followed: Callable[[], bool] = lambda: False
    """Whether another pod is likely to be wanted next."""


async def record(
    engine: Engine,
    bundle: Bundle,
    config: Config,
    *,
    date: str | None,
    locks: Mapping[str, str],
    progress: Callable[[str], None],
    committed: Callable[[], Awaitable[str | None]] | None = None,
    watcher: Watcher | None = None,
) -> Recording:
    """Run a bundle with today's packages, and if it does not serve with them, with those of its date.

    Args:
        engine: where to run it.
        bundle: the text.
        config: of the run; with ``resolve`` set to ``dated``, only the packages of the date are tried.
        date: cutoff of the dated packages, ISO; None if none is stated.
        locks: for ``today`` and ``dated``, a lock to use instead of resolving packages.
        progress: called when something begins.
        committed: asked only where no date is stated and one is needed; returns the day of the last commit that
            touched the example, or None.
        watcher: callbacks during the conversation with an example that serves; None for none.

    Returns:
        Every run, and the transcript of the one that served. Blocked if the engine, a registry or docprobe itself
        prevented an answer.
    """
    runs: list[Run] = []
    day: str | None = None
    for dated in (True,) if config.resolve is Resolve.DATED else (False, True):
        cutoff, source = date if dated else None, None
        if dated and date is None and committed is not None:
            cutoff = await committed()
            day, source = cutoff or "", DateSource.COMMIT if cutoff is not None else None
        if cutoff is None and runs:
            break
        resolve = Resolve.TODAY if cutoff is None else Resolve.DATED
        try:
            attempt = await _attempt(engine, bundle, config, resolve, cutoff, locks.get(resolve), progress, watcher)
        except BlockedError as error:
            lasting = isinstance(error, (UnsuitableError, LastingError))
            return Recording(tuple(runs), None, blocked=error.in_one_line(), lasting=lasting, commit_day=day)
        runs.append(replace(attempt.run, date_source=source))
        if attempt.transcript is not None:
            return Recording(tuple(runs), attempt.transcript, types=attempt.types, commit_day=day)
    return Recording(tuple(runs), None, commit_day=day)


async def _attempt(
    engine: Engine,
    bundle: Bundle,
    config: Config,
    resolve: Resolve,
    cutoff: str | None,
    lock: str | None,
    progress: Callable[[str], None],
    watcher: Watcher | None,
) -> Attempt:
    began = time.monotonic()
    names = ", ".join(str(dependency) for dependency in bundle.dependencies[:4]) or "nothing"
    progress(f"installing {names}" + (f" as of {cutoff}" if cutoff else ""))
    try:
        image = await engine.install(bundle, cutoff=cutoff, lock=lock, progress=progress)
    except InstallError as error:
        lines = tuple(LogLine(began, "stderr", text) for text in error.log)
        trial = _Trial(bundle, config, resolve, cutoff, began, None)
        return Attempt(trial.run(StartOutcome.INSTALL_FAILED, error.message, lines), None)
    watcher = watcher or Watcher()
    ready = time.monotonic()
    progress("waiting for its turn")
    await watcher.installed()
    progress("starting")
    # time spent waiting for other texts does not count
    trial = _Trial(bundle, config, resolve, cutoff, began + time.monotonic() - ready, image)
    started = anyio.Event()
    converse = partial(trial.converse, engine, image, progress, watcher, started)
    if (tool := bundle.type_check) is None:
        return await converse()
    return await _checked_beside(converse, started, partial(types_of, engine, bundle, tool, image, config, progress))


@dataclass(frozen=True, slots=True)
class _Trial:
    """One start of a bundle with one set of packages."""

    bundle: Bundle
    config: Config
    resolve: Resolve
    cutoff: str | None
    began: float
    """By the monotonic clock, in seconds."""
    image: Image | None
    """None if the packages could not be installed."""

    async def converse(
        self,
        engine: Engine,
        image: Image,
        progress: Callable[[str], None],
        watcher: Watcher,
        started: anyio.Event,
    ) -> Attempt:
        """Start the example and converse with it; ``started`` is set once it can be conversed with.

        Raises:
            BlockedError: docprobe itself, or the machine it runs on, prevented a result.
        """
        bundle, limits = self.bundle, self.config.limits
        probe = make_probe(bundle, self.config.profile)
        held = frozenset(service.port for service in probe.services)
        async with engine.pod(bundle, image, probe.services, followed=watcher.is_followed(), progress=progress) as pod:

            def failed(outcome: StartOutcome, how: str, guesses: tuple[Note, ...] = ()) -> Attempt:
                return Attempt(self.run(outcome, how, probe.redact(pod.logs()), guesses), None)

            if (state := pod.exit_state()) is not None and state.during == "build":
                block_if_limited(state)
                return failed(outcome_of(state), exit_text(state))
            try:
                with anyio.move_on_after(limits.example_s) as clock:
                    if bundle.kind is ExampleKind.HTTP_SERVER:
                        await pod.wait_listening(limits.start_s)
                        if not pod.sockets():
                            block_if_port_is_held(pod, held)
                            block_if_overloaded(pod, f"it did not listen within {limits.start_s:.0f} s")
                            return failed(outcome_of(pod.exit_state()), exit_text(pod.exit_state()))
                    started.set()
                    settings = replace(self.config.probe_settings, heard=lambda so_far: watcher.heard(so_far, image))
                    transcript = await probe.converse(pod, settings, progress)
            except PodError:
                # nothing can be written to an example that has ended: its end is the result
                if (state := pod.exit_state()) is None:
                    raise
                return failed(outcome_of(state), exit_text(state))
            if clock.cancelled_caught:
                raise out_of_time(limits.example_s)
            transcript = replace(transcript, packages=dict(image.packages))
            if probe.serves(transcript):
                attempt = Attempt(self.run(StartOutcome.SERVING, how_it_serves(transcript), ()), transcript)
                await watcher.served(pod, probe, transcript)
                return attempt
            block_if_port_is_held(pod, held)
            if bundle.kind is ExampleKind.CLIENT or any(exchange.timed_out for exchange in transcript.exchanges):
                block_if_overloaded(pod, probe.failure(transcript))
            # one that has just died is not yet known to have ended
            state = pod.exit_state() or (None if pod.sockets() else await pod.wait_exit(END_KNOWN_S))
            if state is None or was_left_to_end(bundle, transcript):
                how = probe.failure(transcript) + where_it_answered(transcript, bundle)
                attempt = failed(self.config.profile.serving.outcome, how, transcript.facts.guesses)
            else:
                attempt = failed(outcome_of(state), exit_text(state))
            return replace(attempt, run=replace(attempt.run, endpoint=observed_endpoint(transcript)))

    def run(self, outcome: StartOutcome, how: str, logs: Sequence[LogLine], guesses: tuple[Note, ...] = ()) -> Run:
        """Return what came of it."""
        image = self.image
        last = tuple(line.since(self.began) for line in last_lines(logs))
        return Run(
            resolve=self.resolve,
            date=self.cutoff,
            packages=dict(image.packages) if image else {},
            tools=dict(image.tools) if image else {},
            lock=image.lock if image else None,
            outcome=outcome,
            sentence=describe_start(outcome, how, logs, self.config.profile.serving, self.bundle.kind),
            logs=() if outcome is StartOutcome.SERVING else last,
            duration_s=round(time.monotonic() - self.began, 3),
            guesses=guesses + other_versions(image, self.bundle),
            refused=image.refused if image else (),
        )


async def _checked_beside(
    converse: Callable[[], Awaitable[Attempt]], started: anyio.Event, check: Callable[[], Awaitable[TypeCheck]]
) -> Attempt:
    """Check types in a pod of their own while the example is conversed with; what does not serve needs no check.

    The check waits until the example has ``started``: that needs the processors, and a conversation waits often.
    """
    types: list[TypeCheck] = []

    async def run_check() -> None:
        await started.wait()
        types.append(await check())

    async with task_group() as tasks:
        tasks.start_soon(run_check)
        attempt = await converse()
        if attempt.transcript is None:
            tasks.cancel_scope.cancel()
    return attempt if attempt.transcript is None else replace(attempt, types=types[0])


def make_probe(bundle: Bundle, profile: Profile) -> Probe:
    """Return the probe for a bundle: the profile's, else one that asks nothing.

    Raises:
        BlockedError: the profile has no probe for it, and nothing general can be said of its kind.
    """
    return profile.probe_for(bundle) or ListeningProbe(bundle)
