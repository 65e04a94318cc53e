"""The engine: ties images, pods and their teardown together. ``connect`` is the way in."""

from __future__ import annotations

import itertools
import os
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing, suppress
from typing import TYPE_CHECKING, Any, Final

import anyio

from extractor.base.text import printable
from extractor.model import Bundle, ExampleKind
from harness.base.errors import EngineError, UsageError
from harness.engine.anchors import Anchors
from harness.engine.api import Api, reach
from harness.engine.cleanup import containers, reap, remove, volumes
from harness.engine.events import Events
from harness.engine.install.base_images import Base, Bases
from harness.engine.install.image_builder import Workshop
from harness.engine.install.images import Records, prune
from harness.engine.install.installer import Installer
from harness.engine.install.settings import Lent, lend
from harness.engine.logs import LogBook
from harness.engine.owner import Owner, own
from harness.engine.pods import DockerPod
from harness.engine.process import Setting
from harness.engine.protocol import Limits, Pod, Progress, Service

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence
    from pathlib import Path

    from anyio.abc import TaskGroup

    from harness.model import Image

_CLOSE_S: Final = 60.0
"""How long the teardown may take in all; what is left then goes when this process ends, or at the next start."""

_REMOVAL_S: Final = 10.0
"""How long a busy engine may take to remove what has ended."""
_RETRY_S: Final = 0.1
_SHIMS: Final = "io.containerd."


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

    Raises EngineError, with the next step, if no engine answers; UsageError if it has no such runtime, if ``state``
    cannot be written, or if a file that ``environment`` names cannot be read.
    """
    environment = os.environ if environment is None else environment
    lent = lend(environment)
    api = await reach(environment)
    with closing(api.raw), own(state) as owner:
        await reap(api, state)
        info = await api.call("tell what it is", api.raw.info)
        if runtime is not None:
            _check_runtime(runtime, info)
        failure: BaseException | None = None
        with closing(Events(api, owner.run)) as events:
            await events.open()
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(events.follow)
                engine = DockerEngine(
                    api, owner, events, tasks, info, limits or Limits(), runtime, state, environment, lent
                )
                try:
                    yield engine
                except anyio.get_cancelled_exc_class():
                    raise
                except BaseException as error:  # as it is, not as the task group's ExceptionGroup
                    failure = error
                finally:
                    with anyio.CancelScope(shield=True):
                        await engine.close()
                    events.close()
                    tasks.cancel_scope.cancel()
        if failure is not None:
            raise failure


def _check_runtime(runtime: str, info: Mapping[str, Any]) -> None:
    """Whether the engine has the runtime; one of containerd's own names (a shim) it tells only when it is used.

    Raises UsageError.
    """
    known = info.get("Runtimes") or {}
    if runtime not in known and not runtime.startswith(_SHIMS):
        raise UsageError(
            f"the engine has no runtime {printable(runtime)}",
            f"register it with the engine (`runtimes` in its daemon.json); it has: {', '.join(sorted(known))}",
        )



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
        lent: Lent,
    ) -> None:
        self.api = api
        self.owner = owner
        self.limits = limits
        self._events = events
        self._tasks = tasks
        self._runtime = runtime
        self._kernel = str(info.get("KernelVersion") or "")
        self._cores = float(info.get("NCPU") or 1)
        self._anchors = Anchors(
            api, owner, events, tasks, work_mib=self.limits.tmp_mib, cores=self._cores, runtime=runtime
        )
        self._records = Records(state)
        self.workshop = Workshop(api, owner, lent, runtime, cpus=self._cores)
        self.bases = Bases(self.workshop, state, environment)
        self._installer = Installer(self.workshop, self.bases, self._records, limits, state)
        self._numbers = itertools.count(1)
        self._anchor_image: str | None = None
        self._closed = False

    async def base(self, toolchain: str, progress: Progress | None = None) -> Base:
        """The base image of ``node`` or ``python``; made if it is missing."""
        return await self.bases.get(toolchain, _clean(progress))

    async def install(
        self, bundle: Bundle, *, cutoff: str | None = None, lock: str | None = None, progress: Progress | None = None
    ) -> Image:
        """The bundle's dependencies as an image."""
        said = _clean(progress)
        self._anchors.warm(await self._anchor_base(said))
        return await self._installer.install(bundle, cutoff, lock, said)

    def pod(
        self, bundle: Bundle, image: Image, services: Sequence[Service] = (), *, progress: Progress | None = None
    ) -> AbstractAsyncContextManager[Pod]:
        """Start the bundle; on leaving, everything of it is removed."""
        return self._pod(bundle, image, services, _clean(progress))

    @asynccontextmanager
    async def _pod(
        self, bundle: Bundle, image: Image, services: Sequence[Service], progress: Progress
    ) -> AsyncIterator[Pod]:
        anchored = await self._anchors.take(
            await self._anchor_base(progress), frozenset(request.host for request in bundle.services)
        )
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
            logs=LogBook(self.limits.log_bytes),
            stdio=bundle.kind is ExampleKind.STDIO_SERVER,
            kernel=self._kernel,
            lost=lambda: anchored.tunnel.failure is not None or self._events.lost.is_set(),
            packages=tuple(name for name in image.packages if " > " not in name) if bundle.toolchain == "node" else (),
        )
        name = f"docprobe-{self.owner.run}-{next(self._numbers)}"
        pod = DockerPod(setting, anchored.tunnel, bundle, services, name)
        try:
            await self._tasks.start(pod.run)
            await pod.bring_up(progress)
            yield pod
        finally:
            with anyio.CancelScope(shield=True):
                await pod.close_transports()
            pod.stop()
            self._anchors.bury(anchored)

    async def close(self) -> None:
        """Wait for the teardown, sweep what may be left of this run, and drop images above the cap."""
        if self._closed:
            return
        self._closed = True
        with anyio.move_on_after(_CLOSE_S, shield=True):
            await self._anchors.close()
            if not self._events.lost.is_set():
                with suppress(EngineError):
                    await self._sweep()
                    await prune(self.api, self._records)

    async def _sweep(self) -> None:
        """Remove what may be left of this run, and wait for what the engine is about to remove by itself."""
        run = self.owner.run
        with anyio.move_on_after(_REMOVAL_S):
            while (found := await containers(self.api, run)) + (stores := await volumes(self.api, run)):
                await remove(self.api, found, stores)
                await anyio.sleep(_RETRY_S)

    async def _anchor_base(self, progress: Progress) -> str:
        """Tag of the image that anchors run in."""
        if self._anchor_image is None:
            self._anchor_image = (await self.bases.get("python", progress)).tag
        return self._anchor_image


def _clean(progress: Progress | None) -> Progress:
    """``progress``, or nothing, with text that a terminal can show: package names and commands are strangers'."""
    return lambda text: progress(printable(text)) if progress is not None else None
