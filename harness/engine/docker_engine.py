"""The container engine of a run: ties images, pods and their end together. :func:`connect` is the way in."""

from __future__ import annotations

import itertools
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing, suppress
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import anyio

from extractor.base.kept import today
from extractor.base.text import printable
from extractor.model import Bundle, ExampleKind
from harness.base.errors import EngineError, UsageError
from harness.engine.anchors import Anchors
from harness.engine.api import open_api
from harness.engine.cleanup import list_containers, list_volumes, remove, remove_left_over
from harness.engine.containers import EngineRun
from harness.engine.events import ContainerEvents
from harness.engine.install.base_images import BaseImage, BaseImages
from harness.engine.install.failed_installs import FailedInstalls
from harness.engine.install.first_layer import FirstLayer
from harness.engine.install.image_builder import ImageBuilder
from harness.engine.install.images import ImageRecords, image_id, prune
from harness.engine.install.installer import Installer
from harness.engine.install.pulled import PulledImages
from harness.engine.install.settings import install_settings
from harness.engine.install.way_out import RegistryGate
from harness.engine.logs import LogBook
from harness.engine.owner import own
from harness.engine.podman import PodmanFiles
from harness.engine.pods import DockerPod, environment_of
from harness.engine.process import PodSettings
from harness.engine.protocol import EnginePod, Limits, Progress, Service
from harness.engine.received import Received
from harness.engine.sweeper import sweeping

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence
    from pathlib import Path

    from anyio.abc import TaskGroup

    from harness.base.host import HostEnvironment
    from harness.engine.engine_info import EngineInfo
    from harness.model import Image, ListeningSocket

_CLOSE_S: Final = 60.0
"""How long closing may take in all; what is left then goes when this process ends, or at the next start."""

_REMOVAL_S: Final = 10.0
"""How long a busy engine may take to remove what has ended."""
_RETRY_S: Final = 0.1
_SHIMS: Final = "io.containerd."


@asynccontextmanager
async def connect(
    *,
    state: Path,
    host: HostEnvironment,
    limits: Limits | None = None,
    runtime: str | None = None,
    realm: str = "",
    images: Mapping[str, str] = MappingProxyType({}),
    images_lock: Path | None = None,
    retry: bool = False,
) -> AsyncIterator[DockerEngine]:
    """Give the container engine for the length of the block; everything of this run is removed at its end.

    Args:
        state: docprobe's state folder.
        host: says where the engine is (DOCKER_HOST), how registries are reached (proxies, CA bundle), and what base
            images are made of (DOCPROBE_BASE_IMAGE).
        limits: what one example may use.
        runtime: an OCI runtime that the engine knows; None for its default.
        images: toolchain to the image that the user names for it.
        images_lock: digests of images that the project keeps; see :mod:`harness.engine.install.pulled`.
        realm: images of dependencies are used only in the realm that they were made in.
        retry: whether packages that could not be installed earlier today are tried again.

    Raises:
        EngineError: no engine answers.
        UsageError: it has no such runtime, ``state`` cannot be written, or a file that ``host`` names cannot be read.
    """
    settings = install_settings(host)
    api = await open_api(host)
    with closing(api.raw), own(state) as owner, sweeping(owner.run_id, host) as unsure:
        await remove_left_over(api, state)
        info = await api.info()
        if runtime is not None:
            _check_runtime(runtime, info)
        failure: BaseException | None = None
        with closing(ContainerEvents(api, owner.run_id)) as events:
            await events.open()
            limits = limits or Limits()
            received = Received(limit_mib=limits.received_mib)
            podman_files = PodmanFiles.write(api, state) if info.podman else None
            run = EngineRun(
                api, owner, events, limits, info.cpus, info.kernel, runtime, realm, received, podman_files, unsure
            )
            builder = ImageBuilder(run, settings)
            first = FirstLayer(api, PulledImages(api, state, images_lock), host, images)
            bases = BaseImages(builder, state, host, first)
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(events.follow)
                engine = DockerEngine(run, info, builder, bases, state, tasks, host, retry=retry)
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


def _check_runtime(runtime: str, info: EngineInfo) -> None:
    """Raise UsageError if the engine lacks the runtime; of containerd's own names (shims) it knows only when used."""
    if runtime not in info.runtimes and not runtime.startswith(_SHIMS):
        raise UsageError(
            f"the engine has no runtime {printable(runtime)}",
            f"register it with the engine (`runtimes` in its daemon.json); it has: {', '.join(info.runtimes)}",
        )


