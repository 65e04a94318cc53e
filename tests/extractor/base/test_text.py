"""Hostile text made safe to show."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor.base.text import one_line, printable, visible
from tests.support.hostile_report import HOSTILE

any_text = st.text(st.characters(codec=None, exclude_categories=())) | st.sampled_from(HOSTILE)


@given(any_text)
def test_visible_text_moves_no_cursor_and_hides_nothing(text: str) -> None:
    shown = visible(text)
    spaces = {char for char in shown if unicodedata.category(char) == "Zs"}
    assert all(char.isprintable() or char in spaces | set("\n\u200c\u200d") for char in shown)
    assert visible(shown) == shown


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("\x1b[31m", r"\x1b[31m"),
        ("\x9b31m", r"\x9b31m"),
        ("a\r\nb\rc", "a\nb\\x0dc"),
        ("\u202egnp", r"\u202egnp"),
        ("\U000e0041", r"\U000e0041"),
        ("\udcff", r"\udcff"),
        ("tab\tend", "tab    end"),
        ("plain ünï 日本 👩‍🚀", "plain ünï 日本 👩‍🚀"),
    ],
)
def test_visible_spells_out(raw: str, shown: str) -> None:
    assert visible(raw) == shown


@given(any_text, st.integers(1, 40))
def test_one_line_is_one_line_within_its_limit(text: str, limit: int) -> None:
    line = one_line(text, limit)
    assert "\n" not in line
    assert len(line) <= limit


@given(any_text)
def test_printable_text_is_one_line_and_loses_nothing(text: str) -> None:
    shown = printable(text)
    assert len(shown) >= len(text)
    assert len(shown.splitlines()) <= 1
    assert "\t" not in shown
    assert visible(shown) == shown


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("a\nb", r"a\nb"),
        ("a\r\n", r"a\r\n"),
        ("a\tb", r"a\tb"),
        ("a  b\x1b", r"a  b\x1b"),
        ("日本\u202e", r"日本\u202e"),
    ],
)
def test_printable_spells_out(raw: str, shown: str) -> None:
    assert printable(raw) == shown
