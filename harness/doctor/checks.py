"""What this machine needs to run examples, whether it is there, and what to do if it is not.

Package registries are asked by their ordinary clients, from where installs happen.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Final

import anyio

from extractor.languages.toolchains import USUAL
from extractor.model import Manager
from harness.base.errors import BlockedError
from harness.engine.api import SilentError
from harness.engine.chosen import chosen_context
from harness.engine.cleanup import labels_of, list_containers
from harness.engine.docker_engine import connect
from harness.engine.install.image_builder import Job
from harness.engine.install.settings import BASE_IMAGE_VARIABLE
from harness.engine.owner import RUN_LABEL, is_in_use

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from harness.base.host import HostEnvironment
    from harness.engine.docker_engine import DockerEngine
    from harness.engine.engine_info import EngineInfo

    OnCheck = Callable[["Check"], None]


_DEADLINE_S: Final = 30.0
_CACHES: Final = {"UV_CACHE_DIR": "/tmp/uv", "NPM_CONFIG_CACHE": "/tmp/npm"}


@dataclass(frozen=True, slots=True)
class PackageRegistry:
    """A package registry, and how its client asks it something."""

    name: str
    manager: Manager
    toolchain: str
    """Base image that has the client."""
    argv: tuple[str, ...]


REGISTRIES: Final = (
    PackageRegistry(
        "npm registry",
        Manager.NPM,
        "node",
        ("npm", "view", "npm", "version", "--fetch-retries=0", "--fetch-timeout=15000"),
    ),
    PackageRegistry(
        "PyPI",
        Manager.PYPI,
        "python",
        ("uv", "pip", "install", "--quiet", "--dry-run", "--no-deps", "--target", "/tmp/x", "packaging"),
    ),
)


async def registry_problem(engine: DockerEngine, registry: PackageRegistry) -> str | None:
    """Return what is wrong with a registry, in its client's words; None if it answers. Raises EngineError."""
    base = await engine.base(registry.toolchain)
    job = Job((registry.argv,), environment=_CACHES, cwd="/tmp", deadline_s=_DEADLINE_S)
    async with engine.gate.open(registry.manager) as way:
        purpose = f"ask-{registry.toolchain}"
        result = await engine.builder.build(base.tag, job, lambda _: (), "", purpose=purpose, way=way)
    if result.limit == "time":
        return f"no answer within {_DEADLINE_S:g} s"
    if result.code == 0:
        return None
    lines = [line for line in result.log if "npm error code" not in line and "A complete log" not in line]
    return (lines[-1] if lines else f"its client exited with code {result.code}")[:300]


_GIB: Final = 1024**3
_DISK_LOW_GIB: Final = 5
_DISK_NEEDED_GIB: Final = 2
_ENGINE_DISK: Final = "disk of the engine"
_IMAGE_HINT: Final = (
    f"run `docprobe doctor --fix` to make it now, or let the first run make it; {BASE_IMAGE_VARIABLE} names another"
)
_REGISTRY_HINT: Final = (
    "check proxy, CA bundle and DNS; containers that install packages get the host's proxies and CA bundle"
)


class State(StrEnum):
    """How a check ended."""

    OK = "ok"
    WARNING = "warning"
    """It works, but less well than it could."""
    MISSING = "missing"
    NOT_ASKED = "not-asked"
    """It could not be checked, because something else is missing."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that docprobe needs. The fields' names are keys of ``doctor --format json``."""

    name: str
    state: State
    what: str
    """One sentence: what was found."""
    next: str | None = None
    """What to do, if something is to be done."""


def exit_code(checks: Sequence[Check]) -> int:
    """Return 0 if nothing is missing, else 3."""
    return 0 if all(check.state in (State.OK, State.WARNING) for check in checks) else 3


async def examine(
    state: Path, host: HostEnvironment, *, registries: bool = True, on_check: OnCheck = lambda check: None
) -> list[Check]:
    """Check one thing after the other.

    Args:
        state: docprobe's state folder.
        host: says where the engine is; see :func:`harness.engine.docker_engine.connect`.
        registries: whether to ask the package registries too, which takes seconds.
        on_check: called with each check when it is done.
    """
    checks: list[Check] = []

    def add(check: Check) -> None:
        checks.append(check)
        on_check(check)

    add(_disk("disk of the state folder", state))
    try:
        async with connect(state=state, host=host) as engine:
            complete = await _examine_engine(engine, add)
            if registries:
                await _ask_registries(engine, complete, add)
    except BlockedError as error:
        add(Check("engine", State.MISSING, error.message, _engine_hint(error, host)))
        add(Check("base images", State.NOT_ASKED, "needs the engine"))
        if registries:
            add(Check("registries", State.NOT_ASKED, "needs the engine"))
    return checks


