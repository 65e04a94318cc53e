"""What runs the texts of a run: this machine's container engine, or something elsewhere."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias

from harness.run.attempt import record
from harness.run.code_checks import look_up
from harness.run.tracing import trace

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
    from contextlib import AbstractAsyncContextManager

    from extractor.model import Bundle
    from harness.config import Config
    from harness.engine.protocol import Engine
    from harness.model import Lookup, Recording, TracedExchange
    from harness.run.code_checks import Questions
    from harness.run.connect import Connect

    OpenRecorder: TypeAlias = Callable[[Config], AbstractAsyncContextManager["Recorder"]]
    """Opens what runs texts for the length of a block. Called only if something must really run."""


class Recorder(Protocol):
    """Runs texts."""

    @property
    def at_once(self) -> float:
        """How many it wants to be given at a time; ``inf`` for all."""
        ...

    async def record(
        self,
        bundle: Bundle,
        *,
        date: str | None,
        committed: Callable[[], Awaitable[str | None]],
        locks: Mapping[str, str],
        progress: Callable[[str], None],
    ) -> Recording:
        """Run one text; see :func:`harness.run.attempt.record`."""
        ...

    async def trace(
        self, bundle: Bundle, recording: Recording, pairs: Mapping[int, int], *, progress: Callable[[str], None]
    ) -> tuple[TracedExchange, ...]:
        """Return what a text executes for some requests; see :func:`harness.run.tracing.trace`."""
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

    async def record(
        self,
        bundle: Bundle,
        *,
        date: str | None,
        committed: Callable[[], Awaitable[str | None]],
        locks: Mapping[str, str],
        progress: Callable[[str], None],
    ) -> Recording:
        """See :meth:`Recorder.record`."""
        return await record(
            self.engine, bundle, self.config, date=date, committed=committed, locks=locks, progress=progress
        )

    async def trace(
        self, bundle: Bundle, recording: Recording, pairs: Mapping[int, int], *, progress: Callable[[str], None]
    ) -> tuple[TracedExchange, ...]:
        """See :meth:`Recorder.trace`."""
        return await trace(self.engine, bundle, recording, pairs, self.config, progress)

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
