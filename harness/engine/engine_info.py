"""What a container engine reports about itself."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_LIMITS: Final = {"MemoryLimit": "memory", "CpuCfsQuota": "CPU", "PidsLimit": "processes"}
"""Resources by the key in which an engine reports that it can limit them."""


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """What an engine reports about itself."""

    system: str
    """Operating system of its machine."""
    version: str
    cgroup: str
    """Version of the control groups: ``1`` or ``2``."""
    storage: str
    """Name of its storage driver."""
    kernel: str
    """Release of its machine's kernel."""
    cpus: float
    runtimes: tuple[str, ...]
    """OCI runtimes that are registered with it, sorted."""
    seccomp: bool
    unlimited: tuple[str, ...]
    """Resources that it cannot limit: ``memory``, ``CPU``, ``processes``."""
    root: str | None
    """Folder of its data, on its machine."""
    podman: bool = False
    """It is Podman, which serves the same API with differences."""

    @classmethod
    def of(cls, answer: Mapping[str, Any], version: Mapping[str, Any] = MappingProxyType({})) -> EngineInfo:
        """Read the engine's answers to ``GET /info`` and ``GET /version``."""
        podman = any("podman" in str(part.get("Name")).lower() for part in version.get("Components") or ())
        options = [str(option) for option in answer.get("SecurityOptions") or ()]
        # Podman says that it can limit what a rootless one cannot with control groups of version 1
        powerless = podman and bool(answer.get("Rootless")) and str(answer.get("CgroupVersion")) == "1"
        return cls(
            system=str(answer.get("OperatingSystem") or "?"),
            version=str(answer.get("ServerVersion") or "?"),
            cgroup=str(answer.get("CgroupVersion") or "1"),
            storage=str(answer.get("Driver") or "?"),
            kernel=str(answer.get("KernelVersion") or ""),
            cpus=float(answer.get("NCPU") or 1),
            runtimes=tuple(sorted(answer.get("Runtimes") or {})),
            seccomp=any("seccomp" in option for option in options),
            unlimited=tuple(name for key, name in _LIMITS.items() if powerless or answer.get(key) is False),
            root=str(answer["DockerRootDir"]) if answer.get("DockerRootDir") else None,
            podman=podman,
        )
