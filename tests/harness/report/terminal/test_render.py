"""What is special to the terminal's report."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from extractor.model import Level
from harness.model import Finding, LogLine, Verdict
from harness.report.terminal import render as terminal
from harness.report.terminal.look import Look, look_of
from tests.support.golden import check_golden
from tests.support.hostile_report import hostile_report
from tests.support.report_pieces import finding
from tests.support.reports import quiet_report, rich_report

if TYPE_CHECKING:
    pass

CSI = re.compile(r"\x1b\[[0-9;]*m")
OSC = re.compile(r"\x1b\]8;[^;]*;[^\x1b]*\x1b\\")


class TestTerminal:
    @pytest.mark.parametrize("width", [50, 80, 100, 160])
    def test_fits_its_width(self, width: int) -> None:
        for report in (rich_report(), hostile_report()):
            # the command after "Next:" is left to the terminal to wrap, so that it is copied whole
            lines = terminal(report, Look(width)).partition("Next:")[0].split("\n")
            # what makes a line safe for a CI runner may add a column
            assert max(Console().render_str(line, markup=False, emoji=False).cell_len for line in lines) <= width + 4

    @pytest.mark.parametrize("width", [80, 160])
    def test_golden_at(self, width: int) -> None:
        check_golden(f"report/rich-{width}.txt", terminal(rich_report(), Look(width)))

    def test_colour_changes_nothing_but_colour(self) -> None:
        plain, coloured = terminal(rich_report(), Look(100)), terminal(rich_report(), Look(100, color=True))
        assert "\x1b" not in plain
        stripped = "\n".join(line.rstrip() for line in CSI.sub("", coloured).split("\n"))
        assert stripped == plain

    def test_links_lead_to_the_line_and_hold_no_hostile_text(self) -> None:
        text = terminal(hostile_report(), Look(100, links="file:///docs"))
        links = re.findall(r"\x1b\]8;[^;]*;([^\x1b]+)\x1b\\", text)
        assert links
        assert all(re.fullmatch(r"file:///docs/[\w%./\-~]+#L\d+", link) for link in links)
        assert "\x1b" not in CSI.sub("", OSC.sub("", text))

    def test_all_well_is_one_line_for_each_example(self) -> None:
        lines = terminal(quiet_report(), Look(80)).split("\n")
        assert lines[2] == "✓ docs/2025-11-25/develop/build-server#typescript  2 satisfied"
        assert len([line for line in lines if line]) == 6

    @pytest.mark.parametrize(("others", "shown"), [(3, True), (4, False)])
    def test_the_reason_for_which_most_of_what_does_not_apply_does_not_is_shown(self, others: int, shown: bool) -> None:
        def inapplicable(number: int, summary: str) -> Finding:
            return finding(f"x.{number}", Level.MUST, Verdict.NOT_APPLICABLE, "2025-11-25", summary)

        findings = (
            *(inapplicable(number, "The server speaks in rhymes.") for number in range(3)),
            *(inapplicable(9 + number, f"It has no {number}.") for number in range(others)),
        )
        report = quiet_report()
        (example,) = report.examples
        text = terminal(replace(report, examples=(replace(example, findings=findings),)), Look(100))
        assert ("3 requirements (not applicable): The server speaks in rhymes." in text) is shown

    def test_every_example_of_the_report_is_named(self) -> None:
        text = terminal(rich_report(), Look(160))
        assert [example.id for example in rich_report().examples if example.id not in text] == []

    def test_a_pipe_gets_neither_colour_nor_links(self) -> None:
        pipe = Console(force_terminal=False, width=120)
        assert look_of(pipe, "file:///docs") == Look(120)

    def test_no_color_keeps_links(self) -> None:
        tty = Console(force_terminal=True, width=90, no_color=True, _environ={"TERM": "xterm-256color"})
        assert look_of(tty, "file:///docs") == Look(90, color=False, links="file:///docs")

    def test_a_huge_reply_does_not_make_a_huge_report(self) -> None:
        report = rich_report()
        first = report.examples[0]
        long = tuple(replace(finding, summary="x" * 1_000_000) for finding in first.findings)
        assert len(terminal(replace(report, examples=(replace(first, findings=long),)), Look(80))) < 100_000

    def test_the_frames_of_node_itself_do_not_hide_the_error(self) -> None:
        report = rich_report()
        example = next(one for one in report.examples if any(run.logs for run in one.runs))
        frames = [f"    at step{n} (node:internal/modules/esm/loader:{n}:19)" for n in range(30)]
        said = ["file:///example/app/server.mjs:7", "SyntaxError: Unexpected token '>'", *frames, "Node.js v24.19.0"]
        logs = tuple(LogLine(0.0, "stderr", text) for text in said)
        runs = tuple(replace(run, logs=logs) for run in example.runs)
        text = terminal(replace(report, examples=(replace(example, runs=runs),)), Look(100))
        assert "Unexpected token" in text
        assert "node:internal" not in text
