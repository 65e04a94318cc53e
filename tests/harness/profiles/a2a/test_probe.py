"""Whether an agent runs, in the protocol's sense, and what is said of one that does not."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import anyio
import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route

from harness.base.errors import BlockedError
from harness.model import Verdict
from harness.profiles.a2a.probe import A2aProbe
from tests.support.local_pod import bundle, local_pod

from .agent_app import FakeAgent
from .conversations import SETTINGS, findings, talk, with_verdict

if TYPE_CHECKING:
    from starlette.requests import Request

    from harness.engine.protocol import Pod
    from harness.model import Transcript
    from harness.profile import ReadyEndpoint

pytestmark = pytest.mark.loopback


async def _refusing(request: Request) -> JSONResponse:
    return JSONResponse({"error": "who are you?"}, 401)


def guarded() -> Starlette:
    """An agent whose card is public, and that answers nobody without a token."""
    return Starlette(
        routes=[
            Route("/.well-known/agent-card.json", FakeAgent(path="/a2a").card),
            Route("/a2a", _refusing, methods=["POST"]),
        ]
    )


def plain() -> Starlette:
    return Starlette(routes=[Route("/", lambda request: PlainTextResponse("hello"))])


def held(app: object) -> Transcript:
    async def run() -> Transcript:
        async with local_pod(app) as pod:  # type: ignore[arg-type]
            return await A2aProbe(bundle()).converse(cast("Pod", pod), SETTINGS, lambda text: None)

    return anyio.run(run)


def test_a_right_agent_serves() -> None:
    transcript = anyio.run(talk, FakeAgent())
    probe = A2aProbe(bundle())
    assert probe.serves(transcript)
    assert probe.failure(transcript) == ""
    assert transcript.negotiated == ("1.0",)


def test_an_agent_of_an_older_version_runs_and_is_not_judged_by_this_one() -> None:
    transcript = anyio.run(talk, FakeAgent(frozenset({"old"})))
    assert A2aProbe(bundle()).serves(transcript)
    assert transcript.negotiated == ()
    assert with_verdict(findings(transcript), Verdict.VIOLATED) <= {"revision.match"}


def test_a_server_of_something_else_does_not() -> None:
    transcript = held(plain)
    probe = A2aProbe(bundle())
    assert not probe.serves(transcript)
    assert "no path answers SendMessage" in probe.failure(transcript)


def test_of_an_agent_that_wants_a_token_only_the_card_is_judged() -> None:
    found = findings(held(guarded))
    assert with_verdict(found, Verdict.VIOLATED) == set()
    assert {"card.available", "card.valid", "card.required-fields"} <= with_verdict(found, Verdict.SATISFIED)
    assert "version.unsupported" in with_verdict(found, Verdict.INCONCLUSIVE)


def test_the_endpoint_is_found_for_docprobe_run() -> None:
    async def find(app: object) -> ReadyEndpoint:
        async with local_pod(app) as pod:  # type: ignore[arg-type]
            return await A2aProbe(bundle()).find_endpoint(cast("Pod", pod), SETTINGS)

    assert anyio.run(find, FakeAgent(path="/a2a").app).path == "/a2a"
    with pytest.raises(BlockedError, match="no path answers"):
        anyio.run(find, plain)
