"""What has to be so before a rule applies."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.model import Transport
from tests.support.transcripts import based
from tests.support.verdicts import N, finding_of


@pytest.mark.parametrize("requirement", ["session.terminated-404", "message.schema", "rpc.null-id"])
def test_what_http_sse_does_not_have_is_not_called_a_lack_of_the_server(requirement: str) -> None:
    transcript = based(id=None).transcript()
    other = replace(transcript, facts=replace(transcript.facts, transport=Transport.HTTP_SSE))
    found = finding_of(other, requirement)
    assert found.verdict is N
    assert "HTTP+SSE" in found.summary
    assert "HTTP+SSE" not in finding_of(transcript, requirement).summary
