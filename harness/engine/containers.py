"""The containers that docprobe starts: what the engine is asked for, as values, and how they are started."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

import anyio

from extractor.base.loopback import IPV4_LOOPBACK
from extractor.model import ROOT, SEARCH_PATH
from harness.engine import launch
from harness.engine.api import Api, ConflictError, GoneError
from harness.engine.attach import Attached, attach
from harness.engine.hardening import (
    ANCHOR_USER,
    APP,
    EXAMPLE_USER,
    HOME,
    INSTALL_USER,
    Resources,
    app_volume,
    host_config,
    private_home,
    shared_home,
)
from harness.engine.inside import program
from harness.engine.received import Received

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.engine.events import ContainerEvents
    from harness.engine.owner import Owner
    from harness.engine.podman import PodmanFiles
    from harness.engine.protocol import Limits

_ANCHOR: Final = Resources(memory_mib=96, cpus=1.0, processes=16, tmp_mib=1)
_ANCHOR_SYSCTLS: Final = {
    # the pod has loopback only; `localhost` is ::1 as well, and documented ports below 1024 are allowed
    "net.ipv6.conf.all.disable_ipv6": "0",
    "net.ipv6.conf.lo.disable_ipv6": "0",
    "net.ipv4.ip_unprivileged_port_start": "0",
}
_INSTALL_PROCESSES: Final = 512
_INSTALL_TMP_MIB: Final = 1024
"""Size of /tmp and of the home of an install, where package clients keep their caches. It counts for the memory."""
_EXAMPLE_ENVIRONMENT: Final = {
    "PATH": SEARCH_PATH,
    "HOME": HOME,
    "TMPDIR": "/tmp",
    "LANG": "C.UTF-8",
    "PYTHONUNBUFFERED": "1",
    # there is no network: clients that would fetch packages should fail at once and say so
    "NPM_CONFIG_OFFLINE": "true",
    "NPM_CONFIG_UPDATE_NOTIFIER": "false",
    "UV_OFFLINE": "1",
    "UV_NO_SYNC": "1",
    "UV_PROJECT_ENVIRONMENT": f"{ROOT}/venv",
    "VIRTUAL_ENV": f"{ROOT}/venv",
}


@dataclass(frozen=True, slots=True)
class EngineRun:
    """What everything of one run on one engine shares."""

    api: Api
    owner: Owner
    events: ContainerEvents
    limits: Limits
    cpus: float
    """Processors of the engine's machine."""
    kernel: str
    """Release of its kernel."""
    runtime: str | None = None
    """OCI runtime for the run's containers; None for the engine's default."""
    realm: str = ""
    """Part of the key of every image of dependencies: one realm's are not used in another."""
    received: Received = field(default_factory=Received)
    """What all examples together have sent."""
    podman_files: PodmanFiles | None = None
    """If the engine is Podman: files that its containers need."""
    unsure: list[str] = field(default_factory=list)
    """Names of containers whose creation was interrupted: the engine may create them all the same."""


@dataclass(frozen=True, slots=True)
class ContainerSpec:
    """What the engine is asked for when it creates a container."""

    role: str
    """``anchor``, ``example`` or ``install``: its label."""
    image: str
    command: Sequence[str]
    user: str
    """``uid:gid``."""
    host_config: Mapping[str, Any]
    """The engine's ``HostConfig``, from :func:`harness.engine.hardening.host_config`."""
    stdin: bool = True
    """Whether its stdin is held open; else it has none."""
    environment: Mapping[str, str] = field(default_factory=dict)
    hosts: frozenset[str] = frozenset()
    """Names that mean loopback, where it shares another's network and the engine shares no names with it."""


def anchor_container(
    image: str,
    owner: Owner,
    *,
    work_mib: int,
    cpus: float,
    linger_s: float,
    hosts: frozenset[str] = frozenset(),
    runtime: str | None = None,
) -> ContainerSpec:
    """Return a pod's anchor: the container that owns its namespaces, without any network but loopback.

    Args:
        image: has a Python.
        owner: of the volume that holds the example's files.
        work_mib: size of that volume.
        cpus: at most this much of the machine, and at most one processor.
        linger_s: how long it lives on when docprobe dies, in seconds.
        hosts: names that mean loopback inside the pod.
        runtime: OCI runtime.
    """
    config = host_config(
        replace(_ANCHOR, cpus=min(_ANCHOR.cpus, cpus)),
        network="none",
        runtime=runtime,
        mounts=[app_volume(work_mib, owner.labels("work"))],
        sysctls=_ANCHOR_SYSCTLS,
        extra_hosts=dict.fromkeys(sorted(hosts), IPV4_LOOPBACK),
    )
    return ContainerSpec("anchor", image, program("anchor", APP, f"{linger_s:g}"), ANCHOR_USER, config)


