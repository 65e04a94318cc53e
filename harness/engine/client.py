"""The engine: ties images, pods and their teardown together. ``connect`` is the way in."""

from __future__ import annotations

import itertools
import os
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import anyio

from extractor.model import Bundle, ExampleKind
from harness.engine.anchor import AnchorContainer, start_anchor
from harness.engine.api import Api, ConflictError, GoneError, reach
from harness.engine.bases import Base, Bases
from harness.engine.events import Events, Fate
from harness.engine.host import lend
from harness.engine.images import Records, prune
from harness.engine.install.installer import Installer
from harness.engine.logs import LogBook
from harness.engine.owner import Owner, own
from harness.engine.pods import DockerPod
from harness.engine.process import Setting
from harness.engine.protocol import Limits, Pod, Progress, Service
from harness.engine.reaper import containers, reap, remove, volumes
from harness.engine.tunnel import Tunnel
from harness.engine.workshop import Workshop
from harness.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence
    from pathlib import Path

    from anyio.abc import TaskGroup

    from harness.config import Config
    from harness.model import Image

_READY_S: Final = 20.0
_GONE_S: Final = 10.0
"""How long an anchor may take to vanish before it is removed by force."""
_LINGER_STEP_S: Final = 0.1


@asynccontextmanager
async def connect(
    *,
    state: Path,
    limits: Limits | None = None,
    runtime: str | None = None,
    environment: Mapping[str, str] | None = None,
) -> AsyncIterator[DockerEngine]:
    """The container engine, for the length of the block; everything of this run is removed at its end.

    ``state`` is docprobe's state folder, ``runtime`` an OCI runtime the engine knows, ``environment`` the host's
    (DOCKER_HOST, proxies, CA bundle, DOCPROBE_BASE_IMAGE); None takes this process's.

    Raises EngineError, with the next step, if no engine answers.
    """
    environment = os.environ if environment is None else environment
    api = await reach(environment)
    with own(state) as owner:
        await reap(api, state)
        info = await api.call("tell what it is", api.raw.info)
        events = Events(api, owner.run)
        await events.open()
        failure: Exception | None = None
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(events.follow)
            engine = DockerEngine(api, owner, events, tasks, info, limits or Limits(), runtime, state, environment)
            try:
                yield engine
            except Exception as error:  # as it is, not as the task group's ExceptionGroup
                failure = error
            finally:
                with anyio.CancelScope(shield=True):
                    await engine.close()
                    events.close()
                tasks.cancel_scope.cancel()
        if failure is not None:
            raise failure


def open_engine(config: Config) -> AbstractAsyncContextManager[DockerEngine]:
    """The engine as a run's configuration wants it; see :func:`connect`."""
    return connect(state=config.state, limits=config.limits, runtime=config.runtime)


@dataclass(frozen=True, slots=True)
class _Anchored:
    """An anchor with its tunnel and what becomes of it."""

    container: AnchorContainer
    tunnel: Tunnel
    fate: Fate
    slot: int


