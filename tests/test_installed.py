"""docprobe as users install it: built, and run from an empty environment outside the checkout."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

from harness.base.codec import to_json
from harness.cli.main import COMMANDS
from tests.support.report_pieces import transcript

ROOT = Path(__file__).parents[1]
SAMPLE = ROOT / "docs-snapshot" / "sample"
RUN_TIME = ROOT / "requirements-run.lock"


def locked(file: Path) -> dict[str, str]:
    return dict(re.findall(r"^([a-z][\w.-]*)==([\w.]+)", file.read_text("utf-8"), re.MULTILINE))


def test_the_run_time_lock_is_the_lock_without_the_development_tools() -> None:
    run_time, everything = locked(RUN_TIME), locked(ROOT / "requirements.lock")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    wanted = {re.split(r"[\[<>=]", entry)[0] for entry in project["project"]["dependencies"]}
    tools = {re.split(r"[\[<>=]", entry)[0] for entry in project["dependency-groups"]["dev"]} - {"hatchling"}
    assert wanted <= run_time.keys()
    assert run_time.items() <= everything.items()
    assert not tools & run_time.keys()


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel and the sdist."""
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-d", str(folder)], cwd=ROOT, check=True, timeout=120)
    return folder


@pytest.mark.processes
def test_the_sdist_gives_the_same_wheel(built: Path, tmp_path: Path) -> None:
    (archive,) = built.glob("*.tar.gz")
    with tarfile.open(archive) as tar:
        tar.extractall(tmp_path, filter="data")
    (folder,) = tmp_path.iterdir()
    again = tmp_path / "again"
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(again)],
        cwd=folder,
        check=True,
        timeout=120,
    )
    assert names(again) == names(built)
    assert not any(
        part.startswith(".cache") or part == ".venv" for path in folder.iterdir() for part in path.parts[-1:]
    )


def test_the_wheel_holds_what_runs_and_no_tests(built: Path) -> None:
    inside = names(built)
    assert {"docprobe_pytest.py", "harness/cli/main.py", "harness/profiles/mcp/bindings.toml"} <= inside
    data = {str(file.relative_to(ROOT)) for package in ("extractor", "harness") for file in (ROOT / package).rglob("*.*")
            if file.is_file() and file.suffix not in (".pyc", ".md")}  # fmt: skip
    assert data - {"harness/pytest_entry/docprobe_pytest.py"} <= inside
    assert not any(name.startswith("harness/pytest_entry") for name in inside), "it is at the top level of the wheel"
    tops = {name.partition("/")[0] for name in inside}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"extractor", "harness", "docprobe_pytest.py"}


def names(folder: Path) -> set[str]:
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


@pytest.fixture(scope="module")
def environment(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an empty environment in which the wheel and the run-time lock were installed."""
    folder = tmp_path_factory.mktemp("installed")
    uv = [sys.executable, "-m", "uv", "--quiet"]
    python = folder / "venv" / "bin" / "python"
    (wheel,) = built.glob("*.whl")
    for arguments in (
        ["venv", "--python", sys.executable, str(folder / "venv")],
        ["pip", "install", "--python", str(python), "--require-hashes", "--requirement", str(RUN_TIME)],
        ["pip", "install", "--python", str(python), "--no-deps", str(wheel)],
    ):
        subprocess.run([*uv, *arguments], check=True, timeout=300)
    return python.parent


@pytest.mark.registry
@pytest.mark.parametrize(
    "words",
    [
        ("--version",),
        *((name, "--help") for name in COMMANDS),
        ("examples", str(SAMPLE)),
        ("blocks", str(SAMPLE), "--format", "json"),
        ("statements", str(SAMPLE)),
        ("explain", "session.terminated-404", "--results", str(ROOT / "tests" / "fixtures" / "report" / "full.json")),
    ],
    ids=lambda words: "-".join(word for word in words if "/" not in word),
)
def test_the_installed_command(environment: Path, tmp_path: Path, words: tuple[str, ...]) -> None:
    done = installed(environment, tmp_path, *words)
    assert (done.returncode, "Traceback" in done.stderr) == (0, False), done.stderr
    assert done.stdout


@pytest.mark.registry
def test_the_installed_command_judges(environment: Path, tmp_path: Path) -> None:
    saved = tmp_path / "transcript.json"
    saved.write_bytes(to_json(transcript("docs/2025-11-25/tutorials/security/authorization#typescript")))
    done = installed(environment, tmp_path, "judge", str(saved), "--format", "json")
    assert done.returncode == 1, done.stderr
    assert json.loads(done.stdout)["summary"]["gating"]


def installed(environment: Path, cwd: Path, *words: str) -> subprocess.CompletedProcess[str]:
    variables = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    return subprocess.run(
        [environment / "docprobe", *words],
        cwd=cwd,
        env=variables | {"DOCPROBE_STATE": str(cwd / "state")},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
