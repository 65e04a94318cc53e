"""Getting what :mod:`harness.doctor.checks` found missing: a container engine and base images."""

from __future__ import annotations

import os
import platform
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import anyio

from extractor.languages.toolchains import USUAL
from harness.base.errors import EngineError
from harness.engine.api import SilentError, open_api
from harness.engine.cleanup import Cleaned, remove_everything
from harness.engine.docker_engine import connect
from harness.engine.install.base_images import official_images

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from harness.base.host import HostEnvironment

    Report = Callable[[str], None]

INSTALL_VARIABLE: Final = "DOCPROBE_INSTALL_ENGINE"
"""Set to 0: nothing is installed or started on this machine."""
_START_S: Final = 60.0
_LOG: Final = Path("/var/log/docprobe-dockerd.log")
_CONNECT: Final = "install a Docker-compatible engine and let this user reach its socket"


@dataclass(frozen=True, slots=True)
class Machine:
    """What decides how this machine can get an engine."""

    root: bool
    """This process runs as root."""
    debian: bool
    """Debian or a system derived from it, with apt."""
    dockerd: bool
    """The engine's program is installed."""
    systemd: bool
    """systemd starts services."""
    service: bool
    """There is a service script for the engine."""
    cgroups: bool
    """Control groups are mounted."""

    @classmethod
    def here(cls, host: HostEnvironment) -> Machine:
        """Return this machine."""
        try:
            release = platform.freedesktop_os_release()
        except OSError:
            release = {}
        like = {release.get("ID", ""), *release.get("ID_LIKE", "").split()}
        groups = Path("/sys/fs/cgroup")
        return cls(
            root=os.geteuid() == 0,
            debian=bool(like & {"debian", "ubuntu"}) and host.program("apt-get") is not None,
            dockerd=host.program("dockerd") is not None,
            systemd=Path("/run/systemd/system").is_dir(),
            service=Path("/etc/init.d/docker").exists(),
            cgroups=(groups / "cgroup.controllers").exists() or (groups / "memory").exists(),
        )


def install_commands(machine: Machine) -> list[list[str]]:
    """Return the commands that install an engine; none if one is installed, or if docprobe cannot install one here."""
    if machine.dockerd or not (machine.root and machine.debian):
        return []
    packages = ["docker.io", "mmdebstrap", *([] if machine.cgroups or machine.systemd else ["cgroupfs-mount"])]
    return apt_commands(*packages)


def apt_commands(*packages: str) -> list[list[str]]:
    """Return the commands that install Debian packages."""
    return [["apt-get", "update"], ["apt-get", "install", "--yes", "--no-install-recommends", *packages]]


def start_commands(machine: Machine) -> list[list[str]]:
    """Return the commands that start an installed engine, to be tried in order until it answers."""
    if not machine.root:
        return []
    if machine.systemd:
        return [["systemctl", "start", "docker"]]
    return [*([["service", "docker", "start"]] if machine.service else []), ["dockerd"]]


def ensure_engine(allow_install: bool, report: Report, host: HostEnvironment) -> None:
    """Make sure that an engine answers. One that does is used as it is.

    Else, as root and where ``allow_install``: an installed one is started; on a Debian-like system Debian's docker.io
    is installed and started. Call it from outside an event loop.

    Args:
        allow_install: whether programs may be installed and started.
        report: called with every command before it is run.
        host: says where the engine is, and how programs are found.

    Raises:
        EngineError: no engine answers in the end.
    """
    problem = anyio.run(_engine_problem, host)
    if problem is None:
        return
    if isinstance(problem, SilentError):
        raise problem  # one is there and hangs: a second would not help
    message = problem.message
    if host.get("DOCKER_HOST"):
        raise EngineError(message, "start the engine that DOCKER_HOST names, or unset DOCKER_HOST")
    if not allow_install:
        raise EngineError(message, f"start your engine, or install one: {INSTALL_VARIABLE}=0 keeps docprobe from that")
    machine = Machine.here(host)
    installs = install_commands(machine)
    if not machine.dockerd and not installs:
        raise EngineError(message, _CONNECT)
    if installs:
        report("no container engine answers: installing Debian's")
    for command in installs:
        _run(command, report, host)
    for command in start_commands(Machine.here(host)):
        report(f"  {' '.join(command)}")
        if _start(command, host) and _wait_for_engine(host):
            return
    raise EngineError(message, f"the engine is installed but does not start: see {_LOG}, or `journalctl -u docker`")


def ensure_debian_tool(allow_install: bool, report: Report, host: HostEnvironment) -> None:
    """Install mmdebstrap, which base images are made with, where that is possible and allowed; else do nothing.

    Raises EngineError if apt fails.
    """
    machine = Machine.here(host)
    if allow_install and machine.root and machine.debian and host.program("mmdebstrap") is None:
        report("installing mmdebstrap, which makes the base image of Debian packages")
        for command in apt_commands("mmdebstrap"):
            _run(command, report, host)


async def make_images(state: Path, report: Report, host: HostEnvironment) -> None:
    """Make the base images that are missing. Raises EngineError or RegistryError."""
    async with connect(state=state, host=host) as engine:
        for toolchain in USUAL:
            await engine.base(toolchain, report)


async def renew_images(state: Path, report: Report, host: HostEnvironment) -> dict[str, str]:
    """Pull the official images as they are today, and write their digests into the state folder.

    Returns:
        Image to digest.

    Raises:
        EngineError: no engine answers, or one cannot be pulled; then the digests stay as they are.
    """
    async with connect(state=state, host=host) as engine:
        return await engine.bases.first.pulled.renew(official_images(), report)


async def clean(state: Path, host: HostEnvironment) -> Cleaned:
    """Remove everything in the engine that carries docprobe's label, but what a running docprobe uses.

    Raises EngineError.
    """
    api = await open_api(host)
    try:
        return await remove_everything(api, state)
    finally:
        api.raw.close()


def _run(command: Sequence[str], report: Report, host: HostEnvironment) -> None:
    report(f"  {' '.join(command)}")
    environment = {**host.variables, "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(
        command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode:
        lines = (done.stderr.strip() or done.stdout.strip()).splitlines()
        raise EngineError(
            f"`{' '.join(command)}` failed: {lines[-1] if lines else f'exit code {done.returncode}'}",
            "run it by hand to see why, or install an engine yourself",
        )


def _start(command: list[str], host: HostEnvironment) -> bool:
    """Start an engine, and return False if that failed at once.

    One that is not a service goes on when docprobe ends; its log goes to a file.
    """
    environment = dict(host.variables)
    if command == ["dockerd"]:
        with _LOG.open("ab") as log:
            subprocess.Popen(
                command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        return True
    done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    return done.returncode == 0


async def _engine_problem(host: HostEnvironment) -> EngineError | None:
    """Return why no engine answers; None if one does."""
    try:
        api = await open_api(host)
    except EngineError as error:
        return error
    api.raw.close()
    return None


def _wait_for_engine(host: HostEnvironment) -> bool:
    """Wait until an engine answers; return False if none does within _START_S."""
    deadline = time.monotonic() + _START_S
    while time.monotonic() < deadline:
        if anyio.run(_engine_problem, host) is None:
            return True
        time.sleep(0.5)
    return False
