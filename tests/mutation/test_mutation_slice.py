"""A slice of the mutation score: one mutant of each kind, in the functions that sessions live in."""

from __future__ import annotations

import anyio
import pytest

from tests.mutation.mutants import mutants
from tests.mutation.score import fates, reasons

pytestmark = pytest.mark.loopback
SLICE = {
    "check_origin/statement/2": "http.origin-validate",
    "is_valid/operand/2": "auth.invalid-401",
    "session_of/status/3": "session.terminated-404",
    "session_of/status/1": "session.missing-400",
    "session_of/operand/2": "hijack.bind-user",
    "check_version/condition/2": "version.unsupported-400",
    "accepted/status/1": "post.notification-202",
    "delete/statement/3": "session.terminated-404",
    "ModernOnly.check_header/statement/4": "version.mismatch-400",
    "node.sessionOf/status/3": "session.terminated-404",
}
AT_ONCE = 4


def test_mutants_are_found_for_what_they_break() -> None:
    chosen = [mutant for mutant in mutants() if mutant.name in SLICE]
    assert {mutant.name for mutant in chosen} == set(SLICE)
    found = anyio.run(lambda: fates(chosen, AT_ONCE))
    missed = {
        fate.mutant.name: sorted(fate.killed_by) for fate in found if SLICE[fate.mutant.name] not in fate.killed_by
    }
    assert missed == {}


def test_every_reason_names_a_mutant() -> None:
    assert set(reasons()) <= {mutant.name for mutant in mutants()}


def test_mutants_have_names_of_their_own() -> None:
    names = [mutant.name for mutant in mutants()]
    assert len(names) == len(set(names))
    assert len(names) > 400
