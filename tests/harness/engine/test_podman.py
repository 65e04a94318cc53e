"""What Podman gets in place of what it cannot read."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from harness.base.errors import EngineError
from harness.engine.api import Api
from harness.engine.hardening import Resources, host_config, private_home, seccomp_profile
from harness.engine.podman import PodmanFiles


def files(state: Path, address: str = "http+docker://localhost") -> PodmanFiles:
    return PodmanFiles.write(Api(SimpleNamespace(base_url=address)), state)  # type: ignore[arg-type]


def test_the_same_limits_in_another_form(tmp_path: Path) -> None:
    config = host_config(Resources(1, 1, 1, 1), network="none", runtime=None, tmpfs=private_home(5))
    changed = files(tmp_path).adapted(config, frozenset())
    no_new, seccomp = changed["SecurityOpt"]
    assert no_new == "no-new-privileges"
    assert json.loads(Path(seccomp.removeprefix("seccomp=")).read_text()) == json.loads(seccomp_profile())
    assert changed["Tmpfs"] == {
        "/tmp": config["Tmpfs"]["/tmp"],
        "/home/example": "rw,nosuid,nodev,mode=1777,size=5m",
    }
    limits = {limit["Name"]: limit["Hard"] for limit in changed["Ulimits"]}
    assert limits.keys() == {"core", "nofile", "nproc"}
    assert 0 < limits["nproc"] < 2**20
    assert {key for key in config if config[key] != changed[key]} == {"SecurityOpt", "Tmpfs", "Ulimits"}


def test_who_shares_a_network_gets_its_names_and_not_those_of_the_machine(tmp_path: Path) -> None:
    config = host_config(Resources(1, 1, 1, 1), network="container:abc", runtime=None)
    (bind,) = files(tmp_path).adapted(config, frozenset({"b.example", "a.example"}))["Binds"]
    file, target, mode = bind.split(":")
    assert (target, mode) == ("/etc/hosts", "ro")
    names = "127.0.0.1 localhost\n::1 localhost\n127.0.0.1 a.example\n127.0.0.1 b.example\n"
    assert Path(file).read_text() == names
    assert "Binds" not in host_config(Resources(1, 1, 1, 1), network="none", runtime=None)


def test_podman_on_another_machine_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="another machine"):
        files(tmp_path, "https://podman.example:2376")
