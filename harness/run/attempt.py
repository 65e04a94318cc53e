"""One distinct text: install, start, converse; with today's packages, and with those of its date if those fail."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, assert_never

from extractor.model import ExampleKind
from harness.base.errors import BlockedError, InstallError
from harness.judge.cause import sentence, taken_by_us
from harness.model import LogLine, Recording, Run, StartOutcome, Transcript
from harness.profiles.mcp.probes.client import converse_with_client
from harness.profiles.mcp.probes.logs import since
from harness.profiles.mcp.probes.prober import converse
from harness.profiles.mcp.probes.stdio import converse_stdio
from harness.profiles.mcp.services.factory import services_for

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
            resolve=resolve,
            date=cutoff,
            packages=dict(image.packages) if image else {},
            lock=image.lock if image else None,
            outcome=outcome,
            sentence=sentence(outcome, how, logs),
            logs=() if outcome is StartOutcome.SERVING else since(logs[-LAST_LINES:], began),
            duration_s=round(time.monotonic() - began, 3),
        )

    names = ", ".join(str(dependency) for dependency in bundle.dependencies[:4]) or "nothing"
    doing(f"installing {names}" + (f" as of {cutoff}" if cutoff else ""))
    try:
        image = await engine.install(bundle, cutoff=cutoff, lock=lock, progress=doing)
    except InstallError as error:
        lines = tuple(LogLine(began, "stderr", text) for text in error.log)
        return Attempt(run(StartOutcome.INSTALL_FAILED, error.message, lines, None), None)
    services = services_for(bundle)
    held = frozenset(service.port for service in services.services)
    doing("starting")
    async with engine.pod(bundle, image, services.services, progress=doing) as pod:
        match bundle.kind:
            case ExampleKind.HTTP_SERVER:
                await pod.wait_listening(config.limits.start_s)
                if not pod.sockets():
                    _refuse_to_blame(pod, held)
                    return Attempt(run(_ended(pod), _how(pod.exit_state()), pod.logs(), image), None)
                doing("probing")
                transcript = await converse(
                    pod,
                    bundle,
                    example_id=bundle.example_id,
                    revisions=config.protocol_revisions,
                    tokens=services.tokens,
                    timeout_s=config.timeout_s,
                    progress=doing,
                )
            case ExampleKind.STDIO_SERVER:
                doing("probing over stdin and stdout")
                transcript = await converse_stdio(
                    pod, bundle, example_id=bundle.example_id, revisions=config.protocol_revisions,
                    timeout_s=config.timeout_s,
                )  # fmt: skip
            case ExampleKind.CLIENT:
                doing("watching what it sends")
                transcript = await converse_with_client(pod, bundle, services.scripted, timeout_s=config.limits.start_s)
            case ExampleKind.OTHER:
                raise AssertionError("an example of kind other has no bundle")
            case _:
                assert_never(bundle.kind)
        transcript = replace(transcript, packages=dict(image.packages))
        if not serves(transcript):
            _refuse_to_blame(pod, held)
            state = pod.exit_state()
            outcome = StartOutcome.NO_INITIALIZE if state is None else _ended(pod)
            how = transcript.facts.not_served or "" if state is None else _how(state)
            return Attempt(run(outcome, how, pod.logs(), image), None)
        return Attempt(run(StartOutcome.SERVING, "", (), image), transcript)


def serves(transcript: Transcript) -> bool:
    """Whether the example is judged at all: one whose own baseline failed is not, every verdict would be made up.

    One that served an initialize and refused the next for load runs: what needs more than it gave stays open.
    """
    ok = transcript.facts.not_served is None or transcript.facts.refused_for_load
    return bool(transcript.negotiated) and ok


def _refuse_to_blame(pod: Pod, held: frozenset[int]) -> None:
    """A port that a service of ours holds is no fault of the docs: raises BlockedError."""
    port = taken_by_us(pod.logs(), held, listens=bool(pod.sockets()))
    if port is not None:
        raise BlockedError(
            f"the example could not listen: docprobe's own service holds port {port} there",
            "if docprobe mistakes what it is or needs, say so above its block: kind=… or services=…",
        )


def _ended(pod: Pod) -> StartOutcome:
    state = pod.exit_state()
    if state is None:
        return StartOutcome.NEVER_LISTENED
    return StartOutcome.KILLED if state.limit else StartOutcome.EXITED


def _how(state: ExitState | None) -> str:
    return state.sentence if state else ""
