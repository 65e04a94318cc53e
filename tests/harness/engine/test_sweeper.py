"""What a killed run left goes within seconds, what ended well costs nothing, and nobody else's is touched."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any, cast

import pytest

from harness.base.host import HostEnvironment
from harness.engine import sweeper
from harness.engine.owner import RUN_LABEL

if TYPE_CHECKING:
    from harness.engine.api import Api

pytestmark = [pytest.mark.anyio, pytest.mark.processes]


class Engine:
    """An engine with the containers of two runs; each listing brings the next of those that come late."""

    def __init__(self, there: list[dict[str, Any]], late: list[dict[str, Any]]) -> None:
        self.there = there
        self.late = late
        self.removed: list[str] = []
        self.raw = self

    async def call(self, what: str, function: Any, *arguments: Any, **more: Any) -> Any:
        return function(*arguments, **more)

    def containers(self, *, filters: dict[str, str], **_: Any) -> list[dict[str, Any]]:
        if self.late:
            self.there.append(self.late.pop(0))
        run = filters["label"].partition("=")[2]
        return [c for c in self.there if c["Labels"][RUN_LABEL] == run and c["Id"] not in self.removed]

    def volumes(self, **_: Any) -> dict[str, Any]:
        return {"Volumes": None}

    def remove_container(self, container: str, **_: Any) -> None:
        self.removed.append(container)


def container(name: str, run: str = "mine", state: str = "created") -> dict[str, Any]:
    return {"Id": name, "State": state, "Labels": {RUN_LABEL: run}}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("SWEEP_S", 3.0), ("QUIET_S", 0.3), ("PATIENCE_S", 0.5), ("_EVERY_S", 0.01)):
        monkeypatch.setattr(sweeper, name, value)


async def test_created_containers_go_at_once_and_those_that_come_late_too() -> None:
    engine = Engine([container("a"), container("other", "theirs")], [container("b"), container("c")])
    await sweeper.sweep(cast("Api", engine), "mine")
    assert engine.removed == ["a", "b", "c"]


async def test_running_ones_have_time_to_end_by_themselves() -> None:
    engine = Engine([container("stuck", state="running"), container("a")], [])
    await sweeper.sweep(cast("Api", engine), "mine")
    assert engine.removed == ["a", "stuck"]


def sweeper_after(monkeypatch: pytest.MonkeyPatch, *unsure: str, killed: bool = False) -> str:
    """What a sweeper does that is started for a run: its program says so instead of sweeping."""
    said = "import sys; print('all is well' if sys.stdin.buffer.read() == b'done' else 'sweeps ' + sys.argv[1])"
    monkeypatch.setattr(sweeper, "_PROGRAM", said)
    started: list[subprocess.Popen[bytes]] = []
    popen = subprocess.Popen

    def spied(*arguments: Any, **more: Any) -> Any:
        started.append(popen(*arguments, **{**more, "stdout": subprocess.PIPE}))
        return started[-1]

    monkeypatch.setattr(subprocess, "Popen", spied)
    with sweeper.sweeping("a-run", HostEnvironment()) as list_of_unsure:
        list_of_unsure += unsure
        (process,) = started
        if killed:
            assert process.stdin is not None
            process.stdin.close()
    assert process.stdout is not None
    with process.stdout as stdout:
        answer = stdout.read().decode().strip()
    process.wait()
    return answer


def test_a_run_that_ended_well_is_not_swept(monkeypatch: pytest.MonkeyPatch) -> None:
    assert sweeper_after(monkeypatch) == "all is well"


def test_a_run_that_died_is_swept(monkeypatch: pytest.MonkeyPatch) -> None:
    assert sweeper_after(monkeypatch, killed=True) == "sweeps a-run"


def test_so_is_one_whose_creation_of_a_container_was_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    assert sweeper_after(monkeypatch, "docprobe-a-run-anchor-1") == "sweeps a-run"


def test_the_program_imports_nothing_while_all_is_well() -> None:
    code = (
        "import sys, io; sys.stdin = io.TextIOWrapper(io.BytesIO(b'done'))\n"
        "from harness.engine.sweeper import main; main()\n"
        "assert not {'anyio', 'docker', 'httpx'} & set(sys.modules), 'imported'"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
