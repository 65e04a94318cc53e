"""What docprobe needs of every package manager: how to install, what was installed, and whose fault a failure is."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from extractor.model import Dependency


@dataclass(frozen=True, slots=True)
class InstallPlan:
    """How to install one dependency set in a container."""

    files: Mapping[str, str]
    """Absolute path to text."""
    steps: tuple[tuple[str, ...], ...]
    """Argument vectors, run in order."""
    lock_file: str
    """Path of the lock afterwards."""
    installed_file: str
    """Path of the manager's record of what is installed, afterwards."""
    environment: Mapping[str, str] = field(default_factory=dict)
    remarks_file: str = ""
    """Path of a file of :meth:`PackageManager.remarks`; empty: none."""
    compile: tuple[tuple[str, ...], ...] = ()
    """Argument vectors that compile what was fetched, run afterwards without a network: that may run its code."""


@dataclass(frozen=True, slots=True)
class InstallFault:
    """Whose fault a failed install is."""

    whose: Literal["docs", "registry", "disk", "source-only", "python", "toolchain", "system", "elsewhere"]
    """``source-only``: a package would have to be built, which runs its code; ``python``: the base image's is too old
    or too new; ``toolchain``: the base image's compiler is; ``system``: a build script wants a program or a library
    that the base image does not have; ``elsewhere``: a package depends on an address, a folder or
    a repository."""
    detail: str
    """The manager's own words."""


class PackageManager(Protocol):
    """One package manager; the modules ``npm``, ``pypi``, ``gomod``, ``cargo`` and ``maven`` are."""

    def plan(
        self,
        dependencies: Sequence[Dependency],
        *,
        cutoff: str | None,
        lock: str | None,
        allow_scripts: bool,
        client: str = "",
    ) -> InstallPlan:
        """Return how to install.

        Args:
            dependencies: names and version ranges.
            cutoff: ISO date; packages published after the end of that day (UTC) are not considered.
            lock: a lock that an earlier install wrote, to install just that.
            allow_scripts: whether packages may run code while they are installed.
            client: the package client that the page names (``pnpm``); packages are resolved as it would.

        Raises:
            InstallError: a dependency is not a package of a registry.
            UsageError: the lock is not one that docprobe wrote.
        """
        ...

    def packages(self, installed: str) -> Mapping[str, str]:
        """Return name to version from the text of ``InstallPlan.installed_file``."""
        ...

    def skipped_scripts(self, installed: str) -> tuple[str, ...]:
        """Return the packages whose install scripts did not run."""
        ...

    def remarks(self, text: str) -> tuple[str, ...]:
        """Return why some versions are others than the page asks for, from the text of ``InstallPlan.remarks_file``."""
        ...

    def fault(self, log: Sequence[str]) -> InstallFault:
        """Return whose fault a failed install is, by the manager's last lines."""
        ...


def listed_remarks(text: str) -> tuple[str, ...]:
    """Return the remarks that a file lists as JSON; an empty tuple if the file does not exist."""
    return tuple(str(remark) for remark in json.loads(text)) if text else ()
