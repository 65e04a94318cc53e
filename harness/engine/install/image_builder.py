"""Making an image: run a job in a container, then commit the container.

The commit is atomic, so an image is there whole or not at all. The container lives only as long as docprobe holds
its stdin, so a killed docprobe leaves nothing.
"""

from __future__ import annotations

import json
import tarfile
import tempfile
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Final

import anyio

from extractor.base.text import printable
from extractor.model import ROOT
from harness.base.errors import EngineError
from harness.engine.api import ConflictError, GoneError
from harness.engine.attach import STDOUT, Attached
from harness.engine.containers import (
    EngineRun,
    create_container,
    install_container,
    remove_container,
    start_container,
)
from harness.engine.docker_client import SLOW_S
from harness.engine.hardening import HOME, INSTALL_USER
from harness.engine.install.images import image_id
from harness.engine.owner import LABEL, LOCK_LABEL, RUN_LABEL, STATE_LABEL

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from harness.engine.install.settings import InstallSettings
    from harness.engine.install.way_out import WayOut

_UNUSED_MIB: Final = 64
"""Memory of a container that is created and not started."""
_KEPT_LINES: Final = 200
_MAX_MESSAGE_MIB: Final = 64
_PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_BAD_MESSAGE: Final = "the install container sent a message that docprobe cannot read"


@dataclass(frozen=True, slots=True)
class Job:
    """What to run in the container."""

    steps: tuple[tuple[str, ...], ...]
    """Argument vectors, run in order until one fails."""
    files: Mapping[str, str] = field(default_factory=dict)
    """Absolute path to text; written first, owned by the container's user."""
    environment: Mapping[str, str] = field(default_factory=dict)
    reports: tuple[str, ...] = ()
    """Absolute paths of files whose text is wanted afterwards."""
    cwd: str = ROOT
    user: str = INSTALL_USER
    disk_mib: int = 2048
    memory_mib: int = 2048
    deadline_s: float = 300.0
    network: bool = True
    """Whether it has one: what compiles code of strangers has none."""
    folder: Path | None = None
    """A folder of the host that is copied into the container first."""
    folder_target: str = ""
    """Where its contents go; absolute."""
    folder_parts: tuple[str, ...] = ()
    """What of it is copied; empty: all of it."""
    image: str = ""
    """Another image, of which ``image_parts`` are copied into the container first."""
    image_parts: tuple[str, ...] = ()
    """Absolute paths; they have the same place in the container."""


@dataclass(frozen=True, slots=True)
class JobResult:
    """How a job ended."""

    code: int
    """Exit code of the last step that ran."""
    log: tuple[str, ...]
    """Its last lines."""
    step: int = 0
    """Index of that step."""
    limit: str | None = None
    """``disk``, ``memory`` or ``time``, if that ended it."""
    reports: Mapping[str, str | None] = field(default_factory=dict)
    """Text of each file of ``Job.reports``; None if it is not there or too large."""

    @property
    def succeeded(self) -> bool:
        """Whether every step ended with exit code 0."""
        return self.code == 0 and self.limit is None


