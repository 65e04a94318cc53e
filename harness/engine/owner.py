"""Whose containers these are: a run's identity, and whether its process still lives.

Every container and volume carries the id of its run and of the state folder. The run's process holds a file lock in
that folder for as long as it lives, however it dies; so whoever shares the folder can tell a leftover from a
neighbour. Containers of another state folder are nobody's business but ``docprobe doctor --clean``'s.
"""

from __future__ import annotations

import os
import secrets
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from extractor.base.storage import hold, is_held, remove_abandoned
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
    lock = _locks(state) / f"{run}.lock"
    with ExitStack() as stack:
        try:
            stack.enter_context(hold(lock))
            identity = state_id(state)
        except OSError as error:
            raise unwritable(lock.parent, error) from error
        yield Owner(run, identity, lock.absolute())


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


def is_leftover(labels: Mapping[str, str], state: Path) -> bool:
    """Whether something with these labels belongs to a dead run of this state folder."""
    run = labels.get(RUN_LABEL, "")
    return labels.get(STATE_LABEL) == state_id(state) and not is_held(_locks(state) / f"{run}.lock")


def remove_dead_locks(state: Path) -> None:
    """Remove the lock files that killed runs left in the state folder."""
    remove_abandoned(_locks(state).glob("*.lock"))


def _locks(state: Path) -> Path:
    return state / "runs"
