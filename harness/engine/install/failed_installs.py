"""Installs that failed for a reason of the packages: until the day ends, they would fail again.

What a registry, the network or a busy machine prevented is not kept.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from extractor.base.kept import Kept, key_of_day
from harness.base.errors import InstallError, PythonVersionError, UnsuitableError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_FOLDER: Final = "failed-installs"
_ENDING: Final = ".failed"
_KINDS: Final = {kind.__name__: kind for kind in (UnsuitableError, PythonVersionError)}
_AGAIN: Final = "seen earlier today: check with --no-cache to try it again"


@dataclass(frozen=True, slots=True)
class FailedInstall:
    """How an install failed."""

    kind: str
    """Name of the error's class."""
    message: str
    hint: str | None
    log: tuple[str, ...] = ()
    """The installer's last lines, if the packages cannot be installed at all."""

    @property
    def error(self) -> InstallError | UnsuitableError:
        """The error, with a hint how to try again."""
        hint = f"{self.hint}; {_AGAIN}" if self.hint else _AGAIN
        kind = _KINDS.get(self.kind)
        return InstallError(self.message, hint, self.log) if kind is None else kind(self.message, hint)


class FailedInstalls:
    """A folder of failed installs."""

    def __init__(self, state: Path, day: str, *, retry: bool) -> None:
        """Open the folder; it need not exist.

        Args:
            state: the state folder.
            day: today, ISO, UTC.
            retry: whether what failed is tried again.
        """
        self._kept: Kept[Any] = Kept(state / _FOLDER, FailedInstall, _ENDING)
        self._day = day
        self._retry = retry

    def check(self, key: str) -> None:
        """Raise the error of an install that failed today already.

        Args:
            key: over all that decides what is installed, and how.

        Raises:
            InstallError: it cannot be installed.
            UnsuitableError: it needs what docprobe lacks.
        """
        failed: FailedInstall | None = None if self._retry else self._kept.load(key_of_day(key, self._day))
        if failed is not None:
            raise failed.error

    @contextmanager
    def noted(self, key: str) -> Iterator[None]:
        """Keep the failure of what is done in the block."""
        try:
            yield
        except (InstallError, UnsuitableError) as error:
            log = error.log if isinstance(error, InstallError) else ()
            failed = FailedInstall(type(error).__name__, error.message, error.hint, log)
            self._kept.store(key_of_day(key, self._day), failed)
            raise
