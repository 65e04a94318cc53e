"""Sessions, and the process that is started afresh when it accepts no further initialize."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import anyio
import pytest

from harness.base.errors import BlockedError
from harness.engine.protocol import ExitState
from harness.judge.judge import judge
from harness.model import Basis, Facts, Failure, FailureKind, Verdict
from harness.profile import ProbeSettings
from harness.profiles.mcp.messages import EndpointAddress
from harness.profiles.mcp.probe import McpProbe
from harness.profiles.mcp.probes.converse_http import converse_http
from harness.profiles.mcp.probes.sessions import has_died
from harness.profiles.registry import MCP
from tests.support.local_pod import bundle, local_pod
from tests.support.report_pieces import exchange
from tests.support.verdicts import rows

from .conversations import NEWEST, REVISIONS, TIMEOUT_S, by_step, hold, judged
from .mcp_app import Manners, make

pytestmark = [pytest.mark.anyio, pytest.mark.long]


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


@pytest.mark.parametrize(("forgets_after_s", "expected"), [(0.6, Verdict.SATISFIED), (3600.0, Verdict.VIOLATED)])
async def test_a_delete_that_is_only_accepted_may_take_its_time_and_never_blocks(
    forgets_after_s: float, expected: Verdict
) -> None:
    transcript = await hold(Manners(forgets_after_s=forgets_after_s, revisions=(NEWEST,)))
    found = judge(transcript, rows(), MCP, page_revision=NEWEST)
    (finding,) = (f for f in found if f.requirement == "session.terminated-404")
    assert (finding.verdict, finding.gates) == (expected, False)
    assert finding.basis is (Basis.TEXT if expected is Verdict.SATISFIED else Basis.INTERPRETATION)


async def test_a_server_that_wants_fewer_requests_is_waited_for() -> None:
    asked: dict[str, int] = {}

    def too_many(method: str) -> bool:
        asked[method] = asked.get(method, 0) + 1
        return asked[method] % 2 == 1

    transcript = await hold(Manners(too_many=too_many, revisions=(NEWEST,)))
    assert McpProbe(bundle()).serves(transcript)
    assert asked["notifications/initialized"] > 1
    assert {e.status for e in transcript.exchanges if not e.step.startswith("retry.")}.isdisjoint({429})
    verdicts = judged(transcript)
    assert {id for id, verdict in verdicts.items() if verdict is Verdict.VIOLATED} <= {"http.origin-validate"}
    assert verdicts["session.terminated-404"] is Verdict.SATISFIED


@pytest.mark.parametrize("method", ["notifications/initialized", "tools/list"])
async def test_a_server_that_never_has_time_for_a_step_of_the_baseline_runs(method: str) -> None:
    transcript = await hold(Manners(too_many=lambda asked: asked == method, revisions=(NEWEST,)))
    assert McpProbe(bundle()).serves(transcript)
    # the server does not look at Origin, which a ping shows as well
    violated = {id for id, verdict in judged(transcript).items() if verdict is Verdict.VIOLATED}
    assert violated <= {"http.origin-validate"}


async def test_a_server_that_answers_nothing_but_429_is_not_checked() -> None:
    async with local_pod(lambda: make(Manners(too_many=lambda asked: True))) as pod:
        settings = ProbeSettings(revisions=REVISIONS, timeout_s=TIMEOUT_S, start_s=TIMEOUT_S)
        with pytest.raises(BlockedError):
            await McpProbe(bundle()).converse(pod, settings, lambda text: None)


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
        transcript = await converse_http(pod, bundle(), ProbeSettings(REVISIONS, timeout_s=TIMEOUT_S, start_s=60.0), None)
    assert transcript.facts.crashed is not None
    assert "memory limit" in transcript.facts.crashed.sentence
    assert not transcript.facts.single_session
    assert "isolation.end-a" in by_step(transcript)


class Dying:
    """A process whose end is noticed after a while. Dead or not, it may accept connections until then."""

    def __init__(self, noticed_s: float, *, accepts: bool) -> None:
        self.noticed_s, self.accepts = noticed_s, accepts
        self.waited_s = 0.0

    async def connect(self, host: str, port: int) -> Any:
        assert (host, port) == ("127.0.0.1", 3000)
        if not self.accepts:
            raise ConnectionRefusedError
        return SimpleNamespace(aclose=anyio.lowlevel.checkpoint)

    def exit_state(self) -> ExitState | None:
        return ExitState(1, "exited with code 1") if self.waited_s >= self.noticed_s else None

    async def wait_exit(self, timeout_s: float) -> ExitState | None:
        self.waited_s += timeout_s
        return self.exit_state()


@pytest.mark.parametrize(
    ("kind", "noticed_s", "accepts", "died"),
    [
        (FailureKind.REFUSED, 5.0, False, True), (FailureKind.REFUSED, 6.0, False, False),
        (FailureKind.CLOSED, 0.2, True, True), (FailureKind.RESET, 0.2, True, True),
        (FailureKind.CLOSED, 5.0, True, False), (FailureKind.RESET, 5.0, True, False),
        (FailureKind.CLOSED, 5.0, False, True), (FailureKind.RESET, 5.0, False, True),
        (FailureKind.TIMEOUT, 0.1, False, False), (None, 0.1, False, False),
    ],
)  # fmt: skip
async def test_the_end_of_a_process_is_waited_for_by_what_the_last_request_met(
    kind: FailureKind | None, noticed_s: float, accepts: bool, died: bool
) -> None:
    last = replace(exchange(7, "s", "POST", 200), reply=None, failure=Failure(kind)) if kind is not None else exchange(7, "s", "POST", 200)
    address = EndpointAddress("127.0.0.1", 3000, "/mcp")
    pod, recorder = Dying(noticed_s, accepts=accepts), SimpleNamespace(exchanges=[last])
    peer: Any = SimpleNamespace(pod=pod, recorder=recorder, facts=Facts(), address=address)
    assert await has_died(peer) is died
    assert (peer.facts.crashed is not None) is died


async def test_a_server_that_dies_with_its_first_deleted_session() -> None:
    transcript = await hold(Manners(revisions=(NEWEST,), dead_after_delete=True))
    assert transcript.facts.died is not None
    assert transcript.facts.died.sentence == "initialize answered 404"
    assert not transcript.facts.single_session
    assert "isolation.request-b" in by_step(transcript)
