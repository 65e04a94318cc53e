"""A run that meets a limit, or a machine that is too busy: docprobe's, not the example's."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

import anyio
import pytest

from extractor.model import ExampleKind, Layout
from harness.config import Config
from harness.engine.protocol import ExitState, Limits
from harness.model import (
    ListeningSocket,
    StartOutcome,
)
from harness.profiles.registry import MCP
from harness.run.attempt import record
from tests.support.dead_pods import SERVER, DeadPod, OnePodEngine, SilentPod, recorded

if TYPE_CHECKING:
    from pathlib import Path

    from harness.engine.protocol import Engine

pytestmark = pytest.mark.anyio


class SlowPod(SilentPod):
    """A pod whose example takes for ever to listen."""

    async def wait_listening(self, timeout_s: float) -> tuple[ListeningSocket, ...]:
        await anyio.sleep_forever()
        return ()


@pytest.mark.parametrize("load", [None, "load 21 on 2 processors"])
async def test_an_example_that_takes_too_long_is_blocked_by_the_name_of_the_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, load: str | None
) -> None:
    monkeypatch.setattr("harness.run.environment_faults.describe_overload", lambda: load)
    config = Config(docs=tmp_path, layout=Layout(), profile=MCP, state=tmp_path / "state", limits=Limits(example_s=0.1))
    engine = cast("Engine", OnePodEngine(SlowPod("still starting")))
    found = await record(engine, SERVER, config, date=None, locks={}, progress=lambda _: None)
    assert (found.runs, found.transcript) == ((), None)
    assert found.blocked is not None
    assert "took more than 0.1 s, docprobe's limit" in found.blocked
    assert "example-s" in found.blocked
    assert found.lasting is (load is None), "a machine that is busy now may be quiet in a minute"


class UncompiledPod(DeadPod):
    """A pod whose example's compiler was ended; ``text`` is the limit, if one did that."""

    def exit_state(self) -> ExitState:
        return ExitState(137, "build step `cargo build` killed", self.text or None, "build")


@pytest.mark.parametrize("load", [None, "load 21 on 2 processors"])
@pytest.mark.parametrize(("limit", "key"), [("build_s", "build-s"), ("memory_mib", "build-memory-mib")])
async def test_a_limit_that_ends_a_compiler_blocks_by_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, key: str, load: str | None
) -> None:
    monkeypatch.setattr("harness.run.environment_faults.describe_overload", lambda: load)
    found = await recorded(tmp_path, SERVER, limit, UncompiledPod)
    assert found.runs == ()
    assert found.blocked == f"build step `cargo build` killed, docprobe's limit (hint: raise {key} in [limits])"
    assert found.lasting is (load is None or limit == "memory_mib")
    ended = await recorded(tmp_path, SERVER, "", UncompiledPod)
    assert [run.outcome for run in ended.runs] == [StartOutcome.BUILD_FAILED, StartOutcome.BUILD_FAILED]


class IdlePod(SilentPod):
    """A pod whose client goes on for ever."""

    async def wait_exit(self, timeout_s: float) -> None:  # type: ignore[override]
        return None


@pytest.mark.parametrize("load", [None, "load 21 on 2 processors"])
async def test_a_client_that_calls_nobody_is_not_judged_on_an_overloaded_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, load: str | None
) -> None:
    monkeypatch.setattr("harness.run.environment_faults.describe_overload", lambda: load)
    found = await recorded(tmp_path, replace(SERVER, kind=ExampleKind.CLIENT), "", IdlePod)
    assert not found.lasting
    if load is None:
        assert {run.outcome for run in found.runs} == {StartOutcome.NO_INITIALIZE}
    else:
        assert (found.runs, found.transcript) == ((), None)
        assert found.blocked is not None
        assert load in found.blocked


@pytest.mark.parametrize("load", [100.0, 0.1])
async def test_a_deadline_decides_nothing_on_an_overloaded_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, load: float
) -> None:
    monkeypatch.setattr("harness.base.host.BUSY_FACTOR", 4.0)
    monkeypatch.setattr("os.getloadavg", lambda: (load, load, load))
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    found = await recorded(tmp_path, SERVER, "still starting", SilentPod)
    if load == 100.0:
        assert found.runs == ()
        assert found.blocked is not None
        assert "load 100 on 2 processors" in found.blocked
    else:
        assert [run.outcome for run in found.runs] == [StartOutcome.NEVER_LISTENED, StartOutcome.NEVER_LISTENED]
    dead = await recorded(tmp_path, SERVER, "Error: no such module")
    assert [run.outcome for run in dead.runs] == [StartOutcome.EXITED, StartOutcome.EXITED]
