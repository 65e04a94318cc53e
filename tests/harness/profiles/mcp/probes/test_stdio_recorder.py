"""What is recorded of a wait over stdio."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, cast

import anyio
import pytest

from harness.profiles.mcp import messages, steps
from harness.profiles.mcp.probes.stdio_recorder import StdioRecorder

if TYPE_CHECKING:
    from harness.engine.protocol import ExitState, Pod

pytestmark = pytest.mark.anyio
TIMEOUT_S = 0.8
STALL_S = 1.2


class SilentPod:
    """A program that says nothing and never ends, beside something that keeps the processor."""

    async def send_stdin(self, data: bytes) -> None: ...

    async def close_stdin(self) -> None: ...

    async def receive_stdout(self) -> bytes:
        time.sleep(STALL_S)
        await anyio.sleep_forever()
        raise AssertionError

    async def wait_exit(self, timeout_s: float) -> ExitState | None:
        return None


async def test_a_wait_in_which_the_loop_stood_still_is_recorded_so() -> None:
    talk = StdioRecorder(cast("Pod", SilentPod()), TIMEOUT_S, TIMEOUT_S, 1024)
    assert await talk.request(steps.STDIO_TOOLS, messages.request(1, "tools/list")) is None
    await talk.close()
    asked, closed = talk.exchanges
    assert asked.timed_out
    assert closed.timed_out
    assert min(asked.stalled_s, closed.stalled_s) >= TIMEOUT_S
    assert asked.waited_s == closed.waited_s == 0
