"""The probe that asks nothing: an example that listens runs, whatever it would answer."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

import pytest

from extractor.model import ExampleKind, Layout
from harness.base.errors import BlockedError
from harness.config import Config
from harness.judge.judge import judge
from harness.model import ListeningSocket, StartOutcome
from harness.profiles.registry import PROFILES
from harness.run.attempt import record
from harness.run.listening_probe import ListeningProbe
from harness.spec.bind import bind
from tests.harness.run.test_attempt import DeadPod, OnePodEngine, SilentPod
from tests.support.loopback import server_bundle

if TYPE_CHECKING:
    from pathlib import Path

    from harness.engine.protocol import Engine
    from harness.model import Recording

pytestmark = pytest.mark.anyio
GENERAL = PROFILES["general"]
LISTENS = (ListeningSocket("127.0.0.1", 4000),)


async def recorded(tmp_path: Path, pod: DeadPod) -> Recording:
    config = Config(docs=tmp_path, layout=Layout(), profile=GENERAL)
    engine = cast("Engine", OnePodEngine(pod))
    return await record(engine, server_bundle(), config, date=None, locks={}, progress=lambda _: None)


async def test_what_listens_runs_and_is_judged_by_nothing_else(tmp_path: Path) -> None:
    found = await recorded(tmp_path, SilentPod("", LISTENS))
    (run,) = found.runs
    assert run.outcome is StartOutcome.SERVING
    assert run.sentence == "it starts and listens on port 4000; docprobe sends it no requests"
    assert found.transcript is not None
    rows = tuple(bind((), (), PROFILES["plain"].catalogue.requirements).requirements.values())
    assert judge(found.transcript, rows, PROFILES["plain"], page_revision=None) == ()


async def test_what_ends_does_not_run(tmp_path: Path) -> None:
    found = await recorded(tmp_path, DeadPod("TypeError: x is not a function"))
    assert found.transcript is None
    assert [(run.outcome, run.sentence) for run in found.runs] == [
        (StartOutcome.EXITED, "exited with code 1: TypeError: x is not a function")
    ]


def test_of_other_kinds_nothing_general_can_be_said() -> None:
    with pytest.raises(BlockedError, match="no probe for an example of kind stdio-server"):
        ListeningProbe(replace(server_bundle(), kind=ExampleKind.STDIO_SERVER))
