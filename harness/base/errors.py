"""Errors of the harness. Each class has its exit code (README, "Exit codes")."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, ClassVar, Final

from extractor.base.errors import DocprobeError, DocsError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    "BlockedError",
    "DocprobeError",
    "DocsError",
    "EngineError",
    "InstallError",
    "NotServingError",
    "NothingSelectedError",
    "PodError",
    "RegistryError",
    "StorageError",
    "UsageError",
    "unwritable",
]

_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})
"""Error numbers that a better command line would not mend."""


class NothingSelectedError(UsageError):
    """The selection names no example; the hint names the nearest (exit 2)."""


class NotServingError(UsageError):
    """An example that was asked for by name does not serve (exit 2)."""


class BlockedError(DocprobeError):
    """An example could not be judged for a reason of ours (exit 3 for the run; the example is ``blocked``)."""

    exit_code: ClassVar[int] = 3


class EngineError(BlockedError):
    """The container engine is absent, does not answer, or refused something that is not the example's fault."""


class PodError(BlockedError):
    """A pod broke under us: the tunnel ended, the anchor died, a limit of ours was hit."""


class RegistryError(BlockedError):
    """A package registry could not be reached, or answered with a server error."""


class InstallError(DocprobeError):
    """The registries answered and the example's dependencies cannot be installed: the docs' fault.

    The example is ``not-running``; ``log`` holds the installer's last lines.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, hint: str | None = None, log: tuple[str, ...] = ()) -> None:
        super().__init__(message, hint)
        self.log = log


class StorageError(BlockedError):
    """A disk is full or fails: a file of ours cannot be written."""


def unwritable(path: Path, error: OSError) -> DocprobeError:
    """The error that says which file or folder could not be written, and what to do (exit 3 for a disk, else 2)."""
    what = f"{path} cannot be written: {error.strerror or error}"
    if error.errno in _FULL:
        return StorageError(what, "make room on that disk, then run it again")
    return UsageError(what, "name a place that this user may write to")
