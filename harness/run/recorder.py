"""What runs the texts of a run: this machine's container engine, or something elsewhere."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol, TypeAlias

from harness.exchanges.recorder import task_group
from harness.run.attempt import Watcher, record
from harness.run.cache import named_images
from harness.run.code_checks import look_up
from harness.run.tracing.tracing import Tracing
from harness.run.turns import Turns

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
    from contextlib import AbstractAsyncContextManager

    from extractor.model import Bundle
    from harness.config import Config
    from harness.engine.protocol import Engine, EnginePod
    from harness.model import Image, Lookup, Recording, TracedExchange, Transcript
    from harness.profile import Probe
    from harness.run.code_checks import Questions
    from harness.run.connect import Connect
    from harness.run.turns import Turn

    OpenRecorder: TypeAlias = Callable[[Config], AbstractAsyncContextManager["Recorder"]]
    """Opens what runs texts for the length of a block. Called only if something must really run."""
    ToTrace: TypeAlias = Callable[[Transcript], Mapping[int, int]]
    """From a conversation, whole or so far, to the numbers of the exchanges to trace, each with that of its control."""


def nothing(transcript: Transcript) -> Mapping[int, int]:
    """Return no exchange."""
    return {}


@asynccontextmanager
async def _own(turn: Turn | None) -> AsyncIterator[Turn]:
    """Give a turn: the one that a text has, or the only one that there is."""
    if turn is not None:
        yield turn
        return
    async with Turns(1).next() as only:
        yield only


class Recorder(Protocol):
    """Runs texts."""

    @property
    def at_once(self) -> float:
        """How many it wants to be given at a time; ``inf`` for all."""
        ...

    async def lent(self, progress: Callable[[str], None]) -> tuple[str, ...]:
        """Return what texts run on that is known only where they run: two answers that differ are two inputs."""
        ...

    async def record(
        self,
        bundle: Bundle,
        *,
        date: str | None,
        committed: Callable[[], Awaitable[str | None]],
        locks: Mapping[str, str],
        progress: Callable[[str], None],
        to_trace: ToTrace = nothing,
        turn: Turn | None = None,
    ) -> Recording:
        """Run one text; see :func:`harness.run.attempt.record`.

        Args:
            bundle: the text.
            date: as there.
            committed: as there.
            locks: as there.
            progress: as there.
            to_trace: the exchanges of a conversation of which the recording shall tell what the program executed.
            turn: the text's, in which its packages are installed; None if it is the only one. Where no other text is
                to be conversed with, the example is traced while its conversation still goes on, in a pod more.
        """
        ...

    async def look_up(
        self, bundle: Bundle, questions: Questions, *, cutoff: str | None, progress: Callable[[str], None]
    ) -> Lookup:
        """Return what packages say of imports; see :func:`harness.run.code_checks.look_up`."""
        ...


@dataclass(frozen=True, slots=True)
class EngineRecorder:
    """Runs texts on a container engine."""

    engine: Engine
    config: Config

    @property
    def at_once(self) -> float:
        """The jobs of the run."""
        return max(1, self.config.jobs)

    async def lent(self, progress: Callable[[str], None]) -> tuple[str, ...]:
        """Return the images that the user's names mean now: the rest of what this machine lends is known without."""
        names = named_images(self.config)
        return await self.engine.image_ids(names) if names else ()

    async def record(
        self,
        bundle: Bundle,
        *,
        date: str | None,
        committed: Callable[[], Awaitable[str | None]],
        locks: Mapping[str, str],
        progress: Callable[[str], None],
        to_trace: ToTrace = nothing,
        turn: Turn | None = None,
    ) -> Recording:
        """See :meth:`Recorder.record`."""
        async with task_group() as tasks, _own(turn) as turn:
            tracing = Tracing(self.engine, bundle, self.config, tasks, progress)
            pairs: Mapping[int, int] | None = None

            def heard(so_far: Transcript, image: Image) -> None:
                if not turn.followed and not tracing.is_begun and to_trace(so_far):
                    tracing.begin(image)

            async def served(pod: EnginePod, probe: Probe, transcript: Transcript) -> None:
                nonlocal pairs
                pairs = to_trace(transcript)
                if pairs:
                    await turn.trace()
                    await tracing.hold_again(pod, probe, transcript, pairs)

            # beside the last of all texts a second pod is likely to be wanted: its own, for tracing
            watcher = Watcher(turn.converse, heard, served, lambda: turn.followed or self.config.trace)
            recording = await record(
                self.engine, bundle, self.config,
                date=date, committed=committed, locks=locks, progress=progress, watcher=watcher,
            )  # fmt: skip
            if recording.transcript is not None:
                pairs = to_trace(recording.transcript) if pairs is None else pairs
                recording = replace(recording, traced=await tracing.found(recording, pairs))
            tasks.cancel_scope.cancel()
        return recording

    async def trace(
        self, bundle: Bundle, recording: Recording, pairs: Mapping[int, int], *, progress: Callable[[str], None]
    ) -> tuple[TracedExchange, ...]:
        """Return what a recorded text executed for some requests; see :meth:`harness.run.tracing.Tracing.found`."""
        async with task_group() as tasks:
            return await Tracing(self.engine, bundle, self.config, tasks, progress).found(recording, pairs)

    async def look_up(
        self, bundle: Bundle, questions: Questions, *, cutoff: str | None, progress: Callable[[str], None]
    ) -> Lookup:
        """See :meth:`Recorder.look_up`."""
        return await look_up(self.engine, bundle, questions, cutoff=cutoff, progress=progress)


@asynccontextmanager
async def on_engine(connect: Connect, config: Config) -> AsyncIterator[EngineRecorder]:
    """Give what runs texts on the engine that ``connect`` opens."""
    async with connect(config) as engine:
        yield EngineRecorder(engine, config)
