"""The sample docs: what is written about them holds, and docprobe finds in them what is there."""

from __future__ import annotations

import fnmatch
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from extractor.docs.corpus import extract
from extractor.model import ExampleStatus
from harness.cli.main import cli
from harness.profiles.registry import MCP, all_requirements
from harness.results import result_files
from harness.run.planning import make_plan
from harness.settings import load_config
from harness.spec.bind import bind
from harness.spec.bindings_file import load_bindings

if TYPE_CHECKING:
    from harness.model import Report
    from harness.run.plan import Plan

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "docs-snapshot" / "sample"
EXPECTED = tomllib.loads((ROOT / "tests" / "fixtures" / "sample" / "expected.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def todo(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    return make_plan(load_config(SAMPLE, state=tmp_path_factory.mktemp("state")))


def test_every_expectation_is_about_something_that_exists(todo: Plan) -> None:
    requirements = {row.id for row in MCP.catalogue.requirements}
    for row in EXPECTED["verdict"]:
        assert row["example"] in todo.ids
        assert row["requirement"] in requirements
        assert f"/{row['revision']}/" in row["example"]
    for row in EXPECTED["status"]:
        assert fnmatch.filter(todo.ids, row["example"]), row["example"]


def test_everything_that_can_be_judged_has_expectations(todo: Plan) -> None:
    told = {row["example"] for row in EXPECTED["verdict"]}
    listed = {ExampleStatus.FRAGMENT, ExampleStatus.UNSUPPORTED, ExampleStatus.SKIPPED}
    assert {example.id for example in todo.all_examples if example.status not in listed} == told


def test_every_requirement_of_the_text_is_bound_in_every_revision() -> None:
    config = load_config(SAMPLE)
    bound = bind(
        extract(SAMPLE, config.layout).statements,
        load_bindings(config.bindings, MCP.catalogue),
        MCP.catalogue.requirements,
    )
    assert bound.drift == ()
    revisions = ("2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28")
    unbound = [
        key for key, row in bound.requirements.items()
        if key[1] in revisions and row.basis == "text" and row.statement is None
    ]  # fmt: skip
    assert unbound == []


def test_copies_are_copies(todo: Plan) -> None:
    digests = {example.id: example.digest for example in todo.all_examples}
    for page in ("develop/http-server", "tutorials/session-map", "tutorials/security/authorization"):
        for language in ("typescript", "python"):
            if (old := f"docs/2025-06-18/{page}#{language}") in digests:
                assert digests[old] == digests[f"docs/2025-11-25/{page}#{language}"]


@pytest.mark.processes
def test_what_pages_print_is_as_expected_and_nothing_gates(tmp_path: Path) -> None:
    done = CliRunner().invoke(cli, ["check", str(SAMPLE), "--select", "*#printed", "--state", str(tmp_path)])
    assert done.exit_code == 0, done.output
    found = {
        (example.id, finding.requirement, finding.revision): finding.verdict.value
        for example in result_files.read(tmp_path / result_files.LAST_RUN, all_requirements()).examples
        for finding in example.findings
    }
    rows = [row for row in EXPECTED["verdict"] if row["example"].endswith("#printed")]
    expected = {(row["example"], row["requirement"], row["revision"]): row["verdict"] for row in rows}
    assert expected
    assert {key: found.get(key) for key in expected} == expected
    known = [key for key, verdict in expected.items() if verdict == "violated"]
    assert [key for key, verdict in found.items() if verdict == "violated"] == known


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """One run over the whole sample."""
    folder = tmp_path_factory.mktemp("sample")
    done = subprocess.run(
        [sys.executable, "-c", "from harness.cli.main import main; main()", "check", SAMPLE,
         "--state", folder / "state", "--format", f"json:{folder / 'sample.json'}"],
        cwd=ROOT, capture_output=True, text=True, timeout=3600, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-4000:]
    return result_files.read(folder / "sample.json", all_requirements())


@pytest.mark.engine
@pytest.mark.registry
@pytest.mark.parametrize("row", EXPECTED["verdict"], ids=lambda row: f"{row['example']}-{row['requirement']}")
def test_a_verdict_is_as_expected(row: dict[str, Any], report: Report) -> None:
    (example,) = (e for e in report.examples if e.id == row["example"])
    found = {f.verdict.value: f.summary for f in example.findings
             if f.requirement == row["requirement"] and f.revision == row["revision"]}  # fmt: skip
    assert list(found) == [row["verdict"]], f"{example.status} {example.reason}: {found}"


@pytest.mark.engine
@pytest.mark.registry
@pytest.mark.parametrize("row", EXPECTED["status"], ids=lambda row: row["example"])
def test_a_status_is_as_expected(row: dict[str, Any], report: Report) -> None:
    found = [example for example in report.examples if fnmatch.fnmatchcase(example.id, row["example"])]
    assert {example.status.value for example in found} == {row["status"]}
