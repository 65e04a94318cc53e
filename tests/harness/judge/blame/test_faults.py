"""Which exchanges a violation is about."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.judge.blame.faults import faults
from harness.judge.findings import REFUSAL
from tests.support.broken_code import exchange, transcript_of, violation


@pytest.mark.parametrize(
    ("due", "wrong"),
    [
        ("404", [3]),
        # any error status is a refusal
        (REFUSAL, []),
        # nothing is known to be due
        ("", [2, 3]),
        # no single status is expected here, so the exchange that should have been refused is wrong
        ("an error status", [3]),
    ],
)
def test_a_request_that_got_the_refusal_that_was_due_is_not_wrong(due: str, wrong: list[int]) -> None:
    served = exchange(1, 200)
    asked = (exchange(2, 404, control=1), exchange(3, 400, control=1))
    finding = replace(violation("session.terminated-404", served, *asked), expected={"3": due} if due else {})
    found = list(faults(finding, transcript_of(served, *asked)))
    assert [fault.number for fault, _ in found] == wrong
    assert {control.number for _, control in found if control is not None} <= {1}
