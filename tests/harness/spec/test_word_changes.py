"""How one sentence became another, with its old words and with the fingerprints of them alone."""

from __future__ import annotations

import pytest

from extractor.normative.fingerprint import shingles
from harness.spec.word_changes import changed_words, mark_changes, mark_new_words

OLD = "A client that is unknown MUST be answered with 403 Forbidden, and the server closes the connection."


def test_words_that_went_and_came_are_marked() -> None:
    assert mark_changes("a server may go", "the server may go now") == "[-a-] {+the+} server may go {+now+}"
    assert mark_changes("same", "same") == "same"


@pytest.mark.parametrize(
    ("new", "marked"),
    [
        (OLD, OLD),
        (OLD.replace("403 Forbidden", "401 Unauthorized"), OLD.replace("403 Forbidden,", "{+401 Unauthorized,+}")),
        (OLD.replace("unknown ", "unknown here "), OLD.replace("unknown ", "unknown {+here+} ")),
        (OLD.replace("A client", "One client"), OLD.replace("A client", "{+One+} client")),
        ("Entirely other words stand here.", "{+Entirely other words stand here.+}"),
    ],
)
def test_new_words_are_known_by_the_old_fingerprints_alone(new: str, marked: str) -> None:
    assert mark_new_words(new, shingles(OLD)) == marked


def test_the_words_that_differ() -> None:
    assert changed_words(OLD, OLD.replace("403 Forbidden", "401 Unauthorized")) == "“403 Forbidden,” → “401 Unauthorized,”"
    assert changed_words("one two", "one") == "- “two”"
    assert changed_words("one", "one two") == "+ “two”"
    assert changed_words("a b c d e f g h i", "A b C d E f G h I").endswith(", …")
