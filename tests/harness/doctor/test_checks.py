from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from harness.cli.main import cli
from harness.doctor import checks
from harness.doctor.checks import Check, State, exit_code
from harness.engine.engine_info import EngineInfo

if TYPE_CHECKING:
    from pathlib import Path


def run(*arguments: str, **environment: str):  # type: ignore[no-untyped-def]
    return CliRunner().invoke(cli, ["doctor", *arguments], env=environment)


@pytest.mark.parametrize(
    ("states", "code"),
    [
        ([State.OK, State.WARNING], 0),
        ([State.OK, State.MISSING], 3),
        ([State.OK, State.NOT_ASKED], 3),
    ],
)
def test_exit_codes(states: list[State], code: int) -> None:
    assert exit_code([Check("x", state, "") for state in states]) == code


def test_without_an_engine_every_check_says_so(tmp_path: Path) -> None:
    result = run("--format", "json", "--state", str(tmp_path), DOCKER_HOST="unix:///nowhere.sock")
    assert result.exit_code == 3
    document = json.loads(result.stdout)
    assert document["exit_code"] == 3
    checks = {check["name"]: check for check in document["checks"]}
    assert checks["engine"]["state"] == "missing"
    assert "DOCKER_HOST" in checks["engine"]["next"]
    assert checks["registries"]["state"] == "not-asked"
    assert checks["disk of the state folder"]["state"] in ("ok", "warning", "missing")


def test_the_table_says_the_next_step(tmp_path: Path) -> None:
    result = run("--state", str(tmp_path), DOCKER_HOST="unix:///nowhere.sock")
    assert result.exit_code == 3
    assert "no container engine answers" in " ".join(result.stdout.split())
    assert "hint:" in result.stdout


@pytest.mark.parametrize(
    ("info", "name", "state"),
    [
        ({"SecurityOptions": ["name=seccomp,profile=default"], "ServerVersion": "20.10"}, "engine", State.OK),
        ({"SecurityOptions": ["name=apparmor"]}, "engine", State.MISSING),
        ({"SecurityOptions": None}, "engine", State.MISSING),
    ],
)
def test_an_engine_without_seccomp_will_not_do(info: dict[str, object], name: str, state: State) -> None:
    check = checks._engine(EngineInfo.of(info))
    assert (check.name, check.state) == (name, state)
    assert (check.next is None) == (state is State.OK)


def test_limits_that_cannot_be_kept_are_named() -> None:
    assert (
        checks._limits(EngineInfo.of({"MemoryLimit": True, "CpuCfsQuota": True, "PidsLimit": True})).state is State.OK
    )
    rootless = {"CgroupVersion": "1", "MemoryLimit": True, "Rootless": True}
    check = checks._limits(EngineInfo.of(rootless, {"Components": [{"Name": "Podman Engine"}]}))
    assert (check.state, "memory, CPU, processes" in check.what) == (State.WARNING, True)
    podman = EngineInfo.of({"CgroupVersion": "2"}, {"Components": [{"Name": "Podman Engine"}]})
    assert "home can be written to" in checks._limits(podman).what
    assert "Podman" in checks._engine(podman).what
    check = checks._limits(EngineInfo.of({"MemoryLimit": False, "CpuCfsQuota": True, "PidsLimit": False}))
    assert check.state is State.WARNING
    assert "memory, processes" in check.what


def test_disk(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    class Usage:
        free = 0

    monkeypatch.setattr(checks.shutil, "disk_usage", lambda folder: Usage)
    for free_gib, state in ((1, State.MISSING), (3, State.WARNING), (50, State.OK)):
        Usage.free = free_gib << 30
        assert checks._disk("disk", tmp_path / "not/yet/there").state is state
