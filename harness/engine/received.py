"""How much docprobe takes from examples: a budget for each conversation, and one for the whole run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from harness.base.errors import PodError

_MIB: Final = 1024 * 1024


@dataclass(slots=True)
class Received:
    """Bytes that came so far, and how many may come. Mutable: every connection and log adds to it."""

    what: str = "this run"
    """What the budget is for, as messages name it: ``this conversation``."""
    key: str = "received-mib"
    """Its key in ``[limits]``."""
    limit_mib: int = 1024
    bytes: int = 0

    def add(self, count: int) -> None:
        """Note that ``count`` bytes came."""
        self.bytes += count

    def excess(self) -> PodError | None:
        """Return the error that ends a pod once the budget is used up; None before."""
        if self.bytes <= self.limit_mib * _MIB:
            return None
        return PodError(
            f"{self.what} has received more than {self.limit_mib} MiB, docprobe's limit",
            f"raise {self.key} in [limits] if examples need to send that much",
        )
