"""Whose containers these are: a run's identity, and whether its process still lives.

Every container and volume carries the id of its run and of the state folder. The run's process holds a lock in that
folder for as long as it lives; so whoever shares the folder can tell what a dead run left from what a neighbour uses.
Containers of another state folder are removed by ``docprobe doctor --clean`` only.
"""

from __future__ import annotations

import os
import secrets
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from extractor.base.storage import hold, is_held, remove_abandoned
from harness.base.errors import unwritable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

LABEL: Final = "docprobe"
"""On everything that docprobe makes; the value is its role: ``anchor``, ``example``, ``install``, ``work`` (a volume),
``base`` and ``deps`` (images)."""
RUN_LABEL: Final = "docprobe.run"
STATE_LABEL: Final = "docprobe.state"
LOCK_LABEL: Final = "docprobe.lock"


@dataclass(frozen=True, slots=True)
class Owner:
    """One run of docprobe."""

    run_id: str
    """12 hex digits."""
    state_id: str
    """Of the state folder."""
    lock: Path
    """File whose lock the run's process holds."""

    def labels(self, role: str) -> dict[str, str]:
        """Return the labels of a container or volume of this run."""
        return {LABEL: role, RUN_LABEL: self.run_id, STATE_LABEL: self.state_id, LOCK_LABEL: str(self.lock)}

    def name(self, purpose: str) -> str:
        """Return a container's name."""
        return f"docprobe-{self.run_id}-{purpose}"


@contextmanager
def own(state: Path) -> Iterator[Owner]:
    """Become an owner: the lock is held until the block ends or the process dies.

    Raises:
        UsageError: the state folder cannot be written.
        StorageError: its disk is full or fails.
    """
    run_id = secrets.token_hex(6)
    lock = _locks(state) / f"{run_id}.lock"
    with ExitStack() as stack:
        try:
            stack.enter_context(hold(lock))
            identity = state_id(state)
        except OSError as error:
            raise unwritable(lock.parent, error) from error
        yield Owner(run_id, identity, lock.absolute())


def state_id(state: Path) -> str:
    """Return the id of a state folder; made on first use."""
    file = state / "id"
    try:
        return file.read_text("ascii").strip()
    except FileNotFoundError:
        state.mkdir(parents=True, exist_ok=True)
        fresh = file.with_name(f"id.{secrets.token_hex(4)}")
        fresh.write_text(secrets.token_hex(8), "ascii")
        try:
            os.link(fresh, file)  # the first of several processes decides
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
        return file.read_text("ascii").strip()


def is_left_over(labels: Mapping[str, str], state: Path) -> bool:
    """Return whether something with these labels belongs to a dead run of this state folder."""
    run_id = labels.get(RUN_LABEL, "")
    return labels.get(STATE_LABEL) == state_id(state) and not is_held(_locks(state) / f"{run_id}.lock")


def is_in_use(labels: Mapping[str, str]) -> bool:
    """Return whether something with these labels belongs to a run, of any state folder, whose process lives."""
    return LOCK_LABEL in labels and is_held(Path(labels[LOCK_LABEL]))


def remove_dead_locks(state: Path) -> None:
    """Remove the lock files that killed runs left in the state folder."""
    remove_abandoned(_locks(state).glob("*.lock"))


def _locks(state: Path) -> Path:
    return state / "runs"
