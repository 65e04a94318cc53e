from __future__ import annotations

from harness.nightly.site.coverage import StatementLine, coverage
from harness.report.views import ReportView
from tests.support.reports import rich_report


def test_coverage_counts_sentences_with_and_without_checks() -> None:
    lines = [
        StatementLine("2025-11-25", "a:1", "MUST", "server", "one", ("session.missing-400",)),
        StatementLine("2025-11-25", "a:2", "MUST", "client", "two", (), "client: the client's own"),
        StatementLine("2025-11-25", "a:3", "MUST", "server", "three", ()),
        StatementLine("2026-07-28", "b:1", "MUST", "server", "four", ()),
    ]
    newest, current, *_ = coverage(ReportView.of(rich_report()), lines)
    assert (newest.revision, len(newest.statements), newest.decided) == ("2026-07-28", 1, ())
    assert (current.covered, current.explained, len(current.statements)) == (1, 1, 3)
    decided = {row.requirement: row for row in current.decided}
    assert dict(decided["session.terminated-404"].verdicts)["violated"] == 2
    assert not decided["get.sse-or-405"].decided, "inconclusive decides nothing"
