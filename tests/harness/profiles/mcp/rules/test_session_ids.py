"""What ids look like, and what a server may do with them, by conversations made by hand."""

from __future__ import annotations

import pytest

from harness.model import (
    Basis,
    Verdict,
)
from tests.support.transcripts import Talk, lived
from tests.support.verdicts import N, S, V, finding_of


@pytest.mark.parametrize(
    ("unknown", "expected"),
    [((404, 404, 404, 404), S), ((400, 400, 400, 400), V), ((200, 202, 200, 200), N), ((404, 404, 404, 204), S)],
)
def test_unknown(unknown: tuple[int, int, int, int], expected: Verdict) -> None:
    found = finding_of(lived(unknown=unknown).transcript(), "session.unknown-404")
    assert (found.verdict, found.basis, found.gates) == (expected, Basis.INTERPRETATION, False)


@pytest.mark.parametrize(
    ("id", "expected"),
    [("!~abc", S), ("a b", V), ("caf\u00e9", V), ("a\x7fb", V), ("a\tb", V), ("\x21\x7e", S)],
)
def test_charset(id: str, expected: Verdict) -> None:
    talk = Talk()
    talk.baseline(id=id)
    assert finding_of(talk.transcript(), "session.id-charset").verdict is expected


def test_choices_are_recorded() -> None:
    assert finding_of(lived().transcript(), "session.may-assign").verdict is S
    assert finding_of(lived().transcript(), "session.delete-405").verdict is N
    assert finding_of(lived(end=405).transcript(), "session.delete-405").verdict is S
