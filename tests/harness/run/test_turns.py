"""Whose turn it is."""

from __future__ import annotations

import anyio
import pytest

from harness.run.turns import Turns

pytestmark = pytest.mark.anyio


async def test_the_next_text_begins_when_only_tracing_is_left_and_no_more_are_traced_than_may_be() -> None:
    turns, done = Turns(1), [anyio.Event() for _ in range(3)]
    conversing: list[int] = []
    tracing: list[int] = []
    followed: dict[int, bool] = {}

    async def text(number: int) -> None:
        async with turns.next() as turn:
            followed[number] = turn.followed
            conversing.append(number)
            await turn.give_up()
            conversing.remove(number)
            tracing.append(number)
            await done[number].wait()
        tracing.remove(number)

    async with anyio.create_task_group() as tasks:
        for number in range(3):
            tasks.start_soon(text, number)
        await anyio.wait_all_tasks_blocked()
        assert (tracing, conversing) == ([0], [1]), "the second is conversed with, and waits to be traced"
        done[0].set()
        await anyio.wait_all_tasks_blocked()
        assert (tracing, conversing) == ([1], [2])
        done[1].set()
        done[2].set()
    assert (tracing, conversing) == ([], [])
    assert followed == {0: True, 1: True, 2: False}


async def test_a_text_that_fails_or_is_cancelled_gives_way() -> None:
    turns = Turns(1)
    with pytest.raises(ZeroDivisionError):
        async with turns.next():
            raise ZeroDivisionError
    async with turns.next() as turn:
        await turn.give_up()
        with anyio.move_on_after(0.05) as waited:
            async with turns.next() as other:
                await other.give_up()
        assert waited.cancelled_caught, "one is traced already"
        assert turns.limiter.borrowed_tokens == 0
    assert turns.tracing.borrowed_tokens == 0
