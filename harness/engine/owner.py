"""Whose containers these are: a run's identity, and whether its process still lives.

Every container and volume carries the id of its run and of the state folder. The run's process holds a file lock in
that folder for as long as it lives, however it dies; so whoever shares the folder can tell a leftover from a
neighbour. Containers of another state folder are nobody's business but ``docprobe doctor --clean``'s.
"""

from __future__ import annotations

import fcntl
import os
import secrets
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Final

from harness.base.errors import unwritable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

LABEL: Final = "docprobe"
"""On everything that is docprobe's; the value says what it is (:class:`Role` names, ``base``, ``deps``)."""
RUN_LABEL: Final = "docprobe.run"
STATE_LABEL: Final = "docprobe.state"
LOCK_LABEL: Final = "docprobe.lock"


@dataclass(frozen=True, slots=True)
class Owner:
    """One run of docprobe."""

    run: str
    """12 hex digits."""
    state: str
    """Id of the state folder."""
    lock: Path
    """File whose lock the run's process holds."""

    def labels(self, role: str) -> dict[str, str]:
        """Labels of a container or volume of this run."""
        return {LABEL: role, RUN_LABEL: self.run, STATE_LABEL: self.state, LOCK_LABEL: str(self.lock)}


@contextmanager
def own(state: Path) -> Iterator[Owner]:
    """Become an owner: the lock is held until the block ends or the process dies.

    Raises UsageError or StorageError if the folder cannot be written.
    """
    run = secrets.token_hex(6)
    folder = _locks(state)
    lock = folder / f"{run}.lock"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        held = _held(lock)
        identity = state_id(state)
    except OSError as error:
        raise unwritable(folder, error) from error
    with held:
        try:
            yield Owner(run, identity, lock.absolute())
        finally:
            lock.unlink(missing_ok=True)


def state_id(state: Path) -> str:
    """The id of a state folder, made on first use."""
    file = state / "id"
    try:
        return file.read_text("ascii").strip()
    except FileNotFoundError:
        state.mkdir(parents=True, exist_ok=True)
        fresh = file.with_name(f"id.{secrets.token_hex(4)}")
        fresh.write_text(secrets.token_hex(8), "ascii")
        try:
            os.link(fresh, file)  # whoever comes first decides
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
        return file.read_text("ascii").strip()


def alive(lock: Path) -> bool:
    """Whether a process holds the lock file. One that may not be looked at is another user's: taken for held."""
    try:
        with lock.open("r") as file:
            return not _try(file)
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        return False
    except PermissionError:
        return True


def is_leftover(labels: Mapping[str, str], state: Path) -> bool:
    """Whether something with these labels belongs to a dead run of this state folder."""
    run = labels.get(RUN_LABEL, "")
    return labels.get(STATE_LABEL) == state_id(state) and not alive(_locks(state) / f"{run}.lock")


def forget_dead(state: Path) -> None:
    """Remove the lock files of dead runs."""
    for lock in _locks(state).glob("*.lock"):
        if not alive(lock):
            lock.unlink(missing_ok=True)


def _held(lock: Path) -> IO[str]:
    """The lock file, made and locked."""
    while True:
        file = lock.open("w")
        fcntl.flock(file, fcntl.LOCK_EX)
        # a neighbour that starts may have taken it for a dead run's between our making and our locking it
        with suppress(FileNotFoundError):
            if os.fstat(file.fileno()).st_ino == lock.stat().st_ino:
                return file
        file.close()


def _locks(state: Path) -> Path:
    return state / "runs"


def _try(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
