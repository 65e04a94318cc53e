"""The reusable workflow's scripts, run in order with the real docprobe over docs that need no engine."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

pytestmark = pytest.mark.processes

ROOT = Path(__file__).parents[3]
WORKFLOW = yaml.safe_load((ROOT / ".github" / "workflows" / "docprobe.yml").read_text())
SAMPLE = ROOT / "docs-snapshot" / "sample"
PRINTED = "docs/2025-06-18/learn/sessions-on-the-wire.mdx"


@dataclass
class Machine:
    """A runner: what its steps see of the world."""

    folder: Path
    tools: Path
    base: str = ""
    """Base branch of the pull request."""

    @property
    def files(self) -> Path:
        """Where the steps keep what they write."""
        return self.folder.parent / f"{self.folder.name}.temp" / "docprobe"

    def step(self, job: str, name: str, **variables: str) -> tuple[int, str, dict[str, str]]:
        """Run the script of a step; return its exit code, what it printed, and its outputs."""
        steps = WORKFLOW["jobs"][job]["steps"]
        script = next(step["run"] for step in steps if step.get("name") == name)
        output = self.folder.parent / f"{self.folder.name}.output"
        output.write_text("")
        environment = {
            "PATH": f"{self.tools}{os.pathsep}{os.environ['PATH']}", "HOME": str(self.folder.parent),
            "DOCPROBE_STATE": str(self.folder.parent / f"{self.folder.name}.state"), "GITHUB_OUTPUT": str(output),
            "RUNNER_TEMP": str(self.files.parent), "GITHUB_WORKSPACE": str(self.folder), "GITHUB_RUN_ATTEMPT": "1",
            "GITHUB_STEP_SUMMARY": str(self.folder.parent / "summary.md"), "GITHUB_BASE_REF": self.base,
            "DOCS": "docs", "CHANGED_SINCE": "auto", "TRUST": "base", "FAIL_ON": "must", "SHARDS": "4",
            "NAME": "docprobe", "DOCPROBE": "docprobe",
        }  # fmt: skip
        command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=environment | variables,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        found = dict(line.split("=", 1) for line in output.read_text().splitlines())
        return done.returncode, done.stdout + done.stderr, found


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """``docprobe`` and ``python`` as a runner has them, and no npm: the site does without libraries."""
    folder = tmp_path / "tools"
    folder.mkdir()
    (folder / "docprobe").write_text(f'#!/bin/bash\nexec "{sys.executable}" -I -m harness.cli "$@"\n')
    (folder / "python").symlink_to(sys.executable)
    (folder / "npm").write_text("#!/bin/bash\nexit 1\n")
    for file in ("docprobe", "npm"):
        (folder / file).chmod(0o755)
    return folder


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Three pages that print the exchanges of a session, each with a text of its own, and the rules for them."""
    folder = tmp_path / "checkout"
    docs = folder / "docs"
    shutil.copytree(SAMPLE / "specification", docs / "specification")
    shutil.copy(SAMPLE / "bindings.toml", docs)
    (docs / "docprobe.toml").write_text('profile = "mcp"\nbindings = "bindings.toml"\n')
    text = (SAMPLE / PRINTED).read_text()
    for name in ("one", "two", "three"):
        (docs / PRINTED).parent.mkdir(parents=True, exist_ok=True)
        (docs / PRINTED).with_stem(name).write_text(text.replace("localhost", f"{name}.localhost"))
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.invalid")
    for arguments in (("init", "-q", "-b", "main", "--template="), ("add", "-A"), ("commit", "-qm", "docs")):
        subprocess.run(["git", *identity, *arguments], cwd=folder, check=True)
    return folder


def machine(checkout: Path, tools: Path, name: str, base: str = "") -> Machine:
    """A new machine with a checkout of its own."""
    folder = checkout.parent / name
    shutil.copytree(checkout, folder, symlinks=True)
    return Machine(folder, tools, base)


def carry(one: Machine, other: Machine, *names: str) -> None:
    """What the artifacts do."""
    for name in names:
        source = one.files / name
        other.files.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, other.files / name, dirs_exist_ok=True)
        else:
            shutil.copy(source, other.files / name)


