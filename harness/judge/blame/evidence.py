"""What is known of an example that is judged: its code, its conversation and what it executed. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from harness.judge.blame.code import Code
from harness.judge.blame.executed import Executed
from harness.judge.blame.tokens import Tokens

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from extractor.model import Bundle
    from harness.model import Exchange, TracedExchange, Transcript


@dataclass(frozen=True, eq=False)
class Evidence:
    """What is known of one copy of an example. All findings about it share one, and what is read of it is read once."""

    transcript: Transcript
    """The conversation with it."""
    bundle: Bundle
    """Its files."""
    traced: Sequence[TracedExchange] = ()
    """What it executed for some of the exchanges."""

    @cached_property
    def code(self) -> Code:
        """The files that can be read."""
        return Code.of(self.bundle)

    @cached_property
    def conversation(self) -> Tokens:
        """The names and values of the conversation."""
        return Tokens(self.transcript)

    @property
    def exchanges(self) -> Mapping[int, Exchange]:
        """The exchanges, by number."""
        return self.conversation.exchanges

    @cached_property
    def executed(self) -> Mapping[int, Executed]:
        """What was executed for an exchange, by its number."""
        return {one.number: Executed(self.code, one) for one in self.traced}
