"""What all families share: rows of the one revision, and what no verdict can come from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from extractor.model import Level
from harness.judge.findings import inconclusive, not_applicable
from harness.model import Basis, BodyFault, Requirement, Side
from harness.profiles.a2a.reading import card_in, described, exchange_of, response_of
from harness.profiles.a2a.steps import CARD, REVISION, SEND
from harness.rule import Decision, Rule

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.model import BoundRequirement, Exchange, Finding, Transcript
    from harness.rule import Check, Precondition

_NEVER_DECIDE: Final = frozenset({401, 403, 407, 429, 502, 503, 504})
"""Statuses that speak of who asks, and of load."""


def rule(
    id: str,
    title: str,
    check: Check,
    *after: Precondition,
    effect: str,
    fix: str,
    level: Level = Level.MUST,
    basis: Basis = Basis.TEXT,
) -> Rule:
    """Return a rule on agents."""
    row = Requirement(
        id=id, title=title, side=Side.SERVER, levels={REVISION: level}, basis={REVISION: basis}, effect=effect, fix=fix
    )
    return Rule(row, Decision(check, after))


def asked(step: str, why_not: str = "") -> Precondition:
    """Return the precondition that an exchange was held and its answer may decide something.

    Args:
        step: of the exchange.
        why_not: why the rule is not applicable to an agent that was not asked though it answers messages, as a
            sentence; empty: what is missing leaves the requirement open.
    """

    def precondition(transcript: Transcript, bound: BoundRequirement) -> Finding | None:
        exchange = exchange_of(transcript, step)
        if exchange is None:
            first = exchange_of(transcript, SEND)
            if first is not None and response_of(first) is None:
                how = described(first)
                return inconclusive(bound, f"A message was answered {how}: no further request was sent.", [first])
            if transcript.facts.stopped is not None:
                return inconclusive(
                    bound, f"docprobe did not send this request: the conversation stopped {transcript.facts.stopped}."
                )
            return (
                not_applicable(bound, why_not)
                if why_not
                else inconclusive(bound, "docprobe did not send this request.")
            )
        if is_left_open(exchange):
            status = "" if response_of(exchange) is None else f" ({exchange.status})"
            return inconclusive(bound, f"The request was answered {described(exchange)}{status}.", [exchange])
        if exchange.reply is not None and exchange.reply.truncated:
            return inconclusive(bound, "The reply is too long to be kept, and was not judged.", [exchange])
        return None

    return precondition


def is_left_open(exchange: Exchange) -> bool:
    """Return whether an answer decides nothing: it did not come, did not end in time, or is about who asks, or load."""
    reply = exchange.reply
    return reply is None or reply.status in _NEVER_DECIDE or reply.fault is BodyFault.TIMEOUT


def held(transcript: Transcript, step: str) -> Exchange:
    """Return the exchange of a step that :func:`asked` has found."""
    exchange = exchange_of(transcript, step)
    assert exchange is not None, "a precondition of the rule"
    return exchange


def has_card(transcript: Transcript, bound: BoundRequirement) -> Finding | None:
    """Require that a card was found."""
    if card_in(transcript) is not None:
        return None
    return inconclusive(bound, "No Agent Card was found.", [exchange_of(transcript, CARD)])


def shown(names: Sequence[str]) -> str:
    """Return names as a list for a sentence, shortened: they are the example's."""
    return ", ".join(f"`{name[:60]}`" for name in names[:5]) + (" and others" if len(names) > 5 else "")
