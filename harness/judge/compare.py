"""Findings compared with those at the merge base: what a change introduces, leaves as it was, and fixes. Pure.

A finding is an example, a requirement, a revision, and the legs that fail: a further leg is a new finding. An example
that was moved or copied is compared with where it came from, its own revision with the other's own revision.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from harness.model import Compared, FindingChange, FixedFinding, Gate, NotCompared, Rejudged, Status, Verdict

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from harness.model import Drift, ExampleResult, Finding

Accepted = frozenset[tuple[str, str]]
"""Findings that a baseline accepts: example and requirement."""
MET: Final = frozenset({Verdict.SATISFIED, Verdict.NOT_APPLICABLE})
"""Verdicts that show that nothing is violated any more; all others say nothing."""


@dataclass(frozen=True, slots=True)
class BaseState:
    """What is known of the docs at the merge base, after their examples were judged."""

    commit: str
    """Full hash."""
    ref: str
    """What the change was compared with, as given."""
    results: Mapping[str, ExampleResult]
    """By the id of the example as it is now, the result of the example that it comes from."""
    reasons: Mapping[str, str]
    """By an example's present id, why its earlier text could not be judged."""
    accepted: Accepted
    """Findings that the baseline of the merge base accepts, by the ids of then."""
    drift: Sequence[Drift]
    """Of the merge base."""


def compare(
    results: Sequence[ExampleResult],
    drift: Sequence[Drift],
    base: BaseState,
    gate: Gate,
    start_rules: Collection[str] = (),
) -> tuple[tuple[ExampleResult, ...], tuple[Drift, ...], Compared]:
    """Return the results and the drift with what the change did to each finding, and what was compared.

    Args:
        results: of the docs as they are, marked by the judge.
        drift: of the docs as they are.
        base: the same of the merge base.
        gate: which findings may fail the run; for the record.
        start_rules: ids of the requirements that are judged from the attempts to start an example. A failure that a
            change brings blocks even where the packages of an older day would do: nothing but the change is to blame,
            unless docprobe has to guess more than before.
    """
    fixed: list[FixedFinding] = []
    not_compared: list[NotCompared] = []
    compared = []
    for result in results:
        before = base.results.get(result.id)
        compared.append(replace(result, findings=tuple(_findings(result, before, base.accepted, start_rules))))
        reason = base.reasons.get(result.id) or (_why_not_comparable(result, before) if before is not None else None)
        if reason is not None and any(finding.verdict is Verdict.VIOLATED for finding in result.findings):
            not_compared.append(NotCompared(result.id, reason))
        elif before is not None:
            not_compared += _undecided(result, before)
        if before is not None:
            fixed += _fixed(result, before)
    known = {entry.identity for entry in base.drift}
    return (
        tuple(compared),
        tuple(
            replace(entry, change=FindingChange.UNCHANGED if entry.identity in known else FindingChange.INTRODUCED)
            for entry in drift
        ),
        Compared(
            base=base.commit,
            ref=base.ref,
            gate=gate,
            fixed=tuple(fixed),
            not_compared=tuple(not_compared),
            rejudged=tuple(_rejudged(results, base)),
            origins={now: before.id for now, before in sorted(base.results.items()) if now != before.id},
        ),
    )


def _rejudged(results: Sequence[ExampleResult], base: BaseState) -> Iterator[Rejudged]:
    """Yield the examples of pages without a revision that are judged by another text than before.

    A folder of a new revision does that to all of them, and may make a warning an error.
    """
    for result in results:
        before = base.results.get(result.id)
        if before is None or result.revision is not None or before.revision is not None:
            continue
        if result.judged_under and before.judged_under and result.judged_under != before.judged_under:
            yield Rejudged(result.id, before.judged_under, result.judged_under)


