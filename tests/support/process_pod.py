"""Real processes behind the Pod seam: Python programs with stdin and stdout, for stdio servers and clients."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from harness.base.errors import PodError
from harness.engine.protocol import ExitState
from harness.model import ListeningSocket, LogLine

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class ProcessPod:
    """Runs ``python -c program``."""

    def __init__(self, program: str) -> None:
        self._program = program
        self._process: asyncio.subprocess.Process | None = None
        self._lines: list[LogLine] = []
        self.restarts = 0

    async def start(self) -> None:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-I", "-c", self._program, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
        )
        self._lines.append(LogLine(time.monotonic(), "docprobe", "started"))

    async def stop(self) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._process.communicate()

    async def restart(self) -> None:
        self.restarts += 1
        await self.stop()
        await self.start()

    @property
    def _running(self) -> Any:
        assert self._process is not None
        return self._process

    async def send_stdin(self, data: bytes) -> None:
        try:
            self._running.stdin.write(data)
            await self._running.stdin.drain()
        except OSError as error:
            raise PodError("the example's stdin is closed") from error

    async def receive_stdout(self) -> bytes:
        received: bytes = await self._running.stdout.read(65536)
        return received

    async def close_stdin(self) -> None:
        self._running.stdin.close()

    def exit_state(self) -> ExitState | None:
        code = self._running.returncode
        return None if code is None else ExitState(code, f"exited with code {code}")

    async def wait_exit(self, timeout_s: float) -> ExitState | None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._running.wait(), timeout_s)
        return self.exit_state()

    def logs(self) -> tuple[LogLine, ...]:
        return tuple(self._lines)

    def sockets(self) -> tuple[ListeningSocket, ...]:
        return ()

    async def wait_listening(self, timeout_s: float) -> tuple[ListeningSocket, ...]:
        return ()

    def transport(self) -> Any:
        raise NotImplementedError

    async def connect(self, host: str, port: int) -> Any:
        raise NotImplementedError


@asynccontextmanager
async def process_pod(program: str) -> AsyncIterator[ProcessPod]:
    pod = ProcessPod(program)
    await pod.start()
    try:
        yield pod
    finally:
        await pod.stop()
