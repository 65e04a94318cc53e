"""Every format: a golden a person can read, and proof that hostile text stays text."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from extractor.model import Level, Span
from harness.base.errors import UsageError
from harness.cli.outputs import outputs_of
from harness.judge.example_rules import example_rules
from harness.model import (
    INTERRUPTED_REASON,
    BaselineKind,
    BaselineNote,
    Basis,
    Compared,
    FindingChange,
    SettingsSource,
    Status,
    TextChange,
    Trust,
    Verdict,
)
from harness.report.exit_wording import exit_sentence
from harness.report.formats import BY_NAME, render
from tests.support.github_runner import obeys
from tests.support.golden import check_golden
from tests.support.hostile_report import hostile_report
from tests.support.report_pieces import finding
from tests.support.reports import quiet_report, rich_report

if TYPE_CHECKING:
    pass

GOLDENS = {
    "terminal": "rich.txt",
    "json": "rich.json",
    "junit": "rich.junit.xml",
    "sarif": "rich.sarif",
    "github": "rich.github.txt",
    "markdown": "rich.md",
}


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
        ((Status.FRAGMENT,), "no example here can be run, so nothing was checked; no blocking"),
        ((Status.FRAGMENT, Status.SKIPPED), "1 example is skipped and no other can be run, so nothing was checked; no"),
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


@pytest.mark.parametrize("code", [1, 3])
def test_a_shard_that_is_missing_is_named_whatever_the_exit_code(code: int) -> None:
    said = exit_sentence(replace(quiet_report(), missing_shards=("2/2",), exit_code=code))
    assert "shard 2/2 is missing" in said.replace("Shard", "shard")
    whole = exit_sentence(replace(quiet_report(), exit_code=code))
    assert "missing" not in whole


@pytest.mark.parametrize(
    ("change", "listed", "said"),
    [
        (FindingChange.INTRODUCED, "a", "no blocking finding; 1 finding that it introduces is in the baseline."),
        (FindingChange.INTRODUCED, "another", "no blocking finding."),
        (FindingChange.UNCHANGED, "a", "no blocking finding."),
    ],
    ids=["by its own entry", "entry of another", "known before"],
)
def test_a_change_that_lists_what_it_introduces_says_so(change: FindingChange, listed: str, said: str) -> None:
    report = quiet_report()
    # two revisions of a requirement are one entry
    violated = [replace(finding("a", Level.MUST, Verdict.VIOLATED, one, ""), change=change) for one in ("old", "new")]
    example = replace(report.examples[0], findings=tuple(violated))
    note = BaselineNote(BaselineKind.KNOWN, example.id, listed, "agreed")
    compared = Compared("main", "0" * 40)
    changed = replace(report, examples=(example,), compared=compared, baseline=(note,), narrowed=True, exit_code=0)
    assert exit_sentence(changed).endswith(said)


@pytest.mark.parametrize("name", ["terminal", "markdown"])
def test_a_program_that_was_not_judged_has_no_tick(name: str) -> None:
    """Its text may satisfy something all the same."""
    report = quiet_report()
    example = report.examples[0]
    runs = replace(example.findings[0], requirement="example.runs", verdict=Verdict.INCONCLUSIVE)
    unsure = replace(example, status=Status.NOT_RUNNING, findings=(runs, *example.findings), reason="ends at once")
    shown = {}
    for one in (example, unsure):
        text = render(name, replace(report, examples=(one,)))
        shown[one.status] = next(line for line in text.splitlines() if one.id in line)
    assert ("✓" in shown[Status.JUDGED], "✅" in shown[Status.JUDGED]) == (name == "terminal", name == "markdown")
    assert not {"✓", "✅"}.intersection(shown[Status.NOT_RUNNING])
    assert {"?", "❔"}.intersection(shown[Status.NOT_RUNNING])


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


def test_the_next_step_is_one_that_a_blocked_example_names() -> None:
    busy = "it did not listen; this machine was overloaded (load 21 on 2 processors) (hint: run it again)"
    blocked = tuple(replace(e, reason=busy) for e in rich_report().examples if e.status == "blocked")
    assert blocked
    shown = render("terminal", replace(rich_report(), exit_code=3, examples=blocked))
    assert "run it again" in " ".join(shown.split())
    assert "Next:" not in shown


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


def test_code_3_says_what_is_incomplete() -> None:
    report = replace(quiet_report(), exit_code=3)
    checked = replace(report.examples[0], status=Status.JUDGED)
    fragment = replace(checked, status=Status.FRAGMENT, findings=())
    for strict, examples, said in (
        (False, (checked,), "a file could not be written"),
        (False, (checked, fragment), "a file could not be written"),
        (True, (checked,), "a file could not be written"),
        (True, (checked, fragment), "1 example cannot be run, and --strict requires all"),
    ):
        assert said in exit_sentence(replace(report, examples=examples, strict=strict))
