"""Hints about unknown names."""

from __future__ import annotations

import pytest

from extractor.base.suggest import nearest, suggestion

NAMES = ("limits", "layout", "runtime", "timeout-s")


@pytest.mark.parametrize(
    ("word", "names"),
    [("limit", ("limits",)), ("timeout", ("timeout-s",)), ("laoyut", ("layout",)), ("zzz", ()), ("", ())],
)
def test_nearest(word: str, names: tuple[str, ...]) -> None:
    assert nearest(word, NAMES) == names


def test_a_suggestion_names_the_nearest_else_all_else_nothing() -> None:
    assert suggestion("limts", NAMES) == "did you mean 'limits'?"
    assert suggestion("run#", ["a/run#x", "b/run#y"]) == "did you mean 'a/run#x' or 'b/run#y'?"
    assert suggestion("zzz", NAMES) == "choose from limits, layout, runtime, timeout-s"
    assert suggestion("zzz", NAMES, "look it up") == "look it up"
    assert suggestion("zzz", ()) is None
    assert suggestion("zzz", [f"name-{number}" for number in range(100)]) is None
