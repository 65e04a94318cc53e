"""Mending what the doctor found missing: getting an engine, making base images, removing what is docprobe's."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import anyio

from extractor.base.storage import is_held
from harness.base.errors import EngineError
from harness.engine.api import ConflictError, GoneError, SilentError, reach
from harness.engine.cleanup import containers, remove, volumes
from harness.engine.docker_engine import connect
from harness.engine.install.base_images import TOOLCHAINS
from harness.engine.install.images import Records, ours
from harness.engine.owner import LOCK_LABEL, RUN_LABEL

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Say = Callable[[str], None]

INSTALL_VARIABLE: Final = "DOCPROBE_INSTALL_ENGINE"
"""Set to 0: nothing is installed or started on this machine."""
_START_S: Final = 60.0
_LOG: Final = Path("/var/log/docprobe-dockerd.log")


@dataclass(frozen=True, slots=True)
class Machine:
    """What decides how an engine can be had here."""

    root: bool
    debian: bool
    """Debian or one of its children, with apt."""
    dockerd: bool
    """The engine's program is installed."""
    systemd: bool
    """systemd is in charge."""
    service: bool
    """There is a service script for the engine."""
    cgroups: bool
    """Control groups are mounted."""

    @staticmethod
    def here() -> Machine:
        """This machine."""
        try:
            release = platform.freedesktop_os_release()
        except OSError:
            release = {}
        like = {release.get("ID", ""), *release.get("ID_LIKE", "").split()}
        groups = Path("/sys/fs/cgroup")
        return Machine(
            root=os.geteuid() == 0,
            debian=bool(like & {"debian", "ubuntu"}) and shutil.which("apt-get") is not None,
            dockerd=shutil.which("dockerd") is not None,
            systemd=Path("/run/systemd/system").is_dir(),
            service=Path("/etc/init.d/docker").exists(),
            cgroups=(groups / "cgroup.controllers").exists() or (groups / "memory").exists(),
        )


def install_commands(machine: Machine) -> list[list[str]]:
    """Commands that install an engine; none if one is installed or it may not be done here."""
    if machine.dockerd or not (machine.root and machine.debian):
        return []
    packages = ["docker.io", "mmdebstrap", *([] if machine.cgroups or machine.systemd else ["cgroupfs-mount"])]
    return apt_commands(*packages)


def apt_commands(*packages: str) -> list[list[str]]:
    """Commands that install Debian packages."""
    return [["apt-get", "update"], ["apt-get", "install", "--yes", "--no-install-recommends", *packages]]


def start_commands(machine: Machine) -> list[list[str]]:
    """Commands to start an installed engine, tried in order until one answers."""
    if not machine.root:
        return []
    if machine.systemd:
        return [["systemctl", "start", "docker"]]
    return [*([["service", "docker", "start"]] if machine.service else []), ["dockerd"]]


def ensure_engine(allow_install: bool, say: Say, environment: Mapping[str, str] | None = None) -> None:
    """See to it that an engine answers. One that does is used and never touched.

    Else, as root and where ``allow_install``: an installed one is started; on a Debian-like system Debian's docker.io
    is installed and started. ``say`` is told every command before it is run. Call it from outside an event loop.

    Raises EngineError with what to do if no engine answers in the end.
    """
    environment = os.environ if environment is None else environment
    trouble = anyio.run(_trouble, environment)
    if trouble is None:
        return
    if isinstance(trouble, SilentError):
        raise trouble  # one is there and hangs: a second would not help
    message = trouble.message
    if "DOCKER_HOST" in environment:
        raise EngineError(message, "DOCKER_HOST names an engine that does not answer: start it, or unset DOCKER_HOST")
    if not allow_install:
        raise EngineError(message, f"start your engine, or install one ({INSTALL_VARIABLE}=0 forbids it here)")
    machine = Machine.here()
    installs = install_commands(machine)
    if not machine.dockerd and not installs:
        raise EngineError(message, "install a Docker-compatible engine and let this user reach its socket")
    if installs:
        say("no container engine answers: installing Debian's")
    for command in installs:
        _run(command, say, environment)
    for command in start_commands(Machine.here()):
        say(f"  {' '.join(command)}")
        if _start(command) and _wait(environment):
            return
    raise EngineError(message, f"it is installed but does not start: see {_LOG}, or `journalctl -u docker`")


