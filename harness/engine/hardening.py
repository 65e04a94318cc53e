"""What every container is allowed: host configurations, as plain values, are made here and nowhere else."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from docker.constants import DEFAULT_DOCKER_API_VERSION
from docker.types import DriverConfig, HostConfig, LogConfig, Mount, Ulimit

from extractor.model import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

EXAMPLE_USER: Final = "65534:65534"
ANCHOR_USER: Final = "65533:65533"
"""Another uid than the example's, so that the example can neither signal nor read the anchor."""
INSTALL_USER: Final = "65532:65532"
"""Owns the installed packages: the example cannot change them."""
ROOT_USER: Final = "0:0"
"""Adds the layers of base images."""

APP: Final = f"{ROOT}/app"
HOME: Final = "/home/example"
"""The example's home, a tmpfs."""
MIB: Final = 1024 * 1024
_NO_DEVICES: Final = "rw,nosuid,nodev"


@dataclass(frozen=True, slots=True)
class Resources:
    """What one container may use of the machine."""

    memory_mib: int
    """Memory, tmpfs included; there is no swap beyond it."""
    cpus: float
    processes: int
    tmp_mib: int
    """Size of /tmp and of /dev/shm."""


def host_config(
    resources: Resources,
    *,
    network: str,
    runtime: str | None,
    read_only: bool = True,
    tmpfs: Mapping[str, str] | None = None,
    mounts: Sequence[Mount] = (),
    **more: Any,
) -> dict[str, Any]:
    """Return the host configuration of a container: hardened, limited, removed by the engine as soon as it ends.

    Args:
        resources: its limits.
        network: ``none``, a network's name, or ``container:ID``.
        runtime: an OCI runtime that the engine knows; None for its default.
        read_only: whether the root file system is.
        tmpfs: path to mount options, beside ``/tmp``.
        mounts: volumes.
        more: further settings of docker-py's ``HostConfig``.
    """
    return HostConfig(
        version=DEFAULT_DOCKER_API_VERSION,
        network_mode=network,
        runtime=runtime,
        auto_remove=True,
        read_only=read_only,
        cap_drop=["ALL"],
        security_opt=_security_options(),
        mem_limit=resources.memory_mib * MIB,
        memswap_limit=resources.memory_mib * MIB,
        nano_cpus=int(resources.cpus * 1e9),
        pids_limit=resources.processes,
        shm_size=resources.tmp_mib * MIB,
        tmpfs={"/tmp": f"{_NO_DEVICES},mode=1777,size={resources.tmp_mib}m", **(tmpfs or {})},
        mounts=list(mounts),
        log_config=LogConfig(type="none"),
        ulimits=[Ulimit(name="core", soft=0, hard=0), Ulimit(name="nofile", soft=4096, hard=4096)],
        **more,
    )


def app_volume(size_mib: int, labels: Mapping[str, str]) -> Mount:
    """Return the mount of the example's working folder: memory of limited size, shared by the pod's containers.

    The volume is anonymous, so the engine removes it together with the container that it was made for.
    """
    options = {"type": "tmpfs", "device": "tmpfs", "o": f"size={size_mib}m,mode=1777,nosuid,nodev"}
    return Mount(APP, None, type="volume", labels=dict(labels), driver_config=DriverConfig("local", options))


def private_home(size_mib: int) -> dict[str, str]:
    """Return the tmpfs of a home that only the example's user may write to."""
    return {HOME: f"{_NO_DEVICES},mode=0755,uid=65534,gid=65534,size={size_mib}m"}


def shared_home(size_mib: int) -> dict[str, str]:
    """Return the tmpfs of a home that any user may write to."""
    return {HOME: f"{_NO_DEVICES},mode=1777,size={size_mib}m"}


def seccomp_profile() -> str:
    """Return the seccomp profile of every container as JSON text."""
    profile = json.loads(files(__package__).joinpath("seccomp.json").read_text("utf-8"))
    return json.dumps(profile, separators=(",", ":"))


def _security_options() -> list[str]:
    """Return ``security_opt`` of every container: no new privileges, and the seccomp profile.

    The profile (``seccomp.json``) is an allow-list that closes on old engines too what a current engine's default
    closes: beside what needs a capability anyway io_uring, keyctl, unshare, setns, ptrace and its kin, bpf, perf,
    userfaultfd, and every socket family but UNIX, IPv4, IPv6 and netlink. Debian's engine 20.10 leaves AF_VSOCK open by
    default, which reaches the host of a virtual machine whatever the network is.
    """
    return ["no-new-privileges", f"seccomp={seccomp_profile()}"]
