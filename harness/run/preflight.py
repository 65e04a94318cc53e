"""Before anything runs: what the run will read at its end can be read, and what it will write can be written."""

from __future__ import annotations

import errno
import os
import tempfile
from contextlib import closing
from typing import TYPE_CHECKING

from harness.base.errors import unwritable
from harness.run.locks import read_locks

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from harness.config import Config


def check_places(config: Config, outputs: Iterable[Path] = ()) -> None:
    """See that state folder, lock, history and output files can be used: an hour's run must not end in a refusal.

    Raises UsageError or StorageError, which name the file and the next step.
    """
    _usable(config.state)
    if config.lock is not None:
        read_locks(config.lock)
        _writable(config.lock)
    if config.history is not None:
        from harness.nightly.history.schema import connect

        _writable(config.history)
        with closing(connect(config.history)):
            pass
    for path in outputs:
        _writable(path)


def _usable(folder: Path) -> None:
    """Make the folder, and a file in it that has no name."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise unwritable(folder, error) from error


def _writable(path: Path) -> None:
    """See that a file could be written at ``path``, without leaving a trace: permissions only."""
    if path.exists():
        code = errno.EISDIR if path.is_dir() else None if os.access(path, os.W_OK) else errno.EACCES
    else:
        there = next(parent for parent in path.absolute().parents if parent.exists())
        code = errno.ENOTDIR if not there.is_dir() else None if os.access(there, os.W_OK | os.X_OK) else errno.EACCES
    if code is not None:
        raise unwritable(path, OSError(code, os.strerror(code)))
