"""What this machine needs to run examples, whether it is there, and what to do where it is not."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import anyio

from extractor.base.storage import is_held
from harness.base.errors import BlockedError
from harness.doctor.registries import REGISTRIES, Registry, ask
from harness.engine.api import SilentError
from harness.engine.cleanup import containers
from harness.engine.docker_engine import connect
from harness.engine.hardening import MIB
from harness.engine.install.base_images import BASE_IMAGE_VARIABLE, TOOLCHAINS
from harness.engine.owner import LOCK_LABEL, RUN_LABEL

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from harness.engine.api import Api
    from harness.engine.docker_engine import DockerEngine

    Tell = Callable[["Check"], None]

_DISK_LOW_MIB: Final = 5 * 1024
_DISK_NEEDED_MIB: Final = 2 * 1024
_IMAGE_STEP: Final = (
    f"`docprobe doctor --fix` makes it now, the first run otherwise; {BASE_IMAGE_VARIABLE} names another"
)
_REGISTRY_STEP: Final = "see proxy, CA bundle and DNS: containers that install get the host's proxies and CA bundle"


class State(StrEnum):
    """How a check ended."""

    OK = "ok"
    WARNING = "warning"
    """Works, with less than it could be."""
    MISSING = "missing"
    NOT_ASKED = "not-asked"
    """Needs something that is missing."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that docprobe needs."""

    name: str
    state: State
    what: str
    """One sentence: what was found."""
    next: str | None = None
    """What to do, where something is to be done."""


def exit_code(checks: list[Check]) -> int:
    """0 if nothing is missing, else 3."""
    return 0 if all(check.state in (State.OK, State.WARNING) for check in checks) else 3


async def examine(
    state: Path, environment: Mapping[str, str], *, registries: bool = True, tell: Tell = lambda check: None
) -> list[Check]:
    """Check one thing after the other.

    Args:
        state: docprobe's state folder.
        environment: the host's, as :func:`harness.engine.docker_engine.connect` takes it.
        registries: whether to ask the package registries too, which takes seconds.
        tell: hears of each check as it is known.
    """
    checks: list[Check] = []

    def note(check: Check) -> None:
        checks.append(check)
        tell(check)

    note(_disk("disk of the state folder", state))
    try:
        async with connect(state=state, environment=environment) as engine:
            complete = await _examine_engine(engine, note)
            if registries:
                await _ask_all(engine, complete, note)
    except BlockedError as error:
        note(Check("engine", State.MISSING, error.message, _engine_step(error, environment)))
        note(Check("base images", State.NOT_ASKED, "needs the engine"))
        if registries:
            note(Check("registries", State.NOT_ASKED, "needs the engine"))
    return checks


async def _examine_engine(engine: DockerEngine, note: Tell) -> bool:
    """Check the engine and its images; whether all images are there."""
    info = await engine.api.call("tell what it is", engine.api.raw.info)
    note(_engine(info))
    note(_limits(info))
    note(_storage(info))
    note(await _leftovers(engine.api, engine.owner.run))
    complete = True
    for toolchain in TOOLCHAINS:
        found = await engine.bases.find(toolchain)
        complete = complete and found is not None
        name = f"base image {toolchain}"
        note(Check(name, State.OK, found.tag) if found else Check(name, State.MISSING, "not made yet", _IMAGE_STEP))
    return complete


async def _ask_all(engine: DockerEngine, complete: bool, note: Tell) -> None:
    if not complete:
        note(Check("registries", State.NOT_ASKED, "needs the base images, in which the clients are"))
        return
    async with anyio.create_task_group() as tasks:
        for registry in REGISTRIES:
            tasks.start_soon(_ask, engine, registry, note)


async def _ask(engine: DockerEngine, registry: Registry, note: Tell) -> None:
    try:
        trouble = await ask(engine, registry)
    except BlockedError as error:
        trouble = error.message
    if trouble is None:
        note(Check(registry.name, State.OK, "answers its client in a container"))
    else:
        note(Check(registry.name, State.MISSING, trouble, _REGISTRY_STEP))


def _engine(info: Mapping[str, Any]) -> Check:
    version = info.get("ServerVersion", "?")
    cgroup = info.get("CgroupVersion", "1")
    what = f"{info.get('OperatingSystem', '?')}, engine {version}, cgroup v{cgroup}, storage {info.get('Driver', '?')}"
    if not any("seccomp" in str(option) for option in info.get("SecurityOptions") or ()):
        return Check("engine", State.MISSING, f"{what}; without seccomp", "use an engine and kernel with seccomp")
    return Check("engine", State.OK, what)


def _limits(info: Mapping[str, Any]) -> Check:
    names = {"MemoryLimit": "memory", "CpuCfsQuota": "CPU", "PidsLimit": "processes"}
    absent = [name for key, name in names.items() if info.get(key) is False]
    if absent:
        return Check(
            "limits", State.WARNING, f"the engine cannot limit {', '.join(absent)}",
            "enable the cgroup controllers (kernel parameters, or delegate them to a rootless engine)",
        )  # fmt: skip
    return Check("limits", State.OK, "memory, CPU and processes can be limited")


def _storage(info: Mapping[str, Any]) -> Check:
    root = Path(str(info.get("DockerRootDir") or "/nonexistent"))
    if not root.exists():
        return Check("disk of the engine", State.OK, "on another machine, or not readable from here")
    return _disk("disk of the engine", root)


def _disk(name: str, folder: Path) -> Check:
    while not folder.exists():
        folder = folder.parent
    free_mib = shutil.disk_usage(folder).free // MIB
    what = f"{free_mib / 1024:.1f} GiB free below {folder}"
    if free_mib < _DISK_NEEDED_MIB:
        return Check(name, State.MISSING, what, f"free {_DISK_NEEDED_MIB // 1024} GiB; `docprobe doctor --clean` helps")
    if free_mib < _DISK_LOW_MIB:
        return Check(name, State.WARNING, what, "`docprobe doctor --clean` removes docprobe's images")
    return Check(name, State.OK, what)


async def _leftovers(api: Api, run: str) -> Check:
    """Containers of runs that are not known to live: of other state folders, or of another machine's docprobe."""
    labels = [container.get("Labels") or {} for container in await containers(api)]
    dead = [at for at in labels if at.get(RUN_LABEL) != run and not is_held(Path(at.get(LOCK_LABEL, "/nonexistent")))]
    if dead:
        return Check(
            "leftovers", State.WARNING, f"{len(dead)} containers of other docprobe runs", "`docprobe doctor --clean`"
        )
    return Check("leftovers", State.OK, "none")


def _engine_step(error: BlockedError, environment: Mapping[str, str]) -> str:
    if isinstance(error, SilentError):
        return error.hint or ""
    if "DOCKER_HOST" in environment:
        return "DOCKER_HOST names an engine that does not answer: start it, or unset DOCKER_HOST"
    if shutil.which("dockerd") or (os.geteuid() == 0 and shutil.which("apt-get")):
        return "`docprobe doctor --fix` installs and starts Debian's docker.io where it may (root, Debian-like)"
    return error.hint or "install a Docker-compatible engine and let this user reach its socket"
