"""The engine killed, hung and full in the middle of a run: the message says so, nothing is left, the next run works."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING

import anyio
import pytest

from harness.base.errors import BlockedError, EngineError
from harness.base.host import HostEnvironment
from harness.engine import api
from harness.engine.api import SilentError
from harness.engine.docker_engine import connect
from harness.engine.protocol import Limits
from tests.harness.engine.conftest import SERVER, python_bundle
from tests.support.docprobe_process import ENDS_S, left_in, report, start, unfinished, until_one_runs

if TYPE_CHECKING:
    from pathlib import Path

    from tests.faults.own_engine import OwnEngine

pytestmark = [pytest.mark.anyio, pytest.mark.engine]

QUICK = Limits(tmp_mib=8, memory_mib=128)


async def works(engine: OwnEngine, state: Path) -> None:
    """A pod comes up and nothing is left of it, nor of what was before."""
    bundle = python_bundle(SERVER)
    raw = engine.client()
    with anyio.fail_after(60):
        while True:
            # what a hanging engine was asked to create, it creates when it goes on; the next start removes it
            async with connect(state=state, host=HostEnvironment.of(engine.environment)):
                pass
            if not left_in(raw, state):
                break
            await anyio.sleep(0.5)
    async with (
        connect(state=state, host=HostEnvironment.of(engine.environment), limits=QUICK) as ours,
        ours.pod(bundle, await ours.install(bundle)) as pod,
    ):
        assert await pod.wait_listening(30)
    assert left_in(raw, state) == []
    assert raw.images(filters={"dangling": True}) == []
    raw.close()
    assert unfinished(state) == []


def test_killed_in_the_middle_of_a_run(engine: OwnEngine, docs: Path, state: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    raw = engine.client()
    with start(docs, state, out, "--jobs", "1", environment=engine.environment) as process:
        until_one_runs(raw, state, process)
        raw.close()
        engine.die()
        said = process.communicate(timeout=ENDS_S)[0]
    try:
        assert process.returncode == 3, said
        assert "Traceback" not in said
        examples = report(out)["examples"]
        assert {example["status"] for example in examples} == {"blocked"}
        assert all("engine" in example["reason"] and "docprobe doctor" in example["reason"] for example in examples)
        assert unfinished(state) == []
    finally:
        engine.start()
    anyio.run(works, engine, state)


async def test_hanging(engine: OwnEngine, state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every call has a deadline, and the message names the call and the next step."""
    bundle = python_bundle(SERVER)
    usual = api.CALL_S
    caught: list[BlockedError] = []
    try:
        async with connect(state=state, host=HostEnvironment.of(engine.environment), limits=QUICK) as ours:
            image = await ours.install(bundle)
            async with ours.pod(bundle, image) as pod:
                assert await pod.wait_listening(30)
            # only now: an engine that is busy may take longer than that
            monkeypatch.setattr(api, "CALL_S", 1.5)
            began = time.monotonic()
            engine.signal(signal.SIGSTOP)
            for _ in range(2):  # the first may find an anchor that was made ready before
                try:
                    async with ours.pod(bundle, image) as pod:
                        pass
                except BlockedError as error:
                    caught.append(error)
            took = time.monotonic() - began
    finally:
        engine.signal(signal.SIGCONT)
        monkeypatch.setattr(api, "CALL_S", usual)
    assert took < 60
    assert caught
    assert isinstance(caught[-1], SilentError)
    assert "restart the engine" in (caught[-1].hint or "")
    await works(engine, state)


async def test_not_answering_from_the_start(engine: OwnEngine, state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "CALL_S", 1.0)
    engine.signal(signal.SIGSTOP)
    try:
        with pytest.raises(EngineError, match="does not answer within 1 s"):
            async with connect(state=state, host=HostEnvironment.of(engine.environment)):
                pass
    finally:
        engine.signal(signal.SIGCONT)
    assert unfinished(state) == []


async def test_full_disk(engine: OwnEngine, state: Path) -> None:
    bundle = python_bundle(SERVER)
    engine.fill()

    async def run() -> None:
        async with (
            connect(state=state, host=HostEnvironment.of(engine.environment), limits=QUICK) as ours,
            ours.pod(bundle, await ours.install(bundle)),
        ):
            pass

    try:
        with pytest.raises(BlockedError) as caught:
            await run()
        assert "no space left" in caught.value.message
        assert caught.value.hint
    finally:
        engine.unfill()
    await works(engine, state)