def _findings(
    result: ExampleResult, before: ExampleResult | None, accepted: Accepted, start_rules: Collection[str]
) -> Iterator[Finding]:
    """Yield the findings of an example, each violation with what the change did to it."""
    was = _by_identity(before) if before is not None else {}
    for finding in result.findings:
        if finding.verdict is not Verdict.VIOLATED:
            yield finding
            continue
        old = was.get(_identity(finding, result))
        known = old is not None and before is not None and (before.id, finding.requirement) in accepted
        unchanged = old is not None and _is_no_worse(finding, old, known=known)
        if unchanged:
            yield replace(finding, change=FindingChange.UNCHANGED)
            continue
        broken = finding.requirement in start_rules and old is not None and old.verdict in {Verdict.VIOLATED, *MET}
        # what docprobe has to guess now, and had not to before, may be what is wrong
        broken = broken and before is not None and set(result.added) <= set(before.added)
        yield replace(finding, change=FindingChange.INTRODUCED, gates=finding.gates or broken)


def _is_no_worse(finding: Finding, old: Finding, *, known: bool) -> bool:
    """Return whether a violation was there as it is: no further leg fails, and it could fail a run before."""
    if old.verdict is not Verdict.VIOLATED:
        return False
    further = finding.failing_legs - old.failing_legs if old.legs and finding.legs else frozenset()
    return not further and (not finding.gates or (old.gates and not known))


def _undecided(result: ExampleResult, before: ExampleResult) -> Iterator[NotCompared]:
    """Yield the violations by the example's own revision that the merge base gives no verdict on."""
    was = _by_identity(before)
    for finding in result.findings:
        old = was.get(_identity(finding, result))
        undecided = old is not None and old.verdict in {Verdict.INCONCLUSIVE, Verdict.BLOCKED}
        if old is not None and undecided and finding.verdict is Verdict.VIOLATED and _is_own(finding, result):
            reason = f"it was {old.verdict.value} at the merge base ({old.summary.rstrip('.')})"
            yield NotCompared(result.id, reason, finding.requirement)


def _fixed(result: ExampleResult, before: ExampleResult) -> Iterator[FixedFinding]:
    """Yield what was violated by the example's own revision and is not any more, as far as it was decided."""
    now = _by_identity(result)
    for old in before.findings:
        finding = now.get((old.requirement, None)) if _is_own(old, before) else None
        if old.verdict is not Verdict.VIOLATED or finding is None:
            continue
        if finding.verdict in MET:
            legs = tuple(name for name in old.legs if name in old.failing_legs)
            yield FixedFinding(result.id, old.requirement, finding.revision, old.level, legs)
        elif finding.verdict is Verdict.VIOLATED:
            legs = tuple(name for name in old.legs if name in old.failing_legs and finding.legs.get(name) in MET)
            if legs:
                yield FixedFinding(result.id, old.requirement, finding.revision, old.level, legs, whole=False)


def _by_identity(example: ExampleResult) -> Mapping[tuple[str, str | None], Finding]:
    """Return the findings of an example by what identifies each, under both names of the example's own revision."""
    by_identity: dict[tuple[str, str | None], Finding] = {}
    for finding in example.findings:
        by_identity[finding.requirement, finding.revision] = finding
        by_identity[_identity(finding, example)] = finding
    return by_identity


def _identity(finding: Finding, example: ExampleResult) -> tuple[str, str | None]:
    """Return requirement and revision; None stands for the example's own revision, whichever that is."""
    return finding.requirement, None if _is_own(finding, example) else finding.revision


def _is_own(finding: Finding, example: ExampleResult) -> bool:
    return finding.revision in {example.judged_under, ""}


def _why_not_comparable(result: ExampleResult, before: ExampleResult) -> str | None:
    """Return why the merge base has no verdict that a result can be compared with; None if it has."""
    if before.status is result.status:
        return None
    match before.status:
        case Status.JUDGED:
            return None
        case Status.NOT_RUNNING:
            return "it did not run at the merge base"
        case Status.BLOCKED:
            return f"it could not be checked at the merge base: {before.reason or 'no reason given'}"
        case Status.FRAGMENT | Status.UNSUPPORTED | Status.SKIPPED:
            return f"it was {before.status.value} at the merge base: {before.reason or 'no reason given'}"
