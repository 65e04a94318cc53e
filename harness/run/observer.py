"""What a run says while it works. The core only calls these; drawing is the command line's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from harness.model import ExampleResult


class Observer(Protocol):
    """Someone who watches a run."""

    def planned(self, distinct: int, examples: int) -> None:
        """So many distinct texts stand for so many selected, runnable examples."""

    def doing(self, example_id: str, text: str) -> None:
        """What is being done for one text: ``installing express, zod``."""

    def finished(self, result: ExampleResult) -> None:
        """One example is known, in the order in which they become known."""

    def note(self, text: str) -> None:
        """Something a user should know that belongs to no example."""


class Silent:
    """Watches and says nothing."""

    def planned(self, distinct: int, examples: int) -> None:
        """Say nothing."""

    def doing(self, example_id: str, text: str) -> None:
        """Say nothing."""

    def finished(self, result: ExampleResult) -> None:
        """Say nothing."""

    def note(self, text: str) -> None:
        """Say nothing."""
