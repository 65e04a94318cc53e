"""Trends over nights, as series for charts and as a table for everybody else. Pure."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from harness.nightly.history.queries import Night


@dataclass(frozen=True, slots=True)
class Series:
    """One line of a chart."""

    label: str
    color: str
    """Name of a CSS custom property, so that light and dark have their own."""
    values: tuple[float | None, ...]
    """None for a night of an older docprobe that did not count it so."""


@dataclass(frozen=True, slots=True)
class Chart:
    """One chart; all of them share their x axis."""

    id: str
    title: str
    unit: str
    bars: bool
    whole: bool
    """Whether it counts, so that its axis has whole numbers."""
    series: tuple[Series, ...]


@dataclass(frozen=True, slots=True)
class Trends:
    """Everything the trend page draws."""

    times: tuple[int, ...]
    """Seconds since 1970, one for each night."""
    charts: tuple[Chart, ...]

    def data(self) -> dict[str, Any]:
        """As plain values, for the script."""
        return {"times": list(self.times), "charts": [asdict(chart) for chart in self.charts]}


def _count(name: str) -> Callable[[Night], float | None]:
    return lambda night: night.counts.get(name)


CHARTS: Final[tuple[tuple[str, str, str, bool, tuple[tuple[str, str, Callable[[Night], float | None]], ...]], ...]] = (
    ("violations", "Violations by level", "findings", False, (
        ("MUST", "--red", _count("violated_must")),
        ("SHOULD", "--amber", _count("violated_should")),
        ("advisory", "--blue", _count("advisory")),
    )),
    ("blocking", "Blocking findings", "findings", False, (("blocking", "--red", _count("blocking_findings")),)),
    ("runs", "Examples", "examples", False, (
        ("judged", "--green", _count("judged")),
        ("not running", "--red", _count("not-running")),
        ("not checked", "--violet", _count("blocked")),
        ("cached", "--grey", _count("cached")),
    )),
    ("duration", "Duration", "seconds", False, (("duration", "--blue", lambda night: round(night.duration_s, 1)),)),
    ("flips", "Flips", "verdicts", True, (
        ("all", "--blue", lambda night: night.flips),
        ("nothing changed", "--red", lambda night: night.unexplained),
    )),
)  # fmt: skip
"""Id, title, unit, bars instead of lines, and the series: label, colour, value of a night."""


def trends(nights: Sequence[Night]) -> Trends:
    """The charts of ``nights``, which come oldest first."""
    charts = tuple(
        Chart(id, title, unit, bars, unit != "seconds", tuple(
            Series(label, color, tuple(value(night) for night in nights)) for label, color, value in series
        ))
        for id, title, unit, bars, series in CHARTS
    )  # fmt: skip
    return Trends(tuple(round(datetime.fromisoformat(night.started).timestamp()) for night in nights), charts)
