"""Whose turn it is: some texts are conversed with at a time, and as many are traced beside them."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import anyio

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class Turns:
    """Hands out the turns of one run."""

    def __init__(self, at_once: float) -> None:
        """``at_once`` texts are conversed with at a time, and as many are traced; ``inf`` for all."""
        self.limiter = anyio.CapacityLimiter(at_once)
        """Of conversations."""
        self.tracing = anyio.CapacityLimiter(at_once)

    @asynccontextmanager
    async def next(self) -> AsyncIterator[Turn]:
        """Wait for a turn, and have it for the length of the block or until it is given up."""
        turn = Turn(self)
        await self.limiter.acquire_on_behalf_of(turn)
        turn.followed = self.limiter.statistics().tasks_waiting > 0
        try:
            yield turn
        finally:
            turn.end()


class Turn:
    """The turn of one text."""

    def __init__(self, turns: Turns) -> None:
        """``turns`` hands it out."""
        self._turns = turns
        self._limiter = turns.limiter
        self.followed = False
        """Whether another text waits for a turn."""

    async def give_up(self) -> None:
        """Let the next text be conversed with: this one is only traced from now on.

        It waits until there is room for that: otherwise pods that wait to be traced would be more and more.
        """
        await self._turns.tracing.acquire_on_behalf_of(self)
        self.end()
        self._limiter = self._turns.tracing

    def end(self) -> None:
        """Give way to another one."""
        self._limiter.release_on_behalf_of(self)
