"""What the attacks of a session came to: how many, how many got through, how much memory and time the worst took."""

from __future__ import annotations

import gc
import time
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.soak import SOAK

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_STATUS = Path("/proc/self/status")
_RESET = Path("/proc/self/clear_refs")
PAGES = "pages"
"""Beginning of the names of kinds whose attacks are pages of docs."""


@dataclass
class Kind:
    """One kind of attack."""

    tried: int = 0
    crashes: int = 0
    """Attacks on which docprobe itself failed, or that it did not survive."""
    leaks: int = 0
    """Attacks that reached or showed what they must not, or left something behind."""
    peak_mib: float = 0.0
    """By which this process had grown at the worst moment."""
    longest_s: float = 0.0
    """Processor time of the worst."""
    worst: str = ""
    """Name of the one that took most processor time."""
    slowest_s: float = 0.0
    """Time by the clock of the slowest, which depends on what else the machine does."""
    slowest: str = ""
    """Its name."""


@dataclass
class Figures:
    """All kinds. Mutable; one for a session."""

    kinds: dict[str, Kind] = field(default_factory=dict)

    @contextmanager
    def attack(self, kind: str, name: str) -> Iterator[Kind]:
        """Count one attack; an exception that leaves the block is a crash, a failed assertion a leak."""
        figures = self.kinds.setdefault(kind, Kind())
        with suppress(OSError):
            _RESET.write_text("5")  # the peak of memory is counted from here
        before, began, clock = resident_mib(), time.process_time(), time.monotonic()
        figures.tried += 1
        try:
            yield figures
        except pytest.skip.Exception:
            figures.tried -= 1
            raise
        except (AssertionError, pytest.fail.Exception):
            figures.leaks += 1
            raise
        except Exception:
            figures.crashes += 1
            raise
        finally:
            took, lasted = time.process_time() - began, time.monotonic() - clock
            if took > figures.longest_s:
                figures.longest_s, figures.worst = took, name
            if lasted > figures.slowest_s:
                figures.slowest_s, figures.slowest = lasted, name
            figures.peak_mib = max(figures.peak_mib, _mib("VmHWM") - before)

    def as_data(self) -> dict[str, dict[str, object]]:
        """Return the figures as plain values, for the process that joins those of several."""
        return {name: asdict(kind) for name, kind in self.kinds.items()}

    def join(self, data: Mapping[str, Mapping[str, object]]) -> None:
        """Add what another process counted, as its `as_data` gave it."""
        for name, values in data.items():
            self.kinds[name] = _together([self.kinds.get(name, Kind()), Kind(**values)])  # type: ignore[arg-type]

    def lines(self) -> list[str]:
        """One line for each kind, and one for all; none where nothing was tried."""
        if not self.kinds:
            return []
        everything = _together(self.kinds.values())
        pages = sum(kind.tried for name, kind in self.kinds.items() if name.startswith(PAGES))
        return [
            *(f"{name}: {_sentence(kind)}" for name, kind in sorted(self.kinds.items())),
            f"all: {pages} pages among {_sentence(everything)}",
        ]


def _together(kinds: Iterable[Kind]) -> Kind:
    every = list(kinds)
    longest, slowest = max(every, key=lambda kind: kind.longest_s), max(every, key=lambda kind: kind.slowest_s)
    return Kind(
        sum(kind.tried for kind in every),
        sum(kind.crashes for kind in every),
        sum(kind.leaks for kind in every),
        max(kind.peak_mib for kind in every),
        longest.longest_s,
        longest.worst,
        slowest.slowest_s,
        slowest.slowest,
    )


def _sentence(kind: Kind) -> str:
    return (
        f"{kind.tried} attacks, {kind.crashes} crashes, {kind.leaks} leaks, peak +{kind.peak_mib:.0f} MiB, "
        f"most processor time {kind.longest_s:.1f} s ({kind.worst}), longest {kind.slowest_s:.1f} s ({kind.slowest})"
    )


def resident_mib(collected: bool = SOAK) -> float:
    """Memory that this process holds now.

    Args:
        collected: whether garbage is collected first, which takes longer than most attacks among thousands of tests.
    """
    if collected:
        gc.collect()
    return _mib("VmRSS")


def _mib(name: str) -> float:
    """A figure of this process's memory; 0 where the system does not show it."""
    for line in _STATUS.read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) / 1024
    return 0.0


FIGURES = Figures()
