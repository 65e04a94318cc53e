"""Whose turn it is: of some texts at a time the packages are installed, some are conversed with, and some are traced.

An install waits for the network, a conversation for its program: those of other texts use the processors meanwhile.
"""

from __future__ import annotations

import math
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import anyio

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class Turns:
    """Hands out the turns of one run."""

    def __init__(self, at_once: float) -> None:
        """``at_once`` texts are in each of the three stages at a time; ``inf`` for all."""
        self.installing = anyio.CapacityLimiter(at_once)
        self.conversing = anyio.CapacityLimiter(at_once)
        self.tracing = anyio.CapacityLimiter(at_once)
        self.looking_up = anyio.CapacityLimiter(at_once if math.isinf(at_once) else 1)
        """Beside the stages of texts: packages that only fragments import, often large ones, keep no text waiting."""

    @property
    def has_more(self) -> bool:
        """Whether there are texts that are not conversed with yet."""
        stages = (self.installing.statistics(), self.conversing.statistics())
        return self.installing.borrowed_tokens > 0 or any(stage.tasks_waiting for stage in stages)

    @asynccontextmanager
    async def next(self) -> AsyncIterator[Turn]:
        """Wait until a text's packages may be installed; its turn ends with the block."""
        turn = Turn(self)
        await turn.enter(self.installing)
        try:
            yield turn
        finally:
            turn.end()


class Turn:
    """The turn of one text. It waits for the next stage where it is, so no stage runs far ahead of another."""

    def __init__(self, turns: Turns) -> None:
        """``turns`` hands it out."""
        self._turns = turns
        self._stage: anyio.CapacityLimiter | None = None

    @property
    def followed(self) -> bool:
        """Whether another text is to be conversed with after this one."""
        return self._turns.has_more

    async def converse(self) -> None:
        """Wait until the text may be conversed with: its packages are installed. Nothing where it is already."""
        if self._stage is self._turns.installing:
            await self.enter(self._turns.conversing)

    async def trace(self) -> None:
        """Wait until the text may be traced: the conversation with it is over."""
        await self.enter(self._turns.tracing)

    async def enter(self, stage: anyio.CapacityLimiter) -> None:
        """Wait for room in a stage, and leave the one before."""
        await stage.acquire_on_behalf_of(self)
        self.end()
        self._stage = stage

    def end(self) -> None:
        """Give way to another one."""
        if self._stage is not None:
            self._stage.release_on_behalf_of(self)
            self._stage = None
