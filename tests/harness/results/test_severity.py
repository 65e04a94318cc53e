from __future__ import annotations

from dataclasses import replace

import pytest

from harness.model import BaselineKind, BaselineNote, Basis, Finding, Report, Verdict
from harness.results.severity import ReportIndex, Severity, is_own, own_revision
from tests.harness.nightly.history.nights import example, night, verdict

VIOLATED = replace(verdict("session.missing-400", Verdict.VIOLATED), gates=False)
ADVICE = replace(VIOLATED, basis=Basis.ADVICE)


def severity(finding: Finding, *notes: BaselineNote) -> Severity:
    one = example("x", finding)
    report: Report = replace(night(0, one), baseline=notes)
    return ReportIndex.of(report).severity(finding, one)


@pytest.mark.parametrize(
    ("finding", "expected"),
    [
        (replace(VIOLATED, gates=True), Severity.BLOCKING),
        (VIOLATED, Severity.WARNING),
        (replace(VIOLATED, revision="2025-06-18"), Severity.ADVISORY),
        (ADVICE, Severity.ADVISORY),
        (replace(ADVICE, requirement="example.runs"), Severity.WARNING),
        (replace(ADVICE, requirement="example.runs", revision="2025-06-18"), Severity.ADVISORY),
        (replace(VIOLATED, verdict=Verdict.INCONCLUSIVE), Severity.INCONCLUSIVE),
        (replace(VIOLATED, verdict=Verdict.BLOCKED), Severity.NOT_CHECKED),
        (replace(VIOLATED, verdict=Verdict.NOT_APPLICABLE), Severity.NOT_APPLICABLE),
        (replace(VIOLATED, verdict=Verdict.SATISFIED), Severity.SATISFIED),
    ],
)
def test_the_severity_of_a_finding(finding: Finding, expected: Severity) -> None:
    assert severity(finding) is expected


@pytest.mark.parametrize(
    ("kind", "finding", "expected"),
    [
        (BaselineKind.KNOWN, VIOLATED, Severity.KNOWN),
        (BaselineKind.KNOWN, ADVICE, Severity.KNOWN),
        (BaselineKind.KNOWN, replace(VIOLATED, revision="2025-06-18"), Severity.ADVISORY),
        (BaselineKind.EXPIRED, VIOLATED, Severity.WARNING),
    ],
)
def test_the_baseline_accepts_what_the_pages_own_revision_says(
    kind: BaselineKind, finding: Finding, expected: Severity
) -> None:
    assert severity(finding, BaselineNote(kind, "x", finding.requirement, "because")) is expected


def test_a_page_without_a_revision_is_judged_by_the_newest_that_is_negotiated() -> None:
    anywhere = replace(example("x", VIOLATED), revision=None, negotiated=("2025-06-18", "2025-11-25"))
    assert own_revision(anywhere) == "2025-11-25"
    assert is_own(VIOLATED, anywhere)
    assert not is_own(replace(VIOLATED, revision="2025-06-18"), anywhere)
    assert is_own(replace(VIOLATED, revision=""), anywhere)


def test_requirements_are_in_the_order_of_the_catalogue_and_unknown_ones_last() -> None:
    index = ReportIndex.of(night(0))
    names = ["zz.unknown", "example.runs", "aa.unknown", "session.terminated-404"]
    assert sorted(names, key=index.place) == ["session.terminated-404", "example.runs", "aa.unknown", "zz.unknown"]
