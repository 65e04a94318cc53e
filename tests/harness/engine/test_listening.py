"""How long a pod waits for sockets. The tunnel is made up; the pod is the real one."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import anyio
import pytest

from harness.engine import pods
from harness.engine.logs import LogBook
from harness.engine.pods import DockerPod
from harness.model import ListeningSocket
from tests.support.loopback import server_bundle

if TYPE_CHECKING:
    from harness.engine.process import PodSettings
    from harness.engine.tunnel.tunnel import Tunnel

pytestmark = pytest.mark.anyio

FIRST, SECOND = ListeningSocket("127.0.0.1", 3000), ListeningSocket("127.0.0.1", 3001)


class MadeUpTunnel:
    """Reports the sockets that a test sets; it waits for nothing."""

    failure = None

    def __init__(self) -> None:
        self.listening: tuple[ListeningSocket, ...] = ()

    def sockets(self) -> tuple[ListeningSocket, ...]:
        return self.listening

    def changed(self) -> anyio.Event:
        return anyio.Event()

    async def sync(self) -> None:
        return


async def waited_for(
    monkeypatch: pytest.MonkeyPatch,
    *,
    before: Any,
    left: Any,
    after: Any,
    listened: dict[str, frozenset[ListeningSocket]] | None = None,
) -> list[int]:
    """How many sockets were there at each wait for further ones: after the start, and after a restart.

    ``left`` is what the tunnel still reports of the process that was ended; ``listened`` is of earlier pods.
    """
    waits: list[int] = []
    tunnel = MadeUpTunnel()

    async def settle(seconds: float) -> None:
        waits.append(len(tunnel.listening))

    broken = SimpleNamespace(is_set=lambda: False)
    settings = SimpleNamespace(run=SimpleNamespace(events=SimpleNamespace(broken=broken)), logs=LogBook(1000))
    pod = DockerPod(cast("PodSettings", settings), cast("Tunnel", tunnel), server_bundle(), (), "pod", listened)

    async def start() -> None:
        tunnel.listening = after

    async def ended() -> None:
        tunnel.listening = left

    process = SimpleNamespace(kill=ended, ended=SimpleNamespace(wait=anyio.lowlevel.checkpoint), state=None)
    monkeypatch.setattr(anyio, "sleep", settle)
    monkeypatch.setattr(pods, "_STALE_S", 0.0)
    monkeypatch.setattr(pod, "_start", start)
    tunnel.listening = before
    pod._process = cast("Any", process)
    assert await pod.wait_listening(60) == before
    await pod.restart()
    assert await pod.wait_listening(60) == after
    return waits


async def test_after_a_restart_what_listened_before_is_all_that_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    both = (FIRST, SECOND)
    assert await waited_for(monkeypatch, before=(FIRST,), left=(), after=(FIRST,)) == [1]
    assert await waited_for(monkeypatch, before=both, left=(), after=both) == [2]


async def test_other_sockets_than_before_are_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    assert await waited_for(monkeypatch, before=(FIRST,), left=(), after=(SECOND,)) == [1, 1]
    assert await waited_for(monkeypatch, before=(FIRST, SECOND), left=(), after=(FIRST,)) == [2, 1]


async def test_sockets_that_are_still_reported_of_the_ended_process_prove_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert await waited_for(monkeypatch, before=(FIRST,), left=(FIRST,), after=(FIRST,)) == [1, 1]


async def test_what_listened_in_an_earlier_pod_is_all_that_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    both, listened = (FIRST, SECOND), dict[str, frozenset[ListeningSocket]]()
    assert await waited_for(monkeypatch, before=both, left=(), after=both, listened=listened) == [2]
    assert await waited_for(monkeypatch, before=both, left=(), after=both, listened=listened) == []
    assert await waited_for(monkeypatch, before=(FIRST,), left=(), after=(FIRST,), listened=listened) == [1]
