"""Beside an example: what its processes say that they executed, request by request.

What they say comes from a place that the example controls: it is checked and bounded.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import anyio
from anyio.streams.buffered import BufferedByteReceiveStream

from extractor.base.text import one_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from anyio.abc import ByteStream

    from harness.model import LogLine

PORT: Final = 1
"""Where the program finds docprobe; both tracers have the same number. Nothing else uses it (tcpmux)."""
ARRIVE_S: Final = 20.0
"""Time in which a program that listens must have connected."""
ANSWER_S: Final = 30.0
_MOST_BYTES: Final = 8 * 1024 * 1024
_MOST_PLACES: Final = 100_000
_MOST_NAMES: Final = 5_000
_MOST_LINE: Final = 1_000_000
TRACE_ERRORS: Final = (OSError, ValueError, anyio.EndOfStream, anyio.IncompleteRead, anyio.DelimiterNotFound,
                       anyio.BrokenResourceError, anyio.ClosedResourceError, RecursionError)  # fmt: skip
"""What goes wrong where a program answers otherwise than a tracer."""


@dataclass(frozen=True, slots=True)
class Executed:
    """What ran in some time."""

    places: Mapping[str, frozenset[tuple[int, int]]] = field(default_factory=dict)
    """By file of the bundle: line from 1, column from 0."""
    calls: tuple[tuple[str, ...], ...] = ()
    """Package and function, and those of the caller if it is another package's; in order where the tracer knows it."""


class TraceService:
    """Beside the example: asks its processes what they executed. A :class:`harness.engine.protocol.Service`."""

    port = PORT

    def __init__(self, paths: frozenset[str]) -> None:
        """``paths`` are the example's own files."""
        self._paths = paths
        self._connections: dict[ByteStream, anyio.Event] = {}
        self._arrived = anyio.Event()
        self._given_up = False
        self._one_question = anyio.Lock()

    async def serve(self, stream: ByteStream) -> None:
        """Hold the connection of one process until it fails."""
        failed = self._connections[stream] = anyio.Event()
        self._arrived.set()
        try:
            await failed.wait()
        finally:
            self._connections.pop(stream, None)
            with anyio.CancelScope(shield=True):
                await stream.aclose()

    def log(self) -> tuple[LogLine, ...]:
        """Return nothing."""
        return ()

    def forget(self) -> None:
        """Leave the processes that are there: they are ended."""
        for failed in self._connections.values():
            failed.set()
        self._connections.clear()
        self._arrived = anyio.Event()

    async def take(self) -> Executed | None:
        """Return what ran in all processes since the last call; None if none of them answers."""
        # two requests that travel together ask together
        async with self._one_question:
            return await self._take()

    async def _take(self) -> Executed | None:
        if self._given_up:
            return None
        with anyio.move_on_after(ARRIVE_S):
            await self._arrived.wait()
        if not self._connections:
            self._given_up = True
            return None
        answers = []
        for stream, failed in list(self._connections.items()):
            try:
                with anyio.fail_after(ANSWER_S):
                    await stream.send(b"?\n")
                    answers.append(
                        read_answer(
                            await BufferedByteReceiveStream(stream).receive_until(b"\n", _MOST_BYTES), self._paths
                        )
                    )
            except TRACE_ERRORS:
                self._connections.pop(stream, None)
                failed.set()
        if not answers:
            return None
        return Executed(
            {
                path: frozenset().union(*(answer.places.get(path, frozenset()) for answer in answers))
                for path in {path for answer in answers for path in answer.places}
            },
            tuple(dict.fromkeys(call for answer in answers for call in answer.calls)),
        )


def read_answer(line: bytes, paths: frozenset[str]) -> Executed:
    """Return what a process says that it executed. It may say anything.

    Args:
        line: JSON.
        paths: the files that it can be about; others are left out.

    Raises:
        ValueError: it is not JSON.
    """
    match json.loads(line):
        case {"files": dict(named), "calls": list(calls)}:
            pass
        case _:
            raise ValueError("not what a tracer says")
    places = {path: _places(listed) for path, listed in named.items() if path in paths and isinstance(listed, list)}
    known = (call for call in calls[:_MOST_NAMES] if isinstance(call, list) and len(call) in (2, 4))
    words = (tuple(one_line(word, 200) for word in call) for call in known if all(isinstance(w, str) for w in call))
    return Executed(places, tuple(dict.fromkeys(words)))


def _places(listed: list[Any]) -> frozenset[tuple[int, int]]:
    """Return what is a line and a column in a list, which is long and comes for every request."""
    return frozenset(
        (place[0], place[1])
        for place in listed[:_MOST_PLACES]
        if type(place) is list
        and len(place) == 2
        and type(place[0]) is type(place[1]) is int
        and 0 < place[0] < _MOST_LINE
        and 0 <= place[1] < _MOST_LINE
    )
