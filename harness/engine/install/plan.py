"""What every package manager answers: how to install, and whose fault a failure is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Plan:
    """How to install one dependency set in a container."""

    files: Mapping[str, str]
    """Absolute path to text."""
    steps: tuple[tuple[str, ...], ...]
    lock_file: str
    """Where the lock stands afterwards."""
    installed_file: str
    """Where the manager's record of what is installed stands afterwards."""
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Fault:
    """Whose fault a failed install is."""

    whose: Literal["docs", "registry", "disk", "source-only", "python", "elsewhere"]
    """``source-only``: a package would have to be built, which runs its code; ``python``: the base image's is too old
    or too new; ``elsewhere``: a package depends on an address, a folder or a repository."""
    detail: str
    """The manager's own words."""
