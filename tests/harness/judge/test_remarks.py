"""What a report says of its run as a whole."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from extractor.model import Level
from harness.judge.remarks import missing_schema_remark
from harness.judge.results import Ruleset
from harness.load import load_normative_text
from harness.model import ExampleResult, Verdict
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
