"""The one lock: a file that a process holds. A process that dies releases its locks, however it dies."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path


def file_lock(path: Path) -> FileLock:
    """Return an unlocked lock on ``path``; its folder and the file itself are made when it is acquired.

    It uses the kernel's ``flock`` and never falls back to a marker file, which a killed process would leave behind.
    """
    return FileLock(path, fallback_to_soft=False)


@contextmanager
def hold(path: Path) -> Iterator[None]:
    """Hold the lock on ``path`` for the length of the block; the file is removed at its end.

    Waits while another process holds it. Raises OSError if the file cannot be made.
    """
    with file_lock(path):
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


def is_held(path: Path) -> bool:
    """Return whether a process holds the lock on ``path``.

    A file that this user may not open belongs to another user and counts as held.
    """
    if not path.is_file():
        return False
    try:
        with file_lock(path).acquire(blocking=False):
            return False
    except (Timeout, PermissionError):
        return True


def remove_abandoned(paths: Iterable[Path]) -> None:
    """Remove those of ``paths`` whose lock no process holds: a killed process left them."""
    for path in paths:
        with suppress(Timeout, OSError), file_lock(path).acquire(blocking=False):
            path.unlink(missing_ok=True)
