from __future__ import annotations

from dataclasses import replace

from harness.model import Status, Verdict
from harness.results.distinct import advisory, distinct_examples, finding_groups, of_severity
from harness.results.severity import ReportIndex, Severity
from tests.harness.nightly.history.nights import example, night, verdict

TERMINATED, CHARSET = "session.terminated-404", "session.id-charset"
BROKEN = verdict(TERMINATED, Verdict.VIOLATED)


def test_copies_are_one_and_the_one_with_most_blocking_findings_is_shown() -> None:
    well = example("a", verdict(TERMINATED, Verdict.SATISFIED))
    (one,) = distinct_examples(night(0, well, example("b", BROKEN)))
    assert (one.shown.id, [copy.id for copy in one.copies]) == ("b", ["a"])


def test_of_equal_copies_the_newest_released_revision_is_shown() -> None:
    older, draft = (replace(example(name, BROKEN), revision=name) for name in ("2025-06-18", "draft"))
    (one,) = distinct_examples(night(0, older, draft, example("2025-11-25", BROKEN)))
    assert one.shown.id == "2025-11-25"


def test_a_copy_with_another_status_or_text_is_another_example() -> None:
    examples = (example("a"), example("b", digest="b" * 64), example("c", status=Status.FRAGMENT))
    assert len(distinct_examples(night(0, *examples))) == 3


def test_a_requirement_is_one_group_for_all_copies_and_the_most_severe_come_first() -> None:
    satisfied, elsewhere = verdict(TERMINATED, Verdict.SATISFIED), replace(BROKEN, revision="2025-06-18", gates=False)
    charset = verdict(CHARSET, Verdict.VIOLATED)
    report = night(0, example("a", satisfied, charset), example("b", BROKEN, elsewhere, charset))
    (one,) = distinct_examples(report)
    groups = finding_groups(one, ReportIndex.of(report))
    assert [(group.severity, group.finding.requirement, len(group.members)) for group in groups] == [
        (Severity.BLOCKING, TERMINATED, 1),
        (Severity.BLOCKING, CHARSET, 2),
        (Severity.ADVISORY, TERMINATED, 1),
        (Severity.SATISFIED, TERMINATED, 1),
    ]
    assert advisory(groups) == (), "it repeats by another revision what the page's own is violated by"
    assert len(of_severity(groups, Severity.ADVISORY)) == 1
