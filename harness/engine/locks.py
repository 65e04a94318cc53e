"""One at a time, in this process and across processes: a lock per thing, in the state folder."""

from __future__ import annotations

import fcntl
import os
from contextlib import asynccontextmanager
from typing import IO, TYPE_CHECKING, Final

import anyio

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

_RETRY_S: Final = 0.1


@asynccontextmanager
async def exclusive(state: Path, what: str) -> AsyncIterator[None]:
    """Hold the lock of ``what`` (a key fit for a file name); waits for others without blocking the event loop.

    The file goes with the lock. A process that dies gives its lock up.
    """
    folder = state / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / what
    while (file := _try(path)) is None:
        await anyio.sleep(_RETRY_S)
    with file:
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


def _try(path: Path) -> IO[str] | None:
    """The locked file; None if another holds it."""
    file = path.open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # the last holder may have removed the name between our opening and our locking
        if os.fstat(file.fileno()).st_ino == path.stat().st_ino:
            return file
    except (BlockingIOError, FileNotFoundError):
        pass
    file.close()
    return None

