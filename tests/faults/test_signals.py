"""docprobe killed, interrupted and ended, at any moment: nothing is left, files are whole, the next run works."""

from __future__ import annotations

import os
import random
import signal
import time
from typing import TYPE_CHECKING

import pytest

from tests.support.docprobe_process import (
    ENDS_S,
    left_in,
    report,
    start,
    unfinished,
    until_none_runs,
    until_nothing_is_left,
    until_one_runs,
    valid_files,
)
from tests.support.soak import tries

if TYPE_CHECKING:
    from pathlib import Path

    import docker

pytestmark = [pytest.mark.engine, pytest.mark.attack("kills")]

SEED = int(os.environ.get("DOCPROBE_SEED", "6"))
KILLS = tries(10, soak=25)
LATEST_S = 6.0
"""Start, extraction, two pods and their conversations on an idle machine; a loaded one is killed earlier in them."""


def the_next_run_works(raw: docker.APIClient, docs: Path, state: Path, out: Path) -> None:
    """It judges everything, and with it the last trace of those before is gone.

    It asks the engine, which a run that finds all its conversations in the cache does not: then nothing is swept.
    """
    with start(docs, state, out, "--no-cache") as process:
        said = process.communicate(timeout=ENDS_S)[0]
    assert process.returncode in {0, 1}, said
    assert {example["status"] for example in report(out)["examples"]} == {"judged"}
    assert left_in(raw, state) == []
    assert unfinished(state) == []


def test_sigkill_at_random_moments(raw: docker.APIClient, docs: Path, state: Path, tmp_path: Path) -> None:
    moments = random.Random(SEED)
    out = tmp_path / "out.json"
    for _ in range(KILLS):
        with start(docs, state, out, "--no-cache") as victim:
            time.sleep(moments.uniform(0.2, LATEST_S))
            victim.kill()
        until_nothing_is_left(raw, state)
        valid_files(state)
        if out.exists():
            report(out)
    the_next_run_works(raw, docs, state, out)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "sigterm"])
def test_asked_to_end(raw: docker.APIClient, docs: Path, state: Path, tmp_path: Path, number: signal.Signals) -> None:
    out = tmp_path / "out.json"
    with start(docs, state, out, "--jobs", "1") as victim:
        until_one_runs(raw, state, victim)
        victim.send_signal(number)
        said = victim.communicate(timeout=ENDS_S)[0]
    assert victim.returncode == 130, said
    assert "press Ctrl-C again to quit immediately" in said
    assert "Traceback" not in said
    assert left_in(raw, state) == []
    assert unfinished(state) == []
    # what was known is written, and what was not is said
    examples = report(out)["examples"]
    assert len(examples) == 2
    assert any(example["status"] == "blocked" and "interrupted" in example["reason"] for example in examples)
    the_next_run_works(raw, docs, state, out)


def test_ctrl_c_twice(raw: docker.APIClient, docs: Path, state: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    with start(docs, state, out) as victim:
        until_one_runs(raw, state, victim)
        victim.send_signal(signal.SIGINT)
        # two signals that wait to be delivered are one
        assert victim.stdout is not None
        said = next(line for line in victim.stdout if "press Ctrl-C again" in line)
        victim.send_signal(signal.SIGINT)
        said += victim.communicate(timeout=ENDS_S)[0]
    assert victim.returncode == 130
    assert "Traceback" not in said
    until_none_runs(raw, state)
    the_next_run_works(raw, docs, state, out)


def test_side_by_side_and_one_killed(raw: docker.APIClient, docs: Path, state: Path, tmp_path: Path) -> None:
    """Two runs with one state folder: the death of one and the sweeping of its remains harm the other nothing."""
    ours, theirs, third = (tmp_path / f"{name}.json" for name in ("ours", "theirs", "third"))
    with start(docs, state, ours, "--no-cache") as survivor, start(docs, state, theirs, "--no-cache") as victim:
        until_one_runs(raw, state, survivor)
        time.sleep(1)
        victim.kill()
        # a third one starts at once, and sweeps
        with start(docs, state, third, "--no-cache") as sweeper:
            third_said = sweeper.communicate(timeout=ENDS_S)[0]
        said = survivor.communicate(timeout=ENDS_S)[0]
    assert survivor.returncode in {0, 1}, said
    assert sweeper.returncode in {0, 1}, (third_said, report(third))
    for out in (ours, third):
        assert {example["status"] for example in report(out)["examples"]} == {"judged"}
    assert left_in(raw, state) == []
    assert unfinished(state) == []


@pytest.mark.parametrize("name", ["recordings/x.json", "images/k.json"])
def test_a_file_that_is_not_whole_is_as_good_as_none(tmp_path: Path, name: str) -> None:
    from harness.engine.install.images import ImageRecords
    from harness.run import cache

    file = tmp_path / name
    file.parent.mkdir()
    whole = b'{"runs": [], "transcript": null, "blocked": null}'
    for cut in range(len(whole)):
        file.write_bytes(whole[:cut])
        if name.startswith("recordings"):
            assert cache.load(file.parent, "x") is None
        else:
            assert ImageRecords(tmp_path).read("k") is None
