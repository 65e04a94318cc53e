"""One at a time, in this process and across processes: a lock per thing, in the state folder."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

import anyio
from filelock import Timeout

from extractor.base.storage import file_lock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

_RETRY_S: Final = 0.1


@asynccontextmanager
async def exclusive(state: Path, what: str) -> AsyncIterator[None]:
    """Hold the lock of ``what`` (a key fit for a file name); waits for others without blocking the event loop.

    The file is removed at the end of the block. A process that dies releases its locks.
    """
    path = state / "locks" / what
    lock = file_lock(path)
    while True:
        try:
            lock.acquire(blocking=False)
            break
        except Timeout:
            await anyio.sleep(_RETRY_S)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
        lock.release()
