"""One start of an example's command, or of one of its build steps: a container that joins the anchor's namespaces."""

from __future__ import annotations

import signal
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import anyio
from anyio.lowlevel import checkpoint

from harness.base.errors import EngineError
from harness.engine import launch
from harness.engine.api import ConflictError, GoneError
from harness.engine.attach import STDOUT, Attached
from harness.engine.containers import EngineRun, create_container, example_container, start_container
from harness.engine.hardening import MIB
from harness.engine.protocol import ExitState

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from anyio.abc import TaskGroup

    from harness.engine.events import ContainerExit
    from harness.engine.logs import LogBook
    from harness.engine.protocol import Limits

_KILL_FACTOR: Final = 16
"""An example that writes this many times its kept log is killed (Limits.log_bytes)."""
_OOM_GRACE_S: Final = 0.4
"""How long after a death by SIGKILL the engine may take to report that it was for memory."""
_DRAIN_S: Final = 2.0
_KILLED_CODES: Final = (-1, 128 + signal.SIGKILL, 128 + signal.SIGTERM)
_BUILD_TMP_MIB: Final = 256
"""Size of a build step's /tmp, where compilers put what they link. It counts for its memory."""
_BROKEN_GRACE_S: Final = 1.0
"""How long after such an end the pod may take to break, if it was the engine that ended the example."""


@dataclass(frozen=True, slots=True)
class PodSettings:
    """What all processes of one pod share."""

    run: EngineRun
    anchor: str
    """Container id."""
    image: str
    environment: Mapping[str, str]
    logs: LogBook
    stdio: bool
    """Whether docprobe speaks to the example over stdin and stdout."""
    is_broken: Callable[[], bool]
    """Whether the pod or the engine broke: then how a process ended is not the example's doing."""
    packages: tuple[str, ...] = ()
    """Names of the packages at the top of ``node_modules``."""
    hosts: frozenset[str] = frozenset()
    """Names that mean loopback inside the pod."""


