"""The overview: examples by requirements, one sheet for each revision. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from harness.report.html.naming import anchor_of, case_file, case_slug, finding_anchor
from harness.report.html.signs import SIGN_OF
from harness.results.severity import MOST_SEVERE_FIRST, Severity, own_revision

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from harness.model import ExampleResult, Finding
    from harness.report.html.signs import Sign
    from harness.report.views import FindingView, ReportView

NO_REVISION = "no revision"

_WEIGHS = frozenset({Severity.BLOCKING, Severity.WARNING, Severity.UNCHANGED, Severity.KNOWN})
"""Severities of the page's own revision that the overview opens on."""

CaseKey = tuple[str, str, str]
"""Example id, requirement, revision."""


@dataclass(frozen=True, slots=True)
class Column:
    """One requirement."""

    requirement: str
    title: str
    anchor: str
    """Its place on the coverage page; empty on the sheet without a revision, which has no coverage."""
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
    cells: tuple[Cell | None, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """All verdicts by the text of one revision."""

    revision: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    """Pages of the revision first."""
    opens: bool = False
    """Whether the overview opens on it: it has the heaviest finding, most of those, or else is the newest."""

    @property
    def weight(self) -> tuple[int, ...]:
        """Return the number of cells by severity, most severe first: the larger weighs more."""
        counted = Counter(cell.sign.severity for row in self.rows for cell in row.cells if cell is not None)
        return (*(counted[one] for one in MOST_SEVERE_FIRST if one in _WEIGHS), self.own)

    @property
    def own(self) -> int:
        """Rows whose page belongs to the revision."""
        return sum(row.own for row in self.rows)

    @property
    def blocking(self) -> int:
        """Blocking findings on it."""
        cells = [cell for row in self.rows for cell in row.cells]
        return sum(cell is not None and cell.sign.severity is Severity.BLOCKING for cell in cells)


def sheets(
    view: ReportView, flipped: AbstractSet[CaseKey] = frozenset(), flaky: AbstractSet[CaseKey] = frozenset()
) -> tuple[Sheet, ...]:
    """Return one sheet for each revision that anything was judged by, newest first.

    Args:
        view: the report.
        flipped: the verdicts that differ from the night before.
        flaky: the verdicts that flipped before with nothing changed.
    """
    by_revision: dict[str, dict[str, dict[str, FindingView]]] = defaultdict(lambda: defaultdict(dict))
    for example in view.report.examples:
        for finding in example.findings:
            on_sheet = by_revision[sheet_of(finding, example)][example.id]
            on_sheet[finding.requirement] = view.finding(finding, example)

    def sheet(revision: str) -> Sheet:
        by_example = by_revision[revision]
        columns = _columns(revision, view, {name for verdicts in by_example.values() for name in verdicts})
        rows = [_row(revision, verdicts, columns, flipped, flaky) for verdicts in by_example.values()]
        return Sheet(revision, columns, tuple(sorted(rows, key=lambda row: (not row.own, row.example))))

    made = [sheet(revision) for revision in sorted(by_revision, key=age)]
    heaviest = max(made, key=lambda one: one.weight, default=None)
    return tuple(replace(one, opens=one is heaviest) for one in made)


def sheet_of(finding: Finding, example: ExampleResult) -> str:
    """Return the sheet a finding is on: its revision, or for outcomes of the example as such, the example's."""
    return finding.revision or own_revision(example) or NO_REVISION


def age(revision: str) -> tuple[int, str]:
    """Return the sort key of a revision: released ones newest first, then the draft, then pages without one."""
    if revision[:1].isdigit():
        return (0, "".join(chr(255 - ord(char)) if ord(char) < 255 else char for char in revision))
    return (2 if revision == NO_REVISION else 1, revision)


def _columns(revision: str, view: ReportView, names: set[str]) -> tuple[Column, ...]:
    rows = view.index.rows
    columns: list[Column] = []
    for name in sorted(names, key=view.index.place):
        group = name.partition(".")[0]
        first = not columns or columns[-1].requirement.partition(".")[0] != group
        title = rows[name].title if name in rows else ""
        anchor = finding_anchor(name, revision) if revision != NO_REVISION else ""
        columns.append(Column(name, title, anchor, first))
    return tuple(columns)


def _row(
    revision: str,
    verdicts: dict[str, FindingView],
    columns: tuple[Column, ...],
    flipped: AbstractSet[CaseKey],
    flaky: AbstractSet[CaseKey],
) -> Row:
    def cell(view: FindingView) -> Cell:
        finding = view.finding
        key = (example.id, finding.requirement, finding.revision)
        return Cell(SIGN_OF[view.severity], anchor_of(finding), finding.level.value, key in flipped, key in flaky)

    example = next(iter(verdicts.values())).example
    return Row(
        example=example.id,
        short=example.id.removeprefix(f"docs/{revision}/"),
        slug=case_slug(example.id),
        file=case_file(example.id),
        own=(own_revision(example) or NO_REVISION) == revision,
        cells=tuple(
            cell(verdicts[column.requirement]) if column.requirement in verdicts else None for column in columns
        ),
    )
