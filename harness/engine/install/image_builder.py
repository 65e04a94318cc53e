"""Making an image: run a job in a container with a network, then commit the container.

The commit is atomic, so an image is there whole or not at all. The container lives only as long as docprobe holds
its stdin, so a killed docprobe leaves nothing.
"""

from __future__ import annotations

import json
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import anyio

from extractor.base.text import printable
from harness.base.errors import EngineError
from harness.engine.api import SLOW_S, Api, ConflictError, GoneError
from harness.engine.attach import STDOUT, Attached, attach
from harness.engine.hardening import HOME, INSTALL_USER, ROOT, Share, host_config
from harness.engine.inside import command
from harness.engine.install.images import image_id
from harness.engine.owner import LABEL, LOCK_LABEL, RUN_LABEL, STATE_LABEL, Owner

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from harness.engine.install.settings import Lent

_KEPT_LINES: Final = 200
_MAX_MESSAGE: Final = 64 * 1024 * 1024
_PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_SCRATCH_MIB: Final = 1024
"""Size of /tmp, where the clients keep their caches. Memory: counts for the container's limit."""


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


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a job ended."""

    code: int
    """Exit code of the last step that ran."""
    log: tuple[str, ...]
    """Its last lines."""
    step: int = 0
    limit: str | None = None
    """``disk``, ``memory`` or ``time``, if that ended it."""
    reports: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Workshop:
    """Where images are made."""

    api: Api
    owner: Owner
    lent: Lent
    runtime: str | None = None
    cpus: float = 2.0
    network: str = "bridge"
    """The engine's network that the containers are in."""

    async def make(
        self, image: str, job: Job, tags: Callable[[Outcome], tuple[str, ...]], role: str, *, name: str
    ) -> Outcome:
        """Run ``job`` on ``image``; if it succeeds, commit the container under each of ``tags(outcome)``.

        Tags are ``repository:tag``; with none the job was all that was wanted. ``role`` is the image's label, ``name``
        the container's name. Raises EngineError; a job that fails is an Outcome.
        """
        container = await self._create(image, job, name)
        attached: Attached | None = None
        try:
            attached = await attach(self.api, container, stdin=True)
            await self.api.call("start an install container", self.api.raw.start, container)
            outcome = await self._converse(attached, job)
            if outcome.code == 0 and outcome.limit is None and (wanted := tags(outcome)):
                await self._commit(container, wanted, role)
            return outcome
        finally:
            with anyio.CancelScope(shield=True):
                if attached is not None:
                    await attached.aclose()
                with suppress(GoneError, ConflictError):  # removes itself as it ends
                    await self.api.call("remove an install container", self._remove, container)

    async def _create(self, image: str, job: Job, name: str) -> str:
        config = host_config(
            self.api.raw,
            Share(job.memory_mib, self.cpus, 512, tmp_mib=_SCRATCH_MIB),
            network=self.network,
            runtime=self.runtime,
            read_only=False,
            tmpfs={HOME: f"rw,nosuid,nodev,mode=1777,size={_SCRATCH_MIB}m"},
        )
        container = await self.api.call(
            "create an install container", self.api.raw.create_container, image, command("worker"), name=name,
            user=job.user, stdin_open=True, host_config=config, labels=self.owner.labels("install"), entrypoint=[],
            environment={}, working_dir="/", use_config_proxy=False,
        )
        return str(container["Id"])

    async def _converse(self, attached: Attached, job: Job) -> Outcome:
        """Send the job and read until it is done."""
        order = {
            "steps": job.steps,
            "files": {**self.lent.files, **job.files},
            "environment": {"PATH": _PATH, "HOME": HOME, "TMPDIR": "/tmp", **self.lent.environment, **job.environment},
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
                return await self._listen(attached, log)
            except (anyio.EndOfStream, anyio.BrokenResourceError) as error:
                raise EngineError(
                    f"the install container ended by itself: {log[-1] if log else 'it said nothing'}",
                    "see whether the machine ran out of memory; `[limits] install_memory_mib` is the limit",
                ) from error
        return Outcome(-1, tuple(log), limit="time")

    async def _listen(self, attached: Attached, log: deque[str]) -> Outcome:
        buffer = bytearray()
        while True:
            source, data = await attached.receive_any()
            if source != STDOUT:
                log.extend(map(printable, data.decode("utf-8", "backslashreplace").splitlines()))
                continue
            buffer += data
            if len(buffer) > _MAX_MESSAGE:
                raise EngineError("the install container's report is out of all proportion")
            *lines, rest = buffer.split(b"\n") if b"\n" in data else [buffer]
            buffer = bytearray(rest)
            for line in lines:
                message = _message(line)
                if "log" in message:
                    log.append(printable(str(message["log"])[:2000]))
                else:
                    return _outcome(message, tuple(log))

    async def _commit(self, container: str, tags: tuple[str, ...], role: str) -> None:
        conf = {
            "Labels": {LABEL: role, RUN_LABEL: "", STATE_LABEL: "", LOCK_LABEL: ""},
            "Cmd": [],
            "User": "",
        }
        first, *others = tags
        repository, _, tag = first.rpartition(":")
        before = {old for tag in tags if (old := await image_id(self.api, tag)) is not None}
        made = await self.api.call_within(
            SLOW_S, "commit an image", self.api.raw.commit, container, repository, tag, pause=False, conf=conf
        )
        for other in others:
            repository, _, tag = other.rpartition(":")
            await self.api.call("tag an image", self.api.raw.tag, made["Id"], repository, tag)
        for old in before:
            # its tags are the new one's now; one that still has another tag, or is in use, stays
            with suppress(GoneError, ConflictError):
                if not (await self.api.call("look at an image", self.api.raw.inspect_image, old))["RepoTags"]:
                    await self.api.call("remove an image", self.api.raw.remove_image, old, noprune=True)

    def _remove(self, container: str) -> None:
        self.api.raw.remove_container(container, v=True, force=True)


def _message(line: bytes | bytearray) -> dict[str, Any]:
    try:
        message = json.loads(line)
    except ValueError as error:
        raise EngineError("the install container does not speak docprobe's protocol") from error
    if not isinstance(message, dict):
        raise EngineError("the install container does not speak docprobe's protocol")
    return message


def _outcome(message: dict[str, Any], log: tuple[str, ...]) -> Outcome:
    match message:
        case {"done": int(code), "step": int(step), "limit": None | str() as limit, "reports": dict(reports)}:
            if code == -9 and limit is None:
                limit = "memory"
            return Outcome(code, log, step, limit, reports)
        case _:
            raise EngineError("the install container does not speak docprobe's protocol")
