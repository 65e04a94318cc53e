"""What failed a moment ago for a reason that all examples share: it is not tried again for each of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import anyio

if TYPE_CHECKING:
    from harness.base.errors import EngineError, RegistryError

AGAIN_S: Final = 120.0
"""After this long it is tried again: a run may outlast an outage."""


@dataclass(frozen=True, slots=True)
class Outages:
    """Failures of one run, by what failed."""

    _seen: dict[str, tuple[float, EngineError | RegistryError]] = field(default_factory=dict)

    def note(self, what: str, error: EngineError | RegistryError) -> None:
        """Note that something failed just now."""
        self._seen[what] = (anyio.current_time(), error)

    def lately(self, what: str) -> EngineError | RegistryError | None:
        """Return a new error with the words of the last failure; None if there was none in the last minutes."""
        if what not in self._seen:
            return None
        at, error = self._seen[what]
        return None if anyio.current_time() - at >= AGAIN_S else type(error)(error.message, error.hint)
