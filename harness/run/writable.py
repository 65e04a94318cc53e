"""Before a run starts, a check that everything can be written that it will write."""

from __future__ import annotations

import errno
import os
import tempfile
from typing import TYPE_CHECKING

from harness.base.errors import unwritable
from harness.base.lock_file import read_locks

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from harness.config import Config


def check_writable(config: Config, outputs: Iterable[Path] = ()) -> None:
    """Check that state folder, lock, history and output files can be used: an hour's run must not end in a refusal.

    Raises:
        UsageError: the lock file or the history cannot be read, or a file may not be written.
        StorageError: the disk is full or fails.
    """
    _usable(config.state)
    if config.lock is not None:
        read_locks(config.lock)
        _writable(config.lock)
    if config.history is not None:
        from harness.nightly.history.schema import check_whole, opened

        _writable(config.history)
        with opened(config.history) as history:
            check_whole(history)
    for path in outputs:
        _writable(path)


def _usable(folder: Path) -> None:
    """Make the folder, and a file in it that has no name. Raises UsageError or StorageError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise unwritable(folder, error) from error


def _writable(path: Path) -> None:
    """Check by its permissions that a file could be written at ``path``. Raises UsageError or StorageError."""
    if path.exists():
        code = errno.EISDIR if path.is_dir() else None if os.access(path, os.W_OK) else errno.EACCES
    else:
        nearest = next(parent for parent in path.absolute().parents if parent.exists())
        allowed = os.access(nearest, os.W_OK | os.X_OK)
        code = errno.ENOTDIR if not nearest.is_dir() else None if allowed else errno.EACCES
    if code is not None:
        raise unwritable(path, OSError(code, os.strerror(code)))
