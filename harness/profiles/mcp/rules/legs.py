"""The four kinds of request with one fault each, beside their controls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from harness.profiles.mcp.rules.reading import (
    LEG_NAMES,
    Answer,
    control_of,
    first,
    is_served,
    said,
    weigh,
    why_undecided,
)

if TYPE_CHECKING:
    from harness.model import Exchange, Transcript

NOT_SERVED: Final = (Answer.REFUSED, Answer.SILENT, Answer.CUT)


@dataclass(frozen=True, slots=True)
class Leg:
    """One kind of request with the fault, beside its control."""

    name: str
    """``POST request``, ``POST notification``, ``GET`` or ``DELETE``."""
    fault: Exchange
    control: Exchange | None
    answer: Answer | None
    """None if the control was not served: the answer means nothing."""


def legs(transcript: Transcript, group: str, revision: str) -> tuple[Leg, ...]:
    """The legs of ``missing``, ``unknown``, ``terminated`` or a hijack group that were asked, in their order."""
    found = []
    for leg, name in LEG_NAMES.items():
        fault = first(transcript, f"{group}.{leg}", revision)
        if fault is None:
            continue
        control = control_of(transcript, fault)
        served = is_served(control)
        found.append(Leg(name, fault, control, weigh(transcript, fault, control) if served else None))
    return tuple(found)


def request_served(asked: tuple[Leg, ...]) -> Leg | None:
    """The leg of the POST request, if it was served."""
    return next((leg for leg in asked if leg.answer is Answer.SERVED and leg.name == LEG_NAMES["post-request"]), None)


def why_nothing(asked: tuple[Leg, ...]) -> str:
    """Why no leg decided anything."""
    for leg in asked:
        if leg.answer is Answer.UNDECIDED:
            return f"{leg.name} decided nothing: {why_undecided(leg.fault)}"
    for leg in asked:
        if leg.answer is None and leg.control is not None:
            return f"no control was served (the {leg.name} control was answered {said(leg.control)})"
    return "nothing was asked"
