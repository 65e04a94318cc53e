"""How much memory code takes, whatever the allocator keeps of what earlier tests in the same process gave back."""

from __future__ import annotations

import multiprocessing
import tracemalloc
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TypeVar

    Argument = TypeVar("Argument")
    Result = TypeVar("Result")


@contextmanager
def traced_memory() -> Iterator[Callable[[], float]]:
    """Trace allocations, and yield a function that returns their peak above what was allocated before, in MiB.

    Code that allocates often gets many times slower by that: see :func:`in_new_process`.
    """
    tracemalloc.start()
    try:
        yield lambda: tracemalloc.get_traced_memory()[1] / 1024 / 1024
    finally:
        tracemalloc.stop()


def in_new_process(function: Callable[[Argument], Result], argument: Argument) -> Result:
    """Return what a function of a module returns in a process that has run nothing else."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(function, argument).result()


@contextmanager
def resident_memory() -> Iterator[Callable[[], float]]:
    """Yield a function that returns how much more memory the process has had at its peak since now, in MiB."""
    # proc_pid_clear_refs(5): resets the peak
    Path("/proc/self/clear_refs").write_text("5")
    before_mib = _status_mib("VmRSS")
    yield lambda: _status_mib("VmHWM") - before_mib


def _status_mib(key: str) -> float:
    rows = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(rows[key].split()[0]) / 1024
