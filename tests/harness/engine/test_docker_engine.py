"""An engine that is stopped in the middle of a run: on one of the tests' own. (More faults: ``tests/faults``.)"""

from __future__ import annotations

import gc
import signal
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import anyio
import pytest

from harness.base.errors import EngineError, PodError
from harness.base.host import HostEnvironment
from harness.engine.docker_engine import connect
from harness.engine.protocol import Limits
from tests.faults.own_engine import own_engine, why_not
from tests.harness.engine.conftest import SERVER, python_bundle
from tests.support.host import HOST

if TYPE_CHECKING:
    from pathlib import Path

    from harness.engine.protocol import Pod

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.engine,
    pytest.mark.skipif(why_not() is not None, reason=str(why_not())),
    # docker-py drops the socket of a connection that is refused without closing it
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


async def until_it_fails(pod: Pod) -> None:
    while True:
        with suppress(ConnectionRefusedError):  # the engine ends the example before the rest
            await (await pod.connect("localhost", 3000)).aclose()
        assert pod.exit_state() is None, "the engine's end is taken for the example's"
        await anyio.sleep(0.05)


async def test_an_engine_that_is_stopped_is_not_the_examples_fault(engine_state: Path, tmp_path: Path) -> None:
    """It ends the example by SIGTERM, which must not be reported as a server that does not run."""
    async with connect(state=engine_state, host=HOST) as users:
        image = (await users.base("python")).tag
    bundle = python_bundle(SERVER)
    with own_engine(tmp_path, image) as own:
        started = time.monotonic()
        with pytest.raises((PodError, EngineError)) as caught:
            async with (
                connect(state=tmp_path / "state", host=HostEnvironment.of(own.environment), limits=Limits(tmp_mib=8)) as engine,
                engine.pod(bundle, await engine.install(bundle)) as pod,
            ):
                assert await pod.wait_listening(60)
                own.signal(signal.SIGTERM)
                started = time.monotonic()
                with anyio.fail_after(60):
                    await until_it_fails(pod)
        assert time.monotonic() - started < 60
        assert caught.value.exit_code == 3
        assert caught.value.hint
    del caught
    gc.collect()  # the warnings of those sockets belong here, not into a later test
