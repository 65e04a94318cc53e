"""Whose turn it is."""

from __future__ import annotations

from collections import defaultdict

import anyio
import pytest

from harness.run.turns import Turns

pytestmark = pytest.mark.anyio


async def test_a_text_gives_way_where_it_waits_for_something_else_and_no_stage_runs_far_ahead() -> None:
    turns = Turns(1)
    done: dict[tuple[int, str], anyio.Event] = defaultdict(anyio.Event)
    now: dict[int, str] = {}
    followed: dict[int, bool] = {}

    async def text(number: int) -> None:
        async with turns.next() as turn:
            for stage, enter in (("install", None), ("converse", turn.converse), ("trace", turn.trace)):
                if enter is not None:
                    await enter()
                now[number] = stage
                if stage == "converse":
                    followed[number] = turn.followed
                await done[number, stage].wait()
        del now[number]

    async def ended(number: int, stage: str) -> dict[int, str]:
        done[number, stage].set()
        await anyio.wait_all_tasks_blocked()
        return dict(now)

    async with anyio.create_task_group() as tasks:
        for number in range(4):
            tasks.start_soon(text, number)
        await anyio.wait_all_tasks_blocked()
        assert now == {0: "install"}
        assert await ended(0, "install") == {0: "converse", 1: "install"}
        assert await ended(1, "install") == {0: "converse", 1: "install"}, "it waits, and no third one is installed"
        assert await ended(0, "converse") == {0: "trace", 1: "converse", 2: "install"}
        assert await ended(1, "converse") == {0: "trace", 1: "converse", 2: "install"}, "one is traced at a time"
        assert await ended(0, "trace") == {1: "trace", 2: "install"}
        assert await ended(2, "install") == {1: "trace", 2: "converse", 3: "install"}
        for number, stage in ((1, "trace"), (2, "converse"), (2, "trace"), (3, "install")):
            await ended(number, stage)
        assert now == {3: "converse"}
        await ended(3, "converse")
        await ended(3, "trace")
    assert now == {}
    assert followed == {0: True, 1: True, 2: True, 3: False}


async def test_a_text_that_fails_or_is_cancelled_gives_way() -> None:
    turns = Turns(1)
    stages = (turns.installing, turns.conversing, turns.tracing)
    with pytest.raises(ZeroDivisionError):
        async with turns.next():
            raise ZeroDivisionError
    async with turns.next() as turn:
        await turn.trace()
        with anyio.move_on_after(0.05) as waited:
            async with turns.next() as other:
                await other.converse()
                await other.converse()
                await other.trace()
        assert waited.cancelled_caught, "one is traced already"
        assert [stage.borrowed_tokens for stage in stages] == [0, 0, 1]
    assert [stage.borrowed_tokens for stage in stages] == [0, 0, 0]
