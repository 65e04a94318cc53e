"""Python programs that are forked from one that has imported what they need: most of a short program's time is that."""

from __future__ import annotations

import array
import atexit
import contextlib
import functools
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
from anyio.abc import ByteReceiveStream

if TYPE_CHECKING:
    from collections.abc import Sequence

FORKER = Path(__file__).with_name("forker.py")


class PipeEnd(ByteReceiveStream):
    """The reading end of a pipe. Closed once all was read."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.ended = anyio.Event()
        os.set_blocking(descriptor, False)

    async def receive(self, max_bytes: int = 65536) -> bytes:
        while True:
            try:
                data = os.read(self._descriptor, max_bytes)
            except BlockingIOError:
                await anyio.wait_readable(self._descriptor)
                continue
            if not data:
                await self.aclose()
                raise anyio.EndOfStream
            return data

    def read_now(self) -> bytes:
        """What is there."""
        with contextlib.suppress(BlockingIOError):
            return os.read(self._descriptor, 1024)
        return b""

    async def aclose(self) -> None:
        if not self.ended.is_set():
            os.close(self._descriptor)
            self.ended.set()


class ForkedProcess:
    """A program that runs, as far as :class:`anyio.abc.Process` goes here."""

    def __init__(self, stdout: PipeEnd, stderr: PipeEnd, end: PipeEnd) -> None:
        self.stdout, self.stderr = stdout, stderr
        self._end = end
        self._told = b""

    async def started(self) -> None:
        """Wait until its number is known."""
        while b"\n" not in self._told:
            self._told += await self._end.receive()

    @property
    def pid(self) -> int:
        return int(self._told.partition(b"\n")[0])

    @property
    def returncode(self) -> int | None:
        if self._told.count(b"\n") < 2:
            self._told += self._end.read_now()
        _, _, code = self._told.partition(b"\n")
        return int(code) if code.endswith(b"\n") else None

    async def wait(self) -> int:
        while (code := self.returncode) is None:
            self._told += await self._end.receive()
        return code

    async def aclose(self) -> None:
        """Wait until all that it wrote was read; for one that ended."""
        await self.stdout.ended.wait()
        await self.stderr.ended.wait()
        await self._end.aclose()

    def kill(self) -> None:
        if self.returncode is None:
            os.kill(self.pid, signal.SIGKILL)


@functools.cache
def _forker() -> socket.socket:
    """The program that forks; it and what it forked end with this process."""
    ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    process = subprocess.Popen([sys.executable, "-SEB", str(FORKER)], stdin=its)
    its.close()

    def end() -> None:
        ours.close()
        process.wait()

    atexit.register(end)
    return ours


async def fork(arguments: Sequence[str]) -> ForkedProcess:
    """Start ``python PROGRAM ARGUMENT…``."""
    pipes = [os.pipe() for _ in range(3)]
    given = array.array("i", [write for _, write in pipes])
    ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, given)]
    _forker().sendmsg([json.dumps(list(arguments)).encode()], ancillary)
    for _, write in pipes:
        os.close(write)
    stdout, stderr, end = (PipeEnd(read) for read, _ in pipes)
    process = ForkedProcess(stdout, stderr, end)
    await process.started()
    return process
