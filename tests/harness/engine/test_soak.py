"""Many pods, in a row and side by side: nothing grows. With DOCPROBE_SOAK 500 pods, without a handful."""

from __future__ import annotations

import gc
import os
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
import httpx
import pytest

from harness.engine.protocol import Limits
from harness.engine.reaper import containers, volumes
from tests.harness.engine.conftest import SERVER, python_bundle

if TYPE_CHECKING:
    from harness.engine.client import DockerEngine
    from tests.harness.engine.conftest import Open

pytestmark = [pytest.mark.anyio, pytest.mark.engine]

PODS, SIDE_BY_SIDE = (500, 8) if os.environ.get("DOCPROBE_SOAK") else (8, 2)
LIMITS = Limits(tmp_mib=8, memory_mib=128, log_bytes=64 * 1024)


def descriptors() -> int:
    gc.collect()
    return len(list(Path("/proc/self/fd").iterdir()))


def memory_mib() -> float:
    gc.collect()
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


async def test_nothing_grows(open_engine: Open) -> None:
    bundle = python_bundle(SERVER)

    async def one(engine: DockerEngine) -> None:
        async with engine.pod(bundle, await engine.install(bundle)) as pod:
            assert await pod.wait_listening(120), pod.exit_state()
            async with httpx.AsyncClient(transport=pod.transport(), trust_env=False, timeout=60) as client:
                assert (await client.get("http://localhost:3000/")).status_code == 200

    async def worker(engine: DockerEngine, pods: int) -> None:
        for _ in range(pods):
            await one(engine)

    async with open_engine(LIMITS) as engine:
        await worker(engine, 2)  # what is made once has been made
        before, memory_before = descriptors(), memory_mib()
        async with anyio.create_task_group() as tasks:
            for _ in range(SIDE_BY_SIDE):
                tasks.start_soon(worker, engine, PODS // SIDE_BY_SIDE)
        # those of the pods before are still being taken down, and one anchor is kept warm
        with anyio.fail_after(120):
            while len(await containers(engine.api, engine.owner.run)) > 1:
                await anyio.sleep(0.1)
        assert descriptors() <= before + 2 * SIDE_BY_SIDE + 8, "descriptors grow (the pool keeps some connections)"
        assert memory_mib() <= memory_before + 20 + PODS * 0.02
        assert len(engine._events._fates) <= 1
        run, api = engine.owner.run, engine.api
        fates = engine._events._fates
        del api
    assert fates == {}
    async with open_engine(LIMITS) as engine:
        assert await containers(engine.api, run) == []
        assert await volumes(engine.api, run) == []