def test_a_run_in_parts_is_planned_run_merged_and_published(checkout: Path, tools: Path) -> None:
    planner = machine(checkout, tools, "planner")
    code, said, outputs = planner.step("plan", "Plan the parts", SHARDS="2")
    assert code == 0, said
    shards: list[str] = json.loads(outputs["shards"])
    assert shards == ["1/2", "2/2"]
    reporter = machine(checkout, tools, "reporter")
    for number, shard in enumerate(shards, start=1):
        worker = machine(checkout, tools, f"worker-{number}")
        carry(planner, worker, "plan.json")
        code, said, outputs = worker.step("check", "Check the examples of this part", SHARD=shard)
        assert (code, outputs) == (0, {"number": str(number)}), said
        assert "::error" not in said, "one part annotates nothing: the whole does, once"
        carry(worker, reporter, "results")
    code, said, outputs = reporter.step("report", "Merge and report")
    merged: dict[str, Any] = json.loads((reporter.files / "merged" / "docprobe.json").read_text())
    ids = {example["id"].rpartition("/")[2] for example in merged["examples"]}
    assert {"one#printed", "two#printed", "three#printed"} <= ids
    assert merged["missing_shards"] == []
    assert (code, outputs["exit-code"]) == (merged["summary"]["exit_code"], str(code))
    assert (reporter.folder.parent / "summary.md").read_text().startswith("#")
    assert (reporter.files / "merged" / "docprobe.sarif").is_file()
    code, said, outputs = reporter.step("report", "Build the site")
    assert (code, outputs) == (0, {"artifact": "docprobe-site-1"}), said
    assert (reporter.files / "site" / "index.html").is_file()
    carry(reporter, planner, "history")
    assert planner.step("plan", "Plan the parts", SHARDS="2")[2]["shards"] == json.dumps(shards), "by the history now"


@pytest.mark.parametrize("wanted", [True, False])
def test_fixes_are_proved_unless_the_caller_says_no(checkout: Path, tools: Path, *, wanted: bool) -> None:
    (tools / "docprobe").write_text('#!/bin/bash\nprintf "%s\\n" "$@"\n')
    worker = machine(checkout, tools, "worker")
    step = ("check", "Check the examples of this part")
    code, said, _ = worker.step(*step, SHARD="1/1", PROVE_FIXES=str(wanted).lower())
    assert code == 0, said
    assert ("--prove-fixes" in said.split()) is wanted
    assert WORKFLOW[True]["workflow_call"]["inputs"]["prove-fixes"]["default"] is True, "as the action does"


def test_a_part_that_was_lost_makes_the_whole_incomplete(checkout: Path, tools: Path) -> None:
    planner = machine(checkout, tools, "planner")
    planner.step("plan", "Plan the parts", SHARDS="2")
    worker = machine(checkout, tools, "worker")
    carry(planner, worker, "plan.json")
    worker.step("check", "Check the examples of this part", SHARD="1/2")
    code, said, outputs = worker.step("report", "Merge and report")
    assert (code, outputs["exit-code"]) == (3, "3")
    assert "Shard 2/2 is missing" in said


def test_no_result_at_all_is_an_error(checkout: Path, tools: Path) -> None:
    code, said, outputs = machine(checkout, tools, "reporter").step("report", "Merge and report")
    assert (code, outputs) == (3, {})
    assert "::error" in said


def test_a_pull_request_is_planned_by_what_it_changes(checkout: Path, tools: Path) -> None:
    subprocess.run(["git", "update-ref", "refs/remotes/origin/main", "HEAD"], cwd=checkout, check=True)
    quiet = machine(checkout, tools, "quiet", base="main")
    assert quiet.step("plan", "Plan the parts")[2] == {"shards": "[]"}
    changed = machine(checkout, tools, "changed", base="main")
    page = (changed.folder / "docs" / PRINTED).with_stem("two")
    page.write_text(page.read_text().replace("two.localhost", "second.localhost"))
    assert changed.step("plan", "Plan the parts")[2] == {"shards": '["1/1"]'}


def test_wrong_use_ends_the_part(checkout: Path, tools: Path) -> None:
    code, said, _ = machine(checkout, tools, "worker").step("check", "Check the examples of this part", SHARD="1/2")
    assert code == 2
    assert "plan.json: cannot be read" in said


