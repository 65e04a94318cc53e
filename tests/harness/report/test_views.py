from __future__ import annotations

from dataclasses import replace

import pytest

from harness.model import Basis, BlameBasis, BlameSource, Certainty, Finding, LibraryFunction, Verdict
from harness.report.markdown import render as markdown
from harness.report.terminal import render as terminal
from harness.report.terminal.look import Look
from harness.report.views import FindingView, ReportView, first_with_patch
from harness.report.wording import UNKNOWN_BLAME
from tests.support.reports import dated_python, rich_report, tutorial

REPORT = ReportView.of(rich_report())
EXAMPLE = tutorial("2025-11-25", others=())


def view(name: str, **changed: object) -> FindingView:
    finding = next(finding for finding in EXAMPLE.findings if finding.requirement == name)
    return REPORT.finding(replace(finding, **changed), EXAMPLE)  # type: ignore[arg-type]


def test_the_fix_is_the_findings_own_else_the_requirements() -> None:
    assert view("session.missing-400").fix == "Answer 400."
    assert view("session.missing-400", fix="Send 400 here.").fix == "Send 400 here."
    assert view("session.missing-400", requirement="a.b").fix == ""


def test_a_recommendation_has_no_level_of_the_specification() -> None:
    assert view("session.missing-400").level == "SHOULD"
    assert view("session.missing-400", basis=Basis.ADVICE).level == "ADVICE"


def test_attempts_to_start_are_shown_only_where_they_decide() -> None:
    example = dated_python()
    by_name: dict[str, Finding] = {finding.requirement: finding for finding in example.findings}
    assert len(REPORT.finding(by_name["example.runs"], example).attempts) == 2
    assert REPORT.finding(by_name["session.terminated-404"], example).attempts == ()


def test_blamed_lines_are_shown_page_by_page() -> None:
    finding = view("session.terminated-404").finding
    (page,) = REPORT.finding(finding, EXAMPLE).pages
    assert page.spans == finding.blame
    assert [line.number for excerpt in page.excerpts for line in excerpt if line.blamed] == [
        20, 21, 22, 23, 24, 25, 32, 33, 34,
    ]  # fmt: skip
    other = replace(finding.blame[0], file="elsewhere.mdx")
    pages = REPORT.finding(replace(finding, blame=(*finding.blame, other)), EXAMPLE).pages
    assert [(page.spans[0].file, bool(page.excerpts)) for page in pages] == [
        (finding.blame[0].file, True),
        ("elsewhere.mdx", False),
    ]


def test_that_no_line_is_known_is_said_of_a_program_that_was_answered_wrongly() -> None:
    unknown = view("session.terminated-404", blame=(), blame_basis=None)
    assert unknown.blame_words == UNKNOWN_BLAME
    assert replace(unknown, example=replace(EXAMPLE, runs=())).blame_words == "", "no code of it was read"
    assert view("session.terminated-404", blame_basis=None).blame_words == "", "the rule names the lines"
    library = BlameBasis(BlameSource.EXECUTION, Certainty.LIKELY, LibraryFunction("some-sdk", "1.0.0", "reject"))
    named = view("session.terminated-404", blame=(), blame_basis=library).blame_words
    assert "some-sdk" in named
    assert UNKNOWN_BLAME not in named


def test_lines_that_hold_what_is_wrong_are_not_said_to_be_the_only_ones_that_ran() -> None:
    held = view("session.terminated-404", blame_basis=BlameBasis(BlameSource.EXECUTION, Certainty.POSSIBLE))
    assert held.blame_words == (
        "by execution: of what ran for the reply, these lines fit what is wrong in it best (possible)"
    )


@pytest.mark.parametrize("name", ["session.terminated-404", "hijack.bind-user"])
def test_evidence_is_in_order_with_its_controls(name: str) -> None:
    shown = view(name)
    assert [line.number for line in shown.exchanges] == sorted(shown.finding.evidence)
    assert any(line.control for line in shown.exchanges)


def test_every_distinct_example_is_there_with_its_findings() -> None:
    assert sum(len(distinct.all) for distinct, _ in REPORT.distinct) == len(REPORT.report.examples)
    assert all(
        group.finding.verdict is Verdict.VIOLATED
        for _, groups in REPORT.distinct
        for group in groups
        if group.finding.gates
    )


def test_a_patch_that_fixes_several_findings_is_shown_once() -> None:
    """Its lines stand at the first; the others name that."""
    patched = view("session.terminated-404").finding
    assert patched.patch is not None
    other = view("session.missing-400", patch=patched.patch).finding
    alone = replace(patched, patch=None)
    assert first_with_patch([alone, other, patched, other]) == {2: "session.missing-400", 3: "session.missing-400"}
    shared = replace(
        EXAMPLE,
        findings=tuple(
            replace(f, patch=patched.patch) if f.requirement == "hijack.bind-user" else f for f in EXAMPLE.findings
        ),
    )
    report = replace(rich_report(), examples=(shared,))
    line = patched.patch.edits[0].text.strip()
    for text in (terminal(report, Look(160)), markdown(report)):
        assert text.count(line) == 1
        assert "the change shown at" in text.lower()
