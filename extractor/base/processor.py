"""Limits on the processor time and the memory of a piece of work, in Python and in regular expressions alike."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

PAGE_MIB: Final = 150
"""MiB by which this process may grow while one page is read, or its examples are found."""
_TICK_S: Final = 0.2
"""Processor time after which the limits are looked at, again and again: something may swallow the first error."""
_AGAIN_S: Final = 0.001
"""The same where the error got lost: it was raised in a callback of the garbage collector or of a weak reference."""
_STATM: Final = Path("/proc/self/statm")
_PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE")


class TooLongError(BaseException):
    """The work used up its time or memory. Not an ``Exception``: what guards against any error must not swallow it.

    ``of_time`` says that it was the time, which the work will use up again; memory depends on what was done before.
    """

    def __init__(self, message: str, *, of_time: bool = False) -> None:
        super().__init__(message)
        self.of_time = of_time


@contextlib.contextmanager
def processor_limit(seconds: float, memory_mib: int | None = None) -> Iterator[None]:
    """Raise TooLongError in the body once it has used its processor time, or its memory.

    What other programs do on this machine does not count.

    Args:
        seconds: of processor time, above 0.
        memory_mib: by how much this process may grow, where the system shows it; None for no limit.

    Raises:
        RuntimeError: this is not the main thread, the only one that Python delivers signals to. Nothing is read
            without limits.
    """
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError("docs are read in the main thread only, where their limits hold")
    began, held = time.process_time(), _held_bytes() if memory_mib is not None else 0

    def look(number: int, frame: FrameType | None) -> None:
        if time.process_time() - began >= seconds:
            raise TooLongError(f"took more than {seconds:g} s of processor time", of_time=True)
        if memory_mib is not None and _held_bytes() - held > memory_mib * 1024 * 1024:
            raise TooLongError(f"took more than {memory_mib} MiB of memory")

    def lost(unraisable: sys.UnraisableHookArgs) -> None:
        if isinstance(unraisable.exc_value, TooLongError):
            signal.setitimer(signal.ITIMER_VIRTUAL, _AGAIN_S, tick)
        else:
            hook(unraisable)

    tick, hook, before = min(seconds, _TICK_S), sys.unraisablehook, signal.signal(signal.SIGVTALRM, look)
    sys.unraisablehook = lost
    try:
        signal.setitimer(signal.ITIMER_VIRTUAL, tick, tick)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    finally:
        signal.signal(signal.SIGVTALRM, before)
        sys.unraisablehook = hook


def _held_bytes() -> int:
    """Memory that this process holds now; 0 where the system does not show it."""
    try:
        return int(_STATM.read_text().split()[1]) * _PAGE_BYTES
    except (OSError, IndexError, ValueError):
        return 0
