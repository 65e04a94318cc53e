"""The anchors of one run: one is kept warm, and they are taken down one after the other, off the critical path."""

from __future__ import annotations

import itertools
import re
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import anyio

from harness.base.errors import EngineError, PodError
from harness.engine.anchor import AnchorContainer, start_anchor
from harness.engine.tunnel.tunnel import Tunnel

if TYPE_CHECKING:
    from anyio.abc import TaskGroup

    from harness.engine.api import Api
    from harness.engine.events import Events, Fate
    from harness.engine.owner import Owner

_READY_S: Final = 20.0
_GONE_S: Final = 10.0
"""How long an anchor may take to vanish before it is removed by force."""
_LINGER_STEP_S: Final = 0.1
"""When docprobe is killed, its anchors end so far apart: old engines deadlock when many networks go at one moment."""
_MOST_ENDING: Final = 4
"""How many anchors may wait for their end before new ones wait for them: pods can be made faster than they go."""
_HOST_NAME: Final = re.compile(r"(?!\d+(\.\d+)*$)[a-z0-9]([a-z0-9.-]{0,250}[a-z0-9])?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Anchored:
    """A running anchor with its tunnel."""

    container: AnchorContainer
    tunnel: Tunnel
    fate: Fate
    slot: int


class Anchors:
    """Starts, keeps warm and takes down anchors."""

    def __init__(
        self,
        api: Api,
        owner: Owner,
        events: Events,
        tasks: TaskGroup,
        *,
        work_mib: int,
        cores: float,
        runtime: str | None,
    ) -> None:
        self._api = api
        self._owner = owner
        self._events = events
        self._tasks = tasks
        self._work_mib = work_mib
        self._cores = cores
        self._runtime = runtime
        self._image = ""
        self._numbers = itertools.count(1)
        self._slots: set[int] = set()
        self._taken = 0
        self._warm: Anchored | None = None
        self._warming: anyio.Event | None = None
        self._burying = anyio.Lock()
        self._ending = 0
        self._ended = anyio.Event()
        self._closing = False

    async def take(self, image: str, hosts: frozenset[str]) -> Anchored:
        """A ready anchor; ``hosts`` are names that mean loopback inside. Raises EngineError or PodError."""
        while self._ending >= _MOST_ENDING and not self._events.lost.is_set():
            await self._ended.wait()
        self._image = image
        self._taken += 1
        if self._warming is not None:
            await self._warming.wait()
        anchored, self._warm = self._warm, None
        names = frozenset(host for host in hosts if _HOST_NAME.fullmatch(host)) - {"localhost"}
        if anchored is not None:
            if not names and anchored.tunnel.failure is None:
                return anchored
            self.bury(anchored)
        return await self._start(image, names)

    def warm(self, image: str) -> None:
        """Begin to make an anchor ready for the next pod, unless one is."""
        if self._warm is None and self._warming is None and not self._closing:
            self._image = image
            self._warming = anyio.Event()
            self._tasks.start_soon(self._make_warm, self._warming)

    def bury(self, anchored: Anchored) -> None:
        """Take an anchor down in the background, and with it its pod."""
        if self._taken > 1:  # a run of several pods: likely there is another one to come
            self.warm(self._image)
        self._end(anchored)

    async def close(self) -> None:
        """Take all down and wait for it."""
        self._closing = True
        if self._warming is not None:
            await self._warming.wait()
        if self._warm is not None:
            self._end(self._warm)
        while self._slots:
            await anyio.sleep(0.01)

    async def _make_warm(self, made: anyio.Event) -> None:
        try:
            # whoever needs an anchor will try again, and get the error
            with suppress(EngineError, PodError):
                self._warm = await self._start(self._image, frozenset())
        finally:
            self._warming = None
            made.set()

    async def _start(self, image: str, hosts: frozenset[str]) -> Anchored:
        slot = next(n for n in itertools.count() if n not in self._slots)
        self._slots.add(slot)
        try:
            container = await start_anchor(
                self._api,
                image,
                self._owner,
                name=f"docprobe-{self._owner.run}-anchor-{next(self._numbers)}",
                work_mib=self._work_mib,
                cpus=min(1.0, self._cores),
                linger_s=slot * _LINGER_STEP_S,
                hosts=hosts,
                runtime=self._runtime,
            )
        except BaseException:
            self._slots.discard(slot)
            raise
        anchored = Anchored(container, Tunnel(container.attached), self._events.watch(container.id), slot)
        try:
            await self._tasks.start(anchored.tunnel.run)
            await anchored.tunnel.ready(_READY_S)
        except BaseException:
            self._end(anchored)
            raise
        return anchored

    def _end(self, anchored: Anchored) -> None:
        self._ending += 1
        self._tasks.start_soon(self._bury, anchored)

    async def _bury(self, anchored: Anchored) -> None:
        """One after the other: see _LINGER_STEP_S."""
        try:
            with anyio.CancelScope(shield=True):
                async with self._burying:
                    await anchored.tunnel.aclose()
                    with anyio.move_on_after(_GONE_S) as waited:
                        await anchored.fate.removed.wait()
                    if waited.cancelled_caught and not self._events.lost.is_set():
                        with suppress(EngineError):
                            await self._api.call("remove an anchor", self._remove, anchored.container.id)
        finally:
            self._events.forget(anchored.container.id)
            self._slots.discard(anchored.slot)
            self._ending -= 1
            self._ended.set()
            self._ended = anyio.Event()

    def _remove(self, container: str) -> None:
        self._api.raw.remove_container(container, v=True, force=True)
