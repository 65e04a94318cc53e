"""What the processes of an example say that they executed: anything, from a place that the example controls."""

from __future__ import annotations

import json

import anyio
import pytest

from harness.run.tracing.service import TraceService, read_answer

PATHS = frozenset({"server.mjs"})


def test_what_a_process_says_is_checked() -> None:
    said = {"files": {"server.mjs": [[1, 0], [2, 4], [0, 0], [1, -1], ["1", 0], [1], 7, [1.0, 5], [True, 6], [1, 0, 8], {}], "/etc/passwd": [[1, 0]]},
            "calls": [["p", "f"], ["p", "f"], ["p"], [1, 2], ["p\\u001b[2J", "g"], ["a", "b", "c", "d"]]}  # fmt: skip
    answer = read_answer(json.dumps(said).encode(), PATHS)
    assert answer.places == {"server.mjs": {(1, 0), (2, 4)}}
    assert answer.calls[0] == ("p", "f")
    assert answer.calls[-1] == ("a", "b", "c", "d")
    assert not any("\\x1b" in word for call in answer.calls for word in call)


@pytest.mark.parametrize("line", [b"", b"[]", b'{"files": 1, "calls": []}', b'{"files": {}}', b"{"])
def test_what_is_not_an_answer(line: bytes) -> None:
    with pytest.raises(ValueError, match=r"not what a tracer says|Expecting|Unterminated"):
        read_answer(line, PATHS)


@pytest.mark.anyio
async def test_a_process_that_lies_costs_nothing() -> None:
    service = TraceService(PATHS)
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    async with listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, service.serve)
        port = listener.extra(anyio.abc.SocketAttribute.local_port)
        async with await anyio.connect_tcp("127.0.0.1", port) as stream:
            await stream.send(b"not JSON\n")
            assert await service.take() is None
        tasks.cancel_scope.cancel()