class Process:
    """A started container. :meth:`follow` must run as a task."""

    def __init__(
        self, settings: PodSettings, container: str, attached: Attached, exit: ContainerExit, during: str
    ) -> None:
        """``during`` is ``run`` or ``build``; see :attr:`ExitState.during`."""
        self._settings = settings
        self._container = container
        self._attached = attached
        self._exit = exit
        self._during = during
        self._killed: tuple[str, str] | None = None
        self._written = 0
        self._stdout: deque[bytes] = deque()
        self._stdout_ended = False
        self._stdout_changed = anyio.Event()
        self.state: ExitState | None = None
        self.ended = anyio.Event()

    async def follow(self) -> None:
        """Read its output and wait for its end, whatever it does."""
        try:
            async with anyio.create_task_group() as tasks:
                drained = anyio.Event()
                tasks.start_soon(self._drain, drained, tasks)
                await self._exit.ended.wait()
                with anyio.move_on_after(_DRAIN_S):
                    await drained.wait()
                self.state = await self._exit_state()
                tasks.cancel_scope.cancel()
        finally:
            await self.detach()

    async def detach(self) -> None:
        """Stop following it: it ends with its pod."""
        self._settings.run.events.forget(self._container)
        with anyio.CancelScope(shield=True):
            await self._attached.aclose()
        self.ended.set()

    async def kill(self, sentence: str = "stopped by docprobe", limit: str = "") -> None:
        """Kill it.

        Args:
            sentence: how its end is reported.
            limit: the limit of :class:`Limits` that it exceeded, if one.

        Raises:
            EngineError: the engine failed.
        """
        if self.ended.is_set():
            return
        self._killed = self._killed or (sentence, limit)
        self._wake_readers()
        api = self._settings.run.api
        with suppress(GoneError, ConflictError):
            await api.call("kill the example", api.raw.kill, self._container, "SIGKILL")

    @property
    def is_ending(self) -> bool:
        """Whether the engine was asked to kill it and has not reported its end yet."""
        return self._killed is not None and not self.ended.is_set()

    async def write(self, data: bytes) -> None:
        """Write to its stdin. Raises BrokenResourceError if it ended."""
        await self._attached.send(data)

    async def close_stdin(self) -> None:
        """Close its stdin."""
        await self._attached.send_eof()

    async def read(self) -> bytes:
        """Return the next bytes of its stdout (stdio examples only); empty at the end."""
        while not self._stdout and not self._stdout_ended:
            await self._stdout_changed.wait()
        data = self._stdout.popleft() if self._stdout else b""
        self._wake_readers()
        return data

    async def _drain(self, drained: anyio.Event, tasks: TaskGroup) -> None:
        """Read all output, always: a container whose output nobody reads cannot die, not even while it is killed."""
        logs, log_bytes = self._settings.logs, self._settings.run.limits.log_bytes
        sentence = f"killed: log limit {log_bytes * _KILL_FACTOR // MIB} MiB"
        killing = False
        try:
            while True:
                source, data = await self._attached.receive_any()
                self._written += len(data)
                self._settings.run.received.add(len(data))
                if self._written > log_bytes * _KILL_FACTOR and self._killed is None and not killing:
                    killing = True
                    tasks.start_soon(self._try_kill, sentence, "log_bytes")
                await checkpoint()  # output that comes faster than it is read must not block the event loop
                if self._settings.stdio and self._during == "run" and source == STDOUT:
                    await self._keep_stdout(data)
                else:
                    logs.write("stdout" if source == STDOUT else "stderr", data)
        except (anyio.EndOfStream, anyio.BrokenResourceError, anyio.ClosedResourceError):
            pass
        finally:
            logs.end("stdout")
            logs.end("stderr")
            self._stdout_ended = True
            self._wake_readers()
            drained.set()

    async def _try_kill(self, sentence: str, limit: str) -> None:
        with suppress(EngineError):  # the next call reports that the engine does not answer
            await self.kill(sentence, limit)

    async def _keep_stdout(self, data: bytes) -> None:
        """Keep the stdout of a stdio example until it is read. Waits for a reader, unless the example is killed."""
        while sum(map(len, self._stdout)) > self._settings.run.limits.log_bytes and self._killed is None:
            await self._stdout_changed.wait()
        if self._killed is None:
            self._stdout.append(data)
            self._wake_readers()

    def _wake_readers(self) -> None:
        self._stdout_changed.set()
        self._stdout_changed = anyio.Event()

    async def _exit_state(self) -> ExitState | None:
        """Return how it ended; None if that cannot be known, because the pod or the engine broke."""
        code = -1 if self._exit.code is None else self._exit.code
        if code == 128 + signal.SIGKILL and self._killed is None and not self._exit.out_of_memory:
            await anyio.sleep(_OOM_GRACE_S)
        if self._killed is not None:
            sentence, limit = self._killed
            return ExitState(code, sentence, limit or None, self._during)
        if code == launch.MEMORY_CODE or (self._exit.out_of_memory and code != 0):
            code = 128 + signal.SIGKILL if code == launch.MEMORY_CODE else code
            memory_mib = _limits(self._settings.run.limits, self._during).memory_mib
            return ExitState(code, f"killed: memory limit {memory_mib} MiB", "memory_mib", self._during)
        if code in _KILLED_CODES:
            # an engine that stops ends the example first, the anchor next
            with anyio.move_on_after(_BROKEN_GRACE_S):
                while not self._settings.is_broken():
                    await anyio.sleep(0.02)
                return None
        return ExitState(code, launch.sentence(code), None, self._during)


def _limits(limits: Limits, during: str) -> Limits:
    """Return the limits of a process: a compiler needs more memory than what it makes."""
    if during != "build":
        return limits
    return replace(limits, memory_mib=limits.build_memory_mib, tmp_mib=max(limits.tmp_mib, _BUILD_TMP_MIB))


async def start(settings: PodSettings, argv: Sequence[str], cwd: str, *, purpose: str, during: str = "run") -> Process:
    """Start a command of the example.

    Args:
        settings: of its pod.
        argv: the command.
        cwd: relative to the example's files.
        purpose: names the container.
        during: ``run``, or ``build`` for a build step.

    Raises:
        EngineError: the engine failed; then nothing is left of the container.
    """
    run = settings.run
    spec = example_container(
        settings.image,
        argv,
        cwd=cwd,
        anchor=settings.anchor,
        limits=_limits(run.limits, during),
        cpus=run.cpus,
        environment=settings.environment,
        stdin=settings.stdio and during == "run",
        hosts=settings.hosts,
        runtime=run.runtime,
    )
    container = await create_container(run, spec, purpose)
    exit = run.events.watch(container)
    try:
        attached = await start_container(run, container, spec)
    except BaseException:
        run.events.forget(container)
        raise
    return Process(settings, container, attached, exit, during)
