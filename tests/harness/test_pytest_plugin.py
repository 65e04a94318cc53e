from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

pytest_plugins = ["pytester"]

CONFTEST = '''
"""Items from a report of the tests instead of from containers."""
from dataclasses import replace
from pathlib import Path

from harness.baseline.apply import apply_baseline
from harness.baseline.file import parse_baseline
from harness.model import Status
from harness.pytest_plugin import SOURCE
from harness.pytest_run import Planned
from tests.support.reports import rich_report

REPORT = replace(rich_report(), baseline=(), drift=())


class Fake:
    def examples(self):
        for example in sorted(REPORT.examples, key=lambda e: e.id):
            reason = f"{example.status.value}: {example.reason}" if example.status in {
                Status.FRAGMENT, Status.UNSUPPORTED, Status.SKIPPED} else None
            names = ["example.runs", *(f.requirement for f in example.findings), "version.unsupported-400"]
            asked = ("example.runs",) if reason else tuple(dict.fromkeys(names))
            yield Planned(example.id, example.page, example.spans[0].first, asked, reason)

    def judge(self, example_id):
        with Path("judged.txt").open("a") as log:
            log.write(example_id + "\\n")
        baseline = Path("baseline.toml")
        text = baseline.read_text() if baseline.exists() else ""
        one = replace(REPORT, examples=tuple(e for e in REPORT.examples if e.id == example_id))
        return apply_baseline(one, parse_baseline(text, "baseline.toml"))


def pytest_configure(config):
    config.stash[SOURCE] = Fake()
'''

TYPESCRIPT = "docs/docs/2025-11-25/tutorials/security/authorization.mdx::typescript"
OPTIONS = ("--docprobe", "docs", "-W", "default", "-p", "no:hypothesispytest", "-p", "no:anyio")


@pytest.fixture
def docs(pytester: pytest.Pytester) -> pytest.Pytester:
    from tests.support.reports import rich_report

    pytester.makeconftest(CONFTEST)
    for example in rich_report().examples:
        page = pytester.path / "docs" / example.page
        page.parent.mkdir(parents=True, exist_ok=True)
        page.touch()
    return pytester


def judged(pytester: pytest.Pytester) -> list[str]:
    log = pytester.path / "judged.txt"
    return log.read_text().splitlines() if log.exists() else []


def test_a_whole_run(docs: pytest.Pytester) -> None:
    """One run and all that it says: each run of a pytest in a pytest costs seconds."""
    result = docs.runpytest(*OPTIONS, "-rs", "--junitxml=out.xml")
    # two copies with three findings that gate, and one example that does not run
    result.assert_outcomes(passed=14, failed=7, errors=2, skipped=14, warnings=3)
    out = result.stdout
    # a failure is the finding
    out.fnmatch_lines(
        [
            "✗ MUST session.terminated-404  violated, blocking",
            "*specification/2025-11-25/basic/transports.mdx:211-212",
            "*#15 POST / tools/list*400 Bad Request*",
            "*▸ 20 │     res.status(400).json({",
            "*avoid*",
        ]
    )
    assert "Traceback" not in out.str()
    assert "pytest_plugin.py" not in out.str()
    # a SHOULD warns at its place, what is ours is an error with its reason
    out.fnmatch_lines(["*authorization.mdx:11: DocprobeWarning: SHOULD hijack.bind-user: User 2*"])
    out.fnmatch_lines(["not checked: the registry did not answer*"])
    # what does not apply is skipped with its reason
    for reason in (
        "not applicable: Only 2025-03-26 has batches.",
        "inconclusive: No head in 10 s.",
        "fragment: uses `app`, which no block of this page defines",
        "unsupported: C# needs the .NET SDK, which docprobe does not bring",
        "the example does not run: see example.runs",
        "not judged by 2025-11-25: the example negotiates 2025-11-25",
    ):
        assert re.search(rf"SKIPPED .* docs/docs/.*\.mdx:\d+: .*{re.escape(reason)}", out.str()), reason
    # junit as usual
    suite = ET.parse(docs.path / "out.xml").getroot().find("testsuite")
    assert suite is not None
    assert (suite.get("failures"), suite.get("errors")) == ("7", "2")
    texts = [failure.text or "" for failure in suite.iter("failure")]
    assert any("Once it has ended a session" in text for text in texts)


