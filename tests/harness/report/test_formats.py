"""Every format: a golden a person can read, and proof that hostile text stays text."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from markdown_it import MarkdownIt
from rich.console import Console

from extractor.model import Level, Span
from harness.base.errors import UsageError
from harness.cli.outputs import outputs_of
from harness.judge.example import example_rules
from harness.model import INTERRUPTED_REASON, Basis, SettingsSource, Status, TextChange, Trust, Verdict
from harness.report import github, markdown
from harness.report.exit_wording import exit_sentence
from harness.report.formats import BY_NAME, render
from harness.report.terminal import render as terminal
from harness.report.terminal.look import Look, look_of
from tests.support.github_runner import decoded, obeys
from tests.support.golden import check_golden
from tests.support.reports import finding, hostile_report, quiet_report, rich_report

if TYPE_CHECKING:
    from harness.model import Finding

GOLDENS = {
    "terminal": "rich.txt",
    "json": "rich.json",
    "junit": "rich.junit.xml",
    "sarif": "rich.sarif",
    "github": "rich.github.txt",
    "markdown": "rich.md",
}
CSI = re.compile(r"\x1b\[[0-9;]*m")
OSC = re.compile(r"\x1b\]8;[^;]*;[^\x1b]*\x1b\\")


@pytest.mark.parametrize("name", GOLDENS)
def test_golden(name: str) -> None:
    check_golden(f"report/{GOLDENS[name]}", render(name, rich_report()))


@pytest.mark.parametrize("name", GOLDENS)
def test_a_report_renders_to_the_same_text_twice(name: str) -> None:
    assert render(name, hostile_report()) == render(name, hostile_report())


@pytest.mark.parametrize("name", ["terminal", "markdown", "github", "html"])
def test_a_report_says_whose_settings_counted(name: str) -> None:
    source = SettingsSource(Trust.BASE, "origin/main", "0123456789abcdef", ("docs/docprobe.toml",))
    text = " ".join(render(name, replace(rich_report(), settings=source)).split())
    assert "those of origin/main (0123456789ab); not used: docs/docprobe.toml as changed here." in text
    assert "Configuration, baseline and lock" not in render(name, rich_report())


@pytest.mark.parametrize("name", GOLDENS)
def test_an_empty_report_renders(name: str) -> None:
    text = render(name, replace(rich_report(), examples=(), drift=(), baseline=(), problems=(), exit_code=3))
    assert text.endswith("\n")


@pytest.mark.parametrize("name", [name for name in GOLDENS if name != "github"])
def test_no_line_of_any_format_is_a_command_to_a_ci_runner(name: str) -> None:
    assert [line for line in render(name, hostile_report()).split("\n") if obeys(line)] == []


@pytest.mark.parametrize("name", GOLDENS)
def test_no_format_carries_a_control_character(name: str) -> None:
    text = render(name, hostile_report())
    assert {char for char in text if not char.isprintable()} == {"\n"}
    assert not set(text) & set("\x00\x07\x1b\x7f\x9b\u202e\u2028\ufeff")


@pytest.mark.parametrize("at", [0, 4])
def test_an_example_that_nothing_was_asked_of_is_not_called_well(at: int) -> None:
    report = rich_report()
    unasked = replace(report, examples=(replace(report.examples[at], findings=()),), drift=(), baseline=())
    assert "✓" not in render("terminal", unasked)
    assert "✅" not in render("markdown", unasked).partition("|")[2]
    assert '<skipped message="' in render("junit", unasked)


@pytest.mark.parametrize(("rules_root", "uri"), [(None, "docs/"), ("other/site", "other/site/"), ("", None)])
def test_a_sentence_of_another_tree_is_shown_where_it_is_or_nowhere(rules_root: str | None, uri: str | None) -> None:
    (run,) = json.loads(render("sarif", replace(rich_report(), rules_root=rules_root)))["runs"]
    result = next(result for result in run["results"] if result["ruleId"] == "session.terminated-404")
    sentence = result["relatedLocations"][0]
    assert sentence["message"]["text"].startswith("The sentence: ")
    if uri is None:
        assert "physicalLocation" not in sentence
    else:
        assert sentence["physicalLocation"]["artifactLocation"]["uri"].startswith(f"{uri}specification/")
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].startswith("docs/docs/")


def test_an_unknown_format_names_the_known_ones() -> None:
    with pytest.raises(UsageError) as caught:
        outputs_of(["jnit"])
    assert "junit" in (caught.value.hint or "")
    assert set(GOLDENS) | {"html"} == set(BY_NAME)


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


class TestGithub:
    def test_at_most_ten_of_a_type_and_the_rest_is_counted(self) -> None:
        report = rich_report()
        many = tuple(replace(report.examples[0], id=f"{n}", digest=f"{n}") for n in range(30))
        lines = github.render(replace(report, examples=many)).split("\n")
        for kind in ("error", "warning", "notice"):
            assert len([line for line in lines if line.startswith(f"::{kind} ")]) == 10
        assert "docprobe: 82 more errors in the job summary" in lines

    def test_one_copy_of_each_text_comes_before_the_second_of_any(self) -> None:
        titles = [
            decoded(line)[1]["title"] for line in github.render(rich_report()).split("\n") if line[:7] == "::error"
        ]
        assert titles.index("baseline") < len(titles) - 1
        names = [title.removeprefix("MUST ").partition(":")[0] for title in titles]
        assert names[:3] == ["session.terminated-404", "auth.invalid-401", "http.origin-validate"]

    def test_hostile_text_makes_no_further_command(self) -> None:
        lines = [line for line in github.render(hostile_report()).split("\n") if obeys(line)]
        for line in lines:
            name, properties, data = decoded(line)
            assert name in {"error", "warning", "notice"}
            assert set(properties) <= {"file", "line", "endLine", "title"}
            assert properties.get("line", "1").isdigit()
            assert "\x1b" not in data

    def test_files_are_named_as_the_repository_names_them(self) -> None:
        report = rich_report()
        top = github.render(replace(report, root_in_repository="."))
        below = github.render(replace(report, root_in_repository="site/docs"))
        assert "file=docs/2025-11-25/tutorials" in top
        assert "file=site/docs/docs/2025-11-25/tutorials" in below


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


class TestMarkdown:
    def test_hostile_text_adds_no_markup(self) -> None:
        parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
        blocks = parser.parse(markdown.render(hostile_report()))
        inline = [child for token in blocks for child in token.children or []]
        assert not {token.type for token in [*blocks, *inline]} & {
            "link_open", "image", "hr", "s_open", "em_open", "code_block", "ordered_list_open",
        }  # fmt: skip
        assert {child.content for child in inline if child.type == "html_inline"} == {"<!-- -->"}
        for token in blocks:
            if token.type == "html_block":
                for line in token.content.replace("<!-- -->", "").replace("<details open>", "<details>").split():
                    assert set(re.findall(r"<[^>]*>?", line)) <= {"<details>", "<summary>", "</summary>", "</details>"}

    def test_every_blocking_finding_is_shown_with_its_sentence(self) -> None:
        text = markdown.render(rich_report())
        for requirement in ("session.terminated-404", "auth.invalid-401", "http.origin-validate", "example.runs"):
            assert f"MUST {requirement}: violated, blocking" in text
        assert "> Once it has ended a session" in text

    def test_a_summary_that_does_not_fit_says_what_is_missing(self) -> None:
        report = rich_report()
        many = tuple(replace(report.examples[0], id=f"{n}", digest=f"{n}") for n in range(300))
        text = markdown.render(replace(report, examples=many))
        assert len(text.encode()) <= markdown.LIMIT
        assert re.search(r"And \d+ violations more than fit here", text)
        assert text.count("<details>") + text.count("<details open>") == text.count("</details>")


@pytest.mark.parametrize("name", ["terminal", "github", "markdown", "sarif", "junit"])
def test_every_format_names_the_programs_of_a_change_that_were_not_checked(name: str) -> None:
    report = quiet_report()
    example = replace(
        report.examples[0], status=Status.UNSUPPORTED, reason="is a client of a weather service", findings=()
    )
    changed = replace(report, examples=(example,), narrowed=True, edited=(example.id,), exit_code=3)
    text = " ".join(render(name, changed).split())
    assert "is a client of a weather service" in text
    if name in {"terminal", "github", "markdown"}:
        assert "0 of 1 checked" in text
    place = example.spans[0]
    if name == "terminal":
        assert f"? {example.id} ({place.file}:{place.first})" in text
    if name == "github":
        assert f"::warning file=docs/{place.file},line={place.first},endLine={place.first},title=not checked::" in text
    if name == "junit":
        assert '<error message="is a client of a weather service" type="not-checked">' in text


@pytest.mark.parametrize(
    ("statuses", "said"),
    [
        ((Status.JUDGED, Status.JUDGED), "2 of 2 checked; no blocking"),
        ((Status.JUDGED, Status.NOT_RUNNING, Status.FRAGMENT), "1 of 2 checked; no blocking"),
        ((Status.FRAGMENT, Status.SKIPPED), "nothing was checked; no blocking"),
    ],
)
def test_exit_code_0_says_what_was_checked(statuses: tuple[Status, ...], said: str) -> None:
    report = quiet_report()
    examples = tuple(
        replace(report.examples[0], id=f"{number}", digest=f"{number}", status=status, findings=())
        for number, status in enumerate(statuses)
    )
    for narrowed in (True, False):
        assert said in exit_sentence(replace(report, examples=examples, narrowed=narrowed, exit_code=0))


@pytest.mark.parametrize("name", ["terminal", "github", "markdown", "sarif", "junit"])
def test_what_an_interrupted_run_did_not_come_to_is_listed_once_as_not_run(name: str) -> None:
    report = quiet_report()
    late = replace(
        report.examples[0], id="docs/late#python", digest="late", status=Status.BLOCKED, reason=INTERRUPTED_REASON,
        findings=(), runs=(),
    )  # fmt: skip
    text = render(name, replace(report, examples=(*report.examples, late), exit_code=130))
    assert text.count("docs/late#python") == {"terminal": 1, "github": 0, "markdown": 1, "sarif": 0}.get(name, 2)
    assert "could not be checked" not in text
    if name in {"terminal", "markdown", "junit"}:
        assert "not run" in text.lower()


@pytest.mark.parametrize("name", ["terminal", "github", "markdown", "json"])
def test_what_a_change_does_to_the_text_is_in_the_report(name: str) -> None:
    changes = (
        TextChange("draft", "main", 25, 6, 0),
        TextChange("2025-11-25", "main", 0, 0, 1, ("session.missing-400",)),
    )
    text = " ".join(render(name, replace(quiet_report(), text_changes=changes)).split())
    if name == "json":
        assert '"since": "main"' in text
        return
    text = text.replace("\\", "")
    assert (
        "25 statements added, 6 removed in draft; no requirement is bound to them (docprobe snapshot diff --since main)"
        in text
    )
    assert "1 statement changed in 2025-11-25; requirements bound to them: session.missing-400" in text


def test_an_interrupted_run_says_how_to_go_on() -> None:
    report = replace(
        rich_report(), exit_code=130, examples=tuple(e for e in rich_report().examples if e.status == "blocked")
    )
    assert report.examples
    shown = " ".join(render("terminal", report).split())
    assert shown.endswith("Exit code 130: interrupted. Finished examples are cached; run the same command to continue.")
    assert render("terminal", replace(report, exit_code=3)).endswith("Next:\ndocprobe doctor\n")


@pytest.mark.parametrize("format", ["terminal", "markdown", "github", "sarif", "json"])
def test_what_a_fragment_imports_and_packages_lack_is_shown(format: str) -> None:
    report = rich_report()
    rows = {rule.requirement.id: rule.requirement for rule in example_rules()}
    fragment = next(example for example in report.examples if example.status == "fragment")
    missing = finding(
        "example.imports", Level.SHOULD, Verdict.VIOLATED, "", "`gone` is not exported by pkg 2.4.0.",
        basis=Basis.ADVICE, blame=(Span(fragment.page, 4, 4),),
    )  # fmt: skip
    examples = tuple(replace(e, findings=(missing,)) if e.id == fragment.id else e for e in report.examples)
    shown = render(
        format, replace(report, examples=examples, requirements=(*report.requirements, rows["example.imports"]))
    )
    assert "is not exported by pkg 2.4.0" in re.sub(r"\s+", " ", shown)
    assert "is not exported by" not in render(format, report)
