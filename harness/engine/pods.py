"""A pod: the anchor, the tunnel, the services and the example's process, as one thing."""

from __future__ import annotations

import ipaddress
import itertools
import shlex
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Final

import anyio

from extractor.base.loopback import IPV4_LOOPBACK, IPV6_LOOPBACK, is_loopback_name
from extractor.base.text import printable
from harness.base.errors import EngineError, PodError
from harness.engine import process
from harness.engine.protocol import ExitState, Progress, Service
from harness.engine.tunnel.transport import PodTransport

if TYPE_CHECKING:
    from collections.abc import Sequence

    import httpx
    from anyio.abc import ByteStream, TaskGroup, TaskStatus

    from extractor.model import Bundle
    from harness.engine.process import Process, Setting
    from harness.engine.tunnel.tunnel import Tunnel
    from harness.model import ListeningSocket, LogLine

_SETTLE_S: Final = 0.2
"""How long after the first listening socket others are waited for."""
_STALE_S: Final = 1.0
"""How long after its process ended an example's sockets may still be reported."""
_LOOPBACK: Final = (IPV6_LOOPBACK, IPV4_LOOPBACK)


class DockerPod:
    """A running example. Made by the engine; see :class:`harness.engine.protocol.Pod`."""

    def __init__(
        self, setting: Setting, tunnel: Tunnel, bundle: Bundle, services: Sequence[Service], name: str
    ) -> None:
        self._setting = setting
        self._tunnel = tunnel
        self._bundle = bundle
        self._services = tuple(services)
        self._names = (f"{name}-{number}" for number in itertools.count(1))
        self._service_names = frozenset(request.host.lower() for request in bundle.services)
        self._process: Process | None = None
        self._build_failure: ExitState | None = None
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
        """Lay out the files, build, start. Raises PodError or EngineError; what the example does is its exit state."""
        for service in self._services:
            await self._tunnel.listen(service.port, partial(self._serve, service))
        await self._lay_out()
        for argv in self._bundle.build:
            progress(f"building: {printable(shlex.join(argv))}")
            if not await self._build(argv):
                return
        progress(f"starting: {printable(shlex.join(self._bundle.command))}")
        await self._start()

    async def close_transports(self) -> None:
        """Close what :meth:`transport` gave."""
        for transport in self._transports:
            with suppress(Exception):
                await transport.aclose()

    # --- the protocol ---

    def transport(self) -> httpx.AsyncBaseTransport:
        """HTTP into the pod."""
        transport = PodTransport(self.connect)
        self._transports.append(transport)
        return transport

    async def connect(self, host: str, port: int) -> ByteStream:
        """A TCP connection inside the pod; ``localhost`` is the loopback address that is listened on."""
        addresses = self._addresses(host.strip("[]").lower(), port)
        for address in addresses[:-1]:
            with suppress(OSError):
                return await self._tunnel.connect(address, port)
        return await self._tunnel.connect(addresses[-1], port)

    async def wait_listening(self, timeout_s: float) -> tuple[ListeningSocket, ...]:
        """Wait for the example's first listening socket, then a moment for others."""
        with anyio.move_on_after(timeout_s):
            while self.exit_state() is None:
                changed = self._tunnel.changed()
                self._check()
                if self._tunnel.sockets():
                    await anyio.sleep(_SETTLE_S)
                    return self._tunnel.sockets()
                await self._either(changed)
        self._check_sight()
        return ()

    def sockets(self) -> tuple[ListeningSocket, ...]:
        """The example's listening sockets as last seen."""
        return self._tunnel.sockets()

    def exit_state(self) -> ExitState | None:
        """How the example's process ended; None while it runs."""
        if self._build_failure is not None:
            return self._build_failure
        return self._process.state if self._process is not None else None

    async def restart(self) -> None:
        """Stop the example's process and start it afresh."""
        running, self._process = self._process, None
        if running is not None:
            await running.kill()
            await running.ended.wait()
        with anyio.move_on_after(_STALE_S):
            while self._tunnel.sockets():
                changed = self._tunnel.changed()
                self._check()
                await changed.wait()
        await self._start()

    async def send_stdin(self, data: bytes) -> None:
        """Write to the example's stdin. Raises PodError if it ended."""
        try:
            await self._running().write(data)
        except (anyio.BrokenResourceError, anyio.ClosedResourceError) as error:
            raise PodError("the example's stdin is closed") from error

    async def receive_stdout(self) -> bytes:
        """Next bytes of the example's stdout; empty at the end."""
        return await self._running().read()

    async def close_stdin(self) -> None:
        """Close the example's stdin."""
        await self._running().close_stdin()

    async def wait_exit(self, timeout_s: float) -> ExitState | None:
        """Wait for the example's process to end."""
        if self._process is not None:
            with anyio.move_on_after(timeout_s):
                await self._process.ended.wait()
                if self._process.state is None:
                    self._check()
        return self.exit_state()

    def logs(self) -> tuple[LogLine, ...]:
        """What the example and its services wrote so far."""
        return self._setting.logs.lines(line for service in self._services for line in service.log())

    # --- inner ---

    async def _serve(self, service: Service, stream: ByteStream) -> None:
        """One connection to a service. One that fails is in the log, and closes that connection only."""
        try:
            await service.serve(stream)
        except (anyio.BrokenResourceError, anyio.ClosedResourceError, anyio.EndOfStream, PodError):
            pass  # the example went away
        except Exception as error:
            self._setting.logs.line("docprobe", f"the service on port {service.port} failed: {error!r}")

    async def _lay_out(self) -> None:
        for file in self._bundle.files:
            await self._tunnel.stage(file.path, file.text.encode())
        if not any(file.path.split("/")[0] == "node_modules" for file in self._bundle.files):
            # tools look for node_modules beside package.json before they look further up
            await self._link_packages()
        await self._tunnel.sync()

    async def _link_packages(self) -> None:
        """Put the packages where tools look for them; with a build step one by one, for bundlers write beside them."""
        if not self._bundle.build:
            await self._tunnel.link("node_modules", "../node_modules")
            return
        for name in self._setting.packages:
            up = "../" * (name.count("/") + 2)
            await self._tunnel.link(f"node_modules/{name}", f"{up}node_modules/{name}")

    async def _build(self, argv: Sequence[str]) -> bool:
        """Run one build step; on failure its end is the example's."""
        limit_s = self._setting.limits.build_s
        step = await process.start(self._setting, argv, self._bundle.cwd, name=next(self._names), during="build")
        await self._follow(step)
        with anyio.move_on_after(limit_s) as scope:
            await self._either(step.ended)
        if scope.cancelled_caught:
            await step.kill(f"killed: build time limit {limit_s:g} s", "build_s")
            await self._either(step.ended)
        self._check()
        if step.state is None or step.state.code == 0:
            return True
        sentence = f"build step `{printable(shlex.join(argv))}` {step.state.sentence}"
        self._build_failure = ExitState(step.state.code, sentence, step.state.limit, "build")
        return False

    async def _start(self) -> None:
        started = await process.start(self._setting, self._bundle.command, self._bundle.cwd, name=next(self._names))
        self._process = started
        await self._follow(started)

    async def _end_in_time(self) -> None:
        limit_s = self._setting.limits.run_s
        await anyio.sleep(limit_s)
        if self._process is not None:
            with suppress(EngineError):  # the next call says that the engine does not answer
                await self._process.kill(f"killed: run time limit {limit_s:g} s", "run_s")

    async def _either(self, event: anyio.Event) -> None:
        """Wait for the event, the process's end, or the loss of tunnel or engine."""
        async with anyio.create_task_group() as tasks:

            async def first(other: anyio.Event) -> None:
                await other.wait()
                tasks.cancel_scope.cancel()

            for other in (event, self._tunnel.changed(), self._setting.events.lost):
                tasks.start_soon(first, other)
            if self._process is not None:
                tasks.start_soon(first, self._process.ended)

    def _addresses(self, host: str, port: int) -> list[str]:
        """Addresses to try for a host name. Names that are not the pod's own lead nowhere: OSError."""
        if host in self._service_names or is_loopback_name(host):
            seen = {s.address for s in self._tunnel.sockets() if s.port == port}
            return sorted(_LOOPBACK, key=lambda a: a not in seen and {"::1": "::"}.get(a, "0.0.0.0") not in seen)
        try:
            return [str(ipaddress.ip_address(host))]
        except ValueError as error:
            raise OSError(f"{host} is no name of this pod") from error

    def _running(self) -> Process:
        if self._process is None:
            raise PodError("the example does not run")
        return self._process

    async def _follow(self, started: Process) -> None:
        """Follow a process in the background. If the pod was stopped meanwhile, let go of it: it ends with the pod."""
        if self._tasks is None:
            await started.let_go()
            await anyio.lowlevel.checkpoint()  # usually it is we who are cancelled
            raise PodError("the pod was stopped")
        self._tasks.start_soon(started.follow)

    def _check_sight(self) -> None:
        """With a kernel of its own a container may listen where no other sees it: then silence proves nothing."""
        setting = self._setting
        if setting.runtime and self.exit_state() is None and self._tunnel.kernel != setting.kernel:
            raise PodError(
                f"under the runtime {printable(setting.runtime)} nothing is seen to listen",
                "its containers must share one network: gVisor's `runsc` needs `--network=host` in its runtimeArgs, "
                "which means the pod's own empty one; or leave the runtime out",
            )

    def _check(self) -> None:
        if self._tunnel.failure is not None:
            raise PodError(self._tunnel.failure.message, self._tunnel.failure.hint)
        if self._setting.events.lost.is_set():
            raise PodError("the container engine went away", "see that it runs: `docprobe doctor`")
