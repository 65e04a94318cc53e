"""What the attacks of a session came to: how many, how many got through, how much memory and time the worst took."""

from __future__ import annotations

import gc
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support.soak import SOAK

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass
class Kind:
    """One kind of attack."""

    tried: int = 0
    crashes: int = 0
    """Attacks on which docprobe itself failed, or that it did not survive."""
    leaks: int = 0
    """Attacks that reached or showed what they must not."""
    peak_mib: float = 0.0
    """By which the process had grown at the end of the worst."""
    longest_s: float = 0.0
    """Processor time of the worst."""
    worst: str = ""
    """Name of the one that took longest."""


@dataclass
class Figures:
    """All kinds. Mutable; one for a session."""

    kinds: dict[str, Kind] = field(default_factory=dict)

    @contextmanager
    def attack(self, kind: str, name: str) -> Iterator[Kind]:
        """Count one attack; an exception that leaves the block is a crash, a failed assertion a leak."""
        figures = self.kinds.setdefault(kind, Kind())
        figures.tried += 1
        before, began = resident_mib(), time.process_time()
        try:
            yield figures
        except AssertionError:
            figures.leaks += 1
            raise
        except Exception:
            figures.crashes += 1
            raise
        finally:
            took = time.process_time() - began
            if took > figures.longest_s:
                figures.longest_s, figures.worst = took, name
            figures.peak_mib = max(figures.peak_mib, resident_mib() - before)

    def lines(self) -> list[str]:
        """One line for each kind."""
        return [
            f"{name}: {kind.tried} attacks, {kind.crashes} crashes, {kind.leaks} leaks, "
            f"peak +{kind.peak_mib:.0f} MiB, longest {kind.longest_s:.1f} s ({kind.worst})"
            for name, kind in sorted(self.kinds.items())
        ]


def resident_mib(collected: bool = SOAK) -> float:
    """Memory that this process holds now.

    Args:
        collected: whether garbage is collected first, which takes longer than most attacks among thousands of tests.
    """
    if collected:
        gc.collect()
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


FIGURES = Figures()
