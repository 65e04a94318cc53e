"""A memory kill is told as one, whether or not the engine sends its event."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from harness.base.errors import EngineError
from harness.engine.events import ContainerEvents
from harness.engine.protocol import Limits
from tests.harness.engine.conftest import python_bundle

if TYPE_CHECKING:
    from tests.harness.engine.conftest import Open

pytestmark = [pytest.mark.anyio, pytest.mark.engine]

LIMITS = Limits(memory_mib=64, tmp_mib=8)
BOMB = "hoard = []\nwhile True:\n    hoard.append(bytearray(1 << 20))\n"
IN_A_CHILD = f"import subprocess, sys\nsys.exit(subprocess.run([sys.executable, '-c', {BOMB!r}]).returncode != 0)\n"
BY_ITSELF = "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n"


@pytest.fixture(params=["event", "no event"])
def events(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the engine's events as they come, and as from an engine that cannot tell of memory kills."""
    take = ContainerEvents._take

    def without_oom(self: ContainerEvents, event: dict[str, Any]) -> None:
        if event.get("Action") != "oom":
            take(self, event)

    if request.param == "no event":
        monkeypatch.setattr(ContainerEvents, "_take", without_oom)


@pytest.mark.usefixtures("events")
@pytest.mark.parametrize("code", [BOMB, IN_A_CHILD], ids=["itself", "its child"])
async def test_a_memory_kill_is_told(open_engine: Open, code: str) -> None:
    bundle = python_bundle(code)
    async with open_engine(LIMITS) as engine, engine.pod(bundle, await engine.install(bundle)) as pod:
        state = await pod.wait_exit(60)
        assert state is not None
        assert state.sentence == "killed: memory limit 64 MiB"
        assert state.limit == "memory_mib"
        assert [line.text for line in pod.logs()] == []


@pytest.mark.usefixtures("events")
async def test_no_other_kill_is_told_as_one(open_engine: Open) -> None:
    bundle = python_bundle(BY_ITSELF)
    async with open_engine(LIMITS) as engine, engine.pod(bundle, await engine.install(bundle)) as pod:
        state = await pod.wait_exit(60)
        assert state is not None
        assert (state.sentence, state.limit, state.code) == ("ended by signal SIGKILL", None, 137)


async def test_a_memory_kill_of_an_install_is_told(open_engine: Open) -> None:
    """Also where a child of the client was killed and the client only failed."""
    from harness.engine.install.image_builder import Job

    job = Job((("python3", "-c", IN_A_CHILD),), cwd="/tmp", memory_mib=64)
    async with open_engine(LIMITS) as engine:
        base = await engine.base("python")
        try:
            result = await engine.builder.build(base.tag, job, lambda _: (), "", purpose="memory")
        except EngineError as error:  # the worker itself was killed
            pytest.fail(error.message)
        assert (result.code, result.limit) == (1, "memory")
