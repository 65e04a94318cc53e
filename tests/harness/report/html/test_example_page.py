from __future__ import annotations

import dataclasses
from dataclasses import replace

from extractor.model import Level
from harness.model import BaselineKind, BaselineNote, Basis, Verdict
from harness.report.html.example_page import example_page
from harness.report.html.naming import finding_anchor
from harness.report.views import ReportView
from harness.results.severity import Severity
from tests.harness.nightly.history.nights import example, night, verdict
from tests.support.reports import rich_report


def test_a_case_tells_violations_first_and_each_requirement_once() -> None:
    report = rich_report()
    page = example_page(report.examples[0], ReportView.of(report))
    names = [article.view.finding.requirement for article in page.articles]
    assert names[0] == "session.terminated-404"
    assert len(names) == len(set(names))
    first = page.articles[0]
    assert first.view.finding.revision == "2025-11-25", "the page's own revision stands for the others"
    assert [other.finding.revision for other in first.others] == ["2025-06-18"]


def test_every_finding_has_exactly_one_anchor_on_its_page() -> None:
    report = rich_report()
    for one in report.examples:
        page = example_page(one, ReportView.of(report))
        anchors = [a.anchor for a in page.articles] + [other.anchor for a in page.articles for other in a.others]
        anchors += [cell.anchor for _, cells in page.verdicts for cell in cells if cell and cell.anchored_here]
        assert sorted(anchors) == sorted({finding_anchor(f.requirement, f.revision) for f in one.findings})


def test_the_pages_code_marks_the_blamed_lines() -> None:
    report = rich_report()
    (code,) = example_page(report.examples[0], ReportView.of(report)).code
    assert [line.number for line in code if line.blamed] == [16, 20, 21, 22, 23, 24, 25, 32, 33, 34]


def test_exchanges_that_a_violation_rests_on_are_marked() -> None:
    report = rich_report()
    marked = {one.number for one in example_page(report.examples[0], ReportView.of(report)).exchanges if one.blamed}
    assert {14, 15, 16, 17, 18} <= marked
    assert not {3, 9} & marked


def test_known_findings_are_shown_as_known() -> None:
    report = night(0, example("x", replace(verdict("a", Verdict.VIOLATED), gates=False)))
    report = replace(report, baseline=(BaselineNote(BaselineKind.KNOWN, "x", "a", "because"),))
    assert example_page(report.examples[0], ReportView.of(report)).articles[0].sign.severity is Severity.KNOWN


def test_basis_is_shown_where_it_is_not_the_text() -> None:
    reading = dataclasses.replace(verdict("a", Verdict.VIOLATED, level=Level.SHOULD), basis=Basis.INTERPRETATION)
    report = night(0, example("x", reading))
    assert example_page(report.examples[0], ReportView.of(report)).articles[0].view.basis
