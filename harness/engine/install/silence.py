"""Registries that accept connections and send nothing: waited for once in a run, not by each install."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import anyio

from harness.engine.install.outages import AGAIN_S

SILENT_S: Final = 30.0
"""How long the first byte of a registry is waited for, in seconds: its part of a TLS handshake, or of an answer."""


@dataclass(frozen=True, slots=True)
class Silence:
    """What all installs of a run know of registries that send nothing. Registries are named by ``host:port``."""

    _since: dict[str, float] = field(default_factory=dict)
    """When a registry was first sent something that it has not answered."""
    _silent: dict[str, float] = field(default_factory=dict)
    """When a registry was given up."""

    def check(self, address: str) -> None:
        """Raise OSError if a registry was given up in the last minutes."""
        at = self._silent.get(address)
        if at is not None and anyio.current_time() - at < AGAIN_S:
            raise OSError(reason())
        self._silent.pop(address, None)

    async def wait(self, address: str) -> None:
        """Return when a registry has sent nothing for too long, whichever connection asked first."""
        while (left_s := self._since.setdefault(address, anyio.current_time()) + SILENT_S - anyio.current_time()) > 0:
            await anyio.sleep(left_s)
        self._silent[address] = anyio.current_time()

    def broken(self, address: str) -> None:
        """Note that a registry has sent something, or that nobody waits for it."""
        self._since.pop(address, None)
        self._silent.pop(address, None)


def reason() -> str:
    """Return what is said of a registry that was given up."""
    return f"it accepts connections and sends nothing (waited {SILENT_S:g} s)"
