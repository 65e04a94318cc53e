"""The one error root. A finding is data; an exception means that docprobe or its user failed."""

from __future__ import annotations

from typing import ClassVar


class DocprobeError(Exception):
    """Something docprobe cannot go on from.

    The message says what happened and, in ``hint``, the next step. ``exit_code`` is the process exit code
    (README, "Exit codes"): 2 wrong use, 3 incomplete for a reason of ours.
    """

    exit_code: ClassVar[int] = 2

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(DocprobeError):
    """Wrong use or configuration (exit 2)."""


class ExtractionError(DocprobeError):
    """Extraction itself broke: a process of it was killed (exit 3)."""

    exit_code: ClassVar[int] = 3


class DocsError(DocprobeError):
    """The docs tree itself cannot be read (exit 2)."""
