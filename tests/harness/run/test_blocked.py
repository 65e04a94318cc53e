"""Examples that a run could not check: what is reported of them has a cause and a next step."""

from __future__ import annotations

import re
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import anyio
import pytest

from harness.base.errors import BlockedError, EngineError, UsageError
from harness.engine.protocol import Limits
from harness.model import Recording, Status
from harness.run import recorder, run_results
from harness.run.observer import Silent
from tests.support.runs import FAILED, run_all, two_pages, without_engine

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from harness.config import Config
    from harness.model import ExampleResult

pytestmark = pytest.mark.anyio


@pytest.mark.processes
async def test_what_an_interrupted_run_did_not_come_to_is_not_reported_one_by_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop = anyio.Event()
    reported: list[str] = []

    class Watching(Silent):
        def finished(self, result: ExampleResult) -> None:
            reported.append(result.id)

    config = two_pages(tmp_path)

    async def record(*_: object, **__: object) -> Recording:
        stop.set()
        await anyio.sleep_forever()
        raise AssertionError

    monkeypatch.setattr(recorder, "record", record)
    done = await run_all(config, observer=Watching(), stop=stop)
    assert done.examples
    assert all(example.interrupted for example in done.examples)
    assert reported == []


@pytest.mark.processes
async def test_a_run_that_takes_too_long_reports_what_it_has_and_blocks_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = two_pages(tmp_path, limits=Limits(check_s=0.5))

    async def record(_: object, bundle: Any, *__: object, **___: object) -> Recording:
        if not bundle.example_id.startswith("page0"):
            await anyio.sleep_forever()
        return Recording((FAILED,), None)

    monkeypatch.setattr(recorder, "record", record)
    first, second = (await run_all(config)).examples
    assert first.status is Status.NOT_RUNNING
    assert second.status is Status.BLOCKED
    assert second.reason is not None
    assert second.reason.startswith("not run: this run has taken 0.5 s, docprobe's limit")
    assert "check-s" in second.reason


NEXT_STEP = re.compile(r"\S.* \((?:hint: .{10,}|please report)\)", re.DOTALL)
"""A cause, and what to do about it."""


def errors_that_block() -> list[type[BlockedError]]:
    waiting, found = [BlockedError], []
    while waiting:
        kind = waiting.pop()
        found.append(kind)
        waiting += kind.__subclasses__()
    return found


@pytest.mark.parametrize("kind", errors_that_block())
@pytest.mark.parametrize("hint", [None, "free some disk space"])
def test_an_error_that_blocks_names_a_next_step(kind: type[BlockedError], hint: str | None) -> None:
    said = kind("the disk is full", hint).in_one_line()
    assert said.startswith("the disk is full")
    assert NEXT_STEP.fullmatch(said)
    assert hint is None or hint in said


WAYS = {
    "recording": lambda: EngineError("gone"),
    "a lock": lambda: UsageError("the lock is old", "write a new lock"),
    "ours": lambda: ZeroDivisionError("ours"),
    "judging": None,
    "connecting": None,
    "time": None,
    "interrupted": None,
}
"""Every place where a run gives up on an example, and the error that is raised there."""


@pytest.mark.processes
@pytest.mark.parametrize("way", WAYS)
async def test_all_ways_into_blocked_carry_a_cause_and_a_next_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    config = two_pages(tmp_path)
    stop = anyio.Event()

    async def record(*_: object, **__: object) -> Recording:
        if make := WAYS[way]:
            raise make()
        if way == "interrupted":
            stop.set()
        if way in {"interrupted", "time"}:
            await anyio.sleep_forever()
        return Recording((FAILED,), None)

    @asynccontextmanager
    async def no_engine(config: Config) -> AsyncIterator[Any]:
        raise EngineError("no container engine answers")
        yield

    def judged(*_: object, **__: object) -> Any:
        raise ZeroDivisionError("ours")

    if way == "judging":
        monkeypatch.setattr(run_results, "result_of_recording", judged)
    if way == "time":
        config = replace(config, limits=replace(config.limits, check_s=0.1))
    monkeypatch.setattr(recorder, "record", record)
    found = await run_all(config, no_engine if way == "connecting" else without_engine, stop=stop)
    assert [example.status for example in found.examples] == [Status.BLOCKED] * 2
    for example in found.examples:
        assert NEXT_STEP.match(example.reason or ""), example.reason
