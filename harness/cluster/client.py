"""A Dask cluster that runs texts: what leads a run hands them out, and gets recordings back.

Dask decides which worker is free, and hands the texts of a worker that is lost to another. A worker that cannot do such
tasks (no engine answers there, another docprobe) says so, and its texts go to the others too.
"""

from __future__ import annotations

import itertools
import secrets
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

import anyio

from extractor.base.text import printable
from harness.base.codec import from_json, to_json
from harness.base.errors import EngineError
from harness.cluster.task import ExampleTask, TaskSettings, WorkerAnswer, lent_by_worker, run_task
from harness.model import Lookup, Recording
from harness.run.recorder import nothing

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Mapping

    import distributed

    from extractor.model import Bundle
    from harness.run.code_checks import Questions
    from harness.run.recorder import ToTrace
    from harness.run.turns import Turn

NO_WORKER_S: Final = 60.0
"""How long a text waits for a worker that can run it, in seconds."""
_LOOK_S: Final = 2.0
_AT_ONCE: Final = 1000


@dataclass(slots=True)
class Cluster:
    """See :class:`harness.run.recorder.Recorder`. Made by :func:`harness.cluster.connect.open_cluster`."""

    client: distributed.Client
    settings: TaskSettings
    workers: tuple[str, ...]
    """Addresses of the workers that there are."""
    topic: str = field(default_factory=lambda: f"docprobe-{secrets.token_hex(6)}")
    """Of the messages by which workers say what they do."""
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _progress: dict[str, Callable[[str], None]] = field(default_factory=dict)
    _refused: dict[str, str] = field(default_factory=dict)
    """Workers that cannot run texts, by address, and why."""

    @property
    def at_once(self) -> float:
        """More than the workers can take: the scheduler hands them out."""
        return _AT_ONCE

    async def lent(self, progress: Callable[[str], None]) -> tuple[str, ...]:
        """Return digests of what the workers lend, each once; of one that cannot say it nothing, since it runs nothing.

        Raises EngineError if the cluster has no workers.
        """
        await self._until_able(progress)
        progress("asking what they provide")
        with anyio.move_on_after(NO_WORKER_S):
            said = await self.client.run(lent_by_worker, to_json(self.settings), on_error="return")
            return tuple(sorted({one for one in said.values() if isinstance(one, str)}))
        silent = f"the workers at {self._where()} do not answer within {NO_WORKER_S:g} s"
        raise EngineError(silent, "check the logs of the workers")

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
        """Have one text run by a worker, and then traced by one. Raises EngineError if no worker can run it."""
        # workers have no repository to ask
        day = await committed() if date is None else None
        task = ExampleTask(bundle.example_id, self.settings, bundle, date, day, dict(locks))
        answer = await self._answer(task, progress)
        recording = answer.recording or Recording((), None, blocked=answer.refused)
        pairs = to_trace(recording.transcript) if recording.transcript is not None else {}
        if not pairs:
            return recording
        task = ExampleTask(bundle.example_id, self.settings, bundle, recording=recording, pairs=tuple(pairs.items()))
        try:
            traced = (await self._answer(task, progress)).recording
        except EngineError as error:  # it costs no verdict
            progress(f"not traced: {error.in_one_line()}")
            return recording
        return replace(recording, traced=traced.traced if traced is not None else ())

    async def look_up(
        self, bundle: Bundle, questions: Questions, *, cutoff: str | None, progress: Callable[[str], None]
    ) -> Lookup:
        """Have packages asked by a worker; what prevents an answer is in it."""
        asked = {module: tuple(sorted(names)) for module, names in questions.items()}
        try:
            task = ExampleTask("imports", self.settings, bundle, cutoff, questions=asked)
            answer = await self._answer(task, progress)
        except EngineError as error:
            return Lookup(cutoff, {}, {}, error.in_one_line())
        return answer.lookup or Lookup(cutoff, {}, {}, answer.refused)

    def heard(self, event: tuple[float, Any]) -> None:
        """Take a message of a worker: the task's key, and what it does."""
        match event:
            case (_, {"key": str(key), "text": str(text)}) if key in self._progress:
                self._progress[key](text)
            case _:
                pass

    async def _answer(self, task: ExampleTask, progress: Callable[[str], None]) -> WorkerAnswer:
        """Hand a task to workers until one does it. Raises EngineError if there is none that can."""
        data = to_json(task)
        while True:
            key = f"{self.topic}-{next(self._numbers)}"
            self._progress[key] = progress
            try:
                worker, answer = await self._asked(key, data, progress)
            finally:
                del self._progress[key]
            if answer.refused is None:
                return answer
            if worker:
                self._refused[worker] = answer.refused
                progress(f"{worker} cannot run it: {answer.refused}")

    async def _asked(self, key: str, data: bytes, progress: Callable[[str], None]) -> tuple[str, WorkerAnswer]:
        """Return the address of the worker that took the task, and its answer.

        Raises EngineError if no worker can take it within the time allowed.
        """
        import distributed

        able = await self._until_able(progress)
        # once a worker has refused, the others are named: the scheduler would choose it again, since it is free
        only = able if self._refused else None
        future = self.client.submit(run_on_worker, data, key, self.topic, key=key, pure=False, workers=only)
        try:
            while True:
                with anyio.move_on_after(_LOOK_S):
                    await future.exception()
                    break
                able = await self._until_able(progress)
                if only is not None and not set(only) & set(able):
                    return "", WorkerAnswer(refused="its workers were lost")  # others have come
            worker, answer = await future
        except distributed.scheduler.KilledWorker as error:
            why = f"the workers that ran it ended, {error.allowed_failures + 1} of them one after the other"
            raise EngineError(why, "check the logs of the workers") from error
        except EngineError:
            raise
        except (distributed.client.FutureCancelledError, OSError) as error:
            raise EngineError("the connection to the Dask scheduler broke", "check that it is still running") from error
        except Exception as error:  # such as ModuleNotFoundError: the function is not there
            why = f"a worker could not start: {type(error).__name__}: {printable(str(error))[:200]}"
            raise EngineError(why, "install the same docprobe, with its extra `cluster`, on every worker") from error
        finally:
            future.release()
        return worker, from_json(answer, WorkerAnswer)

    async def _until_able(self, progress: Callable[[str], None]) -> list[str]:
        """Return the workers that can run texts; wait a while for one. Raises EngineError if none comes."""
        patience_s = _LOOK_S if self.workers else NO_WORKER_S
        if not self.workers:
            self._say_waiting(progress)
        with anyio.move_on_after(patience_s):
            while not (able := self._able()):
                await anyio.sleep(_LOOK_S / 4)
            return able
        raise EngineError(self._no_worker(), "start `dask worker ADDRESS` on machines with an engine")

    async def watch(self) -> None:
        """Keep up with the workers that come and go, until cancelled."""
        while True:
            await anyio.sleep(_LOOK_S)
            try:
                self.workers = tuple(await self.client.nthreads())
            except OSError:  # the scheduler has gone
                self.workers = ()

    def _say_waiting(self, progress: Callable[[str], None]) -> None:
        progress(f"waiting for a worker, at most {NO_WORKER_S:g} s: there is none at {self._where()}")

    def _able(self) -> list[str]:
        """Return the addresses of the workers that have not refused."""
        return [address for address in self.workers if address not in self._refused]

    def _where(self) -> str:
        return self.client.scheduler.address if self.client.scheduler is not None else "the cluster"

    def _no_worker(self) -> str:
        reasons = "".join(f"; {address}: {reason}" for address, reason in sorted(self._refused.items())[:3])
        return f"no worker at {self._where()} can run examples{reasons}"


def run_on_worker(data: bytes, key: str, topic: str) -> tuple[str, bytes]:
    """Do a task on a Dask worker: what is handed to it.

    Returns:
        The worker's address, and the answer as JSON.
    """
    import distributed

    worker = distributed.get_worker()

    def progress(text: str) -> None:
        worker.log_event(topic, {"key": key, "text": text})

    def wanted() -> bool:
        state = worker.state.tasks.get(key)
        return state is not None and state.state not in {"cancelled", "released", "forgotten"}

    return worker.address, run_task(data, progress, wanted)
