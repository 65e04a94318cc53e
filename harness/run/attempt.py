"""One distinct text: install, start, converse; with today's packages, and with those of its date if those fail."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import anyio

from extractor.model import ExampleKind, Manager, Note, NoteKind, Origin
from harness.base.errors import BlockedError, InstallError, LastingError, PodError, UnsuitableError
from harness.base.host import describe_overload
from harness.exchanges.recorder import task_group
from harness.judge.start_failure import describe_start, port_held_by_service
from harness.model import DateSource, LogLine, Recording, Resolve, Run, StartOutcome, Transcript
from harness.run.kept_types import types_of
from harness.run.listening_probe import ListeningProbe

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from extractor.model import Bundle
    from harness.config import Config
    from harness.engine.protocol import Engine, EnginePod, ExitState, Pod
    from harness.model import Image, TypeCheck
    from harness.profile import Probe, Profile

END_KNOWN_S: Final = 1.0
"""Time within which the end of a process is known that closed its output."""
_NOT_FOUND: Final = (404, 405)
LAST_LINES: Final = 30
"""Log lines kept of a run that did not serve."""


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
    converse = partial(trial.converse, engine, image, progress, watcher)
    if (tool := bundle.type_check) is None:
        return await converse()
    return await _checked_beside(converse, partial(types_of, engine, bundle, tool, image, config, progress))


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
    ) -> Attempt:
        """Start the example and converse with it.

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
                _block_if_limited(state)
                return failed(_outcome(state), _exit_text(state))
            try:
                with anyio.move_on_after(limits.example_s) as clock:
                    if bundle.kind is ExampleKind.HTTP_SERVER:
                        await pod.wait_listening(limits.start_s)
                        if not pod.sockets():
                            _block_if_port_is_held(pod, held)
                            _block_if_overloaded(pod, f"it did not listen within {limits.start_s:.0f} s")
                            return failed(_outcome(pod.exit_state()), _exit_text(pod.exit_state()))
                    settings = replace(self.config.probe_settings, heard=lambda so_far: watcher.heard(so_far, image))
                    transcript = await probe.converse(pod, settings, progress)
            except PodError:
                # nothing can be written to an example that has ended: its end is the result
                if (state := pod.exit_state()) is None:
                    raise
                return failed(_outcome(state), _exit_text(state))
            if clock.cancelled_caught:
                kind = LastingError if describe_overload() is None else BlockedError
                raise kind(
                    f"start and conversation took more than {limits.example_s:g} s, docprobe's limit",
                    "raise example-s in [limits] if the example needs that long",
                )
            transcript = replace(transcript, packages=dict(image.packages))
            if probe.serves(transcript):
                attempt = Attempt(self.run(StartOutcome.SERVING, _how_it_serves(transcript), ()), transcript)
                await watcher.served(pod, probe, transcript)
                return attempt
            _block_if_port_is_held(pod, held)
            if bundle.kind is ExampleKind.CLIENT or any(exchange.timed_out for exchange in transcript.exchanges):
                _block_if_overloaded(pod, probe.failure(transcript))
            # one that has just died is not yet known to have ended
            state = pod.exit_state() or (None if pod.sockets() else await pod.wait_exit(END_KNOWN_S))
            if state is None or _was_left_to_end(bundle, transcript):
                how = probe.failure(transcript) + _where_it_answered(transcript, bundle)
                attempt = failed(self.config.profile.serving.outcome, how, transcript.facts.guesses)
            else:
                attempt = failed(_outcome(state), _exit_text(state))
            return replace(attempt, run=replace(attempt.run, endpoint=_observed_endpoint(transcript)))

    def run(self, outcome: StartOutcome, how: str, logs: Sequence[LogLine], guesses: tuple[Note, ...] = ()) -> Run:
        """Return what came of it."""
        image = self.image
        last = tuple(line.since(self.began) for line in logs[-LAST_LINES:])
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
            guesses=guesses + _other_versions(image, self.bundle),
            refused=image.refused if image else (),
        )


async def _checked_beside(
    converse: Callable[[], Awaitable[Attempt]], check: Callable[[], Awaitable[TypeCheck]]
) -> Attempt:
    """Check types in a pod of their own while the example is conversed with; what does not serve needs no check."""
    types: list[TypeCheck] = []

    async def run_check() -> None:
        types.append(await check())

    async with task_group() as tasks:
        tasks.start_soon(run_check)
        attempt = await converse()
        if attempt.transcript is None:
            tasks.cancel_scope.cancel()
    return attempt if attempt.transcript is None else replace(attempt, types=types[0])


