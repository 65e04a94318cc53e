"""Worker processes that end with the process they work for, however it ends."""

from __future__ import annotations

import os
import threading
from typing import Final

_LOOK_S: Final = 0.5


def end_with_parent(parent: int) -> None:
    """Have this process end soon after its parent. For the start of a worker.

    A parent that is killed tells its workers nothing, and a forked one holds both ends of its pipes: it sees no end.

    Args:
        parent: process id of the parent, as the parent itself knows it: it may have ended by now.
    """
    threading.Thread(target=_watch, args=(parent,), name="end-with-parent", daemon=True).start()


def _watch(parent: int) -> None:
    wait = threading.Event()
    while os.getppid() == parent:
        wait.wait(_LOOK_S)
    os._exit(1)
