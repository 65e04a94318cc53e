"""Servers whose process serves one client in its life: one process for each revision, and nothing is left out."""

from __future__ import annotations

import pytest

from harness.base.errors import NoRestartError
from harness.model import Verdict
from harness.profiles.mcp.probe import McpProbe
from tests.support.local_pod import LocalPod, bundle

from .conversations import NEWEST, by_step, hold, judged
from .mcp_app import Manners

pytestmark = [pytest.mark.anyio, pytest.mark.long]


async def test_one_process_for_each_revision_holds_the_whole_conversation() -> None:
    transcript = await hold(Manners(single=True, revisions=(NEWEST, "2025-06-18")))
    assert transcript.facts.single_session
    assert transcript.negotiated == ("2025-06-18", NEWEST)
    served: dict[int, int] = {}
    for exchange in transcript.exchanges:
        if '"initialize"' in exchange.body and exchange.status == 200:
            served[exchange.process] = served.get(exchange.process, 0) + 1
    assert set(served.values()) == {1}
    # the first one, and one for each revision that is asked for; two where a foreign Origin is served and uses it up
    assert len(served) == 1 + 2 * 2 + 1
    for revision in transcript.negotiated:
        found = by_step(transcript, revision)
        for step in ("live.post-request", "terminated.post-request", "get.stream", "origin.foreign-initialize"):
            assert found[step].status is not None
        assert found["terminated.post-request"].status == 404
        assert "isolation.end-a" not in found
        opened = {found[step].process for step in ("baseline.initialize", "version.control", "terminated.end")}
        assert len(opened) == 1
    assert by_step(transcript)["survives.initialize"].status == 400


async def test_a_second_client_is_asked_for_and_reported_with_both_exchanges() -> None:
    for revisions in ((NEWEST,), (NEWEST, "2025-06-18")):
        transcript = await hold(Manners(single=True, revisions=revisions))
        verdicts = judged(transcript)
        assert verdicts["example.clients"] is Verdict.VIOLATED
        assert verdicts["server.survives"] is Verdict.NOT_APPLICABLE
        assert verdicts["session.terminated-404"] is Verdict.SATISFIED
    assert judged(await hold(Manners(revisions=(NEWEST,))))["example.clients"] is Verdict.SATISFIED


async def test_a_server_without_room_for_a_second_client_is_not_taken_for_one_of_one_client() -> None:
    transcript = await hold(Manners(most_sessions=1, revisions=(NEWEST,)))
    assert McpProbe(bundle()).serves(transcript)
    assert judged(transcript)["example.clients"] is not Verdict.VIOLATED


async def test_only_what_is_negotiated_is_judged() -> None:
    transcript = await hold(Manners(single=True, revisions=("2025-06-18",)))
    assert transcript.negotiated == ("2025-06-18",)
    assert transcript.facts.why_not_served("2025-06-18") is None


async def test_a_process_that_cannot_be_started_afresh_is_asked_on_the_session_that_it_gave(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def refuse(pod: LocalPod) -> None:
        raise NoRestartError("a server that docprobe did not start is not restarted")

    monkeypatch.setattr(LocalPod, "restart", refuse)
    transcript = await hold(Manners(single=True, revisions=(NEWEST, "2025-06-18")))
    assert McpProbe(bundle()).serves(transcript)
    assert {exchange.process for exchange in transcript.exchanges} == {0}
    assert transcript.negotiated == (NEWEST,)
    verdicts = judged(transcript)
    assert verdicts["example.clients"] is Verdict.VIOLATED
    assert verdicts["session.terminated-404"] is Verdict.SATISFIED
    assert verdicts["version.unsupported-400"] is Verdict.SATISFIED
