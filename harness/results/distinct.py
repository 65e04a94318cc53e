"""What belongs together in a report: copies of one text, and one requirement in all of them. Pure."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Final

from harness.model import FindingChange, Verdict
from harness.results.severity import MOST_SEVERE_FIRST, SHOWN_IN_FULL, Severity, own_revision

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from harness.model import ExampleResult, Finding, Report, Status
    from harness.results.severity import ReportIndex


_LISTED: Final = frozenset({*SHOWN_IN_FULL, Severity.UNCHANGED, Severity.KNOWN})
"""Of violations that are listed for themselves."""


@dataclass(frozen=True, slots=True)
class DistinctExample:
    """One distinct text of a report and every example that is a copy of it."""

    shown: ExampleResult
    """The copy to show: the one with most blocking findings, of the newest released revision."""
    copies: tuple[ExampleResult, ...]
    """The other copies, in order of id."""

    @property
    def all(self) -> tuple[ExampleResult, ...]:
        """Every copy, the shown one first."""
        return (self.shown, *self.copies)


def distinct_examples(report: Report) -> tuple[DistinctExample, ...]:
    """Return the examples of a report, identical copies together, in order of the shown copy's id."""
    groups: dict[tuple[str, Status], list[ExampleResult]] = defaultdict(list)
    for example in report.examples:
        groups[example.digest, example.status].append(example)

    def rank(example: ExampleResult) -> tuple[int, bool, str]:
        blocking = sum(finding.gates for finding in example.findings)
        revision = example.revision or ""
        return (blocking, revision[:1].isdigit(), revision)

    distinct = []
    for group in groups.values():
        shown = max(group, key=rank)
        others = sorted((e for e in group if e is not shown), key=lambda e: e.id)
        distinct.append(DistinctExample(shown, tuple(others)))
    return tuple(sorted(distinct, key=lambda one: one.shown.id))


@dataclass(frozen=True, slots=True)
class FindingGroup:
    """One requirement with one severity, in all copies of a text that have it so."""

    severity: Severity
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


def finding_groups(distinct: DistinctExample, index: ReportIndex) -> tuple[FindingGroup, ...]:
    """Return the findings of a text, the same requirement with the same severity once.

    What a change introduces comes first, then the most severe, then the order is that of the catalogue.
    """
    groups: dict[tuple[bool, Severity, str], list[tuple[ExampleResult, Finding]]] = defaultdict(list)
    for example in distinct.all:
        for finding in _own_first(example):
            severity = index.severity(finding, example)
            old = finding.change is FindingChange.UNCHANGED or severity not in SHOWN_IN_FULL
            groups[old, severity, finding.requirement].append((example, finding))
    places = {name: index.place(name) for _, _, name in groups}
    order = sorted(groups, key=lambda key: (key[0], MOST_SEVERE_FIRST.index(key[1]), places[key[2]]))
    return tuple(FindingGroup(key[1], tuple(groups[key])) for key in order)


def advised(distinct: DistinctExample, index: ReportIndex) -> frozenset[str]:
    """Return the requirements of which a text has an advisory group, as :func:`advisory` would; faster."""
    violated = {
        (index.severity(finding, example), finding.requirement)
        for example in distinct.all
        for finding in example.findings
        if finding.verdict is Verdict.VIOLATED
    }
    own = {requirement for severity, requirement in violated if severity in _LISTED}
    return frozenset(requirement for severity, requirement in violated if severity is Severity.ADVISORY) - own


def _own_first(example: ExampleResult) -> list[Finding]:
    """The page's own revision first, then the others, the newest first."""
    newest_first = sorted(example.findings, key=attrgetter("revision"), reverse=True)
    own = {own_revision(example), ""}
    return [f for f in newest_first if f.revision in own] + [f for f in newest_first if f.revision not in own]


def of_severity(groups: Iterable[FindingGroup], severity: Severity) -> tuple[FindingGroup, ...]:
    """Return those of ``groups`` with one severity, in order."""
    return tuple(group for group in groups if group.severity is severity)


def advisory(groups: Sequence[FindingGroup]) -> tuple[FindingGroup, ...]:
    """Return the advisory groups of a text, without those that repeat by another revision what its own violates."""
    own = {group.finding.requirement for group in groups if group.severity in _LISTED}
    return tuple(group for group in of_severity(groups, Severity.ADVISORY) if group.finding.requirement not in own)
