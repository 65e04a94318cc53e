"""What a run reports while it works. The run only calls these; the command line draws."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from harness.model import ExampleResult


class Observer(Protocol):
    """Is informed while a run goes on."""

    def planned(self, distinct: int, examples: int) -> None:
        """Is called first: how many distinct texts there are to run, for how many selected examples."""

    def doing(self, example_id: str, text: str) -> None:
        """Is called when something begins for one text: ``installing express, zod``."""

    def finished(self, result: ExampleResult) -> None:
        """Is called for each result, in the order in which they become known."""

    def ended(self, name: str) -> None:
        """Is called when a text is done that runs only to compare with it: no result of it is reported."""

    def note(self, text: str) -> None:
        """Is called with something that a user should know."""


class Silent:
    """An observer that does nothing."""

    def planned(self, distinct: int, examples: int) -> None:
        """Do nothing."""

    def doing(self, example_id: str, text: str) -> None:
        """Do nothing."""

    def finished(self, result: ExampleResult) -> None:
        """Do nothing."""

    def ended(self, name: str) -> None:
        """Do nothing."""

    def note(self, text: str) -> None:
        """Do nothing."""


def note_traceback(observer: Observer, error: BaseException) -> None:
    """Note where docprobe itself failed, line by line.

    Each line is marked: what the docs put into an error's message must not pass for a line of docprobe's own.
    """
    for line in "".join(traceback.format_exception(error)).splitlines():
        observer.note(f"  | {line}")