async def _examine_engine(engine: DockerEngine, add: OnCheck) -> bool:
    """Check the engine and its images; return whether all base images are there."""
    add(_engine(engine.info))
    add(_limits(engine.info))
    add(_storage(engine.info))
    add(await _leftovers(engine))
    complete = True
    for toolchain in USUAL:
        image = await engine.bases.find(toolchain)
        complete = complete and image is not None
        name = f"base image {toolchain}"
        why = f", {await engine.bases.first.why()}" if toolchain == "python" else ""
        add(
            Check(name, State.OK, f"{image.tag}{why}")
            if image
            else Check(name, State.MISSING, "not made yet", _IMAGE_HINT)
        )
    return complete


async def _ask_registries(engine: DockerEngine, complete: bool, add: OnCheck) -> None:
    if not complete:
        add(Check("registries", State.NOT_ASKED, "needs the base images, which contain the package clients"))
        return
    async with anyio.create_task_group() as tasks:
        for registry in REGISTRIES:
            tasks.start_soon(_ask, engine, registry, add)


async def _ask(engine: DockerEngine, registry: PackageRegistry, add: OnCheck) -> None:
    try:
        problem = await registry_problem(engine, registry)
    except BlockedError as error:
        problem = error.message
    if problem is None:
        add(Check(registry.name, State.OK, "can be reached from containers"))
    else:
        add(Check(registry.name, State.MISSING, problem, _REGISTRY_HINT))


def _engine(info: EngineInfo) -> Check:
    name = "Podman" if info.podman else "engine"
    what = f"{info.system}, {name} {info.version}, cgroup v{info.cgroup}, storage {info.storage}"
    if not info.seccomp:
        return Check("engine", State.MISSING, f"{what}; without seccomp", "use an engine and a kernel with seccomp")
    return Check("engine", State.OK, what)


def _limits(info: EngineInfo) -> Check:
    if info.unlimited:
        return Check(
            "limits",
            State.WARNING,
            f"the engine cannot limit {', '.join(info.unlimited)}",
            "enable the cgroup controllers (kernel parameters, or delegate them to a rootless engine)",
        )
    what = "memory, CPU and processes can be limited"
    if info.podman:
        # its API ignores the options of a volume, and takes no owner for a tmpfs
        return Check(
            "limits",
            State.WARNING,
            f"{what}; the size of an example's working folder cannot, and its home can be written to by all of its own "
            "processes",
            "for untrusted code, use a Docker engine, or give Podman a disk of limited size",
        )
    return Check("limits", State.OK, what)


def _storage(info: EngineInfo) -> Check:
    if info.root is None or not Path(info.root).exists():
        return Check(_ENGINE_DISK, State.OK, "on another machine, or not readable from here")
    return _disk(_ENGINE_DISK, Path(info.root))


def _disk(name: str, folder: Path) -> Check:
    while not folder.exists():
        folder = folder.parent
    free_gib = shutil.disk_usage(folder).free / _GIB
    what = f"{free_gib:.1f} GiB free below {folder}"
    if free_gib < _DISK_NEEDED_GIB:
        hint = f"free {_DISK_NEEDED_GIB} GiB; `docprobe doctor --clean` removes docprobe's images"
        return Check(name, State.MISSING, what, hint)
    if free_gib < _DISK_LOW_GIB:
        return Check(name, State.WARNING, what, "run `docprobe doctor --clean` to remove docprobe's images")
    return Check(name, State.OK, what)


async def _leftovers(engine: DockerEngine) -> Check:
    """Look for containers of runs that are not known to live: of other state folders, or of another machine's run."""
    others = [labels_of(entry) for entry in await list_containers(engine.run.api)]
    dead = [labels for labels in others if labels[RUN_LABEL] != engine.run.owner.run_id and not is_in_use(labels)]
    if dead:
        what = f"{len(dead)} containers of docprobe runs that ended"
        return Check("leftovers", State.WARNING, what, "run `docprobe doctor --clean` to remove them")
    return Check("leftovers", State.OK, "none")


def _engine_hint(error: BlockedError, host: HostEnvironment) -> str | None:
    elsewhere = (host.get("DOCKER_HOST") or "").startswith(("tcp://", "ssh://"))
    if isinstance(error, SilentError) or elsewhere or chosen_context(host) is not None:
        return error.hint
    if host.get("DOCKER_HOST"):
        return "start the engine that DOCKER_HOST names, or unset DOCKER_HOST"
    if host.program("dockerd") or (os.geteuid() == 0 and host.program("apt-get")):
        return "run `docprobe doctor --fix`: on Debian-like systems, as root, it installs and starts docker.io"
    return error.hint or "install a Docker-compatible engine and let this user reach its socket"
