"""Which sentences of the specification have a check, and what the checks decided. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from harness.model import Verdict
from harness.report.html.matrix import NO_REVISION, age, sheet_of
from harness.report.html.naming import finding_anchor
from harness.spec.classification import COLUMNS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.report.views import ReportView


COLUMN_WORDS: Final = {
    "bound": "Judged",
    "through": "Judged through another",
    "half": "Half judged",
    "classed": "Not judged, with the reason",
    "open": "Open",
    "observable": "Observable",
    "all": "All",
}
"""By column of ``docprobe statements --coverage``."""
_STYLES: Final = {"bound": "satisfied", "through": "satisfied", "half": "half", "classed": "na", "open": "none"}
"""By column: how the bar draws it."""


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
    """Why it has no check, or what the check does not look at, if a reason was given."""
    column: str | None = None
    """The count of ``docprobe statements --coverage`` that it belongs to; None if no conversation can decide it."""
    quoted: bool = False
    """Whether it stands in a quotation, which counts nowhere."""


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

    anchor: str
    """Its place on the page: :func:`harness.report.html.naming.finding_anchor`."""

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
    def counts(self) -> tuple[tuple[str, int], ...]:
        """The numbers of ``docprobe statements --coverage``, by column."""
        lines = [line for line in self.statements if not line.quoted]
        counted = Counter(line.column for line in lines if line.column is not None)
        columns = tuple((name, counted[name]) for name in COLUMNS)
        return (*columns, ("observable", counted.total()), ("all", len(lines)))

    @property
    def bar(self) -> tuple[tuple[str, int, int], ...]:
        """The parts of the bar that draws the observable sentences: class of the style sheet, beginning and length."""
        parts, at = [], 0
        for name, number in self.counts[: len(COLUMNS)]:
            parts.append((_STYLES[name], at, number))
            at += number
        return tuple(parts)


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
        return Decided(name, title, level, place, numbers, finding_anchor(name, revision))

    revisions = sorted({*verdicts, *(line.revision for line in statements)} - {NO_REVISION}, key=age)
    return tuple(
        RevisionCoverage(
            revision,
            tuple(decided(revision, name) for name in sorted(verdicts[revision], key=view.index.place)),
            tuple(line for line in statements if line.revision == revision),
        )
        for revision in revisions
    )
