"""What `make unit` promises: a test that starts another program is marked so, or fails."""

from __future__ import annotations

import subprocess
import sys

import anyio
import pytest

COMMAND = [sys.executable, "-c", "print('started')"]


@pytest.mark.anyio
async def test_an_unmarked_test_starts_no_program() -> None:
    with pytest.raises(AssertionError, match="mark the test `processes`"):
        subprocess.run(COMMAND, check=False)
    with pytest.raises(AssertionError, match="mark the test `processes`"):
        await anyio.run_process(COMMAND)


@pytest.mark.processes
def test_a_marked_one_does() -> None:
    assert subprocess.run(COMMAND, capture_output=True, text=True, check=True).stdout == "started\n"
