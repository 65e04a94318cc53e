"""The anchor as a local process: it is our own program, so the tunnel can be tested without an engine."""

from __future__ import annotations

import subprocess
import sys
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import anyio
from anyio.streams.stapled import StapledByteStream

from harness.engine.inside import program
from harness.engine.tunnel.tunnel import Tunnel

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from anyio.abc import Process


@asynccontextmanager
async def anchored(root: Path) -> AsyncIterator[tuple[Tunnel, Process]]:
    """A running tunnel to an anchor whose files go below ``root``."""
    process = await anyio.open_process(program("anchor", str(root), "0", python=sys.executable), stderr=subprocess.PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    tunnel = Tunnel(StapledByteStream(process.stdin, process.stdout))
    async with process, anyio.create_task_group() as tasks:
        await tasks.start(tunnel.run)
        await tunnel.ready(10)
        try:
            yield tunnel, process
        finally:
            tasks.cancel_scope.cancel()
            with anyio.CancelScope(shield=True):
                await tunnel.aclose()
                with anyio.move_on_after(2):
                    await process.wait()
                if process.returncode is None:
                    process.kill()
                    await process.wait()
