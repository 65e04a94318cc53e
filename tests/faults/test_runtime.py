"""``--runtime NAME``: every container is made by that runtime, and a name the engine does not know is wrong use."""

from __future__ import annotations

import shutil
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from harness.base.host import HostEnvironment
from harness.engine.docker_engine import connect
from harness.engine.install.image_builder import Job
from harness.engine.protocol import Limits
from tests.faults.own_engine import GVISOR, RUNTIME
from tests.harness.engine.conftest import SERVER, python_bundle
from tests.support.docprobe_process import ENDS_S, left_in, report, start

if TYPE_CHECKING:
    from pathlib import Path

    from tests.faults.own_engine import OwnEngine

pytestmark = [pytest.mark.anyio, pytest.mark.engine]


def started(engine: OwnEngine, run: str, since: float) -> dict[str, str]:
    """Every container that was started for a run: id to role."""
    raw = engine.client()
    filters = {"type": "container", "event": "start", "label": f"docprobe.run={run}"}
    until = time.time() + 1
    found = raw.events(since=int(since), until=int(until), filters=filters, decode=True)
    roles = {event["Actor"]["ID"]: event["Actor"]["Attributes"]["docprobe"] for event in found}
    raw.close()
    return roles


async def test_every_container_is_made_by_it(engine: OwnEngine, state: Path) -> None:
    """Those that install, that hold a pod, that build and that run the example."""
    since = time.time()
    bundle = python_bundle(SERVER, build=(("true",),))
    limits = Limits(tmp_mib=8, memory_mib=128)
    async with connect(
        state=state, host=HostEnvironment.of(engine.environment), limits=limits, runtime=RUNTIME
    ) as ours:
        run = ours.run.owner.run_id
        # as an install, but without a network: this engine has none
        builder = replace(ours.builder, network="none")
        base = await ours.base("python")
        result = await builder.build(base.tag, Job((("true",),)), lambda _: (), "", purpose="install")
        assert result.code == 0
        async with ours.pod(bundle, await ours.install(bundle)) as pod:
            assert await pod.wait_listening(30)
            await pod.restart()
            assert await pod.wait_listening(30)
    roles = started(engine, run, since)
    assert sorted(set(roles.values())) == ["anchor", "example", "install"]
    assert list(roles.values()).count("example") == 3
    assert set(roles) <= engine.made_by_runtime()


async def test_without_it_none_is(engine: OwnEngine, state: Path) -> None:
    since = time.time()
    bundle = python_bundle(SERVER)
    async with connect(state=state, host=HostEnvironment.of(engine.environment)) as ours:
        async with ours.pod(bundle, await ours.install(bundle)) as pod:
            assert await pod.wait_listening(30)
        run = ours.run.owner.run_id
    roles = started(engine, run, since)
    assert roles
    assert not set(roles) & engine.made_by_runtime()


def test_check_passes_it_on(engine: OwnEngine, docs: Path, state: Path, tmp_path: Path) -> None:
    before = len(engine.made_by_runtime())
    out = tmp_path / "out.json"
    with start(docs, state, out, "--runtime", RUNTIME, environment=engine.environment) as process:
        said = process.communicate(timeout=ENDS_S)[0]
    assert process.returncode in {0, 1}, said
    examples = report(out)["examples"]
    assert {example["status"] for example in examples} == {"judged"}
    assert len(engine.made_by_runtime()) - before >= 2 * len(examples)
    raw = engine.client()
    assert left_in(raw, state) == []
    raw.close()


def test_an_unknown_one_is_wrong_use(engine: OwnEngine, docs: Path, state: Path, tmp_path: Path) -> None:
    with start(docs, state, tmp_path / "out.json", "--runtime", "runsc", environment=engine.environment) as process:
        said = process.communicate(timeout=ENDS_S)[0]
    assert process.returncode == 2
    assert "error: the engine has no runtime runsc\nhint: register it with the engine" in said
    assert "Traceback" not in said


def test_one_that_only_the_engine_knows_is_told_by_the_engine(
    engine: OwnEngine, docs: Path, state: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.json"
    with start(docs, state, out, "--runtime", "io.containerd.none.v1", environment=engine.environment) as process:
        said = process.communicate(timeout=ENDS_S)[0]
    assert process.returncode == 3, said
    reasons = [example["reason"] for example in report(out)["examples"]]
    assert all("io.containerd.none.v1" in reason and "hint:" in reason for reason in reasons), reasons


@pytest.mark.skipif(shutil.which("runsc") is None, reason="needs runsc (Debian has it: apt-get install runsc)")
def test_gvisor(engine: OwnEngine, docs: Path, state: Path, tmp_path: Path) -> None:
    """A kernel of its own for each container, and the whole conversation all the same."""
    out = tmp_path / "out.json"
    with start(docs, state, out, "--runtime", GVISOR, "--jobs", "1", environment=engine.environment) as process:
        said = process.communicate(timeout=ENDS_S)[0]
    assert process.returncode in {0, 1}, said
    assert {example["status"] for example in report(out)["examples"]} == {"judged"}
    raw = engine.client()
    assert left_in(raw, state) == []
    raw.close()
