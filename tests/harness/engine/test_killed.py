"""SIGKILL of docprobe at random moments leaves nothing. 25 kills with ``make soak``, and as many times more as its SOAK says."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import docker
import pytest

from harness.engine.docker_engine import connect
from tests.support.engine_client import engine_client
from tests.support.host import HOST
from tests.support.soak import tries

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.anyio, pytest.mark.engine, pytest.mark.attack("kills")]

KILLS = tries(10, soak=25)
GONE_S = 20.0
"""Usually a tenth of a second; up to the anchor's FIRST_WORD_S if docprobe died just before the anchor was started."""

VICTIM = """
import sys
from pathlib import Path
import anyio
from harness.engine.docker_engine import connect
from tests.support.engine_client import engine_client
from tests.support.host import HOST
from harness.engine.protocol import Limits
from harness.model import LogLine
from tests.harness.engine.conftest import SERVER, python_bundle

class Service:
    port = 8080
    async def serve(self, stream): await stream.receive()
    def log(self): return ()

async def one(engine, bundle):
    while True:
        async with engine.pod(bundle, await engine.install(bundle), [Service()]) as pod:
            await pod.wait_listening(20)
            await pod.restart()

async def main():
    bundle = python_bundle(SERVER)
    async with connect(state=Path(sys.argv[1]), host=HOST, limits=Limits(tmp_mib=8, memory_mib=128)) as engine:
        print(engine.run.owner.run_id, flush=True)
        async with anyio.create_task_group() as tasks:
            for _ in range(2):
                tasks.start_soon(one, engine, bundle)

anyio.run(main)
"""


@pytest.fixture
def raw() -> Iterator[docker.APIClient]:
    client = engine_client()
    yield client
    client.close()


def left(raw: docker.APIClient, run: str) -> list[dict[str, Any]]:
    return list(raw.containers(all=True, filters={"label": f"docprobe.run={run}"}))


def volumes(raw: docker.APIClient, run: str) -> list[dict[str, Any]]:
    return raw.volumes(filters={"label": f"docprobe.run={run}"})["Volumes"] or []


@pytest.mark.parametrize("kill", range(KILLS))
async def test_sigkill_leaves_nothing(raw: docker.APIClient, engine_state: Path, kill: int) -> None:
    moment_s = random.uniform(0.0, 2.5)
    async with connect(state=engine_state, host=HOST) as engine:
        await engine.base("python")
    victim = subprocess.Popen(
        [sys.executable, "-c", VICTIM, str(engine_state)], stdout=subprocess.PIPE, text=True, cwd=Path.cwd()
    )
    assert victim.stdout is not None
    with victim, victim.stdout:
        run = victim.stdout.readline().strip()
        time.sleep(moment_s)
        victim.send_signal(signal.SIGKILL)
    assert run

    # what ran ends by itself: nobody is there to remove it
    until = time.monotonic() + GONE_S
    while (rest := [c for c in left(raw, run) if c["State"] != "created"]) and time.monotonic() < until:
        time.sleep(0.05)
    assert rest == [], f"killed after {moment_s} s"

    # what was created at that very moment and never started goes at the next start, and so does the lock file
    # (one that a busy engine finishes making after its client has died, at the start after)
    while True:
        async with connect(state=engine_state, host=HOST):
            remains = [*left(raw, run), *volumes(raw, run)]
        if not remains or time.monotonic() > until:
            break
    assert remains == []
    assert not (engine_state / "runs" / f"{run}.lock").exists()


NEIGHBOUR = """
import sys
from pathlib import Path
import anyio
from harness.engine.docker_engine import connect
from tests.support.engine_client import engine_client
from tests.support.host import HOST
from tests.harness.engine.conftest import SERVER, python_bundle

async def main():
    bundle = python_bundle(SERVER)
    async with connect(state=Path(sys.argv[1]), host=HOST) as engine, engine.pod(bundle, await engine.install(bundle)) as pod:
        await pod.wait_listening(60)
        print(engine.run.owner.run_id, flush=True)
        await anyio.to_thread.run_sync(sys.stdin.read)

anyio.run(main)
"""


async def test_a_neighbours_pods_are_left_alone(raw: docker.APIClient, engine_state: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", NEIGHBOUR, str(engine_state)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        cwd=Path.cwd(),
    ) as neighbour:  # fmt: skip
        assert neighbour.stdout is not None
        assert neighbour.stdin is not None
        run = neighbour.stdout.readline().strip()
        before = {c["Id"] for c in left(raw, run)}
        async with connect(state=engine_state, host=HOST):
            pass
        assert {c["Id"] for c in left(raw, run)} == before
        assert len(before) == 2
        assert (engine_state / "runs" / f"{run}.lock").exists()
        neighbour.stdin.close()
        neighbour.wait(30)
    assert left(raw, run) == []
