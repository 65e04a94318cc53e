"""What every container is allowed: the one place where host configurations are made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from docker.types import DriverConfig, LogConfig, Mount, Ulimit

from harness.engine.seccomp import security_options

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import docker

EXAMPLE_USER: Final = "65534:65534"
ANCHOR_USER: Final = "65533:65533"
"""Another uid than the example's, so that the example can neither signal nor read the anchor."""
INSTALL_USER: Final = "65532:65532"
"""Owns the installed packages: the example cannot change them."""

ROOT: Final = "/example"
"""Holds the installed packages (``node_modules``, ``venv``) and, in ``app``, the example's own files."""
APP: Final = f"{ROOT}/app"
HOME: Final = "/home/example"
"""The example's home, a tmpfs."""
MIB: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Share:
    """What one container may use of the machine."""

    memory_mib: int
    cpus: float
    processes: int
    tmp_mib: int = 16


def host_config(
    api: docker.APIClient,
    share: Share,
    *,
    network: str,
    runtime: str | None,
    read_only: bool = True,
    tmpfs: Mapping[str, str] | None = None,
    mounts: Sequence[Mount] = (),
    **more: Any,
) -> dict[str, Any]:
    """The host configuration of a container: hardened, limited, removed by the engine as soon as it ends.

    ``tmpfs`` maps a path to mount options beside ``/tmp``; ``more`` goes to docker-py as it is.
    """
    size = f"size={share.tmp_mib}m"
    return api.create_host_config(
        network_mode=network,
        runtime=runtime,
        auto_remove=True,
        read_only=read_only,
        cap_drop=["ALL"],
        security_opt=security_options(),
        mem_limit=share.memory_mib * MIB,
        memswap_limit=share.memory_mib * MIB,
        nano_cpus=int(share.cpus * 1e9),
        pids_limit=share.processes,
        shm_size=share.tmp_mib * MIB,
        tmpfs={"/tmp": f"rw,nosuid,nodev,mode=1777,{size}", **(tmpfs or {})},
        mounts=list(mounts),
        log_config=LogConfig(type="none"),
        ulimits=[Ulimit(name="core", soft=0, hard=0), Ulimit(name="nofile", soft=4096, hard=4096)],
        **more,
    )


def app_volume(size_mib: int, labels: Mapping[str, str]) -> Mount:
    """The example's working folder: memory, of limited size, shared by the pod's containers, gone with the last.

    Anonymous, so the engine removes it together with the container that it was made for.
    """
    options = {"type": "tmpfs", "device": "tmpfs", "o": f"size={size_mib}m,mode=1777,nosuid,nodev"}
    return Mount(APP, None, type="volume", labels=dict(labels), driver_config=DriverConfig("local", options))


def home(size_mib: int) -> dict[str, str]:
    """The example's home: path to tmpfs options."""
    return {HOME: f"rw,nosuid,nodev,mode=0755,uid=65534,gid=65534,size={size_mib}m"}
