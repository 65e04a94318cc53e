"""What a report says of its run as a whole."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from extractor.model import ExampleKind, Level
from harness.judge.remarks import mark_blocking_drift, missing_schema_remark
from harness.judge.results import Ruleset
from harness.load import load_normative_text
from harness.model import Drift, DriftKind, ExampleResult, Verdict
from harness.profiles.registry import MCP
from harness.settings import load_config
from tests.support.report_pieces import finding
from tests.support.reports import quiet_report

SAMPLE = Path(__file__).parents[3] / "docs-snapshot" / "sample"


def test_shards_that_judge_other_revisions_say_the_same_of_schemas(tmp_path: Path) -> None:
    rules = Ruleset(MCP, load_normative_text(load_config(SAMPLE, state=tmp_path)).bound)
    by_schema = next(rule.requirement.id for rule in MCP.catalogue.rules if rule.by_schema)

    def judged(requirement: str, revision: str) -> ExampleResult:
        one = finding(requirement, Level.MUST, Verdict.SATISFIED, revision, "")
        return replace(quiet_report().examples[0], findings=(one,))

    old, new = (tuple(missing_schema_remark([judged(by_schema, r)], rules)) for r in ("2025-03-26", "2025-11-25"))
    assert old == new
    assert len(old) == 1
    assert "2025-03-26" in old[0]
    assert tuple(missing_schema_remark([judged("session.missing-400", "2025-11-25")], rules)) == ()


@pytest.mark.parametrize(
    ("page", "judged", "gates"),
    [
        ("2025-11-25", "2025-11-25", True),
        (None, "2025-11-25", True),
        ("2025-11-25", None, True),
        ("2025-06-18", "2025-06-18", False),
        (None, "2025-06-18", False),
        (None, None, False),
    ],
)
def test_drift_blocks_where_its_revision_decides(page: str | None, judged: str | None, gates: bool) -> None:
    """A page of another project's docs has no revision: its example is judged by the newest that it negotiates."""
    example = replace(quiet_report().examples[0], revision=page, judged_under=judged)
    drift = Drift("session.header", "2025-11-25", DriftKind.CHANGED, "p", "a", "f", None)
    assert [entry.gates for entry in mark_blocking_drift([drift], [example], ())] == [gates]
    assert not any(entry.gates for entry in mark_blocking_drift([drift], [example], ("2025-11-25",)))


@pytest.mark.parametrize(("requirement", "gates"), [("session.header", True), ("session.missing-400", False)])
def test_what_a_page_prints_relies_on_what_it_is_judged_by(requirement: str, gates: bool) -> None:
    one = finding(requirement, Level.MUST, Verdict.INCONCLUSIVE, "2025-11-25", "")
    example = replace(quiet_report().examples[0], kind=ExampleKind.OTHER, revision="2025-11-25", findings=(one,))
    drift = Drift("session.header", "2025-11-25", DriftKind.VANISHED, "p", "a", "f", None)
    assert [entry.gates for entry in mark_blocking_drift([drift], [example], ())] == [gates]
    assert not any(entry.gates for entry in mark_blocking_drift([drift], [example], ("2025-11-25",)))
