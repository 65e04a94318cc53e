"""Why an answer decides nothing, in words."""

from __future__ import annotations

import pytest

from harness.model import Failure, FailureKind
from harness.profiles.mcp import steps
from harness.profiles.mcp.rules.answers import why_undecided
from tests.support.transcripts import Talk


@pytest.mark.parametrize(
    ("duration_s", "stalled_s", "expected"),
    [
        (0.0, 0.0, "a refused connection says nothing about the rule"),
        (10.0, 1.0, "a refused connection says nothing about the rule"),
        (10.0, 4.0, "a refused connection says nothing about the rule; docprobe itself stood still for 4.0 s"),
    ],
)
def test_a_standstill_is_named_where_there_was_one(duration_s: float, stalled_s: float, expected: str) -> None:
    talk = Talk()
    failure = Failure(FailureKind.REFUSED)
    talk.request(steps.BASELINE_REQUEST, None, failure=failure, duration_s=duration_s, stalled_s=stalled_s)
    assert why_undecided(talk.exchanges[0]) == expected
