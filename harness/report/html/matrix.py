"""The overview: examples by requirements, one sheet for each revision. Pure."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.report.html.naming import anchor_of, case_file, case_slug
from harness.report.html.signs import BY_WEIGHT
from harness.results.severity import MOST_SEVERE_FIRST, ReportIndex, Severity, own_revision

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from harness.model import ExampleResult, Finding, Report
    from harness.report.html.signs import Sign

NO_REVISION = "no revision"

CaseKey = tuple[str, str, str]
"""Example id, requirement, revision."""


@dataclass(frozen=True, slots=True)
class Column:
    """One requirement."""

    requirement: str
    title: str
    first_of_group: bool
    """Whether the part of the id before the dot differs from the column before."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One verdict; opens its case."""

    sign: Sign
    anchor: str
    level: str
    flipped: bool
    """Whether it differs from last night."""
    flaky: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One example."""

    example: str
    short: str
    """Without the folder of the sheet's revision."""
    slug: str
    file: str
    own: bool
    """Whether the page belongs to the sheet's revision."""
    weight: str
    """CSS name of the heaviest cell: what the filter asks for."""
    cells: tuple[Cell | None, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """All verdicts by the text of one revision."""

    revision: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    """Pages of the revision first."""

    @property
    def own(self) -> int:
        """Rows whose page belongs to the revision."""
        return sum(row.own for row in self.rows)

    @property
    def gates(self) -> int:
        """Findings on it that gate."""
        cells = [cell for row in self.rows for cell in row.cells]
        return sum(cell is not None and cell.sign.severity is Severity.BLOCKING for cell in cells)


def sheets(report: Report, flipped: AbstractSet[CaseKey], flaky: AbstractSet[CaseKey]) -> tuple[Sheet, ...]:
    """One sheet for each revision that anything was judged by, newest first."""
    found: dict[str, dict[str, dict[str, Finding]]] = defaultdict(lambda: defaultdict(dict))
    examples = {example.id: example for example in report.examples}
    for example in report.examples:
        for finding in example.findings:
            found[sheet_of(finding, example)][example.id][finding.requirement] = finding
    index = ReportIndex.of(report)

    def sheet(revision: str) -> Sheet:
        by_example = found[revision]
        columns = _columns(index, {name for verdicts in by_example.values() for name in verdicts})
        rows = [
            _row(examples[name], revision, verdicts, columns, index, flipped, flaky)
            for name, verdicts in by_example.items()
        ]
        return Sheet(revision, columns, tuple(sorted(rows, key=lambda row: (not row.own, row.example))))

    return tuple(sheet(revision) for revision in sorted(found, key=age))


def sheet_of(finding: Finding, example: ExampleResult) -> str:
    """The sheet a finding stands on: its revision, or for outcomes of the example as such, the example's."""
    return finding.revision or own_revision(example) or NO_REVISION


def age(revision: str) -> tuple[int, str]:
    """Sort key: released revisions newest first, then the draft, then pages without one."""
    if revision[:1].isdigit():
        return (0, "".join(chr(255 - ord(char)) if ord(char) < 255 else char for char in revision))
    return (2 if revision == NO_REVISION else 1, revision)


def _columns(index: ReportIndex, names: set[str]) -> tuple[Column, ...]:
    columns: list[Column] = []
    for name in sorted(names, key=index.place):
        group = name.partition(".")[0]
        first = not columns or columns[-1].requirement.partition(".")[0] != group
        columns.append(Column(name, index.rows[name].title if name in index.rows else "", first))
    return tuple(columns)


def _row(
    example: ExampleResult,
    revision: str,
    verdicts: dict[str, Finding],
    columns: tuple[Column, ...],
    index: ReportIndex,
    flipped: AbstractSet[CaseKey],
    flaky: AbstractSet[CaseKey],
) -> Row:
    cells: list[Cell | None] = []
    weights = []
    for column in columns:
        finding = verdicts.get(column.requirement)
        if finding is None:
            cells.append(None)
            continue
        weight = index.severity(finding, example)
        weights.append(weight)
        key = (example.id, finding.requirement, finding.revision)
        cells.append(Cell(BY_WEIGHT[weight], anchor_of(finding), finding.level.value, key in flipped, key in flaky))
    heaviest = min(weights, key=MOST_SEVERE_FIRST.index)
    own = (own_revision(example) or NO_REVISION) == revision
    short = example.id.removeprefix(f"docs/{revision}/")
    return Row(
        example.id, short, case_slug(example.id), case_file(example.id), own, BY_WEIGHT[heaviest].css, tuple(cells)
    )  # fmt: skip
