"""Handles of state that tools give out, in the sessionless revisions (2026-07-28 on).

Sentence: security best practices page of 2026-07-28, "State Handle Hijacking", mitigation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from extractor.model import Level
from harness.judge.findings import not_applicable
from harness.model import Requirement, Side
from harness.profiles.mcp import steps
from harness.profiles.mcp.revisions import MODERN, level, text
from harness.profiles.mcp.rules.randomness import Sample, judge_randomness
from harness.profiles.mcp.rules.transcript import exchange_of, exchanges_of, tool_served
from harness.rule import Decision, Rule

if TYPE_CHECKING:
    from harness.model import BoundRequirement, Finding, Transcript


def nondeterministic_handles(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that state handles SHOULD be non-deterministic, where an example has them.

    What a tool gave counts as a handle if another tool served it and refused one that was never given.
    """
    carriers = exchanges_of(transcript, bound.revision, steps.HANDLE_MINT)
    used = exchange_of(transcript, bound.revision, steps.HANDLE_USE)
    unknown = exchange_of(transcript, bound.revision, steps.HANDLE_UNKNOWN)
    if used is None or unknown is None or not tool_served(used) or tool_served(unknown):
        return not_applicable(
            bound,
            "No state handle was seen: no tool returned a value that another accepts while refusing an invented one.",
        )
    samples = [
        Sample(exchange.handle, exchange.process, exchange.number)
        for exchange in carriers
        if exchange.handle is not None
    ]
    return judge_randomness(bound, samples, carriers, "state handle")


HANDLE_NONDETERMINISTIC: Final = Rule(
    Requirement(
        id="handle.nondeterministic",
        title="State handles cannot be predicted",
        side=Side.SERVER,
        levels=level(Level.SHOULD, MODERN),
        basis=text(MODERN),
        effect="An attacker who sees one handle can name other users' state.",
        fix="Make handles with a cryptographic random generator.",
        avoid="Don't hand out database row numbers.",
    ),
    Decision(nondeterministic_handles),
)

RULES: Final = (HANDLE_NONDETERMINISTIC,)
