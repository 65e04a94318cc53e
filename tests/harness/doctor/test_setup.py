"""Getting an engine: what would be done on which machine. Nothing is installed here."""

from __future__ import annotations

import dataclasses

import pytest

from harness.base.errors import EngineError
from harness.base.host import HostEnvironment
from harness.doctor import setup
from harness.doctor.setup import Machine, install_commands, start_commands
from harness.engine.api import SilentError

FRESH = Machine(root=True, debian=True, dockerd=False, systemd=False, service=False, cgroups=True)


class World:
    """A machine on which commands only take effect on paper."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, machine: Machine, answers_after: str | None) -> None:
        self.machine = machine
        self.done: list[str] = []
        self.said: list[str] = []
        self.answers_after = answers_after
        monkeypatch.setattr(setup.Machine, "here", lambda host: self.machine)
        monkeypatch.setattr(setup, "_engine_problem", self.problem)
        monkeypatch.setattr(setup, "_run", self.run)
        monkeypatch.setattr(setup, "_start", self.start)
        monkeypatch.setattr(setup, "_START_S", 0.05)
        monkeypatch.setattr(setup.time, "sleep", lambda seconds: None)

    async def problem(self, host: object) -> EngineError | None:
        up = self.answers_after is None or self.answers_after in self.done
        return None if up else EngineError("no container engine answers")

    def start(self, command: list[str], host: object) -> bool:
        self.done.append(" ".join(command))
        return True

    def run(self, command: list[str], report: object, host: object) -> None:
        self.done.append(" ".join(command))
        if "docker.io" in command:
            self.machine = dataclasses.replace(self.machine, dockerd=True, service=True)


def test_an_engine_that_answers_is_never_touched(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(monkeypatch, FRESH, answers_after=None)
    setup.ensure_engine(True, world.said.append, HostEnvironment({}))
    assert (world.done, world.said) == ([], [])


def test_a_fresh_debian(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(monkeypatch, FRESH, answers_after="service docker start")
    setup.ensure_engine(True, world.said.append, HostEnvironment({}))
    assert world.done == [
        "apt-get update",
        "apt-get install --yes --no-install-recommends docker.io mmdebstrap",
        "service docker start",
    ]
    assert any("service docker start" in text for text in world.said)


def test_where_no_service_starts_it_the_engine_is_started_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(monkeypatch, dataclasses.replace(FRESH, dockerd=True, service=True), answers_after="dockerd")
    setup.ensure_engine(True, world.said.append, HostEnvironment({}))
    assert world.done == ["service docker start", "dockerd"]


def test_forbidden(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(monkeypatch, FRESH, answers_after="never")
    with pytest.raises(EngineError) as caught:
        setup.ensure_engine(False, world.said.append, HostEnvironment({}))
    assert world.done == []
    assert "DOCPROBE_INSTALL_ENGINE" in (caught.value.hint or "")


@pytest.mark.parametrize("machine", [dataclasses.replace(FRESH, root=False), dataclasses.replace(FRESH, debian=False)])
def test_where_it_cannot_be_done(monkeypatch: pytest.MonkeyPatch, machine: Machine) -> None:
    world = World(monkeypatch, machine, answers_after="never")
    with pytest.raises(EngineError) as caught:
        setup.ensure_engine(True, world.said.append, HostEnvironment({}))
    assert world.done == []
    assert caught.value.exit_code == 3
    assert caught.value.hint


def test_an_engine_that_the_user_names_is_the_users(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(monkeypatch, FRESH, answers_after="never")
    with pytest.raises(EngineError) as caught:
        setup.ensure_engine(True, world.said.append, HostEnvironment({"DOCKER_HOST": "tcp://elsewhere.invalid:2376"}))
    assert world.done == []
    assert "DOCKER_HOST" in (caught.value.hint or "")


def test_an_engine_that_hangs_gets_no_second_beside_it(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(monkeypatch, FRESH, answers_after="never")

    async def hangs(host: object) -> EngineError:
        return SilentError("the container engine does not answer within 30 s")

    monkeypatch.setattr(setup, "_engine_problem", hangs)
    with pytest.raises(SilentError):
        setup.ensure_engine(True, world.said.append, HostEnvironment({}))
    assert world.done == []


def test_installed_and_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(monkeypatch, dataclasses.replace(FRESH, dockerd=True), answers_after="never")
    with pytest.raises(EngineError) as caught:
        setup.ensure_engine(True, world.said.append, HostEnvironment({}))
    assert "does not start" in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("change", "packages"),
    [
        ({}, "docker.io mmdebstrap"),
        ({"cgroups": False}, "docker.io mmdebstrap cgroupfs-mount"),
        ({"cgroups": False, "systemd": True}, "docker.io mmdebstrap"),
    ],
)
def test_packages(change: dict[str, bool], packages: str) -> None:
    assert " ".join(install_commands(dataclasses.replace(FRESH, **change))[1]).endswith(packages)


@pytest.mark.parametrize(
    ("change", "commands"),
    [
        ({"systemd": True, "service": True}, [["systemctl", "start", "docker"]]),
        ({"service": True}, [["service", "docker", "start"], ["dockerd"]]),
        ({}, [["dockerd"]]),
        ({"root": False}, []),
    ],
)
def test_starting(change: dict[str, bool], commands: list[list[str]]) -> None:
    assert start_commands(dataclasses.replace(FRESH, **change)) == commands