def test_ids_are_readable_and_name_files_that_exist(docs: pytest.Pytester) -> None:
    result = docs.runpytest(*OPTIONS, "--collect-only", "-q")
    assert f"{TYPESCRIPT}::session.terminated-404" in result.outlines
    assert judged(docs) == []
    for line in result.outlines:
        if "::" in line:
            assert (docs.path / line.split("::")[0]).is_file()


def test_x_stops_at_the_first_failure_and_lf_repeats_it(docs: pytest.Pytester) -> None:
    first = docs.runpytest(*OPTIONS, "-x", "-k", "2025-11-25 and typescript and security")
    assert first.parseoutcomes()["failed"] == 1
    assert judged(docs) == ["docs/2025-11-25/tutorials/security/authorization#typescript"]
    docs.runpytest(*OPTIONS, "--lf").assert_outcomes(failed=1)


@pytest.mark.parametrize(("chosen", "items"), [(TYPESCRIPT.partition("::")[0], 15), (TYPESCRIPT, 11)])
def test_a_page_or_an_example_can_be_named(docs: pytest.Pytester, chosen: str, items: int) -> None:
    assert docs.runpytest(*OPTIONS, chosen, "--collect-only", "-q").parseoutcomes()["tests"] == items


def test_other_tests_run_beside_it_and_only_chosen_examples_are_run(docs: pytest.Pytester) -> None:
    docs.makepyfile(test_other="def test_one(): pass")
    result = docs.runpytest(*OPTIONS, "test_other.py", "-k", "test_one or exit-on-close")
    result.assert_outcomes(passed=2, deselected=36)
    assert judged(docs) == ["docs/2025-11-25/develop/build-server#typescript"]


def test_the_baseline_makes_expected_failures(docs: pytest.Pytester) -> None:
    example = "docs/2025-11-25/tutorials/security/authorization#typescript"
    entry = '[[known]]\nexample = "{}"\nrequirement = "{}"\nreason = "waits"\n'
    (docs.path / "baseline.toml").write_text(
        entry.format(example, "session.terminated-404") + entry.format(example, "session.missing-400")
    )
    result = docs.runpytest(*OPTIONS, f"{TYPESCRIPT}::session.terminated-404", f"{TYPESCRIPT}::session.missing-400")
    result.assert_outcomes(xfailed=1, failed=1)
    result.stdout.fnmatch_lines(["baseline: *session.missing-400 no longer occurs*"])


@pytest.mark.processes
def test_distributed_an_example_stays_on_one_worker(docs: pytest.Pytester) -> None:
    result = docs.runpytest_subprocess(*OPTIONS, "-n", "2")
    result.assert_outcomes(passed=14, failed=7, errors=2, skipped=14, warnings=3)
    runs = judged(docs)
    assert len(runs) == len(set(runs)) == 6


def test_strict_markers_and_warnings_as_errors_are_the_users_choice(docs: pytest.Pytester) -> None:
    result = docs.runpytest(
        *OPTIONS, "--strict-markers", "-W", "error::UserWarning", "-k", "2025-11-25 and typescript and bind-user"
    )
    result.assert_outcomes(failed=1, deselected=36)


def test_a_missing_folder_is_wrong_use(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest("--docprobe", "nowhere")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: --docprobe *nowhere is not a folder"])


def test_docs_that_cannot_be_planned_are_said_in_a_sentence(pytester: pytest.Pytester, tmp_path: Path) -> None:
    (pytester.path / "docs").mkdir()
    (pytester.path / "docs" / "docprobe.toml").write_text("wrong = 1\n")
    result = pytester.runpytest("--docprobe", "docs")
    result.stdout.fnmatch_lines(["error: *docprobe.toml:1: unknown key 'wrong'*"])
    assert "Traceback" not in result.stdout.str()
