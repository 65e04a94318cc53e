"""One distinct text: install, start, converse; with today's packages, and with those of its date if those fail."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from extractor.model import ExampleKind
from harness.base.errors import BlockedError, InstallError
from harness.base.machine_load import describe_overload
from harness.judge.start_failure import describe_start, port_held_by_service
from harness.model import LogLine, Recording, Resolve, Run, StartOutcome, Transcript
from harness.profile import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from extractor.model import Bundle
    from harness.config import Config
    from harness.engine.protocol import Engine, ExitState, Pod
    from harness.model import Image

LAST_LINES: Final = 30
"""Log lines kept of a run that did not serve."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One run and, if it served, what was said."""

    run: Run
    transcript: Transcript | None


async def record(
    engine: Engine,
    bundle: Bundle,
    config: Config,
    *,
    date: str | None,
    locks: Mapping[str, str],
    doing: Callable[[str], None],
) -> Recording:
    """Run a bundle as often as it takes to know it.

    Today's packages first (unless ``config.resolve`` is ``dated``); if it does not serve and ``date`` (ISO) is known,
    the packages of that date. ``locks`` gives, for ``today`` and ``dated``, a lock to replay instead of resolving.
    A reason of ours (engine, registry) ends it as ``blocked``.
    """
    plan: list[tuple[str, str | None]] = [("today", None)]
    if date is not None:
        plan = [("dated", date)] if config.resolve == "dated" else [*plan, ("dated", date)]
    runs: list[Run] = []
    for resolve, cutoff in plan:
        try:
            attempt = await _attempt(engine, bundle, config, resolve, cutoff, locks.get(resolve), doing)
        except BlockedError as error:
            return Recording(tuple(runs), None, blocked=error.in_one_line())
        runs.append(attempt.run)
        if attempt.transcript is not None:
            return Recording(tuple(runs), attempt.transcript)
    return Recording(tuple(runs), None)


async def _attempt(
    engine: Engine,
    bundle: Bundle,
    config: Config,
    resolve: str,
    cutoff: str | None,
    lock: str | None,
    doing: Callable[[str], None],
) -> Attempt:
    began = time.monotonic()

    def run(outcome: StartOutcome, how: str, logs: Sequence[LogLine], image: Image | None) -> Run:
        return Run(
            resolve=Resolve(resolve),
            date=cutoff,
            packages=dict(image.packages) if image else {},
            lock=image.lock if image else None,
            outcome=outcome,
            sentence=describe_start(outcome, how, logs),
            logs=() if outcome is StartOutcome.SERVING else tuple(line.since(began) for line in logs[-LAST_LINES:]),
            duration_s=round(time.monotonic() - began, 3),
        )

    names = ", ".join(str(dependency) for dependency in bundle.dependencies[:4]) or "nothing"
    doing(f"installing {names}" + (f" as of {cutoff}" if cutoff else ""))
    try:
        image = await engine.install(bundle, cutoff=cutoff, lock=lock, progress=doing)
    except InstallError as error:
        lines = tuple(LogLine(began, "stderr", text) for text in error.log)
        return Attempt(run(StartOutcome.INSTALL_FAILED, error.message, lines, None), None)
    if config.profile.probe_for is None:
        raise BlockedError(
            f"the profile {config.profile.name} has no probes", "nothing but extraction works for its examples yet"
        )
    probe = config.profile.probe_for(bundle)
    settings = Settings(config.protocol_revisions, timeout_s=config.timeout_s, start_s=config.limits.start_s)
    held = frozenset(service.port for service in probe.services)
    doing("starting")
    async with engine.pod(bundle, image, probe.services, progress=doing) as pod:
        if bundle.kind is ExampleKind.HTTP_SERVER:
            await pod.wait_listening(config.limits.start_s)
            if not pod.sockets():
                _refuse_to_blame(pod, held)
                _block_if_overloaded(pod, f"it did not listen within {config.limits.start_s:.0f} s")
                return Attempt(run(_ended(pod), _how(pod.exit_state()), probe.redact(pod.logs()), image), None)
        transcript = await probe.converse(pod, settings, doing)
        transcript = replace(transcript, packages=dict(image.packages))
        if not probe.serves(transcript):
            _refuse_to_blame(pod, held)
            if any(exchange.timed_out for exchange in transcript.exchanges):
                _block_if_overloaded(pod, probe.failure(transcript))
            state = pod.exit_state()
            outcome = StartOutcome.NO_INITIALIZE if state is None else _ended(pod)
            how = probe.failure(transcript) if state is None else _how(state)
            return Attempt(run(outcome, how, probe.redact(pod.logs()), image), None)
        return Attempt(run(StartOutcome.SERVING, "", (), image), transcript)


def _refuse_to_blame(pod: Pod, held: frozenset[int]) -> None:
    """A port that a service of ours holds is no fault of the docs: raises BlockedError."""
    port = port_held_by_service(pod.logs(), held, listens=bool(pod.sockets()))
    if port is not None:
        raise BlockedError(
            f"the example could not listen: docprobe's own service holds port {port} there",
            "if docprobe mistakes what it is or needs, say so above its block: kind=… or services=…",
        )


def _block_if_overloaded(pod: Pod, deadline: str) -> None:
    """Raise BlockedError if the example still runs and the machine is too busy for a deadline to decide anything."""
    overload = describe_overload() if pod.exit_state() is None else None
    if overload is not None:
        raise BlockedError(f"{deadline}; this machine was overloaded ({overload})", "run it again on a quieter machine")


def _ended(pod: Pod) -> StartOutcome:
    state = pod.exit_state()
    if state is None:
        return StartOutcome.NEVER_LISTENED
    return StartOutcome.KILLED if state.limit else StartOutcome.EXITED


def _how(state: ExitState | None) -> str:
    return state.sentence if state else ""
