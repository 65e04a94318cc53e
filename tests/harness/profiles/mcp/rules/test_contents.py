"""Tokens in log messages: what counts as one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.profiles.mcp import steps
from tests.support.transcripts import Talk
from tests.support.verdicts import N, S, V, verdicts_of

if TYPE_CHECKING:
    from harness.model import Verdict

LOG = "log.no-credentials"


@pytest.mark.parametrize(
    ("token", "data", "expected"),
    [
        ("<token:user1>", "GET with <token:user1>", V),
        ("0123456789abcdef", {"headers": {"authorization": "Bearer 0123456789abcdef"}}, V),
        ("0123456789abcdef", "served a request", S),
        # a page may state any word as its token
        ("test", "a test request", N),
    ],
)
def test_a_token_in_a_log_message(token: str, data: object, expected: Verdict) -> None:
    talk = Talk()
    talk.initialize(steps.BASELINE_INITIALIZE)
    log = {"jsonrpc": "2.0", "method": "notifications/message", "params": {"level": "info", "data": data}}
    talk.say(
        steps.BASELINE_REQUEST,
        200,
        message={"jsonrpc": "2.0", "id": 7, "method": "tools/list"},
        answer=log,
        headers=(("Authorization", f"Bearer {token}"),),
    )
    assert verdicts_of(talk.transcript())[LOG] is expected
