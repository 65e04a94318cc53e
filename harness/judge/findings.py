"""Constructors of findings, one for each verdict. Pure."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from harness.model import Basis, Citation, Finding, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from harness.model import BoundRequirement, Exchange

REFUSAL: Final = "a refusal"
"""What is expected where any error status will do."""


def finding(
    bound: BoundRequirement,
    verdict: Verdict,
    summary: str,
    evidence: Iterable[Exchange | None] = (),
    legs: Mapping[str, bool] | None = None,
    quoting: str = "",
) -> Finding:
    """Return a finding with the requirement's own level, basis and sentence.

    Args:
        bound: the requirement, in the revision that it is judged under.
        verdict: what was found.
        summary: one or two sentences for a reader: what was sent, what came back, what was expected.
        evidence: the exchanges that decide, controls included; None is left out.
        legs: of a requirement on several kinds of requests or things, each that was decided, by name, and whether it
            meets the requirement.
        quoting: words of the sentence to quote, of a requirement that is bound to several.
    """
    statement = bound.sentence_with(quoting)
    return Finding(
        requirement=bound.requirement.id,
        level=bound.level,
        basis=bound.basis,
        verdict=verdict,
        revision=bound.revision,
        summary=summary,
        statement=Citation.of(statement) if statement is not None else None,
        evidence=numbers(evidence),
        fix=bound.requirement.fix if verdict is Verdict.VIOLATED else None,
        legs={name: Verdict.SATISFIED if met else Verdict.VIOLATED for name, met in (legs or {}).items()},
    )


def satisfied(bound: BoundRequirement, summary: str, evidence: Iterable[Exchange | None] = ()) -> Finding:
    """Return the finding that the requirement is met. Arguments as :func:`finding`."""
    return finding(bound, Verdict.SATISFIED, summary, evidence)


def violated(
    bound: BoundRequirement,
    summary: str,
    evidence: Iterable[Exchange | None] = (),
    legs: Mapping[str, bool] | None = None,
    *,
    quoting: str = "",
    expected: str = "",
    wrong: Iterable[Exchange | None] | None = None,
    control: str = "",
) -> Finding:
    """Return the finding that the requirement is violated. Other arguments as :func:`finding`.

    Args:
        bound: the requirement.
        summary: as for :func:`finding`; with ``expected``, what was sent and what came back, without a full stop.
        evidence: the exchanges that decide.
        legs: what was decided, by name.
        quoting: words of the sentence to quote.
        expected: what should have come back instead, in a few words; the summary says it too.
        wrong: the exchanges where ``expected`` is missing. By default the last of the evidence that is not the control
            of another one; none if nothing came that could be marked.
        control: with ``expected``, a further sentence of the summary: how the control was answered.
    """
    if not expected:
        return finding(bound, Verdict.VIOLATED, summary, evidence, legs, quoting)
    exchanges = [exchange for exchange in evidence if exchange is not None]
    found = finding(
        bound, Verdict.VIOLATED, " ".join(filter(None, (f"{summary}; expected {expected}.", control))),
        exchanges, legs, quoting,
    )  # fmt: skip
    if wrong is None:
        controls = {exchange.control for exchange in exchanges}
        wrong = [exchange for exchange in exchanges if exchange.number not in controls][-1:]
    return dataclasses.replace(found, expected=dict.fromkeys(map(str, numbers(wrong)), expected))


def not_applicable(bound: BoundRequirement, summary: str, evidence: Iterable[Exchange | None] = ()) -> Finding:
    """Return the finding that the example does not have what the requirement is about. Arguments as :func:`finding`."""
    return finding(bound, Verdict.NOT_APPLICABLE, summary, evidence)


def inconclusive(bound: BoundRequirement, summary: str, evidence: Iterable[Exchange | None] = ()) -> Finding:
    """Return the finding that the exchanges decide nothing. Arguments as :func:`finding`."""
    return finding(bound, Verdict.INCONCLUSIVE, summary, evidence)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong in an exchange, and which of a requirement's sentences says so."""

    summary: str
    """A sentence, or a part of one, as the check that makes it needs it."""
    quoting: str = ""
    """Words of the sentence to quote."""


def none_wrong(bound: BoundRequirement, judged: Iterable[tuple[Exchange, Fault | None]], good: str) -> Finding | None:
    """Return what several exchanges show of one property; None if there are none.

    Args:
        bound: the requirement.
        judged: each exchange with what is wrong in it, as a sentence, None if nothing is.
        good: the sentence if none is wrong; the first exchange is its evidence.
    """
    first: Exchange | None = None
    for exchange, fault in judged:
        if fault is not None:
            return violated(bound, fault.summary, [exchange], quoting=fault.quoting)
        first = first or exchange
    return satisfied(bound, good, [first]) if first is not None else None


def as_interpretation(finding: Finding) -> Finding:
    """Return the same finding, based on a reading of the text instead of its words."""
    return dataclasses.replace(finding, basis=Basis.INTERPRETATION)


def numbers(exchanges: Iterable[Exchange | None]) -> tuple[int, ...]:
    """Return the numbers of exchanges, sorted, each once: the evidence of a finding."""
    return tuple(sorted({exchange.number for exchange in exchanges if exchange is not None}))


def count(number: int, noun: str) -> str:
    """Return ``1 request`` or ``2 requests``."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def join_words(words: Iterable[str]) -> str:
    """Return ``a``, ``a and b``, or ``a, b and c``."""
    items = list(words)
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}" if items else "nothing"
