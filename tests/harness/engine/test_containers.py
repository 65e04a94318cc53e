"""What the engine is asked for when it creates containers, as values: no engine is needed to see a guard removed."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import docker.errors
import pytest
import requests

from harness.engine import containers
from harness.engine.api import Api
from harness.engine.containers import (
    ContainerSpec,
    EngineRun,
    anchor_container,
    create_container,
    example_container,
    install_container,
    remove_container,
)
from harness.engine.hardening import ROOT_USER
from harness.engine.owner import Owner
from harness.engine.protocol import Limits

MIB = 1024 * 1024
OWNER = Owner("0123456789ab", "fedcba9876543210", Path("/state/runs/0123456789ab.lock"))
LIMITS = Limits(memory_mib=512, cpus=1.5, processes=256, tmp_mib=64)

ANCHOR = anchor_container("base", OWNER, work_mib=64, cpus=2, linger_s=0.1, hosts=frozenset({"auth.example"}))
EXAMPLE = example_container(
    "deps",
    ("node", "server.js"),
    cwd="sub",
    anchor="a1",
    limits=LIMITS,
    cpus=4,
    environment={"PORT": "3000"},
    stdin=False,
)
INSTALL = install_container("base", memory_mib=2048, cpus=4, network="bridge")
BASE = install_container("debian", memory_mib=2048, cpus=4, network="bridge", user=ROOT_USER)
ALL = {"anchor": ANCHOR, "example": EXAMPLE, "install": INSTALL, "base": BASE}


@pytest.fixture(params=ALL)
def spec(request: pytest.FixtureRequest) -> ContainerSpec:
    return ALL[request.param]


def host_config(spec: ContainerSpec) -> dict[str, Any]:
    """The engine's ``HostConfig``, without the text of the seccomp profile."""
    config = dict(spec.host_config)
    config["SecurityOpt"] = [option.partition("=")[0] for option in config["SecurityOpt"]]
    config["Ulimits"] = [dict(limit) for limit in config["Ulimits"]]
    config["LogConfig"] = dict(config["LogConfig"])
    return config


def test_no_container_has_privileges_or_anything_of_the_host(spec: ContainerSpec) -> None:
    config = host_config(spec)
    assert config["CapDrop"] == ["ALL"]
    assert config["SecurityOpt"] == ["no-new-privileges", "seccomp"]
    assert config["AutoRemove"] is True
    assert config["LogConfig"]["Type"] == "none"
    absent = {
        "Binds", "CapAdd", "Devices", "DeviceRequests", "DeviceCgroupRules", "GroupAdd", "IpcMode", "Links",
        "PortBindings", "Privileged", "PublishAllPorts", "UsernsMode", "UTSMode", "VolumeDriver",
    }  # fmt: skip
    assert {key for key in absent if config.get(key)} == set()


def test_every_container_is_limited(spec: ContainerSpec) -> None:
    config = host_config(spec)
    assert 0 < config["Memory"] == config["MemorySwap"], "no swap beyond the memory"
    assert config["NanoCpus"] > 0
    assert config["PidsLimit"] > 0
    assert config["ShmSize"] <= config["Memory"]
    assert config["Ulimits"] == [
        {"Name": "core", "Soft": 0, "Hard": 0}, {"Name": "nofile", "Soft": 4096, "Hard": 4096},
    ]  # fmt: skip
    for options in config["Tmpfs"].values():
        assert {"nosuid", "nodev"} <= set(options.split(","))
        assert "size=" in options
    assert "/tmp" in config["Tmpfs"]


