"""A trial says which change is tried, and its results are not taken for those of the page as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.repair.trial_progress import tell
from harness.run.observer import Silent
from tests.support.reports import quiet_report

if TYPE_CHECKING:
    from harness.model import ExampleResult


class Heard(Silent):
    """An observer that remembers what it is told."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.names: list[str] = []
        self.plans = 0

    def planned(self, distinct: int, examples: int) -> None:
        self.plans += 1

    def doing(self, example_id: str, text: str) -> None:
        self.names.append(example_id)

    def finished(self, result: ExampleResult) -> None:
        self.names.append(result.id)

    def ended(self, name: str) -> None:
        self.names.append(name)

    def note(self, text: str) -> None:
        self.notes.append(text)


@pytest.mark.parametrize(
    ("requirements", "texts", "said"),
    [
        ({"b", "a"}, {"p.md": ("1\n2\n3\n4", "1\nx\n3\ny")}, "trying a change of p.md:2 and p.md:4 for a and b"),
        ({"a"}, {"q.md": ("1", "2"), "p.md": ("1", "1\n2")}, "trying a change of p.md:2 and q.md:1 for a"),
    ],
    ids=["two lines of a page", "two files"],
)
def test_the_change_is_named(requirements: set[str], texts: dict[str, tuple[str, str]], said: str) -> None:
    heard = Heard()
    tell(heard, "page#python", requirements, texts)
    assert heard.notes == [f"page#python: {said}"]


def test_results_are_those_of_the_change() -> None:
    heard, result = Heard(), quiet_report().examples[0]
    trying = tell(heard, result.id, {"a"}, {"p.md": ("1", "2")})
    trying.planned(1, 1)
    trying.doing(result.id, "installing")
    trying.finished(result)
    trying.ended(result.id)
    trying.note("warning")
    assert heard.names == [f"{result.id} (changed)"] * 3
    assert heard.plans == 0, "the change was named already"
    assert heard.notes[1:] == ["warning"]