class DockerEngine:
    """See :class:`harness.engine.protocol.Engine`. Made by :func:`connect`."""

    def __init__(
        self,
        api: Api,
        owner: Owner,
        events: Events,
        tasks: TaskGroup,
        info: Mapping[str, Any],
        limits: Limits,
        runtime: str | None,
        state: Path,
        environment: Mapping[str, str],
    ) -> None:
        self.api = api
        self.owner = owner
        self.limits = limits
        self._events = events
        self._tasks = tasks
        self._runtime = runtime
        self._cores = float(info.get("NCPU") or 1)
        self._records = Records(state)
        workshop = Workshop(api, owner, lend(environment), runtime, cpus=self._cores)
        self.bases = Bases(workshop, state, environment)
        self._installer = Installer(workshop, self.bases, self._records, limits, state)
        self._numbers = itertools.count(1)
        self._slots: set[int] = set()
        self._burying = anyio.Lock()
        self._buried = 0
        self._closed = False

    async def base(self, toolchain: str, progress: Progress | None = None) -> Base:
        """The base image of ``node`` or ``python``; made if it is missing."""
        return await self.bases.get(toolchain, progress or _quiet)

    async def install(
        self, bundle: Bundle, *, cutoff: str | None = None, lock: str | None = None, progress: Progress | None = None
    ) -> Image:
        """The bundle's dependencies as an image."""
        return await self._installer.install(bundle, cutoff, lock, progress or _quiet)

    def pod(
        self, bundle: Bundle, image: Image, services: Sequence[Service] = (), *, progress: Progress | None = None
    ) -> AbstractAsyncContextManager[Pod]:
        """Start the bundle; on leaving, everything of it is removed."""
        return self._pod(bundle, image, services, progress or _quiet)

    @asynccontextmanager
    async def _pod(
        self, bundle: Bundle, image: Image, services: Sequence[Service], progress: Progress
    ) -> AsyncIterator[Pod]:
        name = f"docprobe-{self.owner.run}-{next(self._numbers)}"
        logs = LogBook(self.limits.log_bytes)
        anchored = await self._anchor(bundle, name, logs)
        setting = Setting(
            api=self.api,
            events=self._events,
            owner=self.owner,
            limits=self.limits,
            runtime=self._runtime,
            cpus=min(self.limits.cpus, self._cores),
            anchor=anchored.container.id,
            image=image.tag,
            environment=bundle.environment,
            logs=logs,
            stdio=bundle.kind is ExampleKind.STDIO_SERVER,
        )
        pod = DockerPod(setting, anchored.tunnel, bundle, services, name)
        try:
            await self._tasks.start(pod.run)
            await anchored.tunnel.ready(_READY_S)
            await pod.bring_up(progress)
            yield pod
        finally:
            with anyio.CancelScope(shield=True):
                await pod.close_transports()
            self._tasks.start_soon(self._bury, anchored, pod)

    async def close(self) -> None:
        """Wait for the teardown, sweep what may be left of this run, and drop images above the cap."""
        if self._closed:
            return
        self._closed = True
        while self._slots:
            await anyio.sleep(0.01)
        if not self._events.lost.is_set():
            with suppress(EngineError):
                run = self.owner.run
                await remove(self.api, await containers(self.api, run), await volumes(self.api, run))
                await prune(self.api, self._records)

    async def _anchor(self, bundle: Bundle, name: str, logs: LogBook) -> _Anchored:
        base = await self.bases.get("python", _quiet)
        slot = next(n for n in itertools.count() if n not in self._slots)
        self._slots.add(slot)
        try:
            container = await start_anchor(
                self.api,
                base.tag,
                self.owner,
                name=f"{name}-anchor",
                work_mib=self.limits.tmp_mib,
                cpus=min(1.0, self._cores),
                linger_s=slot * _LINGER_STEP_S,
                hosts=frozenset(request.host for request in bundle.services) - {"localhost"},
                runtime=self._runtime,
            )
        except BaseException:
            self._slots.discard(slot)
            raise
        tunnel = Tunnel(container.attached, lambda text: logs.line("docprobe", text))
        return _Anchored(container, tunnel, self._events.watch(container.id), slot)

    async def _bury(self, anchored: _Anchored, pod: DockerPod) -> None:
        """End one pod. One after the other: old engines deadlock when many networks go at one moment."""
        with anyio.CancelScope(shield=True):
            async with self._burying:
                await anchored.tunnel.aclose()
                pod.stop()
                with anyio.move_on_after(_GONE_S) as waited:
                    await anchored.fate.removed.wait()
                if waited.cancelled_caught:
                    with suppress(GoneError, ConflictError, EngineError):
                        await self.api.call("remove an anchor", self._remove, anchored.container.id)
                self._events.forget(anchored.container.id)
                self._slots.discard(anchored.slot)

    def _remove(self, container: str) -> None:
        self.api.raw.remove_container(container, v=True, force=True)


def _quiet(text: str) -> None:
    """No progress wanted."""
