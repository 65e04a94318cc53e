"""How long docprobe itself stood still while it waited for an answer.

The machine may stop for a moment, or another conversation may keep the processor. An answer that came meanwhile lies
unread when the deadline passes, so such a wait says nothing about the peer.
"""

from __future__ import annotations

import asyncio
import math
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

TICK_S: Final = 0.1
"""How often the event loop is asked whether it runs."""


class StallWatch:
    """Measures, inside its block, for how long the event loop did not run though it had something to do."""

    def __init__(self) -> None:
        self._late_s = 0.0
        self._due = math.inf
        self._loop = asyncio.get_running_loop()

    def __enter__(self) -> Self:
        self._wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._handle.cancel()
        self._late_s = self.stalled_s
        self._due = math.inf

    @property
    def stalled_s(self) -> float:
        """Seconds so far."""
        return round(self._late_s + max(0.0, self._loop.time() - self._due), 4)

    def _wait(self) -> None:
        self._due = self._loop.time() + TICK_S
        self._handle = self._loop.call_at(self._due, self._tick)

    def _tick(self) -> None:
        self._late_s = self.stalled_s
        self._wait()
