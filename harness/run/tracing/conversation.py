"""One conversation with an example that carries a tracer. Whatever goes wrong costs what it would have shown only."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import anyio

from extractor.model import ExampleKind
from harness.run.attempt import make_probe
from harness.run.tracing.differences import answered_otherwise, differences
from harness.run.tracing.pod import TracedPod
from harness.run.tracing.service import TraceService

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from extractor.model import Bundle
    from harness.config import Config
    from harness.engine.protocol import Engine, EnginePod, Pod
    from harness.model import Image, TracedExchange, Transcript
    from harness.profile import Probe


class TracedConversation:
    """One conversation that is traced."""

    def __init__(self, bundle: Bundle, traced: Bundle, config: Config, progress: Callable[[str], None]) -> None:
        """``traced`` is the bundle with its tracer."""
        self._bundle, self._traced, self._config, self._progress = bundle, traced, config, progress
        self._service = TraceService(frozenset(file.path for file in bundle.files))
        self._pod: TracedPod | None = None
        self._last: int | None = None
        self._now: Transcript | None = None
        self._again = False
        self.ended = anyio.Event()

    def misled(self, was: Transcript, numbers: Iterable[int]) -> bool:
        """Return whether some exchanges were answered otherwise, and what an earlier conversation left may be why."""
        if not self._again or self._pod is None or not self._pod.executed:
            return False
        return self._now is None or bool(answered_otherwise(was, self._now, numbers))

    def stop_after(self, last: int) -> None:
        """Stop after an exchange. Over standard input it goes on to its end: lines come between the messages."""
        if self._bundle.kind is ExampleKind.HTTP_SERVER:
            self._last = last
            if self._pod is not None:
                self._pod.last = last

    async def hold_apart(self, engine: Engine, image: Image) -> None:
        """Hold it in a pod of its own."""
        probe = make_probe(self._bundle, self._config.profile)
        with self._without_harm():
            async with engine.pod(self._traced, image, (*probe.services, self._service)) as pod:
                await self._hold(pod, probe)

    async def hold_again(self, pod: EnginePod, probe: Probe) -> None:
        """Hold it in a pod where that probe has held one."""
        self._again = True
        with self._without_harm():
            await pod.restart_as(self._traced, (self._service,))
            await self._hold(pod, probe)

    async def _hold(self, pod: Pod, probe: Probe) -> None:
        settings = replace(self._config.probe_settings, heard=lambda _: None)
        if self._traced.kind is ExampleKind.HTTP_SERVER:
            await pod.wait_listening(self._config.limits.start_s)
        self._pod = TracedPod(pod, self._service)
        self._pod.last = self._last
        self._now = await probe.converse(self._pod, settings, lambda _: None)

    @contextmanager
    def _without_harm(self) -> Iterator[None]:
        try:
            with anyio.move_on_after(self._config.limits.example_s):
                yield
        except Exception as error:
            self._progress(f"not traced: {type(error).__name__}")
        finally:
            self.ended.set()

    def differences(
        self, was: Transcript, held: Mapping[int, int], pairs: Mapping[int, int], last: int
    ) -> tuple[TracedExchange, ...]:
        """Return what ran for some exchanges, each with its control, where they were answered as before."""
        if self._pod is None or self._now is None:
            return ()
        # what ran after the last one is known only where it was quick
        executed = {number: ran for number, ran in self._pod.numbered(self._now).items() if number <= last}
        return differences(was, self._now, held, executed, pairs.keys())
