"""Worker processes that end with the process they work for, however it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

PARENT = """
import multiprocessing, os, time
from concurrent.futures import ProcessPoolExecutor
from extractor.base.orphans import end_with_parent

with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context({how!r}), initializer=end_with_parent,
                         initargs=(os.getpid(),)) as pool:
    asked = [pool.submit(time.sleep, 0.5), pool.submit(time.sleep, 0.5)]
    [one.result() for one in asked]
    print(*pool._processes, flush=True)
    time.sleep(60)
"""


@pytest.mark.processes
@pytest.mark.parametrize("kill", [signal.SIGKILL, signal.SIGTERM])
def test_workers_end_with_a_parent_that_is_killed(kill: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT.format(how="fork")], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        workers = [int(word) for word in parent.stdout.readline().split()]
        assert workers
        parent.send_signal(kill)
        parent.wait()
        deadline = time.monotonic() + 30
        while (left := [pid for pid in workers if _runs(pid)]) and time.monotonic() < deadline:
            time.sleep(0.1)
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    assert left == []


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
