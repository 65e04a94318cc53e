"""The machine that docprobe runs on: the environment of its process, read once at the edge, and how busy it is."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class HostEnvironment:
    """The host's environment variables, as they were when the command started.

    They decide how the engine, the package registries and git are reached, and are what programs on the host are run
    with. Values are never shown: they may hold passwords.
    """

    variables: Mapping[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> HostEnvironment:
        """Return a copy of ``environ`` that later changes to it do not reach."""
        return cls(dict(environ))

    def get(self, name: str) -> str | None:
        """Return the value of a variable; None if it is unset or empty."""
        return self.variables.get(name) or None

    def program(self, name: str) -> str | None:
        """Return the path of a program on the host's PATH; None if it is not installed."""
        return shutil.which(name, path=self.variables.get("PATH", os.defpath))


BUSY_FACTOR: Final = 4.0
"""Runnable processes per processor from which on the machine is too busy: docprobe's own jobs make one to two."""


def describe_overload() -> str | None:
    """Return the load, as ``load 21 on 2 processors``, if the machine is too busy for deadlines; else None.

    It is the load average of the last minute (getloadavg(3)) of the machine that docprobe runs on.
    """
    load, processors = os.getloadavg()[0], os.cpu_count() or 1
    return f"load {load:.0f} on {processors} processors" if load > BUSY_FACTOR * processors else None