def test_inputs_are_arguments_and_never_commands(checkout: Path, tools: Path) -> None:
    bad = "$(touch pwned); `touch pwned` 'x' \" *"
    planner = machine(checkout, tools, "planner")
    planner.step("plan", "Plan the parts", DOCS=bad, CHANGED_SINCE=bad, SHARDS=bad, TRUST=bad)
    planner.step("check", "Check the examples of this part", DOCS=bad, CHANGED_SINCE=bad, SHARD=bad, FAIL_ON=bad)
    assert not (planner.folder / "pwned").exists()
    scripts = [step["run"] for job in WORKFLOW["jobs"].values() for step in job["steps"] if "run" in step]
    assert [script for script in scripts if "${{" in script] == []


def test_nothing_in_a_checkout_is_run_or_taken_for_a_result(checkout: Path, tools: Path, tmp_path: Path) -> None:
    for module in ("pip", "json", "sys", "venv"):
        (checkout / f"{module}.py").write_text(f"open({str(tmp_path / 'pwned')!r}, 'w')\n")
    for place in ("docprobe-results", "results", "docprobe/results"):
        (checkout / place).mkdir(parents=True)
        (checkout / place / "shard-2.json").write_text("{}")
    for link in ("docprobe-plan.json", "plan.json", "docprobe-history", "docprobe-merged"):
        (checkout / link).symlink_to(tmp_path / "pwned")
    subprocess.run(["git", "add", "-A"], cwd=checkout, check=True)
    planner = machine(checkout, tools, "planner")
    planner.step("plan", "Install docprobe", DOCPROBE="--version")
    assert planner.step("plan", "Plan the parts", SHARDS="1")[2] == {"shards": '["1/1"]'}
    code, said, _ = planner.step("check", "Check the examples of this part", SHARD="1/1")
    assert code == 0, said
    code, said, outputs = planner.step("report", "Merge and report")
    assert outputs["exit-code"] == str(code), said
    assert code in {0, 1}, said
    assert planner.step("report", "Build the site", DOCS=str(planner.folder / "docs"))[0] == 0
    assert not (tmp_path / "pwned").exists()
    status = subprocess.run(["git", "status", "--short"], cwd=planner.folder, capture_output=True, text=True, check=True)
    assert [line for line in status.stdout.splitlines() if not line.startswith("A ")] == []


def steps() -> list[tuple[str, dict[str, Any]]]:
    """Every step of every job, with the job's name."""
    return [(name, step) for name, job in WORKFLOW["jobs"].items() for step in job["steps"]]


def test_files_are_kept_outside_the_checkout() -> None:
    paths = [step["with"]["path"] for _, step in steps() if "path" in step.get("with", {})]
    assert len(paths) > 6
    assert [path for path in paths if not path.startswith("${{ runner.temp }}/docprobe")] == []


def test_calls_in_one_workflow_can_have_names_of_their_own_and_jobs_can_be_run_again() -> None:
    for _, step in steps():
        values = step.get("with", {})
        for name in ("name", "pattern", "key", "restore-keys"):
            assert values.get(name, "${{").startswith("${{"), f"{name} is the same in each call: {values[name]}"
        if step.get("uses", "").startswith("actions/upload-artifact@"):
            assert values["overwrite"] is True


def test_a_pull_request_publishes_nothing_and_adds_nothing_to_the_history() -> None:
    writes = ("Build the site", "Add the night to the history", "Keep the history")
    conditions = [step["if"] for _, step in steps() if step.get("name") in writes]
    assert len(conditions) == 3
    for condition in conditions:
        assert "!startsWith(github.event_name, 'pull_request')" in condition
    assert WORKFLOW["jobs"]["site"]["if"] == "${{ !cancelled() && needs.report.outputs.site != '' }}"


def test_a_run_that_was_cancelled_reports_nothing() -> None:
    conditions = [job["if"] for job in WORKFLOW["jobs"].values() if "if" in job]
    assert [text for text in conditions + [step.get("if", "") for _, step in steps()] if "always()" in str(text)] == []
