from __future__ import annotations

from harness.nightly.site.coverage import StatementLine, coverage
from harness.report.views import ReportView
from tests.support.reports import rich_report


def line(
    place: str, column: str | None, *ids: str, revision: str = "2025-11-25", quoted: bool = False
) -> StatementLine:
    return StatementLine(revision, place, "MUST", "server", "one", ids, "a reason", column, quoted)


LINES = [
    line("a:1", "bound", "session.missing-400"),
    line("a:2", "half", "session.missing-400"),
    line("a:3", "classed"),
    line("a:4", "through"),
    line("a:5", "through"),
    line("a:6", "open"),
    line("a:7", None),
    line("a:8", None, quoted=True),
    line("b:1", "open", revision="2026-07-28"),
]


def test_the_counts_are_those_of_the_command() -> None:
    newest, current, *_ = coverage(ReportView.of(rich_report()), LINES)
    assert (newest.revision, dict(newest.counts)["open"], newest.decided) == ("2026-07-28", 1, ())
    assert dict(current.counts) == {
        "bound": 1, "through": 2, "half": 1, "classed": 1, "open": 1, "observable": 6, "all": 7,
    }  # fmt: skip


def test_the_bar_is_whole() -> None:
    _, current, *_ = coverage(ReportView.of(rich_report()), LINES)
    at = 0
    for _, begins, length in current.bar:
        assert begins == at
        at += length
    assert at == dict(current.counts)["observable"]


def test_what_checks_decided() -> None:
    _, current, *_ = coverage(ReportView.of(rich_report()), LINES)
    decided = {row.requirement: row for row in current.decided}
    assert dict(decided["session.terminated-404"].verdicts)["violated"] == 2
    assert not decided["get.sse-or-405"].decided, "inconclusive decides nothing"
