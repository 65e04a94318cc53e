"""A loop that does not run is noticed, also by what ends before it runs again."""

from __future__ import annotations

import time

import anyio
import pytest

from harness.exchanges.stalls import TICK_S, StallWatch

pytestmark = pytest.mark.anyio
STALL_S = 0.5


async def test_waiting_is_no_stall() -> None:
    with StallWatch() as watch:
        began = time.monotonic()
        await anyio.sleep(3 * TICK_S)
        waited_s = time.monotonic() - began
    assert watch.stalled_s <= waited_s - 2 * TICK_S


async def test_what_kept_the_loop_is_measured_while_it_is_watched() -> None:
    time.sleep(STALL_S)
    with StallWatch() as watch:
        assert watch.stalled_s < STALL_S - TICK_S
        for _ in range(2):
            await anyio.sleep(0)
            time.sleep(STALL_S)
        assert watch.stalled_s >= 2 * STALL_S - 2 * TICK_S
    measured = watch.stalled_s
    time.sleep(STALL_S)
    await anyio.sleep(2 * TICK_S)
    assert watch.stalled_s == measured


async def test_a_stall_that_a_deadline_ends_is_measured() -> None:
    with StallWatch() as watch, anyio.move_on_after(2 * TICK_S):
        await anyio.sleep(0)
        time.sleep(STALL_S)
        await anyio.sleep(STALL_S)
    assert watch.stalled_s >= STALL_S - TICK_S
