"""Eight pods at a time, and with ``make soak`` one after the other: nothing grows. 80 then, and as many times more as its
SOAK says."""

from __future__ import annotations

import gc
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
import httpx
import pytest

from harness.engine.docker_engine import connect
from harness.engine.protocol import Limits
from tests.harness.engine.conftest import SERVER, python_bundle
from tests.support.docprobe_process import left_in, unfinished
from tests.support.host import HOST
from tests.support.soak import tries

if TYPE_CHECKING:
    import docker

    from harness.engine.docker_engine import DockerEngine

PODS = tries(12, soak=80)
pytestmark = [pytest.mark.anyio, pytest.mark.engine]

QUICK = Limits(tmp_mib=8, memory_mib=128)
WARM_UP = 4
ENDING = 6
"""Pods beside those in use: taken down one after the other, and one that is made ready."""
GROWTH_KIB = 16 * 1024
"""What allocator and caches may take over a whole soak; a leak of one log book or tunnel for each pod is far more."""


def resident_kib() -> int:
    gc.collect()
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    raise AssertionError("no VmRSS")


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208


async def one(engine: DockerEngine) -> None:
    bundle = python_bundle(SERVER)
    async with engine.pod(bundle, await engine.install(bundle)) as pod:
        assert await pod.wait_listening(60)
        async with httpx.AsyncClient(transport=pod.transport(), trust_env=False, timeout=30) as http:
            assert (await http.get("http://localhost:3000/")).status_code == 200


async def settled(raw: docker.APIClient, state: Path, engine: DockerEngine) -> None:
    """Until the teardown, which is off the critical path, has caught up: a warm anchor is all there may be.

    That is one container, its volume, and one slot and one watched exit in docprobe itself.
    """
    with anyio.fail_after(60):
        while len(left_in(raw, state)) > 2 or len(engine._anchors._slots) > 1 or len(engine.run.events._watched) > 1:
            await anyio.sleep(0.1)


@pytest.mark.parametrize("at_once", [pytest.param(1, marks=pytest.mark.soak), 8])
async def test_nothing_grows(raw: docker.APIClient, tmp_path: Path, at_once: int) -> None:
    async with connect(state=tmp_path, host=HOST, limits=QUICK) as engine:
        limiter = anyio.CapacityLimiter(at_once)
        alive: list[int] = []

        async def several(count: int) -> None:
            async def limited() -> None:
                async with limiter:
                    await one(engine)
                    alive.append(len(engine._anchors._slots))

            async with anyio.create_task_group() as tasks:
                for _ in range(count):
                    tasks.start_soon(limited)
            await settled(raw, tmp_path, engine)

        await several(max(WARM_UP, at_once))
        before_kib, before_fds, began = resident_kib(), descriptors(), time.monotonic()
        await several(PODS)
        grown_kib, grown_fds = resident_kib() - before_kib, descriptors() - before_fds
        # `pytest -rP` shows the figures
        print(f"{PODS} pods, {at_once} at a time, in {time.monotonic() - began:.0f} s: "
              f"{before_kib} KiB {grown_kib:+}, {before_fds} descriptors {grown_fds:+}, {max(alive)} pods alive at most")  # fmt: skip
        assert max(alive) <= at_once + ENDING, "pods are made faster than they are taken down"
        # docprobe keeps a connection to the engine for each call that it once made beside others: one more for each pod
        assert grown_fds <= 2 + at_once
        assert grown_kib < GROWTH_KIB
        run = engine.run.owner.run_id
    assert left_in(raw, tmp_path) == []
    assert unfinished(tmp_path) == []
    assert raw.images(filters={"label": f"docprobe.run={run}"}) == []
