"""Which sentences of the specification a check stands on, and what the checks decided. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.model import Verdict
from harness.report.html.matrix import NO_REVISION, age, sheet_of
from harness.results.severity import ReportIndex

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.model import Report


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One normative sentence of the docs."""

    revision: str
    place: str
    """``file:line``."""
    level: str
    subject: str
    text: str
    requirements: tuple[str, ...]
    """The checks that stand on it."""
    reason: str = ""
    """Why no check does, where somebody said so."""


@dataclass(frozen=True, slots=True)
class Decided:
    """What one requirement came to in one revision."""

    requirement: str
    title: str
    level: str
    place: str
    """The sentence's; empty if there is none."""
    verdicts: tuple[tuple[str, int], ...]
    """Number of examples by verdict, in the order of :class:`Verdict`."""

    @property
    def decided(self) -> bool:
        """Whether any example was found to satisfy or to violate it."""
        return any(number and verdict in {Verdict.SATISFIED, Verdict.VIOLATED} for verdict, number in self.verdicts)


@dataclass(frozen=True, slots=True)
class RevisionCoverage:
    """One revision."""

    revision: str
    decided: tuple[Decided, ...]
    statements: tuple[StatementLine, ...]
    """Empty if the docs were not at hand."""

    @property
    def covered(self) -> int:
        """Sentences that at least one check stands on."""
        return sum(bool(line.requirements) for line in self.statements)

    @property
    def explained(self) -> int:
        """Sentences without a check, with the reason why."""
        return sum(not line.requirements and bool(line.reason) for line in self.statements)


def coverage(report: Report, statements: Sequence[StatementLine]) -> tuple[RevisionCoverage, ...]:
    """By revision, newest first: what each check decided, and every sentence with the checks on it."""
    counted: dict[str, dict[str, Counter[Verdict]]] = defaultdict(lambda: defaultdict(Counter))
    level: dict[tuple[str, str], str] = {}
    place: dict[tuple[str, str], str] = {}
    for example in report.examples:
        for finding in example.findings:
            revision = sheet_of(finding, example)
            counted[revision][finding.requirement][finding.verdict] += 1
            level[revision, finding.requirement] = finding.level.value
            if finding.statement is not None:
                place[revision, finding.requirement] = str(finding.statement.span)
    index = ReportIndex.of(report)
    titles = {row.id: row.title for row in report.requirements}
    revisions = sorted({*counted, *(line.revision for line in statements)} - {NO_REVISION}, key=age)
    return tuple(
        RevisionCoverage(
            revision,
            tuple(
                Decided(
                    name, titles.get(name, ""), level[revision, name], place.get((revision, name), ""),
                    tuple((verdict.value, counted[revision][name][verdict]) for verdict in Verdict),
                )
                for name in sorted(counted[revision], key=index.place)
            ),
            tuple(line for line in statements if line.revision == revision),
        )
        for revision in revisions
    )  # fmt: skip
