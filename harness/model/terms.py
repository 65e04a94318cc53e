"""The terms of a run: what a user chooses, how a start ended, how steps of conversations are named."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

RETRY_STEP: Final = "retry"
"""Beginning of the step of an exchange that was sent again, and is never judged: ``retry.<step>``."""
LOOKING_STEP: Final = "discover."
"""Beginning of the steps that look for the endpoint; many addresses may be asked."""


class Resolve(StrEnum):
    """Which packages an example was run with."""

    TODAY = "today"
    DATED = "dated"
    """Those of a date, up to whose end packages were resolved."""


class Gate(StrEnum):
    """Which findings may fail a check of a change (``--gate``)."""

    NEW = "new"
    """Those that the change introduces."""
    ALL = "all"
    """Those that were there before, too."""


class FailOn(StrEnum):
    """Which violations make a run fail (``--fail-on``)."""

    MUST = "must"
    SHOULD = "should"
    NEVER = "never"


class Trust(StrEnum):
    """Whose configuration, baseline and lock a run goes by."""

    HEAD = "head"
    """Those of the working tree."""
    BASE = "base"
    """Those of the commit that a change is compared with: who made the change does not set the rules for it."""


@dataclass(frozen=True, slots=True)
class SettingsSource:
    """Where configuration, baseline and lock of a run come from."""

    trust: Trust = Trust.HEAD
    ref: str | None = None
    """With ``base``: the ref as it was named."""
    commit: str | None = None
    """With ``base``: its full hash."""
    unused: tuple[str, ...] = ()
    """With ``base``: settings files that the change has otherwise, and that were not used."""


class StartOutcome(StrEnum):
    """How starting an example ended."""

    SERVING = "serving"
    EXITED = "exited"
    NEVER_LISTENED = "never-listened"
    NOT_SERVING = "not-serving"
    """It listens, and does not do what the specification calls serving."""
    NO_INITIALIZE = "no-initialize"
    """The same, of the one specification whose published word this is."""
    INSTALL_FAILED = "install-failed"
    BUILD_FAILED = "build-failed"
    KILLED = "killed"
    """By a limit, which the sentence names."""

    @property
    def listened(self) -> bool:
        """Whether the example was up, listened, and did not serve."""
        return self in (StartOutcome.NOT_SERVING, StartOutcome.NO_INITIALIZE)
