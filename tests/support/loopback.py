"""A Pod that runs one of our own test servers as a subprocess on the host's loopback. Never used for docs' code."""

from __future__ import annotations

import contextlib
import time
from contextlib import asynccontextmanager
from pathlib import Path
from subprocess import DEVNULL, PIPE
from typing import TYPE_CHECKING

import anyio
import httpx
from anyio.streams.buffered import BufferedByteReceiveStream

from extractor.model import Bundle, ExampleKind, Manager
from harness.engine.protocol import ExitState
from harness.model import ListeningSocket, LogLine
from tests.support.forked import ForkedProcess, fork

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from anyio.abc import ByteStream, Process, TaskGroup

SERVERS = Path(__file__).parent.parent / "servers"
PROGRAMS = {"python": "serve.py", "node": "serve.mjs"}
START_S = 600.0
"""Only a server that never listens waits for it: several SDKs that start at once on a busy machine take minutes."""
LONGEST_LINE = 65536


class LoopbackPod:
    """A running server. It says where it listens by a line ``listening ADDRESS PORT`` on stdout."""

    def __init__(self, command: Sequence[str], tasks: TaskGroup, *, forked: bool = False) -> None:
        """``forked``: the command is a Python program and its arguments."""
        self._command = tuple(command)
        self._tasks = tasks
        self._forked = forked
        self._process: Process | ForkedProcess | None = None
        self._socket: ListeningSocket | None = None
        self._listening = anyio.Event()
        self._logs: list[LogLine] = []

    async def start(self, *extra: str) -> None:
        self._listening = anyio.Event()
        command = [*self._command, *extra]
        if self._forked:
            self._process = await fork(command)
        else:
            self._process = await anyio.open_process(command, stdin=DEVNULL, stdout=PIPE, stderr=PIPE)
        self._tasks.start_soon(self._read, "stdout", self._process.stdout)
        self._tasks.start_soon(self._read, "stderr", self._process.stderr)

    async def stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        with anyio.CancelScope(shield=True):
            await process.wait()
            if isinstance(process, ForkedProcess):
                await process.aclose()

    async def _read(self, source: str, stream: anyio.abc.ByteReceiveStream) -> None:
        lines = BufferedByteReceiveStream(stream)
        with contextlib.suppress(anyio.IncompleteRead, anyio.ClosedResourceError, anyio.DelimiterNotFound):
            while True:
                text = (await lines.receive_until(b"\n", LONGEST_LINE)).decode("utf-8", "backslashreplace")
                if text.startswith("listening "):
                    _, address, port = text.split()
                    self._socket = ListeningSocket(address, int(port))
                    self._listening.set()
                self._logs.append(LogLine(time.monotonic(), source, text))

    def transport(self) -> httpx.AsyncBaseTransport:
        # plain HTTP; without this httpx would load the certificates of the web for each process
        return httpx.AsyncHTTPTransport(trust_env=False, verify=False)

    async def connect(self, host: str, port: int) -> ByteStream:
        return await anyio.connect_tcp(host, port)

    async def wait_listening(self, timeout_s: float) -> tuple[ListeningSocket, ...]:
        with anyio.move_on_after(timeout_s):
            while not self._listening.is_set() and self.exit_state() is None:
                with anyio.move_on_after(0.05):
                    await self._listening.wait()
        return self.sockets()

    def sockets(self) -> tuple[ListeningSocket, ...]:
        return (self._socket,) if self._socket is not None and self._listening.is_set() else ()

    def exit_state(self) -> ExitState | None:
        code = self._process.returncode if self._process is not None else 0
        return None if code is None else ExitState(code, f"exited with code {code}")

    async def restart(self) -> None:
        await self.stop()
        await self.start("--port", str(self._socket.port if self._socket else 0))

    async def send_stdin(self, data: bytes) -> None:
        raise NotImplementedError

    async def receive_stdout(self) -> bytes:
        raise NotImplementedError

    async def close_stdin(self) -> None:
        raise NotImplementedError

    async def wait_exit(self, timeout_s: float) -> ExitState | None:
        if self._process is not None:
            with anyio.move_on_after(timeout_s):
                await self._process.wait()
        return self.exit_state()

    def logs(self) -> tuple[LogLine, ...]:
        return tuple(self._logs)


@asynccontextmanager
async def running(command: Sequence[str], *, forked: bool = False) -> AsyncIterator[LoopbackPod]:
    """A server's program, listening; gone on leaving. ``forked``: of a Python program, what follows ``python``."""
    async with anyio.create_task_group() as tasks:
        pod = LoopbackPod(command, tasks, forked=forked)
        try:
            await pod.start()
            if not await pod.wait_listening(START_S):
                raise AssertionError("\n".join(line.text for line in pod.logs()) or "the server never listened")
            yield pod
        finally:
            await pod.stop()
            tasks.cancel_scope.cancel()


@asynccontextmanager
async def loopback(language: str, *arguments: str, folder: Path | None = None) -> AsyncIterator[LoopbackPod]:
    """A server of ``tests/servers/<language>``, or of a changed copy of that folder."""
    program = (folder or SERVERS / language) / PROGRAMS[language]
    is_python = language == "python"
    command = (str(program), *arguments) if is_python else ("node", str(program), *arguments)
    async with running(command, forked=is_python) as pod:
        yield pod


def server_bundle(*paths: str) -> Bundle:
    """What the prober needs to know of a server: the paths the docs would name."""
    return Bundle(
        example_id="servers#proof",
        language="python",
        kind=ExampleKind.HTTP_SERVER,
        toolchain="python",
        files=(),
        manager=Manager.PYPI,
        dependencies=(),
        command=(),
        endpoint_paths=paths,
    )
