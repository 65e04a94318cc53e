"""A program of the user's that speaks over stdin and stdout, in the place of a pod. It runs on this machine.

Only what the user names on the command line is run by it, never anything of the docs.
"""

from __future__ import annotations

import time
from contextlib import suppress
from subprocess import PIPE
from typing import TYPE_CHECKING, Final

import anyio
from anyio.streams.buffered import BufferedByteReceiveStream

from harness.base.errors import PodError, UsageError
from harness.engine.protocol import ExitState
from harness.model import LogLine

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import httpx
    from anyio.abc import ByteReceiveStream, ByteStream, Process, TaskGroup

    from harness.model import ListeningSocket

_LONGEST_LINE: Final = 65536
_END_S: Final = 2.0
"""Time that a program has to end by itself after its input ended, before it is killed."""


class RunningProgram:
    """A program on this machine that speaks over stdin and stdout, as a :class:`harness.engine.protocol.Pod`."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], tasks: TaskGroup) -> None:
        """``tasks`` reads what the program writes to stderr."""
        self._command = tuple(command)
        self._environment = dict(environment)
        self._tasks = tasks
        self._process: Process | None = None
        self._logs: list[LogLine] = []

    async def start(self) -> None:
        """Start it. Raises UsageError if it cannot be started."""
        try:
            self._process = await anyio.open_process(
                self._command, stdin=PIPE, stdout=PIPE, stderr=PIPE, env=self._environment
            )
        except OSError as error:
            raise UsageError(f"{self._command[0]} cannot be started: {error.strerror}", "check --stdio") from error
        assert self._process.stderr is not None
        self._tasks.start_soon(self._read_log, self._process.stderr)

    async def stop(self) -> None:
        """End its input, and kill it if it does not end by that."""
        process, self._process = self._process, None
        if process is None:
            return
        with anyio.CancelScope(shield=True):
            with suppress(OSError, anyio.BrokenResourceError, anyio.ClosedResourceError):
                if process.stdin is not None:
                    await process.stdin.aclose()
            with anyio.move_on_after(_END_S):
                await process.wait()
            with suppress(ProcessLookupError):
                process.kill()
            await process.aclose()

    async def _read_log(self, stream: ByteReceiveStream) -> None:
        lines = BufferedByteReceiveStream(stream)
        with suppress(
            anyio.IncompleteRead, anyio.ClosedResourceError, anyio.BrokenResourceError, anyio.DelimiterNotFound
        ):
            while True:
                text = (await lines.receive_until(b"\n", _LONGEST_LINE)).decode("utf-8", "backslashreplace")
                self._logs.append(LogLine(time.monotonic(), "stderr", text))

    def transport(self) -> httpx.AsyncBaseTransport:
        """Raise PodError: it is not asked over HTTP."""
        raise PodError("a program is asked over its stdin")

    async def connect(self, host: str, port: int) -> ByteStream:
        """Raise PodError: it is not asked over TCP."""
        raise PodError("a program is asked over its stdin")

    async def wait_listening(self, timeout_s: float) -> tuple[ListeningSocket, ...]:
        """Return nothing."""
        return ()

    def sockets(self) -> tuple[ListeningSocket, ...]:
        """Return nothing: whether it listens is not looked at."""
        return ()

    def exit_state(self) -> ExitState | None:
        """Return how it ended; None while it runs."""
        code = self._process.returncode if self._process is not None else 0
        return None if code is None else ExitState(code, f"exited with code {code}")

    async def restart(self) -> None:
        """Stop it and start it again."""
        await self.stop()
        await self.start()

    async def send_stdin(self, data: bytes) -> None:
        """Write to its stdin. Raises PodError if that is closed."""
        try:
            if self._process is None or self._process.stdin is None:
                raise PodError("the program has no input")
            await self._process.stdin.send(data)
        except (OSError, anyio.BrokenResourceError, anyio.ClosedResourceError) as error:
            raise PodError("the program closed its input") from error

    async def receive_stdout(self) -> bytes:
        """Return the next bytes of its stdout; empty at the end."""
        if self._process is None or self._process.stdout is None:
            return b""
        try:
            return await self._process.stdout.receive()
        except (anyio.EndOfStream, anyio.BrokenResourceError, anyio.ClosedResourceError):
            return b""

    async def close_stdin(self) -> None:
        """Close its stdin."""
        if self._process is not None and self._process.stdin is not None:
            with suppress(OSError, anyio.BrokenResourceError):
                await self._process.stdin.aclose()

    async def wait_exit(self, timeout_s: float) -> ExitState | None:
        """Wait for its end, and return how it was; None on timeout."""
        if self._process is not None:
            with anyio.move_on_after(timeout_s):
                await self._process.wait()
        return self.exit_state()

    def logs(self) -> tuple[LogLine, ...]:
        """Return what it wrote to stderr."""
        return tuple(self._logs)
