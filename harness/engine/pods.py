"""A pod: the anchor, the tunnel, the services and the example's process, as one thing."""

from __future__ import annotations

import itertools
import shlex
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import anyio

from extractor.base.text import printable
from extractor.languages.toolchains import TOOLCHAINS
from harness.base.errors import EngineError, PodError
from harness.engine import launch, process
from harness.engine.pod_addresses import addresses_of
from harness.engine.pod_files import stage, write_files
from harness.engine.pod_services import PodServices
from harness.engine.protocol import ExitState, Progress, Service
from harness.engine.tunnel.transport import PodTransport

if TYPE_CHECKING:
    from collections.abc import Sequence

    import httpx
    from anyio.abc import ByteStream, TaskGroup, TaskStatus

    from extractor.model import Bundle
    from harness.engine.process import PodSettings, Process
    from harness.engine.tunnel.tunnel import Tunnel
    from harness.model import ListeningSocket, LogLine

_SETTLE_S: Final = 0.2
"""How long to wait for further sockets after the first that listens."""
_STALE_S: Final = 1.0
"""How long after its process ended an example's sockets may still be reported."""
_DEATH_S: Final = 60.0
"""How long a killed process may take to end: on a machine that its own processes keep busy, more than half of that."""


class DockerPod:
    """A running example. Made by the engine; see :class:`harness.engine.protocol.Pod`."""

    def __init__(
        self,
        settings: PodSettings,
        tunnel: Tunnel,
        bundle: Bundle,
        services: Sequence[Service],
        name: str,
        listened: dict[str, frozenset[ListeningSocket]] | None = None,
    ) -> None:
        """``name`` begins the names of its containers; ``listened`` is what listens in pods, by id of the example."""
        self._settings = settings
        self._tunnel = tunnel
        self._bundle = bundle
        self._services = PodServices(tunnel, settings.logs)
        self._first_services = tuple(services)
        """Those that it starts with."""
        self._purposes = (f"{name}-{number}" for number in itertools.count(1))
        self._service_names = frozenset(request.host.lower() for request in bundle.services)
        self._process: Process | None = None
        self._build_failure: ExitState | None = None
        self._is_over = False
        """Whether the time that the pod may live is over: a process that is started then ends at once."""
        self._listened = {} if listened is None else listened
        self._expected = self._listened.get(bundle.example_id, frozenset())
        """What listened before: once it listens again, there is nothing more to wait for."""
        self._transports: list[PodTransport] = []
        self._tasks: TaskGroup | None = None
        self._scope = anyio.CancelScope()

    # --- life (called by the engine) ---

    async def run(self, *, task_status: TaskStatus[None] = anyio.TASK_STATUS_IGNORED) -> None:
        """Keep the pod going until :meth:`stop`."""
        try:
            with self._scope:
                async with anyio.create_task_group() as self._tasks:
                    task_status.started()
                    await self._end_in_time()
                    await anyio.sleep_forever()
        finally:
            self._tasks = None

    def stop(self) -> None:
        """End the pod's tasks."""
        self._scope.cancel()

    async def bring_up(self, progress: Progress) -> None:
        """Write the files, build, start; a bundle without a command is built only.

        A build step or command that fails is the exit state.

        Raises:
            PodError: the pod broke.
            EngineError: the engine failed.
        """
        await self._services.add(self._first_services)
        await write_files(self._tunnel, self._bundle, self._settings.packages)
        for argv in self._bundle.build:
            progress(f"building: {printable(shlex.join(argv))}")
            if not await self._build(argv):
                return
        if self._bundle.command:
            progress(f"starting: {printable(shlex.join(self._bundle.command))}")
            await self._start()

    async def close_transports(self) -> None:
        """Close what :meth:`transport` returned."""
        for transport in self._transports:
            with suppress(Exception):
                await transport.aclose()

    # --- the protocol ---

    def transport(self) -> httpx.AsyncBaseTransport:
        """See :meth:`Pod.transport`."""
        transport = PodTransport(self._open, kept=0)
        self._transports.append(transport)
        return transport

    async def connect(self, host: str, port: int) -> ByteStream:
        """See :meth:`Pod.connect`. ``localhost`` is the loopback address that has a listener."""
        addresses = self._addresses(host, port)
        for address in addresses[:-1]:
            with suppress(OSError):
                return await self._tunnel.connect(address, port)
        return await self._tunnel.connect(addresses[-1], port)

    async def wait_listening(self, timeout_s: float) -> tuple[ListeningSocket, ...]:
        """See :meth:`Pod.wait_listening`."""
        with anyio.move_on_after(timeout_s):
            while self.exit_state() is None:
                changed = self._tunnel.changed()
                self._check()
                if sockets := self._tunnel.sockets():
                    if not self._expected or not self._expected.issubset(sockets):
                        await anyio.sleep(_SETTLE_S)
                    sockets = self._tunnel.sockets()
                    self._listened[self._bundle.example_id] = frozenset(sockets)
                    return sockets
                await self._either(changed)
        if self._process is not None:
            await self._wait_death(self._process)
        self._check_visibility()
        return ()

    def sockets(self) -> tuple[ListeningSocket, ...]:
        """See :meth:`Pod.sockets`."""
        return self._tunnel.sockets()

    def exit_state(self) -> ExitState | None:
        """See :meth:`Pod.exit_state`."""
        if self._build_failure is not None:
            return self._build_failure
        return self._process.state if self._process is not None else None

    async def restart(self) -> None:
        """See :meth:`Pod.restart`."""
        await self._end_process()
        await self._start()

    async def restart_as(self, bundle: Bundle, services: Sequence[Service] = ()) -> None:
        """See :meth:`EnginePod.restart_as`."""
        await self._end_process()
        there = {file.path for file in self._bundle.files}
        self._bundle = bundle
        self._settings = replace(self._settings, environment=environment_of(bundle))
        await self._services.add(services)
        await stage(self._tunnel, (file for file in bundle.files if file.path not in there))
        await self._tunnel.sync()
        await self._start()

    async def _end_process(self) -> None:
        """End the example's process, and wait until nothing listens any more."""
        running, self._process = self._process, None
        had = frozenset(self._tunnel.sockets())
        if running is not None:
            await running.kill()
            await running.ended.wait()
            await self._tunnel.sync()
        with anyio.move_on_after(_STALE_S):
            while self._tunnel.sockets():
                changed = self._tunnel.changed()
                self._check()
                await changed.wait()
        self._expected = frozenset() if self._tunnel.sockets() else had

    async def send_stdin(self, data: bytes) -> None:
        """See :meth:`Pod.send_stdin`."""
        try:
            await self._running().write(data)
        except (anyio.BrokenResourceError, anyio.ClosedResourceError) as error:
            raise PodError("the example's stdin is closed") from error

    async def receive_stdout(self) -> bytes:
        """See :meth:`Pod.receive_stdout`."""
        return await self._running().read()

    async def close_stdin(self) -> None:
        """See :meth:`Pod.close_stdin`."""
        await self._running().close_stdin()

    async def wait_exit(self, timeout_s: float) -> ExitState | None:
        """See :meth:`Pod.wait_exit`."""
        if self._process is not None:
            with anyio.move_on_after(timeout_s):
                await self._process.ended.wait()
                if self._process.state is None:
                    self._check()
            await self._wait_death(self._process)
        return self.exit_state()

    def logs(self) -> tuple[LogLine, ...]:
        """See :meth:`Pod.logs`."""
        return self._settings.logs.lines(self._services.log())

    # --- inner ---

    async def _open(self, host: str, port: int) -> ByteStream:
        """Open a connection whose first side to speak is docprobe: where one address is meant, it is not waited for."""
        addresses = self._addresses(host, port)
        return self._tunnel.open(addresses[0], port) if len(addresses) == 1 else await self.connect(host, port)

    async def _build(self, argv: Sequence[str]) -> bool:
        """Run one build step and return whether it succeeded; if not, its end is the example's."""
        limit_s = self._settings.run.limits.build_s
        settings = replace(self._settings, environment=launch.tools_environment(self._settings.environment))
        step = await process.start(settings, argv, self._bundle.cwd, purpose=next(self._purposes), during="build")
        await self._follow(step)
        with anyio.move_on_after(limit_s) as scope:
            await self._wait_end(step)
        if scope.cancelled_caught:
            await step.kill(f"killed: build time limit {limit_s:g} s", "build_s")
            await self._wait_death(step)
        self._check()
        if step.state is None or step.state.code == 0:
            return True
        sentence = f"build step `{printable(shlex.join(argv))}` {step.state.sentence}"
        self._build_failure = ExitState(step.state.code, sentence, step.state.limit, "build")
        return False

    async def _start(self) -> None:
        bundle = self._bundle
        argv = launch.past_stand_ins(bundle.command, bundle.files)
        started = await process.start(self._settings, argv, bundle.cwd, purpose=next(self._purposes))
        self._process = started
        await self._follow(started)
        if self._is_over:
            await self._end_over()

    async def _end_in_time(self) -> None:
        await anyio.sleep(self._settings.run.limits.run_s)
        self._is_over = True
        await self._end_over()

    async def _end_over(self) -> None:
        """End the example's process, if it has one, since its time is over."""
        if self._process is not None:
            limit_s = self._settings.run.limits.run_s
            with suppress(EngineError):  # the next call reports that the engine does not answer
                await self._process.kill(f"killed: run time limit {limit_s:g} s", "run_s")

    async def _wait_end(self, step: Process) -> None:
        """Wait for the end of a process, or that of the pod."""
        while not step.ended.is_set():
            await self._either(step.ended)
            self._check()

    async def _wait_death(self, killed: Process) -> None:
        """Wait for the end of a process, if it is being killed: until then nothing is known of how it ended."""
        if not killed.is_ending:
            return
        with anyio.move_on_after(_DEATH_S) as scope:
            await self._wait_end(killed)
        if scope.cancelled_caught:
            raise PodError(
                f"the engine did not end the example within {_DEATH_S:g} s of the signal",
                "run it again when the machine has less to do; if it stays so, restart the container engine",
            )

    async def _either(self, event: anyio.Event) -> None:
        """Wait for the event, the process's end, or the end of the tunnel or the engine."""
        async with anyio.create_task_group() as tasks:

            async def first(other: anyio.Event) -> None:
                await other.wait()
                tasks.cancel_scope.cancel()

            for other in (event, self._tunnel.changed(), self._settings.run.events.broken):
                tasks.start_soon(first, other)
            if self._process is not None:
                tasks.start_soon(first, self._process.ended)

    def _addresses(self, host: str, port: int) -> list[str]:
        return addresses_of(host, port, self._tunnel.sockets(), self._service_names)

    def _running(self) -> Process:
        if self._process is None:
            raise PodError("the example is not running")
        return self._process

    async def _follow(self, started: Process) -> None:
        """Follow a process in the background; if the pod was stopped meanwhile, it ends with the pod."""
        if self._tasks is None:
            await started.detach()
            await anyio.lowlevel.checkpoint()  # usually this task is cancelled
            raise PodError("the pod was stopped")
        self._tasks.start_soon(started.follow)

    def _check_visibility(self) -> None:
        """Raise PodError if the example may listen where it cannot be seen: a container with a kernel of its own."""
        run = self._settings.run
        if run.runtime and self.exit_state() is None and self._tunnel.kernel != run.kernel:
            raise PodError(
                f"under the runtime {printable(run.runtime)} docprobe cannot see which ports listen",
                "its containers must share one network: gVisor's `runsc` needs `--network=host` in its runtimeArgs, "
                "which means the pod's own empty one; or use another runtime",
            )

    def _check(self) -> None:
        if self._tunnel.failure is not None:
            raise PodError(self._tunnel.failure.message, self._tunnel.failure.hint)
        if self._settings.run.events.broken.is_set():
            raise PodError(
                "the connection to the container engine broke", "check that it is running: `docprobe doctor`"
            )


def environment_of(bundle: Bundle) -> dict[str, str]:
    """Return the variables that a bundle's programs are started with: its toolchain's, and its own above those."""
    return {**TOOLCHAINS[bundle.toolchain].environment, **bundle.environment}
