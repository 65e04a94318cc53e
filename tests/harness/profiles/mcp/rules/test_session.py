"""What the answers to missing and ended ids decide, by conversations made by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from harness.model import (
    Basis,
    Facts,
    Failure,
    FailureKind,
    RevisionFacts,
    Verdict,
)
from harness.profiles.mcp import steps
from tests.support.transcripts import Talk, lived
from tests.support.verdicts import NEWEST, I, N, S, V, finding_of


@pytest.mark.parametrize(
    ("life", "expected", "basis"),
    [
        ({}, S, Basis.TEXT),
        ({"end": 202}, S, Basis.TEXT),
        ({"end": 204}, S, Basis.TEXT),
        ({"end": 405}, N, Basis.TEXT),
        ({"end": 501}, N, Basis.TEXT),
        ({"end": 400}, I, Basis.TEXT),
        ({"end": 404}, I, Basis.TEXT),
        ({"end": 500}, I, Basis.TEXT),
        ({"terminated": (400, 400, 400, 400)}, V, Basis.TEXT),
        ({"terminated": (404, 404, 400, 404)}, V, Basis.TEXT),
        ({"terminated": (404, 404, 404, 204)}, V, Basis.TEXT),
        ({"terminated": (404, 202, 404, 404)}, V, Basis.TEXT),
        ({"terminated": (401, 401, 401, 401)}, V, Basis.TEXT),
        ({"terminated": (200, 202, 200, 200)}, V, Basis.INTERPRETATION),
        ({"terminated": (503, 503, 503, 503)}, I, Basis.TEXT),
        # what one kind of request would have got, load has hidden
        ({"terminated": (404, 429, 404, 404)}, I, Basis.TEXT),
        ({"terminated": (404, 429, 400, 404)}, V, Basis.TEXT),
        ({"live_get": 405, "terminated": (404, 404, 405, 404)}, S, Basis.TEXT),
        ({"live_get": 405, "terminated": (404, 404, 405, 400)}, V, Basis.TEXT),
    ],
)
def test_terminated(life: dict[str, Any], expected: Verdict, basis: Basis) -> None:
    found = finding_of(lived(**life).transcript(), "session.terminated-404")
    assert (found.verdict, found.basis) == (expected, basis), found.summary
    assert found.gates == (expected is V)


def test_the_evidence_of_an_ended_session() -> None:
    found = finding_of(lived(terminated=(400, 400, 400, 400)).transcript(), "session.terminated-404")
    talk = lived()
    by_step = {exchange.step: exchange.number for exchange in talk.exchanges}
    asked = [f"terminated.{leg}" for leg in steps.LEGS]
    controls = [steps.TERMINATED_BEFORE, "live.post-notification", "live.get", steps.TERMINATED_END]
    assert found.evidence == tuple(sorted(by_step[step] for step in (*asked, *controls)))


def test_no_answer_in_many_times_the_controls_time_is_no_404() -> None:
    hanging = {"terminated": (None, 404, 404, 404), "failure": Failure(FailureKind.TIMEOUT)}
    assert finding_of(lived(**hanging, duration_s=10.0).transcript(), "session.terminated-404").verdict is V
    barely = lived(**hanging, duration_s=0.03)
    assert finding_of(barely.transcript(), "session.terminated-404").verdict is I, "it may hang"


def test_a_cut_connection_decides_only_while_the_server_lives() -> None:
    talk = lived(terminated=(None, None, None, None), failure=Failure(FailureKind.CLOSED))
    assert finding_of(talk.transcript(), "session.terminated-404").verdict is I
    talk.initialize(steps.SURVIVES_INITIALIZE, id=None)
    assert finding_of(talk.transcript(), "session.terminated-404").verdict is V
    gone = lived(terminated=(None, None, None, None), failure=Failure(FailureKind.REFUSED))
    gone.initialize(steps.SURVIVES_INITIALIZE, id=None)
    assert finding_of(gone.transcript(), "session.terminated-404").verdict is I


def test_a_dead_endpoints_404_is_not_the_sessions() -> None:
    talk = lived()
    talk.initialize(steps.TERMINATED_FRESH, status=404)
    assert finding_of(talk.transcript(), "session.terminated-404").verdict is I
    refused = lived()
    refused.initialize(steps.TERMINATED_FRESH, status=400)
    assert finding_of(refused.transcript(), "session.terminated-404").verdict is S
    wrong_and_dead = lived(terminated=(400, 400, 400, 400))
    wrong_and_dead.initialize(steps.TERMINATED_FRESH, status=404)
    assert finding_of(wrong_and_dead.transcript(), "session.terminated-404").verdict is V


def test_a_control_that_was_not_served_decides_nothing() -> None:
    talk = lived(terminated=(400, 400, 400, 400))
    refused = tuple(
        replace(e, reply=replace(e.reply, status=400, body="{}"))
        if e.reply and e.step.startswith(("live.", "terminated.before"))
        else e
        for e in talk.exchanges
    )
    found = finding_of(replace(talk.transcript(), exchanges=refused), "session.terminated-404")
    assert found.verdict is V, "the DELETE's own control is the DELETE that ended the session"
    without_delete = tuple(e for e in refused if e.step != "terminated.delete")
    found = finding_of(replace(talk.transcript(), exchanges=without_delete), "session.terminated-404")
    assert found.verdict is I


def test_stateless_and_unserved_servers_are_not_accused() -> None:
    stateless = Talk()
    stateless.baseline(id=None, get=405)
    transcript = stateless.transcript()
    assert finding_of(transcript, "session.terminated-404").verdict is N
    assert finding_of(transcript, "session.missing-400").verdict is N
    failing = lived(terminated=(400, 400, 400, 400)).transcript(
        facts=Facts(revisions={NEWEST: RevisionFacts("tools/list is 500")})
    )
    found = finding_of(failing, "session.terminated-404")
    assert (found.verdict, found.gates) == (I, False)
    assert "tools/list is 500" in found.summary


@pytest.mark.parametrize(
    ("missing", "expected"),
    [
        ((400, 400, 400, 400), S),
        ((404, 400, 400, 400), V),
        ((400, 400, 404, 400), V),
        ((500, 500, 500, 500), V),
        ((401, 401, 401, 401), V),
        ((200, 202, 200, 200), N),
        ((200, 400, 400, 400), N),
        ((400, 202, 400, 400), S),
        ((503, 503, 503, 503), I),
        ((400, 400, 429, 400), I),
    ],
)
def test_missing(missing: tuple[int, int, int, int], expected: Verdict) -> None:
    found = finding_of(lived(missing=missing).transcript(), "session.missing-400")
    assert (found.verdict, found.gates) == (expected, False), found.summary
