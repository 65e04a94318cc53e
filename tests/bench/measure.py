"""Running commands and noting what they use: the rows of ``make bench`` are made of this."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

RUNS = 3
"""Of each command on the host; the least counts, since whatever else the machine does only adds to it."""
BUDGET_S = 1500.0
"""Seconds from the start, after which nothing more is begun, and what still runs is ended: its row is missing."""
COMMAND_S = 600.0
"""Seconds for one command."""
PARSE = """
import pathlib, sys
from markdown_it import MarkdownIt
parser = MarkdownIt()
for page in sorted(pathlib.Path(sys.argv[1]).rglob("*.md*")):
    parser.parse(page.read_text("utf-8", "replace"))
"""


@dataclass(frozen=True)
class Used:
    """What one command used."""

    wall_s: float
    processor_s: float
    """Of the process and of those that it waited for."""
    peak_mib: float


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    what: str
    measured: float
    reference: float
    note: str = ""
    unit: str = "s"
    aim: str = ""
    """What is to be reached: a ratio (``1.5x``), or what the first figure is to be on two quiet processors."""

    @property
    def ratio(self) -> float:
        return self.measured / self.reference if self.reference else 0.0

    def __str__(self) -> str:
        figures = f"{self.measured:>8.2f} {self.unit:<3} {self.reference:>8.2f} {self.unit:<3} {self.ratio:>6.1f}x"
        aim = f"(aim {self.aim})" if self.aim else ""
        return " ".join(part for part in (f"{self.what:<46} {figures} ", aim, self.note) if part)


class NotMeasured(Exception):
    """Why a row is missing."""


@dataclass(frozen=True)
class Clock:
    """How much time is left."""

    began: float

    def left_s(self) -> float:
        """Seconds for the next step. Raises NotMeasured if there are none."""
        left = BUDGET_S - (time.monotonic() - self.began)
        if left <= 0:
            raise NotMeasured("no time left")
        return min(left, COMMAND_S)


def used(clock: Clock, state: Path, *command: str) -> Used:
    """Run a command to its end, with a state folder. Raises NotMeasured if it fails or takes too long."""
    environment = {**os.environ, "DOCPROBE_STATE": str(state)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    limit_s, began = clock.left_s(), time.monotonic()
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment,
        start_new_session=True,
    )  # fmt: skip
    timer = threading.Timer(limit_s, os.killpg, (process.pid, signal.SIGKILL))
    timer.start()
    try:
        _, status, usage = os.wait4(process.pid, 0)
    except BaseException:
        os.killpg(process.pid, signal.SIGKILL)
        raise
    finally:
        timer.cancel()
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1, 3):
        late = time.monotonic() - began >= limit_s
        how = f"took longer than {limit_s:.0f} s" if late else f"ended with {process.returncode}"
        raise NotMeasured(f"{' '.join(command[2:5])} {how}")
    return Used(time.monotonic() - began, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def docprobe(clock: Clock, state: Path, *arguments: str) -> Used:
    """Run one docprobe command."""
    return used(clock, state, sys.executable, "-m", "harness.cli", *arguments)


def least(run: Callable[[], Used]) -> Used:
    """The run that took least processor time, of several."""
    return min((run() for _ in range(RUNS)), key=lambda one: one.processor_s)


def plain_parse(clock: Clock, docs: Path, state: Path) -> float:
    """Return the processor time of a markdown-it-py parse of the pages of ``docs``."""
    return least(lambda: used(clock, state, sys.executable, "-c", PARSE, str(docs))).processor_s
