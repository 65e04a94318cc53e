"""How busy this machine is: past a point, a deadline says nothing about the program that missed it."""

from __future__ import annotations

import os
from typing import Final

BUSY_FACTOR: Final = 4.0
"""Runnable processes per processor from which on the machine is too busy: docprobe's own jobs make one to two."""


def describe_overload() -> str | None:
    """Return the load, as ``load 21 on 2 processors``, if the machine is too busy for deadlines; else None.

    It is the load average of the last minute (getloadavg(3)) of the machine that docprobe runs on.
    """
    load, processors = os.getloadavg()[0], os.cpu_count() or 1
    return f"load {load:.0f} on {processors} processors" if load > BUSY_FACTOR * processors else None