def ensure_debian_tool(allow_install: bool, say: Say, environment: Mapping[str, str] | None = None) -> None:
    """Install mmdebstrap where that is possible and allowed: base images are made with it. Else do nothing."""
    machine = Machine.here()
    if allow_install and machine.root and machine.debian and shutil.which("mmdebstrap") is None:
        say("installing mmdebstrap, which makes the base image of Debian packages")
        for command in apt_commands("mmdebstrap"):
            _run(command, say, os.environ if environment is None else environment)


async def make_images(state: Path, say: Say, environment: Mapping[str, str], runtime: str | None = None) -> None:
    """Make the base images that are missing. Raises EngineError or RegistryError."""
    async with connect(state=state, runtime=runtime, environment=environment) as engine:
        for toolchain in TOOLCHAINS:
            await engine.base(toolchain, say)


async def clean(state: Path, say: Say, environment: Mapping[str, str]) -> None:
    """Remove docprobe's containers, volumes and images, told by its label, and nothing else.

    What a running docprobe uses stays, and is said. Raises EngineError.
    """
    api = await reach(environment)
    try:
        found = await containers(api)
        busy = {_run_of(c) for c in found if is_held(Path((c.get("Labels") or {}).get(LOCK_LABEL, "/nonexistent")))}
        stores = [v for v in await volumes(api) if _run_of(v) not in busy]
        count = await remove(api, [c for c in found if _run_of(c) not in busy], stores)
        if busy:
            say(f"left alone: containers of {len(busy)} docprobe that is running now")
        say(f"removed {count} containers and volumes")
        images, kept = 0, 0
        for image in sorted(await ours(api), key=lambda i: -int(i.get("Created", 0))):
            try:
                for tag in image.get("RepoTags") or [image["Id"]]:
                    if tag.startswith(("docprobe/", "sha256:")) or tag == "<none>:<none>":
                        name = image["Id"] if tag == "<none>:<none>" else tag
                        await api.call("remove an image", api.raw.remove_image, name)
                images += 1
            except GoneError:
                continue
            except ConflictError:
                kept += 1
        say(f"removed {images} images{f', {kept} are in use' if kept else ''}")
    finally:
        api.raw.close()
    records = Records(state)
    for key in records.oldest_first():
        records.forget(key)


def _run_of(listed: Mapping[str, object]) -> str:
    labels = listed.get("Labels")
    return str(labels.get(RUN_LABEL, "")) if isinstance(labels, dict) else ""


def _run(command: list[str], say: Say, environment: Mapping[str, str]) -> None:
    say(f"  {' '.join(command)}")
    quiet = {**environment, "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(command, env=quiet, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()
        raise EngineError(
            f"`{' '.join(command)}` failed: {said[-1] if said else f'exit code {done.returncode}'}",
            "run it by hand and see; or install an engine yourself",
        )


def _start(command: list[str]) -> bool:
    """Start an engine; one that is no service goes on without us, its log in a file. False if that failed at once."""
    if command == ["dockerd"]:
        with _LOG.open("ab") as log:
            subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        return True
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False).returncode == 0


async def _trouble(environment: Mapping[str, str]) -> EngineError | None:
    """Why no engine answers; None if one does."""
    try:
        api = await reach(environment)
    except EngineError as error:
        return error
    api.raw.close()
    return None


def _wait(environment: Mapping[str, str]) -> bool:
    until = time.monotonic() + _START_S
    while time.monotonic() < until:
        if anyio.run(_trouble, environment) is None:
            return True
        time.sleep(0.5)
    return False
