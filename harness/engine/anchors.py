"""The anchors of one run: one is kept ready, and they are retired one after the other, in the background.

An anchor is a pod's first container: it owns the pod's namespaces, and carries the tunnel on its stdin and stdout.
"""

from __future__ import annotations

import itertools
import re
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import anyio

from harness.base.errors import EngineError, PodError
from harness.engine.containers import (
    EngineRun,
    anchor_container,
    create_container,
    remove_container,
    start_container,
)
from harness.engine.received import Received
from harness.engine.tunnel.tunnel import Tunnel

if TYPE_CHECKING:
    from anyio.abc import TaskGroup

    from harness.engine.events import ContainerExit

_READY_S: Final = 20.0
_REMOVED_S: Final = 10.0
"""How long an anchor may take to vanish before it is removed by force."""
_LINGER_STEP_S: Final = 0.1
"""When docprobe is killed, its anchors end so far apart: old engines deadlock when many networks go at one moment."""
_MOST_RETIRING: Final = 4
"""How many anchors may wait for their end before new ones wait for them: pods can be started faster than they end."""
_HOST_NAME: Final = re.compile(r"(?!\d+(\.\d+)*$)[a-z0-9]([a-z0-9.-]{0,250}[a-z0-9])?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Anchor:
    """A running anchor with its tunnel."""

    id: str
    """Container id."""
    tunnel: Tunnel
    exit: ContainerExit
    slot: int
    """The lowest number that no other anchor of the run had when it was started."""


class Anchors:
    """Starts, keeps ready and retires anchors."""

    def __init__(self, run: EngineRun, tasks: TaskGroup) -> None:
        """``tasks`` outlives every anchor."""
        self._run = run
        self._tasks = tasks
        self._numbers = itertools.count(1)
        self._slots: set[int] = set()
        self._ready: Anchor | None = None
        self._preparing: anyio.Event | None = None
        self._one_by_one = anyio.Lock()
        self._retiring = 0
        self._retired = anyio.Event()
        self._closing = False

    async def take(self, image: str, hosts: frozenset[str]) -> Anchor:
        """Return an anchor that is ready.

        Args:
            image: what it runs in.
            hosts: names that mean loopback inside the pod.

        Raises:
            EngineError: it could not be started.
            PodError: it did not answer.
        """
        while self._retiring >= _MOST_RETIRING and not self._run.events.broken.is_set():
            await self._retired.wait()
        if self._preparing is not None:
            await self._preparing.wait()
        anchor, self._ready = self._ready, None
        names = frozenset(host for host in hosts if _HOST_NAME.fullmatch(host)) - {"localhost"}
        if anchor is not None:
            if not names and anchor.tunnel.failure is None:
                return anchor
            self._start_retiring(anchor)
        return await self._start(image, names)

    def prepare(self, image: str) -> None:
        """Begin to make an anchor ready for the next pod, unless one is."""
        if self._ready is None and self._preparing is None and not self._closing:
            self._preparing = anyio.Event()
            self._tasks.start_soon(self._prepare, image, self._preparing)

    def retire(self, anchor: Anchor) -> None:
        """End an anchor that was taken, in the background, and with it its pod."""
        self._start_retiring(anchor)

    async def close(self) -> None:
        """Retire all anchors and wait until they are gone."""
        self._closing = True
        if self._preparing is not None:
            await self._preparing.wait()
        if self._ready is not None:
            self._start_retiring(self._ready)
        while self._slots:
            await anyio.sleep(0.01)

    async def _prepare(self, image: str, done: anyio.Event) -> None:
        try:
            # the next to need an anchor tries again, and gets the error
            with suppress(EngineError, PodError):
                self._ready = await self._start(image, frozenset())
        finally:
            self._preparing = None
            done.set()

    async def _start(self, image: str, hosts: frozenset[str]) -> Anchor:
        slot = next(n for n in itertools.count() if n not in self._slots)
        self._slots.add(slot)
        try:
            anchor = await self._start_container(image, hosts, slot)
        except BaseException:
            self._slots.discard(slot)
            raise
        try:
            await self._tasks.start(anchor.tunnel.run)
            await anchor.tunnel.ready(_READY_S)
        except BaseException:
            self._start_retiring(anchor)
            raise
        return anchor

    async def _start_container(self, image: str, hosts: frozenset[str], slot: int) -> Anchor:
        run = self._run
        spec = anchor_container(
            image,
            run.owner,
            work_mib=run.limits.work_mib,
            cpus=run.cpus,
            linger_s=slot * _LINGER_STEP_S,
            hosts=hosts,
            runtime=run.runtime,
        )
        container = await create_container(run, spec, f"anchor-{next(self._numbers)}")
        exit = run.events.watch(container)
        try:
            attached = await start_container(run, container, spec)
        except BaseException:
            run.events.forget(container)
            raise
        conversation = Received("this conversation", "conversation-mib", run.limits.conversation_mib)
        return Anchor(container, Tunnel(attached, (conversation, run.received)), exit, slot)

    def _start_retiring(self, anchor: Anchor) -> None:
        self._retiring += 1
        self._tasks.start_soon(self._retire, anchor)

    async def _retire(self, anchor: Anchor) -> None:
        """End an anchor when all before it are gone: see _LINGER_STEP_S."""
        run = self._run
        try:
            with anyio.CancelScope(shield=True):
                async with self._one_by_one:
                    await anchor.tunnel.aclose()
                    with anyio.move_on_after(_REMOVED_S) as waited:
                        await anchor.exit.removed.wait()
                    if waited.cancelled_caught and not run.events.broken.is_set():
                        with suppress(EngineError):
                            await remove_container(run.api, anchor.id)
        finally:
            run.events.forget(anchor.id)
            self._slots.discard(anchor.slot)
            self._retiring -= 1
            self._retired.set()
            self._retired = anyio.Event()
