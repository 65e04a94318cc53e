"""A pod whose requests are counted and traced."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest

from harness.exchanges.http_exchange import StoppedError
from harness.run.tracing.pod import TracedPod

if TYPE_CHECKING:
    from harness.engine.protocol import Pod
    from harness.run.tracing.service import TraceService


@pytest.mark.anyio
async def test_the_conversation_ends_after_the_last_request_that_is_wanted() -> None:
    class Silent:
        async def take(self) -> None:
            return None

        def forget(self) -> None:
            raise AssertionError("nothing is to be restarted")

    pod = TracedPod(cast("Pod", None), cast("TraceService", Silent()))
    pod.last = 2
    assert pod.begin() == 1
    await pod.end(1)
    assert pod.begin() == 2
    assert pod.begin() == 3, "the last one is still open"
    await pod.end(2)
    with pytest.raises(StoppedError):
        pod.begin()
    with pytest.raises(StoppedError):
        await pod.restart()
