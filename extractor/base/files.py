"""Writing files whole or not at all."""

from __future__ import annotations

import glob
import os
import secrets
import stat
from typing import TYPE_CHECKING, Final

from extractor.base.errors import unwritable
from extractor.base.locks import hold, remove_abandoned

if TYPE_CHECKING:
    from pathlib import Path

_UNFINISHED: Final = ".tmp"


def write_atomically(path: Path, data: bytes, *, durable: bool = True) -> None:
    """Write ``data`` to ``path`` so that a kill at any moment leaves the old file or the new one.

    The file keeps the permissions it had; a new one gets those of the umask.

    Args:
        path: the file; missing folders are made.
        data: its whole content.
        durable: whether it is on the disk before this returns, and whether what a killed writer of the same file left
            beside it is removed. False is for cache entries, which can be made again, in a folder that is swept by
            :func:`remove_unfinished`.

    Raises:
        StorageError: the disk is full or fails.
        UsageError: this user may not write there.
    """
    try:
        _write(path, data, durable=durable)
    except OSError as error:
        raise unwritable(path, error) from error


def _write(path: Path, data: bytes, *, durable: bool) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if durable:
        remove_abandoned(path.parent.glob(f".{glob.escape(path.name)}.*{_UNFINISHED}"))
    temporary = path.parent / f".{path.name}.{secrets.token_hex(4)}{_UNFINISHED}"
    with hold(temporary), temporary.open("wb") as file:
        if path.exists():
            os.fchmod(file.fileno(), stat.S_IMODE(path.stat().st_mode))
        file.write(data)
        file.flush()
        if durable:
            os.fsync(file.fileno())
        temporary.replace(path)


def remove_unfinished(folder: Path) -> None:
    """Remove what killed writers left in ``folder`` and below."""
    remove_abandoned(folder.rglob(f"*{_UNFINISHED}"))
