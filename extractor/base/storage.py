"""Files that several processes use: written whole or not at all, and the one lock.

A lock is a file that a process holds. A process that dies releases its locks, however it dies.
"""

from __future__ import annotations

import glob
import os
import stat
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from extractor.base.errors import unwritable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from filelock import FileLock

_UNFINISHED: Final = ".tmp"


def write_atomically(path: Path, data: bytes | Iterable[bytes], *, durable: bool = True) -> None:
    """Write ``data`` to ``path`` so that a kill at any moment leaves the old file or the new one.

    The file keeps the permissions it had; a new one gets those of the umask.

    Args:
        path: the file; missing folders are made.
        data: its whole content, also in pieces that are made while it is written.
        durable: whether it is on the disk before this returns, and whether what a killed writer of the same file left
            beside it is removed. False is for what can be made again, in a folder that is swept by
            :func:`remove_unfinished`.

    Raises:
        StorageError: the disk is full or fails.
        UsageError: this user may not write there.
    """
    try:
        _write(path, data, durable=durable)
    except OSError as error:
        raise unwritable(path, error) from error


def keep(path: str, data: bytes) -> None:
    """Write an entry of a cache: whole, or not at all.

    No lock is held, which would take longer than the writing: :func:`remove_unfinished` may take the file away while it
    is written, and the entry is then lost.

    Args:
        path: the file; its folder is made if it is missing.
        data: its whole content.

    Raises:
        OSError: it cannot be written.
    """
    temporary = f"{path}.{os.urandom(4).hex()}{_UNFINISHED}"
    try:
        descriptor = _new_file(temporary)
    except FileNotFoundError:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        descriptor = _new_file(temporary)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        Path(temporary).replace(path)
    except OSError:
        Path(temporary).unlink(missing_ok=True)
        raise


def _new_file(path: str) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)


def _write(path: Path, data: bytes | Iterable[bytes], *, durable: bool) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if durable:
        remove_abandoned(path.parent.glob(f".{glob.escape(path.name)}.*{_UNFINISHED}"))
    temporary = path.parent / f".{path.name}.{os.urandom(4).hex()}{_UNFINISHED}"
    with hold(temporary), temporary.open("wb") as file:
        if path.exists():
            os.fchmod(file.fileno(), stat.S_IMODE(path.stat().st_mode))
        file.writelines((data,) if isinstance(data, bytes) else data)
        file.flush()
        if durable:
            os.fsync(file.fileno())
        temporary.replace(path)


def remove_unfinished(folder: Path) -> None:
    """Remove what killed writers left in ``folder`` and below."""
    found = (Path(top, name) for top, _, names in os.walk(folder) for name in names if name.endswith(_UNFINISHED))
    remove_abandoned(found)


def file_lock(path: Path) -> FileLock:
    """Return an unlocked lock on ``path``; its folder and the file itself are made when it is acquired.

    It uses the kernel's ``flock`` and never falls back to a marker file, which a killed process would leave behind.
    """
    # here, as below: a run that only reads what is cached takes no lock
    from filelock import FileLock

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
    from filelock import Timeout

    if not path.is_file():
        return False
    try:
        with file_lock(path).acquire(blocking=False):
            return False
    except (Timeout, PermissionError):
        return True


def remove_abandoned(paths: Iterable[Path]) -> None:
    """Remove those of ``paths`` whose lock no process holds: a killed process left them."""
    from filelock import Timeout

    for path in paths:
        with suppress(Timeout, OSError), file_lock(path).acquire(blocking=False):
            path.unlink(missing_ok=True)