class DockerEngine:
    """See :class:`harness.engine.protocol.Engine`. Made by :func:`connect`."""

    def __init__(
        self,
        run: EngineRun,
        info: EngineInfo,
        builder: ImageBuilder,
        bases: BaseImages,
        state: Path,
        tasks: TaskGroup,
        host: HostEnvironment,
        *,
        retry: bool = False,
    ) -> None:
        """``tasks`` runs what goes on in the background."""
        self.run = run
        self.info = info
        self.builder = builder
        self.bases = bases
        self._records = ImageRecords(state)
        self._anchors = Anchors(run, tasks)
        self.gate = RegistryGate(
            self._anchors, partial(self._image_of_anchors, _printable(None)), builder.settings, host
        )
        """The way to the registries, for containers that install."""
        day = today()
        failed = FailedInstalls(state, day, retry=retry)
        self._installer = Installer(builder, bases, self._records, run.limits, state, self.gate, failed, day)
        self._tasks = tasks
        self._numbers = itertools.count(1)
        self._anchor_image: str | None = None
        self._listened: dict[str, frozenset[ListeningSocket]] = {}
        """By id of the example: what listened in its last pod."""
        self._closed = False

    async def base(self, toolchain: str, progress: Progress | None = None) -> BaseImage:
        """Return the base image of a toolchain; made if it is missing."""
        return await self.bases.get(toolchain, _printable(progress))

    async def image_ids(self, names: Sequence[str]) -> tuple[str, ...]:
        """Return each name with the id of the image that it names now, if there is one."""
        return tuple([f"{name} {await image_id(self.run.api, name)}" for name in names])

    async def install(
        self, bundle: Bundle, *, cutoff: str | None = None, lock: str | None = None, progress: Progress | None = None
    ) -> Image:
        """Return the bundle's dependencies as an image."""
        report = _printable(progress)
        self._anchors.prepare(await self._image_of_anchors(report))
        return await self._installer.install(bundle, cutoff, lock, report)

    def pod(
        self,
        bundle: Bundle,
        image: Image,
        services: Sequence[Service] = (),
        *,
        followed: bool = False,
        progress: Progress | None = None,
    ) -> AbstractAsyncContextManager[EnginePod]:
        """Start the bundle; on leaving, everything of it is removed."""
        return self._pod(bundle, image, services, followed, _printable(progress))

    @asynccontextmanager
    async def _pod(
        self, bundle: Bundle, image: Image, services: Sequence[Service], followed: bool, progress: Progress
    ) -> AsyncIterator[EnginePod]:
        hosts = frozenset(request.host for request in bundle.services)
        if (excess := self.run.received.excess()) is not None:
            raise excess
        anchor = await self._anchors.take(await self._image_of_anchors(progress), hosts)
        settings = PodSettings(
            run=self.run,
            anchor=anchor.id,
            image=image.tag,
            environment=environment_of(bundle),
            logs=LogBook(self.run.limits.log_bytes),
            stdio=bundle.kind is ExampleKind.STDIO_SERVER,
            is_broken=lambda: anchor.tunnel.failure is not None or self.run.events.broken.is_set(),
            hosts=hosts,
            packages=tuple(name for name in image.packages if " > " not in name) if bundle.toolchain == "node" else (),
        )
        pod = DockerPod(settings, anchor.tunnel, bundle, services, str(next(self._numbers)), self._listened)
        try:
            await self._tasks.start(pod.run)
            await pod.bring_up(progress)
            if followed and hosts <= {"localhost"}:  # an anchor with names of its own cannot be made ready
                self._anchors.prepare(await self._image_of_anchors(progress))
            yield pod
        finally:
            with anyio.CancelScope(shield=True):
                await pod.close_transports()
            pod.stop()
            self._anchors.retire(anchor)

    async def close(self) -> None:
        """Wait until every pod has ended, remove what may be left of this run, and drop images above the cap."""
        if self._closed:
            return
        self._closed = True
        with anyio.move_on_after(_CLOSE_S, shield=True):
            await self._anchors.close()
            if not self.run.events.broken.is_set():
                with suppress(EngineError):
                    await self._remove_rest()
                    await prune(self.run.api, self._records)

    async def _remove_rest(self) -> None:
        """Remove what may be left of this run, and wait for what the engine is removing."""
        api, run_id = self.run.api, self.run.owner.run_id
        with anyio.move_on_after(_REMOVAL_S):
            while (containers := await list_containers(api, run_id)) + (volumes := await list_volumes(api, run_id)):
                await remove(api, containers, volumes)
                await anyio.sleep(_RETRY_S)

    async def _image_of_anchors(self, progress: Progress) -> str:
        if self._anchor_image is None:
            self._anchor_image = (await self.bases.get("python", progress)).tag
        return self._anchor_image


def _printable(progress: Progress | None) -> Progress:
    """Return ``progress``, or nothing, given printable text: package names and commands come from the docs."""
    return lambda text: progress(printable(text)) if progress is not None else None
