"""What is special to the format junit."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

from harness.report.formats import render
from tests.support.hostile_report import hostile_report
from tests.support.reports import rich_report

if TYPE_CHECKING:
    pass


class TestJunit:
    def test_a_viewer_is_red_exactly_where_something_is_blocking_or_not_checked(self) -> None:
        root = ET.fromstring(render("junit", rich_report()))
        failed = {
            (case.get("classname"), case.get("name"))
            for case in root.iter("testcase")
            if case.find("failure") is not None
        }
        gating = {(e.id, f.requirement) for e in rich_report().examples for f in e.findings if f.gates}
        assert gating <= failed
        assert {suite for suite, _ in failed - gating} == {"normative text", "baseline"}
        errors = [case.get("classname") for case in root.iter("testcase") if case.find("error") is not None]
        assert errors == ["docs/sdk/remote#python"]

    def test_counts_agree_with_the_elements(self) -> None:
        root = ET.fromstring(render("junit", rich_report()))
        for suite in root.iter("testsuite"):
            assert int(suite.get("tests", "")) == len(suite.findall("testcase"))
            for outcome, attribute in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
                assert int(suite.get(attribute, "")) == len(suite.findall(f"testcase/{outcome}"))
        assert int(root.get("failures", "")) == len(root.findall("testsuite/testcase/failure"))

    def test_every_example_has_a_suite_and_what_was_not_run_has_its_reason(self) -> None:
        root = ET.fromstring(render("junit", rich_report()))
        names = [suite.get("name") for suite in root.iter("testsuite")]
        assert [example.id for example in rich_report().examples if example.id not in names] == []
        skipped = {case.get("message") for case in root.iter("skipped")}
        assert "fragment: uses `app`, which no block of this page defines" in skipped

    def test_hostile_text_reads_back_as_text(self) -> None:
        root = ET.fromstring(render("junit", hostile_report()))
        tags = {element.tag for element in root.iter()}
        outcomes = {"failure", "error", "skipped", "system-out"}
        assert tags <= {"testsuites", "testsuite", "properties", "property", "testcase"} | outcomes
        messages = [element.get("message", "") for element in root.iter("failure")]
        assert any("]]><failure/>" in message for message in messages)
