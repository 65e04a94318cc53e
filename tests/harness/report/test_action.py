"""The GitHub Action's script, run with a docprobe that only says how it was called."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

pytestmark = pytest.mark.processes

ACTION = Path(__file__).parents[3] / ".github" / "actions" / "docprobe" / "action.yml"
STEPS = yaml.safe_load(ACTION.read_text())["runs"]["steps"]
CHECK = next(step for step in STEPS if step.get("id") == "check")
FAKE = """#!/bin/bash
printf '%s\\n' "$@" > "$CALLED"
printf %s "$DOCPROBE_STATE" > "$CALLED.state"
for word in "$@"; do case "$word" in sarif:*) [ "$CODE" = 2 ] || echo '{}' > "${word#sarif:}";; esac; done
exit "$CODE"
"""


def run(tmp_path: Path, *, code: int = 0, **inputs: str) -> tuple[int, list[str], dict[str, str]]:
    fake = tmp_path / "docprobe"
    fake.write_text(FAKE)
    fake.chmod(0o755)
    output = tmp_path / "output"
    output.touch()
    environment = {
        "PATH": os.environ["PATH"], "RUNNER_TEMP": str(tmp_path / "temp"), "DOCPROBE": str(fake), "CODE": str(code),
        "CALLED": str(tmp_path / "called"), "GITHUB_OUTPUT": str(output), "GITHUB_STEP_SUMMARY": str(tmp_path / "sum"),
        "DOCS": "docs", "CHANGED_SINCE": "auto", "TRUST": "base", "FAIL_ON": "must", "PROVE_FIXES": "true",
        "ARGUMENTS": "",
    }  # fmt: skip
    # the shell and its flags are those of a composite action's bash step
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", CHECK["run"]]
    done = subprocess.run(command, env=environment | inputs, capture_output=True, text=True, timeout=30, check=False)
    called = (tmp_path / "called").read_text().splitlines()
    outputs = dict(line.split("=", 1) for line in output.read_text().splitlines())
    return done.returncode, called, outputs


def test_a_pull_request_is_compared_with_its_base(tmp_path: Path) -> None:
    _, called, _ = run(tmp_path, GITHUB_BASE_REF="main")
    assert called[:6] == ["check", "docs", "--fail-on", "must", "--changed-since", "origin/main"]


def test_a_pull_request_goes_by_the_settings_of_its_base_unless_its_own_are_trusted(tmp_path: Path) -> None:
    assert yaml.safe_load(ACTION.read_text())["inputs"]["trust"]["default"] == "base"
    assert run(tmp_path, GITHUB_BASE_REF="main")[1][6:8] == ["--trust", "base"]
    assert run(tmp_path, GITHUB_BASE_REF="main", TRUST="head")[1][6:8] == ["--trust", "head"]
    assert "--trust" not in run(tmp_path)[1]


def test_fixes_are_proved_unless_they_are_not_wanted(tmp_path: Path) -> None:
    assert "--prove-fixes" in run(tmp_path)[1]
    assert "--prove-fixes" not in run(tmp_path, PROVE_FIXES="false")[1]


@pytest.mark.parametrize("inputs", [{}, {"CHANGED_SINCE": "", "GITHUB_BASE_REF": "main"}])
def test_else_everything_is_checked(tmp_path: Path, inputs: dict[str, str]) -> None:
    _, called, _ = run(tmp_path, **inputs)
    assert "--changed-since" not in called


def test_inputs_are_arguments_and_never_commands(tmp_path: Path) -> None:
    bad = "$(touch pwned); `id` 'x' \" *"
    _, called, _ = run(tmp_path, DOCS=bad, CHANGED_SINCE=bad, ARGUMENTS=f"--jobs\n2\n\n{bad}\n")
    assert called.count(bad) == 3
    assert called[called.index("--jobs") + 1] == "2"
    assert "" not in called


def test_what_is_kept_between_runs_is_where_docprobe_and_pip_look_and_apart_by_trust(tmp_path: Path) -> None:
    restored, kept = (step for step in STEPS if str(step.get("uses", "")).startswith("actions/cache"))
    assert restored["with"].items() - kept["with"].items() == {("restore-keys", restored["with"]["restore-keys"])}
    paths = kept["with"]["path"].replace("${{ runner.temp }}", str(tmp_path / "temp")).split()
    run(tmp_path)
    assert (tmp_path / "called.state").read_text() in paths
    install = next(step["run"] for step in STEPS if step.get("name") == "Install docprobe")
    assert 'PIP_CACHE_DIR="$RUNNER_TEMP/docprobe/pip"' in install
    assert str(tmp_path / "temp/docprobe/pip") in paths
    for key in ("key", "restore-keys"):
        assert "${{ inputs.trust }}-" in restored["with"][key]
    wanted = "inputs.cache == 'true' && github.event_name != 'pull_request_target'"
    assert restored["if"] == wanted, "there a stranger's run would write what the base branch reads"
    assert kept["if"] == f"always() && {wanted}", "a run with findings keeps its conversations too"


def test_a_module_in_the_checkout_is_not_run_by_the_installation(tmp_path: Path) -> None:
    for module in ("venv", "pip"):
        (tmp_path / f"{module}.py").write_text("open('pwned', 'w')")
    install = next(step["run"] for step in STEPS if step.get("name") == "Install docprobe")
    environment = {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "RUNNER_TEMP": str(tmp_path / "temp"),
        "GITHUB_ACTION_PATH": str(tmp_path / "a" / "b" / "c" / "d"),
    }
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", install]
    # nothing to install is there: it ends with pip's own complaint
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert "requirements-run.lock" in done.stderr
    assert not (tmp_path / "pwned").exists()


def test_no_expression_stands_in_a_script() -> None:
    assert [step["run"] for step in STEPS if "${{" in step.get("run", "")] == []


@pytest.mark.parametrize("code", [0, 1, 3])
def test_the_exit_code_and_the_files_come_out(tmp_path: Path, code: int) -> None:
    returned, _, outputs = run(tmp_path, code=code)
    assert returned == code
    assert outputs == {"exit-code": str(code), "sarif": str(tmp_path / "temp/docprobe/results/docprobe.sarif")}


def test_no_file_is_named_that_was_not_written(tmp_path: Path) -> None:
    assert run(tmp_path, code=2)[2] == {"exit-code": "2"}
