"""Which sentences of the specification have a check, and what the checks decided. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.model import Verdict
from harness.report.html.matrix import NO_REVISION, age, sheet_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.report.views import ReportView


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
    """The requirements that are based on it."""
    reason: str = ""
    """Why it has no check, if a reason was given."""


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
        """Sentences with at least one check."""
        return sum(bool(line.requirements) for line in self.statements)

    @property
    def explained(self) -> int:
        """Sentences without a check, with the reason why."""
        return sum(not line.requirements and bool(line.reason) for line in self.statements)


def coverage(view: ReportView, statements: Sequence[StatementLine]) -> tuple[RevisionCoverage, ...]:
    """Return by revision, newest first, what each check decided, and every sentence with the checks on it.

    Args:
        view: the report.
        statements: every normative sentence of the docs; empty if the docs are not at hand.
    """
    verdicts: dict[str, dict[str, Counter[Verdict]]] = defaultdict(lambda: defaultdict(Counter))
    levels: dict[tuple[str, str], str] = {}
    places: dict[tuple[str, str], str] = {}
    for example in view.report.examples:
        for finding in example.findings:
            revision = sheet_of(finding, example)
            verdicts[revision][finding.requirement][finding.verdict] += 1
            levels[revision, finding.requirement] = finding.level.value
            if finding.statement is not None:
                places[revision, finding.requirement] = str(finding.statement.span)

    def decided(revision: str, name: str) -> Decided:
        row = view.index.rows.get(name)
        numbers = tuple((verdict.value, verdicts[revision][name][verdict]) for verdict in Verdict)
        title, level, place = row.title if row else "", levels[revision, name], places.get((revision, name), "")
        return Decided(name, title, level, place, numbers)

    revisions = sorted({*verdicts, *(line.revision for line in statements)} - {NO_REVISION}, key=age)
    return tuple(
        RevisionCoverage(
            revision,
            tuple(decided(revision, name) for name in sorted(verdicts[revision], key=view.index.place)),
            tuple(line for line in statements if line.revision == revision),
        )
        for revision in revisions
    )
