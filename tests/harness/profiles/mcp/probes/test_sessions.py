"""Sessions, and the process that is started afresh when it accepts no further initialize."""

from __future__ import annotations

import pytest

from harness.engine.protocol import ExitState
from harness.model import (
    Verdict,
)
from harness.profiles.mcp.probe import McpProbe
from harness.profiles.mcp.probes.converse_http import converse_http

from .conversations import NEWEST, REVISIONS, TIMEOUT_S, by_step, hold, judged
from .local_pod import bundle, local_pod
from .mcp_app import Manners, make

pytestmark = pytest.mark.anyio


async def test_a_server_of_one_session_is_started_afresh_for_each() -> None:
    transcript = await hold(Manners(single=True, revisions=(NEWEST, "2025-06-18")))
    assert transcript.facts.single_session
    assert transcript.negotiated == ("2025-06-18", NEWEST)
    found = by_step(transcript, NEWEST)
    for step in ("live.post-request", "terminated.post-request", "get.stream", "origin.foreign-initialize"):
        assert found[step].status is not None
    assert found["terminated.post-request"].status == 404
    assert "isolation.end-a" not in found
    per_process: dict[int, int] = {}
    for exchange in transcript.exchanges:
        if '"initialize"' in exchange.body and exchange.status == 200:
            per_process[exchange.process] = per_process.get(exchange.process, 0) + 1
    assert set(per_process.values()) == {1}
    assert found["survives.initialize"].status == 400


@pytest.mark.parametrize("most", [1, 2, 3])
async def test_a_server_that_is_full_is_started_afresh_and_did_not_die(most: int) -> None:
    transcript = await hold(Manners(most_sessions=most, revisions=(NEWEST, "2025-06-18"), sse=True, event_ids=True))
    assert McpProbe(bundle()).serves(transcript)
    assert transcript.negotiated == ("2025-06-18", NEWEST)
    assert [transcript.facts.why_not_served(revision) for revision in (NEWEST, "2025-06-18")] == [None, None]
    facts = transcript.facts
    assert (facts.died, facts.crashed, facts.stopped) == (None, None, None)
    assert by_step(transcript, NEWEST)["terminated.post-request"].status == 404
    verdicts = judged(transcript)
    assert {id for id, verdict in verdicts.items() if verdict is Verdict.VIOLATED} <= {"http.origin-validate"}
    assert verdicts["session.terminated-404"] is Verdict.SATISFIED


@pytest.mark.parametrize("left", [1, 2, 5])
async def test_a_server_that_served_and_then_refuses_for_load_runs_and_the_rest_stays_open(left: int) -> None:
    transcript = await hold(Manners(initializes_left=left, revisions=(NEWEST,)))
    assert McpProbe(bundle()).serves(transcript)
    verdicts = judged(transcript)
    assert {id for id, verdict in verdicts.items() if verdict is Verdict.VIOLATED} <= {"http.origin-validate"}
    assert verdicts["session.terminated-404"] is Verdict.INCONCLUSIVE


async def test_a_server_that_is_never_free_does_not_run() -> None:
    assert not McpProbe(bundle()).serves(await hold(Manners(initializes_left=0, revisions=(NEWEST,))))


async def test_a_stateless_server_has_no_session_probes() -> None:
    transcript = await hold(Manners(stateless=True, revisions=(NEWEST,)))
    found = by_step(transcript)
    assert transcript.sessions == ()
    assert found["baseline.request"].status == 200
    assert not any(step.startswith(("live", "missing", "unknown", "terminated")) for step in found)
    assert "ids.restart" not in found


async def test_a_crash_is_found_recorded_and_survived() -> None:
    manners = Manners(revisions=(NEWEST,))
    async with local_pod(lambda: make(manners)) as pod:

        def dies() -> None:
            pod.crash = ExitState(137, "killed: memory limit 512 MiB", "memory_mib")

        manners.on_delete = dies
        manners.dead_after_delete = True
        transcript = await converse_http(pod, bundle(), revisions=REVISIONS, tokens=None, timeout_s=TIMEOUT_S)
    assert transcript.facts.crashed is not None
    assert "memory limit" in transcript.facts.crashed.sentence
    assert not transcript.facts.single_session
    assert "isolation.end-a" in by_step(transcript)


async def test_a_server_that_dies_with_its_first_deleted_session() -> None:
    transcript = await hold(Manners(revisions=(NEWEST,), dead_after_delete=True))
    assert transcript.facts.died is not None
    assert transcript.facts.died.sentence == "initialize answered 404"
    assert not transcript.facts.single_session
    assert "isolation.request-b" in by_step(transcript)
