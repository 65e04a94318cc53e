"""What an example writes, as lines with their time; bounded, however much it is."""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING, Final

from harness.model import LogLine

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_LINE: Final = 2000
"""Characters of a line that are kept."""


class LogBook:
    """Lines of one pod, on the clock of ``time.monotonic``.

    Keeps the first lines, up to a quarter of its room, and the newest; notes how many were left out in between.
    """

    def __init__(self, room_bytes: int) -> None:
        """``room_bytes`` is the size of what is kept."""
        self.written = 0
        """Bytes written so far, kept or not."""
        self._room_head = room_bytes // 4
        self._room_tail = room_bytes - self._room_head
        self._head: list[LogLine] = []
        self._tail: deque[LogLine] = deque()
        self._tail_bytes = 0
        self._left_out = 0
        self._partial: dict[str, bytearray] = {}

    def write(self, source: str, data: bytes) -> None:
        """Add bytes as they come from ``source`` (``stdout``, ``stderr``)."""
        self.written += len(data)
        partial = self._partial.setdefault(source, bytearray())
        partial += data
        *lines, rest = partial.split(b"\n")
        for line in lines:
            self.line(source, bytes(line).removesuffix(b"\r").decode("utf-8", "backslashreplace"))
        # of a line without end only the beginning is kept
        self._partial[source] = bytearray(rest[: 4 * MAX_LINE])

    def line(self, source: str, text: str) -> None:
        """Add one whole line."""
        entry = LogLine(round(time.monotonic(), 4), source, text[:MAX_LINE])
        size = len(entry.text) + 1
        if not self._tail and self._room_head >= size:
            self._room_head -= size
            self._head.append(entry)
            return
        self._tail.append(entry)
        self._tail_bytes += size
        while self._tail_bytes > self._room_tail:
            dropped = self._tail.popleft()
            self._tail_bytes -= len(dropped.text) + 1
            self._left_out += 1

    def end(self, source: str) -> None:
        """Note that a source ended: an unfinished line is a line."""
        partial = self._partial.pop(source, None)
        if partial:
            self.line(source, bytes(partial).decode("utf-8", "backslashreplace"))

    def lines(self, others: Iterable[LogLine] = ()) -> tuple[LogLine, ...]:
        """Return everything that was kept, together with ``others``, in order of time."""
        gap: tuple[LogLine, ...] = ()
        if self._left_out:
            at = self._tail[0].at_s if self._tail else self._head[-1].at_s
            gap = (LogLine(at, "docprobe", f"… {self._left_out} lines left out …"),)
        now_s = round(time.monotonic(), 4)
        unfinished = (
            LogLine(now_s, source, text.decode("utf-8", "backslashreplace")[:MAX_LINE])
            for source, text in self._partial.items()
            if text
        )
        return tuple(sorted((*self._head, *gap, *self._tail, *unfinished, *others), key=lambda line: line.at_s))
