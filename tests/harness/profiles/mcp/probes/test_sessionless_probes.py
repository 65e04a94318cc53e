"""The sessionless revisions."""

from __future__ import annotations

import pytest

from .conversations import NEWEST, by_step, hold
from .mcp_app import Manners

pytestmark = [pytest.mark.anyio, pytest.mark.long]


async def test_a_server_of_the_sessionless_revision_only() -> None:
    transcript = await hold(Manners(revisions=(), modern=True))
    assert transcript.negotiated == transcript.modern == ("2026-07-28",)
    expected = {
        "modern.control": 200,
        "modern.session-id": 200,
        "modern.get": 405,
        "modern.delete": 405,
        "modern.unsupported": 400,
        "modern.mismatch": 400,
        "modern.missing-header": 400,
        "modern.unknown-method": 404,
        "modern.missing-meta": 400,
        "modern.notification": 202,
    }
    found = by_step(transcript)
    assert {step: found[step].status for step in expected} == expected


async def test_both_eras_on_one_endpoint() -> None:
    transcript = await hold(Manners(revisions=(NEWEST,), modern=True))
    assert transcript.negotiated == (NEWEST, "2026-07-28")
    assert transcript.modern == ("2026-07-28",)
    assert "terminated.end" in by_step(transcript, NEWEST)
    assert "modern.control" in by_step(transcript, "2026-07-28")


async def test_a_stateless_server_that_serves_any_request_is_not_modern() -> None:
    transcript = await hold(Manners(stateless=True, any_version=True, revisions=(NEWEST,)))
    found = by_step(transcript)
    assert found["discover.modern"].status == 200
    assert found["discover.modern-check"].status == 200
    assert transcript.modern == ()
