"""Handles of state that tools give out, in the sessionless revisions (2026-07-28 on).

Sentence: security best practices page of 2026-07-28, "State Handle Hijacking", mitigation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from extractor.model import Level
from harness.judge.findings import REFUSAL, inconclusive, not_applicable, satisfied, violated
from harness.model import Requirement, Side
from harness.profiles.mcp import steps
from harness.profiles.mcp.revisions import MODERN, level, text
from harness.profiles.mcp.rules.answers import NOT_SERVED, answer_to_fault, describe, is_result, why_undecided
from harness.profiles.mcp.rules.preconditions import AUTHORIZED, tokens_issued
from harness.profiles.mcp.rules.randomness import Sample, judge_randomness
from harness.profiles.mcp.rules.transcript import control_of, exchange_of, exchanges_of, tool_served
from harness.profiles.mcp.tokens import USER2
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
        effect="An attacker who sees one handle can guess those of other users.",
        fix="Generate handles with a cryptographic random generator.",
        avoid="Don't hand out database row numbers.",
    ),
    Decision(nondeterministic_handles),
)


def no_handle_auth(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that a handle MUST NOT stand in for a token. A tool that refuses with its own error does look at it."""
    asked = exchange_of(transcript, bound.revision, steps.HANDLE_NO_TOKEN)
    if asked is None:
        return _no_handle(transcript, bound)
    both = [control_of(transcript, asked), asked]
    if tool_served(asked):
        return violated(
            bound, "A handle of user 1 was served without a token", both, quoting="possession", expected=REFUSAL
        )
    if not is_result(asked) and answer_to_fault(transcript, asked) not in NOT_SERVED:
        return inconclusive(bound, f"A handle without a token was inconclusive: {why_undecided(asked)}.", both)
    return satisfied(bound, f"A handle of user 1 without a token returned {describe(asked)}.", both)


HANDLE_NO_AUTH: Final = Rule(
    Requirement(
        id="handle.no-auth",
        title="A state handle does not stand in for a token",
        side=Side.SERVER,
        levels=level(Level.MUST_NOT, MODERN),
        basis=text(MODERN),
        effect="Whoever learns a handle acts as its user.",
        fix="Check the token of every request, whatever handles it names.",
    ),
    Decision(no_handle_auth, AUTHORIZED),
)


def bound_handle(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that a handle SHOULD be bound to the user that it was given to."""
    asked = exchange_of(transcript, bound.revision, steps.HANDLE_USER2)
    if asked is None:
        return _no_handle(transcript, bound)
    both = [control_of(transcript, asked), asked]
    if tool_served(asked):
        return violated(bound, "A handle of user 1 was served to user 2", both, expected=REFUSAL)
    if not is_result(asked) and answer_to_fault(transcript, asked) not in NOT_SERVED:
        return inconclusive(bound, f"A handle of another user was inconclusive: {why_undecided(asked)}.", both)
    return satisfied(bound, "A handle of user 1 was refused to user 2.", both)


HANDLE_BOUND: Final = Rule(
    Requirement(
        id="handle.bound",
        title="A state handle is bound to its user",
        side=Side.SERVER,
        levels=level(Level.SHOULD, MODERN),
        basis=text(MODERN),
        effect="Whoever learns a handle reads and changes another user's state.",
        fix="Keep the user with the state, and refuse a handle to everybody else.",
    ),
    Decision(bound_handle, (*AUTHORIZED, tokens_issued(USER2))),
)

RULES: Final = (HANDLE_NONDETERMINISTIC, HANDLE_NO_AUTH, HANDLE_BOUND)


def _no_handle(transcript: Transcript, bound: BoundRequirement) -> Finding:
    return not_applicable(bound, "No state handle was seen.")
