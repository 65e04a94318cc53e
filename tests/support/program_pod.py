"""Programs of the tests as processes of this machine, behind the seams of engine and pod: for what runs inside them."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import time
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
import httpx

from extractor.model import ExampleKind
from harness.base.errors import PodError
from harness.engine.hardening import APP
from harness.engine.protocol import ExitState
from harness.model import Image, ListeningSocket, LogLine
from harness.run.tracing import service as trace_service

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

    from anyio.abc import ByteStream

    from extractor.model import Bundle
    from harness.engine.protocol import Service

DOCUMENTED_PORT = 3000
"""What the programs say that they listen on; here each gets another."""
START_S = 60.0


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


class ProgramPod:
    """A program with its own port, as a Pod."""

    def __init__(
        self,
        bundle: Bundle,
        folder: Path,
        ports: dict[int, int],
        serve: Callable[[Service], Awaitable[None]],
        adapted: Callable[[Bundle], Bundle],
    ) -> None:
        """``serve`` begins to serve a service at its port of ``ports``; ``adapted`` fits bundles to this machine."""
        self._bundle, self._folder, self._ports, self._serve = adapted(bundle), folder, ports, serve
        self._adapted = adapted
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        for file in self._bundle.files:
            path = self._folder / file.path
            path.parent.mkdir(parents=True, exist_ok=True)
            text = file.text.replace(
                f"PORT = {trace_service.PORT}\n", f"PORT = {self._ports.get(trace_service.PORT, 9)}\n"
            )
            text = text.replace(f"PORT = {trace_service.PORT};", f"PORT = {self._ports.get(trace_service.PORT, 9)};")
            path.write_text(text.replace(str(DOCUMENTED_PORT), str(self._ports[DOCUMENTED_PORT])), "utf-8")
        environment = {name: text.replace(APP, str(self._folder)) for name, text in self._bundle.environment.items()}
        self._output.touch()
        if not self._bundle.command:
            return  # a tool is a step of a build, and none is run here
        by_stdio = self._bundle.kind is ExampleKind.STDIO_SERVER
        pipe = asyncio.subprocess.PIPE if by_stdio else None
        with self._output.open("ab") as output:
            self._process = await asyncio.create_subprocess_exec(
                *self._bundle.command,
                cwd=self._folder,
                env={"PATH": os.environ["PATH"], **environment},
                stdin=pipe,
                stdout=pipe,
                stderr=output,
            )
        if by_stdio:
            return
        with anyio.fail_after(START_S):
            while self._process.returncode is None:
                with contextlib.suppress(OSError):
                    await (await anyio.connect_tcp("127.0.0.1", self._ports[DOCUMENTED_PORT])).aclose()
                    return
                await anyio.sleep(0.05)

    async def stop(self) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()

    async def restart(self) -> None:
        await self.stop()
        await self.start()

    async def restart_as(self, bundle: Bundle, services: Sequence[Service] = ()) -> None:
        await self.stop()
        self._bundle = self._adapted(bundle)
        for service in services:
            self._ports[service.port] = free_port()
            await self._serve(service)
        await self.start()

    def transport(self) -> httpx.AsyncBaseTransport:
        return httpx.AsyncHTTPTransport(trust_env=False, verify=False)

    async def connect(self, host: str, port: int) -> ByteStream:
        return await anyio.connect_tcp("127.0.0.1", port)

    async def wait_listening(self, timeout_s: float) -> tuple[ListeningSocket, ...]:
        return self.sockets()

    def sockets(self) -> tuple[ListeningSocket, ...]:
        if self._bundle.kind is ExampleKind.STDIO_SERVER:
            return ()
        return (ListeningSocket("127.0.0.1", self._ports[DOCUMENTED_PORT]),)

    def exit_state(self) -> ExitState | None:
        code = self._process.returncode if self._process is not None else None
        return None if code is None else ExitState(code, f"exited with code {code}")

    async def wait_exit(self, timeout_s: float) -> ExitState | None:
        if self._process is not None:
            with anyio.move_on_after(timeout_s):
                await self._process.wait()
        return self.exit_state()

    async def send_stdin(self, data: bytes) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(data)
            await self._process.stdin.drain()
        except ConnectionError as error:
            raise PodError("the program has ended") from error

    async def receive_stdout(self) -> bytes:
        assert self._process is not None
        assert self._process.stdout is not None
        return await self._process.stdout.read(65536)

    async def close_stdin(self) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.close()

    def logs(self) -> tuple[LogLine, ...]:
        written = self._output.read_text("utf-8", "replace").splitlines()
        started = LogLine(time.monotonic(), "docprobe", "started")
        return (started, *(LogLine(time.monotonic(), "stderr", line) for line in written))

    @property
    def _output(self) -> Path:
        """What the program writes to stderr."""
        return self._folder / "stderr.txt"


class ProgramEngine:
    """Starts the programs of tests below a folder. Counts its pods."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.pods = 0

    def adapted(self, bundle: Bundle) -> Bundle:
        """What is started for a bundle."""
        return bundle

    async def install(self, bundle: Bundle, **options: Any) -> Image:
        return Image("none", "none", {}, lock="{}")

    @asynccontextmanager
    async def pod(
        self, bundle: Bundle, image: Image, services: Sequence[Service] = (), **options: Any
    ) -> AsyncIterator[ProgramPod]:
        self.pods += 1
        ports = {DOCUMENTED_PORT: free_port(), **{service.port: free_port() for service in services}}
        async with contextlib.AsyncExitStack() as opened, anyio.create_task_group() as tasks:

            async def serve(service: Service) -> None:
                listener = await anyio.create_tcp_listener(local_host="127.0.0.1", local_port=ports[service.port])
                await opened.enter_async_context(listener)
                tasks.start_soon(listener.serve, service.serve)

            for service in services:
                await serve(service)
            pod = ProgramPod(bundle, self._folder / str(self.pods), ports, serve, self.adapted)
            try:
                await pod.start()
                yield pod
            finally:
                with anyio.CancelScope(shield=True):
                    await pod.stop()
                tasks.cancel_scope.cancel()

    async def close(self) -> None:
        return
