"""How much a finding weighs in a report, and which entries of a report belong together. Pure; used by every format."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final, assert_never

from harness.model import MUST_LIKE, SHOULD_LIKE, Basis, Status, Verdict

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from extractor.model import Level
    from harness.model import ExampleResult, Finding, Report

ALWAYS_WARN: Final = frozenset({"example.runs", "revision.match"})
"""Requirements about the example itself: no sentence says them, and a violation is more than advice."""


class Weight(StrEnum):
    """What a finding means to the person who reads the report, heaviest first."""

    GATES = "gates"
    WARNS = "warns"
    """Violated by the text of the page's own revision, and not a reason to fail."""
    KNOWN = "known"
    """Violated, and listed in the baseline."""
    ADVISORY = "advisory"
    """Violated as an interpretation or advice, or by the text of another revision."""
    INCONCLUSIVE = "inconclusive"
    BLOCKED = "blocked"
    NOT_APPLICABLE = "not applicable"
    SATISFIED = "satisfied"


HEAVIEST_FIRST: Final = tuple(Weight)
SHOWN_IN_FULL: Final = frozenset({Weight.GATES, Weight.WARNS})


def own_revision(example: ExampleResult) -> str | None:
    """The revision whose text decides: the page's; for a page of none, the newest that is negotiated."""
    if example.revision is not None:
        return example.revision
    return example.negotiated[-1] if example.negotiated else None


def is_own(finding: Finding, example: ExampleResult) -> bool:
    """Whether a finding is about the page's own revision (or about the example as such)."""
    return finding.revision in {own_revision(example), ""} or finding.requirement.startswith("example.")


def known_findings(report: Report) -> frozenset[tuple[str, str]]:
    """(example id, requirement id) of everything that the baseline lists and that still occurs."""
    return frozenset((note.example, note.requirement) for note in report.baseline if note.kind == "known")


def weigh(finding: Finding, example: ExampleResult, known: frozenset[tuple[str, str]]) -> Weight:
    """The weight of one finding. ``known`` comes from :func:`known_findings`."""
    match finding.verdict:
        case Verdict.SATISFIED:
            return Weight.SATISFIED
        case Verdict.NOT_APPLICABLE:
            return Weight.NOT_APPLICABLE
        case Verdict.INCONCLUSIVE:
            return Weight.INCONCLUSIVE
        case Verdict.BLOCKED:
            return Weight.BLOCKED
        case Verdict.VIOLATED:
            if finding.gates:
                return Weight.GATES
            if (example.id, finding.requirement) in known and is_own(finding, example):
                return Weight.KNOWN
            warns = finding.basis is Basis.TEXT or finding.requirement in ALWAYS_WARN
            return Weight.WARNS if warns and is_own(finding, example) else Weight.ADVISORY
        case _:
            assert_never(finding.verdict)


@dataclass(frozen=True, slots=True)
class Text:
    """One distinct text of a report and every example that is a copy of it."""

    shown: ExampleResult
    """The copy to show: the one with the heaviest findings, of the newest released revision."""
    copies: tuple[ExampleResult, ...]
    """The other copies, in order of id."""

    @property
    def all(self) -> tuple[ExampleResult, ...]:
        """Every copy, the shown one first."""
        return (self.shown, *self.copies)


def texts(report: Report) -> tuple[Text, ...]:
    """The examples of a report, identical copies together, in order of the shown copy's id."""
    groups: dict[tuple[str, Status], list[ExampleResult]] = defaultdict(list)
    for example in report.examples:
        groups[example.digest, example.status].append(example)

    def rank(example: ExampleResult) -> tuple[int, bool, str]:
        gating = sum(finding.gates for finding in example.findings)
        revision = example.revision or ""
        return (gating, revision[:1].isdigit(), revision)

    found = []
    for group in groups.values():
        shown = max(group, key=rank)
        found.append(Text(shown, tuple(sorted((e for e in group if e is not shown), key=lambda e: e.id))))
    return tuple(sorted(found, key=lambda text: text.shown.id))


@dataclass(frozen=True, slots=True)
class Case:
    """One requirement with one weight, in all copies of a text that have it so."""

    weight: Weight
    members: tuple[tuple[ExampleResult, Finding], ...]
    """Never empty; the one to show first."""

    @property
    def finding(self) -> Finding:
        """The finding to show."""
        return self.members[0][1]

    @property
    def example(self) -> ExampleResult:
        """The copy that the shown finding is about."""
        return self.members[0][0]


