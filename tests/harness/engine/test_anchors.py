"""When an anchor is made ready in advance. The anchors are made up; what decides is the real one."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import anyio
import pytest

from harness.engine.anchors import Anchor, Anchors

if TYPE_CHECKING:
    from harness.engine.containers import EngineRun

pytestmark = pytest.mark.anyio


class Tunnel:
    failure = None


class CountedAnchors(Anchors):
    """Starts nothing, and counts what it would start."""

    started = 0

    async def _start(self, image: str, hosts: frozenset[str]) -> Anchor:
        self.started += 1
        return Anchor(str(self.started), cast("object", Tunnel()), cast("object", None), 0)  # type: ignore[arg-type]

    def _start_retiring(self, anchor: Anchor) -> None:
        return


async def test_the_last_pod_of_a_run_leaves_no_anchor_that_nobody_takes() -> None:
    async with anyio.create_task_group() as tasks:
        anchors = CountedAnchors(cast("EngineRun", None), tasks)
        for _ in range(3):
            anchors.retire(await anchors.take("image", frozenset()))
        await anchors.close()
    assert anchors.started == 3


async def test_what_was_made_ready_is_taken_and_no_more_is_made_ready_than_was_asked_for() -> None:
    async with anyio.create_task_group() as tasks:
        anchors = CountedAnchors(cast("EngineRun", None), tasks)
        first = await anchors.take("image", frozenset())
        anchors.prepare("image")
        anchors.prepare("image")
        await anyio.wait_all_tasks_blocked()
        assert anchors.started == 2
        second = await anchors.take("image", frozenset())
        await anyio.wait_all_tasks_blocked()
        assert (second.id, anchors.started) == ("2", 2)
        anchors.retire(first)
        anchors.retire(second)
        await anyio.wait_all_tasks_blocked()
        assert anchors.started == 2
