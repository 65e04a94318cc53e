"""The one error root. A finding is data; an exception means that docprobe, its user or the machine failed."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, ClassVar, Final

from extractor.base.text import one_line

if TYPE_CHECKING:
    from pathlib import Path

_LONGEST_ERROR: Final = 300
"""Characters of an internal error's message: it may quote a page."""
_DISK_ERRORS: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})
"""Error numbers that another command line would not avoid."""
_HINT: Final = " (hint: "


class DocprobeError(Exception):
    """An error that ends what was asked for.

    ``message`` says what happened and where, ``hint`` the next step. ``exit_code`` is the process's exit code
    (README, "Exit codes").
    """

    exit_code: ClassVar[int] = 2

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def in_one_line(self) -> str:
        """Return the message with the hint in parentheses, for a report that gives an error one line."""
        return f"{self.message}{_HINT}{self.hint})" if self.hint else self.message


def split_hint(line: str) -> tuple[str, str | None]:
    """Return the message and the hint of an error that :meth:`DocprobeError.in_one_line` wrote."""
    message, _, hint = line.removesuffix(")").rpartition(_HINT)
    return (message, hint) if message and line.endswith(")") else (line, None)


class UsageError(DocprobeError):
    """Wrong use or configuration (exit 2)."""


class DocsError(DocprobeError):
    """The docs tree cannot be read (exit 2)."""


class BlockedError(DocprobeError):
    """The environment, or docprobe itself, prevented an answer (exit 3); an example that was to run is ``blocked``.

    It always has a next step: ``NEXT_STEP`` where the error names none.
    """

    NEXT_STEP: ClassVar[str] = "run docprobe again; `docprobe doctor` checks what it needs on this machine"
    exit_code: ClassVar[int] = 3

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message, hint or self.NEXT_STEP)


class ExtractionError(BlockedError):
    """A process that extracts pages was killed."""


class StorageError(BlockedError):
    """A file cannot be written because the disk is full or fails."""


def internal_error(error: BaseException) -> str:
    """Return the sentence for a fault of docprobe itself, which a page or an example is reported with."""
    text = one_line(str(error), _LONGEST_ERROR)
    return f"internal error (please report): {type(error).__name__}: {text}"


def unwritable(path: Path, error: OSError) -> DocprobeError:
    """Return the error for a file or folder that cannot be written: a StorageError for a disk, else a UsageError."""
    message = f"{path} cannot be written: {error.strerror or error}"
    if error.errno in _DISK_ERRORS:
        return StorageError(message, "free space on that disk, then run docprobe again")
    return UsageError(message, "choose a place that this user may write to")
