"""What Podman, which serves the engine's API, takes in another form."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from docker.types import Ulimit

from extractor.base.loopback import IPV4_LOOPBACK
from extractor.base.storage import write_atomically
from harness.base.errors import EngineError
from harness.engine.hardening import seccomp_profile

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from harness.engine.api import Api

_PROCESSES: Final = 16384
"""Of a user, in all containers. Each container has a limit of its own beside it."""
_HOSTS: Final = f"{IPV4_LOOPBACK} localhost\n::1 localhost\n"


@dataclass(frozen=True, slots=True)
class PodmanFiles:
    """Files that Podman's containers need, in a folder of this machine that Podman can read."""

    folder: Path

    @classmethod
    def write(cls, api: Api, state: Path) -> PodmanFiles:
        """Write what all containers need.

        Raises:
            EngineError: Podman is on another machine.
            UsageError: the state folder cannot be written.
        """
        if not api.is_local:
            raise EngineError(
                "this Podman is on another machine, where it cannot read docprobe's files",
                "use Podman through its UNIX socket on its own machine, or a Docker engine",
            )
        files = cls((state / "podman").absolute())
        write_atomically(files._seccomp, seccomp_profile().encode())
        return files

    @property
    def _seccomp(self) -> Path:
        return self.folder / "seccomp.json"

    def adapted(self, config: Mapping[str, Any], hosts: frozenset[str]) -> dict[str, Any]:
        """Return a host configuration as Podman takes it.

        Podman reads the seccomp profile from a file. It allows each user 2^20 processes where nothing else is asked
        for, which fails if it is itself allowed fewer. It gives no tmpfs to a user, so the example's home can be
        written to by any user of the container. And a container that shares another's network does not share its
        names: it gets those of the machine, if it is not given a file.

        Args:
            config: from :func:`harness.engine.hardening.host_config`.
            hosts: names that mean loopback.
        """
        options = [
            f"seccomp={self._seccomp}" if option.startswith("seccomp=") else option for option in config["SecurityOpt"]
        ]
        processes = Ulimit(name="nproc", soft=_PROCESSES, hard=_PROCESSES)
        changed = {
            **config,
            "SecurityOpt": options,
            "Ulimits": [*config["Ulimits"], processes],
            "Tmpfs": {path: _open_to_all(mount) for path, mount in (config.get("Tmpfs") or {}).items()},
        }
        if str(config["NetworkMode"]).startswith("container:"):
            changed["Binds"] = [*(config.get("Binds") or ()), f"{self._names(hosts)}:/etc/hosts:ro"]
        return changed

    def _names(self, hosts: frozenset[str]) -> Path:
        """Return a file for /etc/hosts, written if it is missing."""
        text = _HOSTS + "".join(f"{IPV4_LOOPBACK} {name}\n" for name in sorted(hosts))
        file = self.folder / f"hosts-{hashlib.sha256(text.encode()).hexdigest()[:16]}"
        if not file.exists():
            write_atomically(file, text.encode())
        return file


def _open_to_all(options: str) -> str:
    """Return mount options without an owner: any user may write, if the owner was to."""
    kept = [option for option in options.split(",") if not option.startswith(("uid=", "gid="))]
    owned = len(kept) < len(options.split(","))
    return ",".join("mode=1777" if owned and option.startswith("mode=") else option for option in kept)
