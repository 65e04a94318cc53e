"""Log lines on the transcript's clock."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.model import LogLine


def since(lines: Iterable[LogLine], started: float) -> tuple[LogLine, ...]:
    """The lines of a pod (whose times are those of ``time.monotonic``) in seconds since ``started``.

    What was written before the conversation began has a time below zero.
    """
    return tuple(replace(line, at_s=round(line.at_s - started, 4)) for line in lines)