def cases(text: Text, report: Report) -> tuple[Case, ...]:
    """The findings of a text: the same requirement with the same weight once, heaviest first, then as catalogued."""
    known, order = known_findings(report), catalogue_order(report)
    groups: dict[tuple[Weight, str], list[tuple[ExampleResult, Finding]]] = defaultdict(list)
    for example in text.all:
        for finding in _own_first(example):
            groups[weigh(finding, example, known), finding.requirement].append((example, finding))

    def rank(case: Case) -> tuple[int, int, str]:
        name = case.finding.requirement
        return (HEAVIEST_FIRST.index(case.weight), order.get(name, len(order)), name)

    return tuple(sorted((Case(weight, tuple(group)) for (weight, _), group in groups.items()), key=rank))


def _own_first(example: ExampleResult) -> list[Finding]:
    """The page's own revision first, then the others, the newest first."""
    newest_first = sorted(example.findings, key=lambda finding: finding.revision, reverse=True)
    return sorted(newest_first, key=lambda finding: not is_own(finding, example))


def catalogue_order(report: Report) -> Mapping[str, int]:
    """Requirement id to its place among the report's rows."""
    return {row.id: place for place, row in enumerate(report.requirements)}


@dataclass(frozen=True, slots=True)
class Counts:
    """The figures of a report's summary."""

    examples: int
    distinct: int
    """Distinct texts that were run."""
    by_status: Mapping[Status, int]
    violated_must: int
    """Requirements violated by the page's own revision, each once per example; warnings and known ones included."""
    violated_should: int
    warning_must: int
    """Of ``violated_must``, those that neither gate nor are known."""
    known_must: int
    """Of ``violated_must``, those that the baseline lists."""
    known_should: int
    advisory: int
    """As many as the terminal lists: once per distinct text, not where it repeats what the page's own revision says."""
    gating: int
    """Findings, drift and baseline entries that gate."""

    @property
    def known(self) -> int:
        """Violated requirements that the baseline lists, of every level."""
        return self.known_must + self.known_should


def violated_by_own(example: ExampleResult) -> Mapping[str, tuple[Finding, ...]]:
    """What counts as violated of one example: by requirement, the findings by the page's own revision.

    A violation counts by the text, as one that gates, or about the example itself; readings and advice do not.
    """
    found: dict[str, tuple[Finding, ...]] = {}
    for finding in example.findings:
        counts = finding.basis is Basis.TEXT or finding.gates or finding.requirement in ALWAYS_WARN
        if finding.verdict is Verdict.VIOLATED and counts and is_own(finding, example):
            found[finding.requirement] = (*found.get(finding.requirement, ()), finding)
    return found


def advisory(found: Sequence[Case]) -> tuple[Case, ...]:
    """The advisory cases of a text, without those that repeat by another revision what its own violates."""
    own = {case.finding.requirement for case in found if case.weight in {*SHOWN_IN_FULL, Weight.KNOWN}}
    return tuple(case for case in by_weight(found, Weight.ADVISORY) if case.finding.requirement not in own)


def count(report: Report) -> Counts:
    """Count a report."""
    known = known_findings(report)
    violated: Counter[tuple[Level, Weight]] = Counter()
    for example in report.examples:
        for findings in violated_by_own(example).values():
            heaviest = min((weigh(finding, example, known) for finding in findings), key=HEAVIEST_FIRST.index)
            violated[findings[0].level, heaviest] += 1

    def number(levels: Collection[Level], *weights: Weight) -> int:
        return sum(n for (level, weight), n in violated.items() if level in levels and weight in (weights or Weight))

    run = [e for e in report.examples if e.status in {Status.JUDGED, Status.NOT_RUNNING}]
    return Counts(
        examples=len(report.examples),
        distinct=len({example.digest for example in run}),
        by_status=Counter(example.status for example in report.examples),
        violated_must=number(MUST_LIKE),
        violated_should=number(SHOULD_LIKE),
        warning_must=number(MUST_LIKE, Weight.WARNS),
        known_must=number(MUST_LIKE, Weight.KNOWN),
        known_should=number(SHOULD_LIKE, Weight.KNOWN),
        advisory=sum(len(advisory(cases(text, report))) for text in texts(report)),
        gating=sum(f.gates for example in report.examples for f in example.findings) + _gating_beside_findings(report),
    )


def _gating_beside_findings(report: Report) -> int:
    drift = sum(entry.gates for entry in report.drift) if report.fail_on != "never" else 0
    return drift + sum(note.gates for note in report.baseline)


def by_weight(found: Iterable[Case], weight: Weight) -> tuple[Case, ...]:
    """Those of ``found`` with one weight, in order."""
    return tuple(case for case in found if case.weight is weight)
