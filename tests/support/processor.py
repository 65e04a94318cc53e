"""Bounds on processor time: they hold on a busy machine, where a wall clock measures the others too."""

from __future__ import annotations

import gc
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def processor_s(work: Callable[[], object]) -> float:
    """Return the seconds of processor time that ``work`` takes, without the collection of earlier tests' garbage."""
    collects = gc.isenabled()
    gc.disable()
    try:
        began = time.process_time()
        work()
        return time.process_time() - began
    finally:
        if collects:
            gc.enable()


@contextmanager
def processor_time_below(limit_s: float) -> Iterator[None]:
    """Fail if the body takes more seconds of processor time than ``limit_s``.

    Choose the limit at least five times as high as the body takes: a neighbour on the same core slows it down too.
    """
    began = time.process_time()
    yield
    took_s = time.process_time() - began
    assert took_s < limit_s, f"took {took_s:.2f} s of processor time, more than {limit_s} s"
