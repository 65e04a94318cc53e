"""Types are checked beside the conversation. Engine and pod are made up; the run is the real one."""

from __future__ import annotations

import time
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import anyio
import pytest

from extractor.languages.common.files import added_file
from extractor.model import ExampleKind, Layout, Tool
from harness.config import Config
from harness.model import (
    Image,
    ListeningSocket,
    LogLine,
    StartOutcome,
    Transcript,
)
from harness.profiles.registry import MCP
from harness.run.attempt import record
from tests.support.dead_pods import DeadPod, OnePodEngine, SilentPod
from tests.support.loopback import server_bundle

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from extractor.model import Bundle
    from harness.engine.protocol import Engine

pytestmark = pytest.mark.anyio


class CheckedPod(SilentPod):
    """A pod in which a type checker wrote ``text``."""

    def logs(self) -> tuple[LogLine, ...]:
        return (LogLine(time.monotonic(), "stdout", self.text),)


class TypesEngine(OnePodEngine):
    """Starts a type checker in a pod of its own, which is over once ``over`` is set; its end is in ``events``."""

    over: anyio.Event
    events: list[str]

    @asynccontextmanager
    async def pod(self, bundle: Bundle, image: Image, services: Any = (), **_: Any) -> AsyncIterator[Any]:
        if bundle.kind is not ExampleKind.OTHER:
            yield self.of
            return
        self.events.append("checking")
        try:
            await self.over.wait()
            yield CheckedPod('{"checked": 1, "version": "5.9.3", "own": true}')
        finally:
            self.events.append("ended")


def types_engine(pod: DeadPod, over: anyio.Event) -> TypesEngine:
    engine = TypesEngine(pod)
    object.__setattr__(engine, "over", over)
    object.__setattr__(engine, "events", [])
    return engine


TYPED = replace(server_bundle(), type_check=Tool(added_file("check.mjs", ""), ("node", "check.mjs")))


async def test_types_are_checked_while_the_example_is_conversed_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The check ends only once the conversation goes on: one after the other, neither would come to its end."""
    over = anyio.Event()

    async def converse(self: object, pod: object, *_: object) -> Transcript:
        over.set()
        return Transcript("e", ExampleKind.HTTP_SERVER, ())

    monkeypatch.setattr("harness.profiles.mcp.probe.McpProbe.converse", converse)
    monkeypatch.setattr("harness.profiles.mcp.probe.McpProbe.serves", lambda *_: True)
    engine = types_engine(SilentPod("", (ListeningSocket("127.0.0.1", 3000),)), over)
    config = Config(docs=tmp_path, layout=Layout(), profile=MCP, state=tmp_path / "state")
    with anyio.fail_after(60):
        found = await record(cast("Engine", engine), TYPED, config, date=None, locks={}, progress=lambda _: None)
    assert found.types is not None
    assert (found.types.version, found.types.failed) == ("5.9.3", None)
    assert engine.events == ["checking", "ended"]


class SlowlyDyingPod(DeadPod):
    """Ends before it listens, once everything else waits."""

    async def wait_listening(self, timeout_s: float) -> tuple[ListeningSocket, ...]:
        await anyio.wait_all_tasks_blocked()
        return await super().wait_listening(timeout_s)


async def test_the_types_of_what_does_not_serve_are_left_unchecked(tmp_path: Path) -> None:
    """Not even begun: a program that has not started yet needs the processors itself."""
    engine = types_engine(SlowlyDyingPod("TypeError: no"), anyio.Event())
    config = Config(docs=tmp_path, layout=Layout(), profile=MCP, state=tmp_path / "state")
    with anyio.fail_after(60):
        found = await record(cast("Engine", engine), TYPED, config, date=None, locks={}, progress=lambda _: None)
    assert (found.transcript, found.types) == (None, None)
    assert [run.outcome for run in found.runs] == [StartOutcome.EXITED]
    assert engine.events == []