def test_the_anchor_owns_a_network_without_a_way_out() -> None:
    config = host_config(ANCHOR)
    volume = config.pop("Mounts")
    assert config == {
        "AutoRemove": True,
        "CapDrop": ["ALL"],
        "ExtraHosts": ["auth.example:127.0.0.1"],
        "LogConfig": {"Type": "none", "Config": {}},
        "Memory": 96 * MIB,
        "MemorySwap": 96 * MIB,
        "NanoCpus": 1_000_000_000,
        "NetworkMode": "none",
        "PidsLimit": 16,
        "ReadonlyRootfs": True,
        "SecurityOpt": ["no-new-privileges", "seccomp"],
        "ShmSize": MIB,
        "Sysctls": {
            "net.ipv6.conf.all.disable_ipv6": "0",
            "net.ipv6.conf.lo.disable_ipv6": "0",
            "net.ipv4.ip_unprivileged_port_start": "0",
        },
        "Tmpfs": {"/tmp": "rw,nosuid,nodev,mode=1777,size=1m"},
        "Ulimits": config["Ulimits"],
    }
    assert [dict(mount) for mount in volume] == [
        {
            "Target": "/example/app",
            "Source": None,
            "Type": "volume",
            "ReadOnly": False,
            "VolumeOptions": {
                "Labels": OWNER.labels("work"),
                "DriverConfig": {
                    "Name": "local",
                    "Options": {"type": "tmpfs", "device": "tmpfs", "o": "size=64m,mode=1777,nosuid,nodev"},
                },
            },
        }
    ]
    assert (ANCHOR.user, ANCHOR.stdin, ANCHOR.environment) == ("65533:65533", True, {})


def test_the_example_joins_its_anchor_and_has_nothing_else() -> None:
    assert host_config(EXAMPLE) == {
        "AutoRemove": True,
        "CapDrop": ["ALL"],
        "LogConfig": {"Type": "none", "Config": {}},
        "Memory": 512 * MIB,
        "MemorySwap": 512 * MIB,
        "Mounts": [],
        "NanoCpus": 1_500_000_000,
        "NetworkMode": "container:a1",
        "PidMode": "container:a1",
        "PidsLimit": 256,
        "ReadonlyRootfs": True,
        "SecurityOpt": ["no-new-privileges", "seccomp"],
        "ShmSize": 64 * MIB,
        "Tmpfs": {
            "/tmp": "rw,nosuid,nodev,mode=1777,size=64m",
            "/home/example": "rw,nosuid,nodev,mode=0755,uid=65534,gid=65534,size=64m",
        },
        "Ulimits": host_config(EXAMPLE)["Ulimits"],
        "VolumesFrom": ["a1"],
    }
    assert (EXAMPLE.user, EXAMPLE.stdin) == ("65534:65534", False)
    assert EXAMPLE.command[-2:] == ["node", "server.js"]
    assert "/example/app/sub" in EXAMPLE.command
    assert EXAMPLE.environment["PORT"] == "3000"
    assert EXAMPLE.environment["NPM_CONFIG_OFFLINE"] == "true"
    assert EXAMPLE.environment["HOME"] == "/home/example"


def test_an_example_gets_no_more_processors_than_there_are() -> None:
    spec = example_container("d", (), cwd=".", anchor="a", limits=LIMITS, cpus=1, environment={}, stdin=True)
    assert spec.host_config["NanoCpus"] == 1_000_000_000
    spec = anchor_container("b", OWNER, work_mib=1, cpus=0.5, linger_s=0)
    assert spec.host_config["NanoCpus"] == 500_000_000


def test_an_example_may_set_its_own_variables() -> None:
    environment = {"PATH": "/mine"}
    spec = example_container("d", (), cwd=".", anchor="a", limits=LIMITS, cpus=1, environment=environment, stdin=True)
    assert spec.environment["PATH"] == "/mine"


