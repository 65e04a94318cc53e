"""A small process beside each run that outlives it: it removes what a killed docprobe left in the engine.

Running containers end by themselves with docprobe, since each lives by a stream that it holds. One that was created and
not started, or whose creation was still under way in the engine, does not. The sweeper reads a pipe that ends with
docprobe, however docprobe ends. Only if docprobe has not reported a clean end before does it import anything and ask
the engine.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.base.host import HostEnvironment
    from harness.engine.api import Api

_ALL_IS_WELL: Final = b"done"
_PROGRAM: Final = "import sys; sys.path[:] = sys.argv[2:]; from harness.engine.sweeper import main; main()"
SWEEP_S: Final = 9.0
"""How long a sweeper looks for remains."""
QUIET_S: Final = 3.0
"""Nothing found for so long: a creation that was under way has ended too."""
PATIENCE_S: Final = 4.0
"""Time for running containers to end by themselves: old engines deadlock when many networks are removed at once."""
_EVERY_S: Final = 0.25


@contextmanager
def sweeping(run_id: str, host: HostEnvironment) -> Iterator[list[str]]:
    """Have a sweeper for the length of the block, and after it if need be.

    Args:
        run_id: whose containers and volumes are swept.
        host: says where the engine is.

    Yields:
        A list: if something is in it at the end (names of containers whose creation was interrupted), the sweeper
        looks for remains as after a kill.
    """
    unsure: list[str] = []
    process = None
    with suppress(OSError):  # without a sweeper the next start sweeps
        process = subprocess.Popen(
            [sys.executable, "-c", _PROGRAM, run_id, *sys.path],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/",
            env=dict(host.variables), start_new_session=True,
        )  # fmt: skip
    try:
        yield unsure
    finally:
        if process is not None and process.stdin is not None:
            with suppress(OSError, ValueError):
                if not unsure:
                    process.stdin.write(_ALL_IS_WELL)
                process.stdin.close()
            process.wait()  # one that sweeps leaves that to a child, which is nobody's


def main() -> None:
    """Run the sweeper: wait for the end of stdin, then sweep unless all is well."""
    if sys.stdin.buffer.read() == _ALL_IS_WELL or os.fork():
        os._exit(0)
    import anyio

    anyio.run(_sweep_engine, sys.argv[1])


async def _sweep_engine(run_id: str) -> None:
    from harness.base.errors import EngineError
    from harness.base.host import HostEnvironment
    from harness.engine.api import open_api

    with suppress(EngineError):
        api = await open_api(HostEnvironment.of(os.environ))
        try:
            await sweep(api, run_id)
        finally:
            api.raw.close()


async def sweep(api: Api, run_id: str) -> int:
    """Remove the containers and volumes of a run as they come to light, and return how many were removed.

    Ends when nothing was found for QUIET_S, or after SWEEP_S.

    Raises:
        EngineError: the engine failed.
    """
    import anyio

    from harness.engine.cleanup import list_containers, list_volumes, remove

    began = quiet_since = time.monotonic()
    count = 0
    while time.monotonic() - began < SWEEP_S and time.monotonic() - quiet_since < QUIET_S:
        containers, volumes = await list_containers(api, run_id), await list_volumes(api, run_id)
        if containers or volumes:
            quiet_since = time.monotonic()
        patient = time.monotonic() - began < PATIENCE_S
        count += await remove(api, [c for c in containers if not patient or c.get("State") != "running"], volumes)
        await anyio.sleep(_EVERY_S)
    return count