def example_container(
    image: str,
    argv: Sequence[str],
    *,
    cwd: str,
    anchor: str,
    limits: Limits,
    cpus: float,
    environment: Mapping[str, str],
    stdin: bool,
    hosts: frozenset[str] = frozenset(),
    runtime: str | None = None,
) -> ContainerSpec:
    """Return the container of an example's command, or of one of its build steps, in its anchor's namespaces.

    Args:
        image: has the example's packages.
        argv: the command.
        cwd: its folder, relative to the example's files.
        anchor: id of the pod's anchor.
        limits: what the example may use.
        cpus: processors of the machine.
        environment: the example's own variables.
        stdin: whether it is spoken to over stdin.
        hosts: names that mean loopback, as for its anchor.
        runtime: OCI runtime.
    """
    config = host_config(
        Resources(limits.memory_mib, min(limits.cpus, cpus), limits.processes, limits.tmp_mib),
        network=f"container:{anchor}",
        runtime=runtime,
        pid_mode=f"container:{anchor}",
        volumes_from=[anchor],
        tmpfs=private_home(limits.tmp_mib),
    )
    command = launch.command(f"{APP}/{cwd}", argv)
    return ContainerSpec(
        "example", image, command, EXAMPLE_USER, config, stdin, {**_EXAMPLE_ENVIRONMENT, **environment}, hosts
    )


def install_container(
    image: str,
    *,
    memory_mib: int,
    cpus: float,
    network: str,
    user: str = INSTALL_USER,
    runtime: str | None = None,
) -> ContainerSpec:
    """Return a container in which an image is made: its root file system can be written.

    Args:
        image: what is added to.
        memory_mib: limit of its memory.
        cpus: processors of the machine.
        network: an anchor's (``container:ID``), from which only registries are reached; the engine's for a base image.
        user: who installs: INSTALL_USER, or root for a base image.
        runtime: OCI runtime.
    """
    config = host_config(
        Resources(memory_mib, cpus, _INSTALL_PROCESSES, _INSTALL_TMP_MIB),
        network=network,
        runtime=runtime,
        read_only=False,
        tmpfs=shared_home(_INSTALL_TMP_MIB),
    )
    return ContainerSpec("install", image, program("worker"), user, config)


async def create_container(run: EngineRun, spec: ContainerSpec, purpose: str) -> str:
    """Create a container of this run, named by its purpose, and return its id. Raises EngineError."""
    name = run.owner.name(purpose)
    config = dict(spec.host_config)
    if run.podman_files is not None:
        config = run.podman_files.adapted(config, spec.hosts)
    run.unsure.append(name)
    container = await run.api.call(
        f"create the {spec.role} container",
        run.api.raw.create_container,
        spec.image,
        list(spec.command),
        name=name,
        user=spec.user,
        stdin_open=spec.stdin,
        host_config=config,
        labels=run.owner.labels(spec.role),
        entrypoint=[],
        environment=dict(spec.environment),
        working_dir="/",
        use_config_proxy=False,
    )
    run.unsure.remove(name)
    return str(container["Id"])


async def start_container(run: EngineRun, container: str, spec: ContainerSpec) -> Attached:
    """Attach to a created container and start it. Raises EngineError; then the container is removed."""
    attached = None
    try:
        attached = await attach(run.api, container, stdin=spec.stdin)
        await run.api.call(f"start the {spec.role} container", run.api.raw.start, container)
    except BaseException:
        with anyio.CancelScope(shield=True):
            if attached is not None:
                await attached.aclose()
            await remove_container(run.api, container)
        raise
    return attached


async def remove_container(api: Api, container: str) -> bool:
    """Remove a container with its anonymous volumes, and return whether this call did it.

    One that the engine already removes, as it does with all that ended, is left to it. Raises EngineError.
    """
    with suppress(GoneError, ConflictError):
        await api.call("remove a container", api.raw.remove_container, container, v=True, force=True)
        return True
    return False