@pytest.mark.parametrize(("spec", "user"), [(INSTALL, "65532:65532"), (BASE, "0:0")], ids=["install", "base"])
def test_an_install_has_a_network_and_a_root_to_write_to(spec: ContainerSpec, user: str) -> None:
    assert host_config(spec) == {
        "AutoRemove": True,
        "CapDrop": ["ALL"],
        "LogConfig": {"Type": "none", "Config": {}},
        "Memory": 2048 * MIB,
        "MemorySwap": 2048 * MIB,
        "Mounts": [],
        "NanoCpus": 4_000_000_000,
        "NetworkMode": "bridge",
        "PidsLimit": 512,
        "ReadonlyRootfs": False,
        "SecurityOpt": ["no-new-privileges", "seccomp"],
        "ShmSize": 1024 * MIB,
        "Tmpfs": {
            "/tmp": "rw,nosuid,nodev,mode=1777,size=1024m",
            "/home/example": "rw,nosuid,nodev,mode=1777,size=1024m",
        },
        "Ulimits": host_config(spec)["Ulimits"],
    }
    assert (spec.user, spec.stdin, spec.environment) == (user, True, {})


def test_three_users_so_that_none_can_change_what_is_anothers() -> None:
    assert len({ANCHOR.user, EXAMPLE.user, INSTALL.user}) == 3
    assert ROOT_USER not in {ANCHOR.user, EXAMPLE.user, INSTALL.user}


def test_a_runtime_is_passed_on() -> None:
    anchor = anchor_container("b", OWNER, work_mib=1, cpus=1, linger_s=0, runtime="runsc")
    example = example_container(
        "d", (), cwd=".", anchor="a", limits=LIMITS, cpus=1, environment={}, stdin=True, runtime="runsc"
    )
    install = install_container("b", memory_mib=1, cpus=1, network="bridge", runtime="runsc")
    assert [spec.host_config["Runtime"] for spec in (anchor, example, install)] == ["runsc"] * 3


def run_on(raw: object) -> EngineRun:
    return EngineRun(Api(raw), OWNER, SimpleNamespace(), LIMITS, cpus=1, kernel="")  # type: ignore[arg-type]


@pytest.mark.anyio
async def test_a_container_is_created_as_its_spec_says(spec: ContainerSpec) -> None:
    asked: dict[str, Any] = {}

    def create(image: str, command: list[str], **options: Any) -> dict[str, str]:
        asked.update(options, image=image, command=command)
        return {"Id": "c1"}

    assert await create_container(run_on(SimpleNamespace(create_container=create)), spec, "7") == "c1"
    assert asked == {
        "image": spec.image,
        "command": list(spec.command),
        "name": "docprobe-0123456789ab-7",
        "user": spec.user,
        "stdin_open": spec.stdin,
        "host_config": spec.host_config,
        "labels": OWNER.labels(spec.role),
        "entrypoint": [],
        "environment": spec.environment,
        "working_dir": "/",
        "use_config_proxy": False,
    }


@pytest.mark.anyio
async def test_a_container_that_cannot_be_started_is_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    removed: list[str] = []

    class Attached:
        closed = False

        async def aclose(self) -> None:
            self.closed = True

    attached = Attached()

    async def attach(api: Api, container: str, *, stdin: bool) -> Attached:
        return attached

    def start(container: str) -> None:
        raise docker.errors.APIError("no", response=requests.Response(), explanation="no such runtime")

    monkeypatch.setattr(containers, "attach", attach)
    raw = SimpleNamespace(start=start, remove_container=lambda container, **options: removed.append(container))
    with pytest.raises(Exception, match="no such runtime"):
        await containers.start_container(run_on(raw), "c1", EXAMPLE)
    assert removed == ["c1"]
    assert attached.closed


@pytest.mark.anyio
async def test_a_container_that_the_engine_removes_is_left_to_it() -> None:
    def remove(container: str, **options: object) -> None:
        raise docker.errors.NotFound("gone", response=requests.Response())

    assert not await remove_container(Api(SimpleNamespace(remove_container=remove)), "c1")  # type: ignore[arg-type]
    done = SimpleNamespace(remove_container=lambda container, **options: None)
    assert await remove_container(Api(done), "c1")  # type: ignore[arg-type]