@dataclass(frozen=True, slots=True)
class ImageBuilder:
    """Runs jobs in containers, and turns the containers into images."""

    run: EngineRun
    settings: InstallSettings
    network: str = "bridge"
    """The engine's network that containers without a way of their own are in: those that make base images."""

    async def build(
        self,
        image: str,
        job: Job,
        tags: Callable[[JobResult], tuple[str, ...]],
        role: str,
        *,
        purpose: str,
        way: WayOut | None = None,
        labels: Callable[[JobResult], Mapping[str, str]] = lambda _: {},
    ) -> JobResult:
        """Run ``job`` on ``image`` and, if it succeeds, commit the container as an image.

        Args:
            image: what is added to.
            job: what to run.
            tags: gives the new image's tags (``repository:tag``) by the result; with none the job was all that was
                wanted.
            role: the new image's label: ``base`` or ``deps``.
            purpose: names the container.
            labels: gives further labels of the new image by the result.
            way: how far its network reaches, for what comes from docs; None for the engine's network.

        Returns:
            How the job ended; a job that fails is not an error.

        Raises:
            EngineError: the engine failed, or the container ended before the job did.
        """
        run = self.run
        spec = install_container(
            image,
            memory_mib=job.memory_mib,
            cpus=run.cpus,
            network="none" if not job.network else self.network if way is None else way.network,
            user=job.user,
            runtime=run.runtime,
        )
        container = await create_container(run, spec, purpose)
        if job.folder is not None:
            await self._copy_folder(container, job.folder, job.folder_target, job.folder_parts)
        if job.image:
            await self._copy_image(container, job.image, job.image_parts, purpose)
        attached = await start_container(run, container, spec)
        try:
            result = await self._run_job(attached, job, way)
            if result.succeeded and (wanted := tags(result)):
                await self._commit(container, wanted, role, labels(result))
            return result
        finally:
            with anyio.CancelScope(shield=True):
                await attached.aclose()
                await remove_container(run.api, container)

    async def _copy_folder(self, container: str, folder: Path, target: str, parts: tuple[str, ...]) -> None:
        """Copy a folder of the host, or parts of it, into a created container, owned by root, links as they are."""

        def copied() -> None:
            with tempfile.TemporaryFile() as file:
                with tarfile.open(fileobj=file, mode="w") as archive:
                    for part in parts or (".",):
                        archive.add(folder / part, str(PurePosixPath(target) / part).lstrip("/"), filter=_owned_by_root)
                file.seek(0)
                self.run.api.raw.put_archive(container, "/", file)

        try:
            await self.run.api.call_within(SLOW_S, "copy a toolchain", copied)
        except (OSError, EngineError) as error:
            await remove_container(self.run.api, container)
            raise EngineError(f"{printable(str(folder))} could not be copied: {error}") from error

    async def _copy_image(self, container: str, image: str, parts: tuple[str, ...], purpose: str) -> None:
        """Copy files and folders of another image, which is not started, into a created container."""
        run = self.run

        def copied(source: str) -> None:
            for part in parts:
                with tempfile.TemporaryFile() as file:
                    for piece in run.api.raw.get_archive(source, part)[0]:
                        file.write(piece)
                    file.seek(0)
                    run.api.raw.put_archive(container, str(PurePosixPath(part).parent), file)

        spec = install_container(image, memory_mib=_UNUSED_MIB, cpus=run.cpus, network="none", runtime=run.runtime)
        try:
            source = await create_container(run, spec, f"{purpose}-image")
            try:
                await run.api.call_within(SLOW_S, f"copy {', '.join(parts)} of {image}", copied, source)
            finally:
                with anyio.CancelScope(shield=True):
                    await remove_container(run.api, source)
        except EngineError:
            await remove_container(run.api, container)
            raise

    async def _run_job(self, attached: Attached, job: Job, way: WayOut | None) -> JobResult:
        """Send the job and read until it is done."""
        settings = self.settings
        order = {
            "steps": job.steps,
            "files": {**settings.files, **job.files},
            "environment": {
                "PATH": _PATH,
                "HOME": HOME,
                "TMPDIR": "/tmp",
                **settings.environment,
                **job.environment,
                **(way.environment if way is not None else {}),
            },
            "reports": job.reports,
            "cwd": job.cwd,
            "watch": ROOT,
            "disk_mib": job.disk_mib,
            "deadline_s": job.deadline_s,
        }
        log: deque[str] = deque(maxlen=_KEPT_LINES)
        with anyio.move_on_after(job.deadline_s):
            try:
                await attached.send(json.dumps(order).encode() + b"\n")
                return await _read_result(attached, log)
            except (anyio.EndOfStream, anyio.BrokenResourceError) as error:
                raise EngineError(
                    f"the install container ended before its work was done; last line: {log[-1] if log else '(none)'}",
                    "check that the machine has memory left; `[limits] install-memory-mib` is the container's limit",
                ) from error
        return JobResult(-1, tuple(log), limit="time")

    async def _commit(self, container: str, tags: tuple[str, ...], role: str, labels: Mapping[str, str]) -> None:
        api = self.run.api
        conf = {
            "Labels": {**labels, LABEL: role, RUN_LABEL: "", STATE_LABEL: "", LOCK_LABEL: ""},
            "Cmd": [],
            "User": "",
        }
        first, *others = tags
        repository, _, tag = first.rpartition(":")
        replaced = {old for tag in tags if (old := await image_id(api, tag)) is not None}
        made = await api.call_within(
            SLOW_S, "commit an image", api.raw.commit, container, repository, tag, pause=False, conf=conf
        )
        for other in others:
            repository, _, tag = other.rpartition(":")
            await api.call("tag an image", api.raw.tag, made["Id"], repository, tag)
        for old in replaced:
            # its tags are the new one's now; one that still has another tag, or is in use, stays
            with suppress(GoneError, ConflictError):
                if not (await api.call("look at an image", api.raw.inspect_image, old))["RepoTags"]:
                    await api.call("remove an image", api.raw.remove_image, old, noprune=True)


def _owned_by_root(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    return entry.replace(uid=0, gid=0, uname="root", gname="root", deep=False)


async def _read_result(attached: Attached, log: deque[str]) -> JobResult:
    """Read the worker's messages, one JSON object a line, until the one that says how the job ended."""
    buffer = bytearray()
    while True:
        source, data = await attached.receive_any()
        if source != STDOUT:
            log.extend(map(printable, data.decode("utf-8", "backslashreplace").splitlines()))
            continue
        buffer += data
        if len(buffer) > _MAX_MESSAGE_MIB * 1024 * 1024:
            raise EngineError(f"the install container's report exceeds {_MAX_MESSAGE_MIB} MiB")
        *lines, rest = buffer.split(b"\n") if b"\n" in data else [buffer]
        buffer = bytearray(rest)
        for line in lines:
            message = _message(line)
            if "log" not in message:
                return _result(message, tuple(log))
            log.append(printable(str(message["log"])[:2000].expandtabs(4)))


def _message(line: bytes | bytearray) -> dict[str, Any]:
    try:
        message = json.loads(line)
    except ValueError as error:
        raise EngineError(_BAD_MESSAGE) from error
    if not isinstance(message, dict):
        raise EngineError(_BAD_MESSAGE)
    return message


def _result(message: dict[str, Any], log: tuple[str, ...]) -> JobResult:
    match message:
        case {"done": int(code), "step": int(step), "limit": None | str() as limit, "reports": dict(reports)}:
            if code == -9 and limit is None:
                limit = "memory"
            return JobResult(code, log, step, limit, reports)
        case _:
            raise EngineError(_BAD_MESSAGE)