def _was_left_to_end(bundle: Bundle, transcript: Transcript) -> bool:
    """Whether a program ended because docprobe ended its input: it had answered, or was waited for in vain."""
    return bundle.kind is ExampleKind.STDIO_SERVER and any(
        exchange.reply is not None or exchange.timed_out for exchange in transcript.exchanges
    )


def _observed_endpoint(transcript: Transcript) -> str | None:
    """Return where a first request was answered as it should be; None if a later one was not found there.

    The path may then be a wrong one: there are servers that answer a first request at any.
    """
    if not transcript.negotiated or not transcript.endpoint:
        return None
    parts = urlsplit(transcript.endpoint)
    target = f"{parts.path}?{parts.query}" if parts.query else parts.path
    posted = (e for e in transcript.exchanges if e.method == "POST" and e.target == target)
    return None if any(e.status in _NOT_FOUND for e in posted) else transcript.endpoint


def _where_it_answered(transcript: Transcript, bundle: Bundle) -> str:
    """Return where a first request was answered, as words to be added, if the page does not state it."""
    found = _observed_endpoint(transcript)
    if found is None or bundle.stated_endpoints or bundle.endpoint_paths:
        return ""
    return f" (a first request was answered at {found})"


def _other_versions(image: Image | None, bundle: Bundle) -> tuple[Note, ...]:
    """Return why packages have other versions than the page asks for: nothing of that is the page's.

    Maven's are those whose date is not known; all others were decided by the version of docprobe's own interpreter.
    """
    remarks = image.remarks if image else ()
    kind = NoteKind.DEPENDENCY if bundle.manager is Manager.MAVEN else NoteKind.INTERPRETER
    return tuple(Note(kind, Origin.INFERRED, detail=f": {remark}") for remark in remarks)


def _how_it_serves(transcript: Transcript) -> str:
    """Return what is known of an example of which nothing was asked; empty for one that was conversed with."""
    if transcript.exchanges or not transcript.sockets:
        return ""
    return f"it starts and listens on port {transcript.sockets[0].port}; docprobe sends it no requests"


def make_probe(bundle: Bundle, profile: Profile) -> Probe:
    """Return the probe for a bundle: the profile's, else one that asks nothing.

    Raises:
        BlockedError: the profile has no probe for it, and nothing general can be said of its kind.
    """
    return profile.probe_for(bundle) or ListeningProbe(bundle)


def _block_if_port_is_held(pod: Pod, held: frozenset[int]) -> None:
    """Raise LastingError if the example could not have a port because a service of docprobe holds it."""
    port = port_held_by_service(pod.logs(), held, listens=bool(pod.sockets()))
    if port is not None:
        raise LastingError(
            f"the example could not listen: docprobe's own service holds port {port} there",
            "if its kind or services are inferred wrongly, set them in a directive above the block: kind=…, services=…",
        )


def _block_if_overloaded(pod: Pod, deadline: str) -> None:
    """Raise BlockedError if the example still runs and the machine is too busy for a deadline to decide anything."""
    overload = describe_overload() if pod.exit_state() is None else None
    if overload is not None:
        raise BlockedError(f"{deadline}; this machine was overloaded ({overload})", "run it again on a quieter machine")


_RAISED: Final = {"memory_mib": "build-memory-mib", "log_bytes": "log-bytes"}
"""The key in ``[limits]`` of a build step's limit, where it is not called as the limit is."""


def _block_if_limited(state: ExitState) -> None:
    """Raise BlockedError if a limit of docprobe's ended a build step: what a compiler needs is not the page's fault."""
    if state.limit is not None:
        key = _RAISED.get(state.limit, state.limit.replace("_", "-"))
        is_busy = state.limit == "build_s" and describe_overload() is not None
        kind = BlockedError if is_busy else LastingError
        raise kind(f"{state.sentence}, docprobe's limit", f"raise {key} in [limits]")


def _outcome(state: ExitState | None) -> StartOutcome:
    """Return how the start of an example ended that did not listen, by how its process ended, if it did."""
    if state is None:
        return StartOutcome.NEVER_LISTENED
    if state.during == "build":
        return StartOutcome.BUILD_FAILED
    return StartOutcome.KILLED if state.limit else StartOutcome.EXITED


def _exit_text(state: ExitState | None) -> str:
    return state.sentence if state else ""
