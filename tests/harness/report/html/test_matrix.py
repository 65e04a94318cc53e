from __future__ import annotations

from dataclasses import replace

from harness.model import Verdict
from harness.report.html.matrix import sheets
from harness.report.html.signs import SIGN_OF, SIGNS
from harness.report.views import ReportView
from harness.results.severity import Severity
from tests.harness.nightly.history.nights import example, night, passing, verdict
from tests.support.reports import rich_report


def test_every_severity_has_one_sign() -> None:
    assert set(SIGN_OF) == set(Severity)
    assert len({sign.glyph for sign in SIGNS}) == len(SIGNS), "signs must differ without colour"


def test_sheets_are_newest_first_with_their_own_pages_first() -> None:
    first, second, *rest = sheets(ReportView.of(rich_report()))
    assert [first.revision, second.revision, *(sheet.revision for sheet in rest)] == [
        "2025-11-25", "2025-06-18", "no revision",
    ]  # fmt: skip
    assert [row.own for row in second.rows] == [True, False]
    assert second.own == 1
    assert second.rows[0].short == "tutorials/security/authorization#typescript"


def test_a_cell_shows_the_severity_and_where_its_case_is() -> None:
    sheet = sheets(ReportView.of(rich_report()))[0]
    row = next(row for row in sheet.rows if row.short.endswith("authorization#typescript"))
    cells = {column.requirement: cell for column, cell in zip(sheet.columns, row.cells, strict=True)}
    terminated = cells["session.terminated-404"]
    assert terminated is not None
    assert terminated.sign.severity is Severity.BLOCKING
    assert terminated.anchor == "session.terminated-404@2025-11-25"
    assert cells["stdio.only-messages"] is None, "never asked is no verdict"


def test_columns_follow_the_catalogue_and_unknown_ones_come_last() -> None:
    report = night(
        0, example("x", verdict("zz.unknown", Verdict.SATISFIED), verdict("auth.invalid-401", Verdict.SATISFIED))
    )
    report = replace(report, requirements=rich_report().requirements)
    (sheet,) = sheets(ReportView.of(report))
    assert [column.requirement for column in sheet.columns] == ["auth.invalid-401", "zz.unknown"]


def test_flips_and_flakiness_are_marked_on_their_cells_only() -> None:
    key = ("x", "a", "2025-11-25")
    report = night(0, example("x", verdict("a", Verdict.VIOLATED), verdict("b", Verdict.VIOLATED)))
    (sheet,) = sheets(ReportView.of(report), {key}, {key})
    assert [(cell.flipped, cell.flaky) for cell in sheet.rows[0].cells if cell] == [(True, True), (False, False)]


def test_the_overview_opens_on_the_revision_with_the_heaviest_finding() -> None:
    light = example("docs/2025-11-25/a#python", replace(verdict("a", Verdict.VIOLATED), gates=False))
    old = example("docs/2025-06-18/a#python", verdict("a", Verdict.VIOLATED, "2025-06-18"))
    old = replace(old, revision="2025-06-18")
    opened = [sheet.revision for sheet in sheets(ReportView.of(night(0, light, old))) if sheet.opens]
    assert opened == ["2025-06-18"]
    opened = [
        sheet.revision for sheet in sheets(ReportView.of(night(0, passing(), replace(old, findings=())))) if sheet.opens
    ]
    assert opened == ["2025-11-25"]
