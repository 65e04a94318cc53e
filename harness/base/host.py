"""The environment of docprobe's own process: read once at the edge, passed down as a value."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

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
