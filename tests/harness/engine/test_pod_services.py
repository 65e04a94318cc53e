"""What a service of docprobe does in a pod costs the pod nothing: it is logged, and the others serve on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import anyio
import pytest

from harness.engine.logs import LogBook
from harness.engine.pod_services import PodServices
from harness.model import LogLine

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from harness.engine.protocol import Service

pytestmark = pytest.mark.anyio


class Listening:
    """A tunnel that only keeps what is to serve each port."""

    def __init__(self) -> None:
        self.serve: dict[int, Callable[[Any], Awaitable[None]]] = {}

    async def listen(self, port: int, serve: Callable[[Any], Awaitable[None]]) -> None:
        self.serve[port] = serve


class Answering:
    """A service that notes each connection, and then raises the error it was given."""

    def __init__(self, port: int, error: Exception | None = None) -> None:
        self.port = port
        self.error = error
        self.served: list[object] = []

    async def serve(self, stream: object) -> None:
        self.served.append(stream)
        if self.error is not None:
            raise self.error

    def log(self) -> tuple[LogLine, ...]:
        return (LogLine(1.0, "authorization", f"{len(self.served)} on {self.port}"),)


def started(*services: Answering) -> tuple[Listening, PodServices, LogBook]:
    tunnel, logs = Listening(), LogBook(10_000)
    pod = PodServices(cast("Any", tunnel), logs)
    anyio.run(pod.add, [cast("Service", service) for service in services])
    return tunnel, pod, logs


@pytest.mark.parametrize(
    ("error", "logged"),
    [
        (None, []),
        (anyio.EndOfStream(), []),
        (anyio.BrokenResourceError(), []),
        (ValueError("no scope"), ["the service on port 9000 failed: ValueError('no scope')"]),
    ],
)
def test_a_connection_that_fails_is_logged_unless_the_example_closed_it(
    error: Exception | None, logged: list[str]
) -> None:
    first, second = Answering(9000, error), Answering(9001)
    tunnel, pod, logs = started(first, second)
    anyio.run(tunnel.serve[9000], "stream")
    anyio.run(tunnel.serve[9001], "other")
    assert (first.served, second.served) == (["stream"], ["other"])
    assert [line.text for line in logs.lines()] == logged
    assert [line.text for line in pod.log()] == ["1 on 9000", "1 on 9001"]


def test_services_that_are_added_later_answer_beside_the_first() -> None:
    first, later = Answering(9000), Answering(9001)
    tunnel, pod, _ = started(first)
    anyio.run(pod.add, [cast("Service", later)])
    assert sorted(tunnel.serve) == [9000, 9001]
    assert [line.text for line in pod.log()] == ["0 on 9000", "0 on 9001"]
