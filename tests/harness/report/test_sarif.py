"""What is special to the format sarif."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from harness.report.formats import render
from tests.support.hostile_report import hostile_report
from tests.support.reports import rich_report

if TYPE_CHECKING:
    from harness.model import Finding


class TestSarif:
    def results(self, report: str = "rich") -> list[dict[str, object]]:
        log = json.loads(render("sarif", rich_report() if report == "rich" else hostile_report()))
        return log["runs"][0]["results"]  # type: ignore[no-any-return]

    def test_levels_follow_the_severity(self) -> None:
        levels = {(r["ruleId"], r["level"]) for r in self.results()}
        assert ("session.terminated-404", "error") in levels
        assert ("hijack.bind-user", "warning") in levels
        assert ("session.unknown-404", "note") in levels
        assert ("normative-text.drift", "error") in levels

    def test_fingerprints_are_unique_and_outlive_an_edit_above(self) -> None:
        report = rich_report()
        before = [r["partialFingerprints"] for r in self.results()]

        def down(finding: Finding) -> Finding:
            spans = (replace(span, first=span.first + 7, last=span.last + 7) for span in finding.blame)
            return replace(finding, blame=tuple(spans))

        moved = tuple(replace(e, findings=tuple(down(f) for f in e.findings)) for e in report.examples)
        log = json.loads(render("sarif", replace(report, examples=moved)))
        assert [r["partialFingerprints"] for r in log["runs"][0]["results"]] == before
        assert len({json.dumps(entry) for entry in before}) == len(before)

    def test_a_result_points_at_the_lines_the_sentence_and_the_verified_fix(self) -> None:
        result = next(r for r in self.results() if r["ruleId"] == "session.terminated-404")
        text = json.dumps(result)
        assert '"uri": "docs/docs/2025-11-25/tutorials/security/authorization.mdx"' in text
        assert '"startLine": 20, "endLine": 25' in text
        assert '"uri": "docs/specification/2025-11-25/basic/transports.mdx"' in text
        assert "[here](1)" in text
        assert result["fixes"][0]["artifactChanges"][0]["replacements"][0]["deletedRegion"] == {  # type: ignore[index]
            "startLine": 20, "startColumn": 1, "endLine": 21, "endColumn": 1,
        }  # fmt: skip

    def test_rule_indices_fit(self) -> None:
        run = json.loads(render("sarif", rich_report()))["runs"][0]
        rules = run["tool"]["driver"]["rules"]
        assert [rules[r["ruleIndex"]]["id"] for r in run["results"]] == [r["ruleId"] for r in run["results"]]

    def test_what_could_not_be_checked_is_a_notification_and_not_a_result(self) -> None:
        run = json.loads(render("sarif", rich_report()))["runs"][0]
        invocation = run["invocations"][0]
        assert invocation["executionSuccessful"] is False
        assert (
            "docs/sdk/remote#python could not be checked"
            in invocation["toolExecutionNotifications"][0]["message"]["text"]
        )
        assert "no longer occurs" in invocation["toolConfigurationNotifications"][0]["message"]["text"]

    def test_hostile_text_makes_no_link_in_a_message(self) -> None:
        for result in self.results("hostile"):
            text = result["message"]["text"]  # type: ignore[index]
            links = re.findall(r"(?<!\\)\[((?:[^\[\]\\]|\\.)*)\]\(([^)]*)\)", text)
            assert links in ([], [("here", "1")])
