"""What an install may bring: packages of a registry, by name and version, and none of their code is run."""

from __future__ import annotations

import json

import pytest

from extractor.model import Dependency
from harness.base.errors import InstallError, UsageError
from harness.engine.install import npm, pypi

pytestmark = pytest.mark.attack("dependencies and locks")

ELSEWHERE = (
    "./evil.tgz", "file:../../evil", "link:/etc", "git+https://evil.example/x.git", "https://evil.example/x.tgz",
    "github:evil/x", "evil/x", "npm:../x@1", "workspace:*", "1.0.0 && touch trap",
    "$(touch trap)", "--registry=http://evil.example",
)  # fmt: skip


@pytest.mark.parametrize("wanted", ELSEWHERE)
def test_npm_takes_nothing_but_a_version_range(wanted: str) -> None:
    with pytest.raises(InstallError, match="is not an npm package"):
        npm.plan([Dependency("left-pad", wanted)], cutoff=None, lock=None, allow_scripts=False)


@pytest.mark.parametrize("name", ["../evil", "/etc/passwd", "--ignore-scripts=false", "a b", "@a/../b", "x" * 300, ""])
def test_npm_takes_nothing_but_a_name(name: str) -> None:
    with pytest.raises(InstallError):
        npm.plan([Dependency(name)], cutoff=None, lock=None, allow_scripts=False)


@pytest.mark.parametrize(
    "name",
    ["./evil.whl", "evil @ https://evil.example/x.whl", "-r /etc/passwd", "--index-url=http://evil.example", "x\n-e ."],
)
def test_uv_takes_nothing_but_a_requirement(name: str) -> None:
    with pytest.raises(InstallError, match="is not a Python package"):
        pypi.plan([Dependency(name)], cutoff=None, lock=None, allow_scripts=False)


def test_no_install_runs_code_of_a_package() -> None:
    steps = npm.plan([Dependency("a")], cutoff=None, lock=None, allow_scripts=False).steps
    installs = [step for step in steps if step[0] == "npm"]
    assert installs
    assert all("--ignore-scripts" in step for step in installs)
    # docprobe's own script reads what was installed, and starts nothing of it
    others = [step for step in steps if step[0] != "npm"]
    assert all(step[:2] == ("node", "-e") for step in others)
    assert not any(word in step[2] for step in others for word in ("child_process", "import("))
    steps = pypi.plan([Dependency("a")], cutoff=None, lock=None, allow_scripts=False).steps
    uv = [step for step in steps if step[:2] == ("uv", "pip")]
    assert len(uv) == 2
    assert all("--only-binary" in step for step in uv)
    # starting the environment's own Python would run the code lines of every .pth file that a wheel brought
    assert not any("--compile-bytecode" in step for step in steps)
    python = [step for step in steps if "python" in step[0]]
    assert python
    assert all(step[:3] == ("python3", "-I", "-S") for step in python)


@pytest.mark.parametrize(
    "entries",
    [
        {"node_modules/evil": {"version": "1.0.0", "resolved": "https://evil.example/evil.tgz"}},
        {"node_modules/evil": {"version": "1.0.0", "resolved": "git+ssh://git@evil.example/x.git#1"}},
        {"node_modules/evil": {"resolved": "../../etc", "link": True}},
        {"node_modules/evil": {"link": True}},
        {"../../../etc/cron.d": {"version": "1.0.0"}},
        {"node_modules/../../evil": {"version": "1.0.0"}},
        {"packages/evil": {"version": "1.0.0"}},
    ],
)
def test_an_npm_lock_names_no_other_source(entries: dict[str, object]) -> None:
    lock = json.dumps({"lockfileVersion": 3, "packages": {"": {"dependencies": {"evil": "1.0.0"}}, **entries}})
    with pytest.raises(UsageError, match="from outside the registry"):
        npm.plan([Dependency("evil")], cutoff=None, lock=lock, allow_scripts=False)


def test_an_npm_lock_as_docprobe_writes_it_is_taken() -> None:
    entries = {"": {"dependencies": {"@a/b": "^1"}}, "node_modules/@a/b": {"version": "1.0.0", "integrity": "sha512-x"},
               "node_modules/@a/b/node_modules/c.d": {"version": "2.0.0", "hasInstallScript": True}}  # fmt: skip
    lock = json.dumps({"lockfileVersion": 3, "packages": entries})
    assert npm.plan([Dependency("@a/b")], cutoff=None, lock=lock, allow_scripts=False).steps[0][1] == "ci"


@pytest.mark.parametrize(
    "line",
    ["--index-url http://evil.example", "-r /etc/passwd", "evil @ https://evil.example/x.whl", "./evil.whl", "-e .",
     "evil==1.0 --config-settings=x=y", "evil>=1", "--find-links /tmp", "evil==1.0 ; python_version>'3' \\\\ -e ."],
)  # fmt: skip
def test_a_uv_lock_names_no_other_source(line: str) -> None:
    with pytest.raises(UsageError, match="not a pinned package"):
        pypi.plan([Dependency("evil")], cutoff=None, lock=f"anyio==4.1.0\n{line}\n", allow_scripts=False)


def test_a_uv_lock_as_uv_writes_it_is_taken() -> None:
    lock = (
        "anyio==4.1.0 ; python_full_version >= '3.9' \\\n    --hash=sha256:00ff \\\n    --hash=sha256:11ee\n"
        "torch==2.1.0+cpu \\\n    --hash=sha256:00ff\n# a comment\n\n"
    )
    assert pypi.plan([Dependency("anyio")], cutoff=None, lock=lock, allow_scripts=False).files
