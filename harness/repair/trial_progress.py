"""What a trial run of a fix says as it works: which change is tried, and that its results are the change's."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from harness.judge.findings import join_words
from harness.repair.trial import changed_places

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from harness.model import ExampleResult
    from harness.run.observer import Observer


@dataclass(frozen=True, slots=True)
class OfTrial:
    """An observer of the run of a changed page. Without it, its results would pass for those of the page as it is."""

    observer: Observer
    """Receives the trial's progress."""

    def planned(self, distinct: int, examples: int) -> None:
        """Do nothing: what is run was said by :func:`tell`."""

    def doing(self, example_id: str, text: str) -> None:
        """Pass it on."""
        self.observer.doing(_changed(example_id), text)

    def finished(self, result: ExampleResult) -> None:
        """Pass it on."""
        self.observer.finished(replace(result, id=_changed(result.id)))

    def ended(self, name: str) -> None:
        """Pass it on."""
        self.observer.ended(_changed(name))

    def note(self, text: str) -> None:
        """Pass it on."""
        self.observer.note(text)


def tell(
    observer: Observer, example_id: str, requirements: Iterable[str], texts: Mapping[str, tuple[str, str]]
) -> OfTrial:
    """Say which change is tried, and return the observer of its run.

    Args:
        observer: is told.
        example_id: of the example that is changed.
        requirements: that the change sets out to fix.
        texts: every file that it changes, before and after.
    """
    where = join_words(changed_places(texts))
    observer.note(f"{example_id}: trying a change of {where} for {join_words(sorted(set(requirements)))}")
    return OfTrial(observer)


def _changed(name: str) -> str:
    return f"{name} (changed)"
