"""Run a bundle in a pod of a real engine, and see what is left of it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import httpx

from extractor.model import Bundle
from harness.engine.protocol import Limits
from tests.support.engine_client import engine_client

if TYPE_CHECKING:
    from harness.engine.docker_engine import DockerEngine
    from harness.engine.protocol import ExitState, Pod


QUICK = Limits(tmp_mib=8, work_mib=8, memory_mib=128, processes=64, run_s=60, log_bytes=64 * 1024)


def client(pod: Pod) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=pod.transport(), trust_env=False, timeout=10)


async def ends(engine: DockerEngine, bundle: Bundle, timeout_s: float = 120) -> tuple[ExitState, str]:
    """Run a bundle to its end; how it ended and all it said."""
    image = await engine.install(bundle)
    async with engine.pod(bundle, image) as pod:
        state = await pod.wait_exit(timeout_s)
        assert state is not None, f"still runs: {pod.logs()}"
        return state, "\n".join(line.text for line in pod.logs())


def leftovers(run: str) -> tuple[list[object], list[object]]:
    """What the engine still has of a run once it is through with what it says it is removing (60 s at most)."""
    raw = engine_client()
    label = f"docprobe.run={run}"
    until = time.monotonic() + 60.0
    try:
        while True:
            containers = raw.containers(all=True, filters={"label": label})
            volumes = raw.volumes(filters={"label": label})["Volumes"] or []
            removing = any(container["State"] == "removing" for container in containers)
            if not (removing and time.monotonic() < until):
                return containers, volumes
            time.sleep(0.1)
    finally:
        raw.close()


async def line_of(pod: Pod) -> bytes:
    line = b""
    while not line.endswith(b"\n"):
        piece = await pod.receive_stdout()
        assert piece, f"stdout ended after {line!r}"
        line += piece
    return line
