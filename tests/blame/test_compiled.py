"""What is blamed by reading alone, on pages in languages whose programs are not traced."""

from __future__ import annotations

import pytest

from tests.blame.compiled import FILES, compiled_table, reads

MISSED = {"Rust": {"session.id-secure", "get.sse-or-405"}, "Kotlin": {"session.id-secure"}}
"""Where the code does not show what the value is for: nothing is blamed."""


@pytest.mark.parametrize("language", FILES)
def test_the_wrong_line_is_blamed_and_few_others(language: str) -> None:
    found = list(reads(language))
    assert len(found) == 8
    assert {one.requirement for one in found if not one.is_right} == MISSED.get(language, set())
    assert [one for one in found if one.lines and not one.is_right] == [], "nothing is said rather than a wrong line"
    assert [one for one in found if len(one.lines) > 3] == []


def test_figures_by_language() -> None:
    assert [line.split() for line in compiled_table()] == [
        ["read", "only", "faults", "in", "range"],
        ["Go", "8", "8"],
        ["Rust", "8", "6"],
        ["Java", "8", "8"],
        ["Kotlin", "8", "7"],
    ]
