from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import anyio
import pytest

from extractor.base.storage import is_held
from harness.engine.locks import exclusive
from harness.engine.owner import is_leftover, own, remove_dead_locks, state_id

if TYPE_CHECKING:
    from pathlib import Path

HOLD = """
import sys
from pathlib import Path
from harness.engine.owner import own
with own(Path(sys.argv[1])) as owner:
    print(owner.run, flush=True)
    sys.stdin.read()
"""


def test_an_owner_is_alive_for_as_long_as_its_block(tmp_path: Path) -> None:
    with own(tmp_path) as owner:
        assert is_held(owner.lock)
        assert not is_leftover(owner.labels("anchor"), tmp_path)
    assert not is_held(owner.lock)
    assert not owner.lock.exists()
    assert is_leftover(owner.labels("anchor"), tmp_path)


def test_a_killed_owner_is_dead(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        lock = tmp_path / "runs" / f"{other.stdout.readline().strip()}.lock"
        assert is_held(lock)
        remove_dead_locks(tmp_path)
        assert lock.exists()
        other.kill()
        other.wait()
    assert lock.exists()
    assert not is_held(lock)
    remove_dead_locks(tmp_path)
    assert not lock.exists()


def test_another_state_folder_is_nobodys_business(tmp_path: Path) -> None:
    with own(tmp_path / "a") as owner:
        labels = owner.labels("anchor")
    assert is_leftover(labels, tmp_path / "a")
    assert not is_leftover(labels, tmp_path / "b")
    assert not is_leftover({}, tmp_path / "a")


def test_the_state_id_is_made_once(tmp_path: Path) -> None:
    first = state_id(tmp_path / "new")
    assert state_id(tmp_path / "new") == first
    assert [p.name for p in (tmp_path / "new").iterdir()] == ["id"]


@pytest.mark.anyio
async def test_one_at_a_time(tmp_path: Path) -> None:
    inside, most = 0, 0

    async def one() -> None:
        nonlocal inside, most
        async with exclusive(tmp_path, "install-abc"):
            inside += 1
            most = max(most, inside)
            await anyio.sleep(0.01)
            inside -= 1

    async with anyio.create_task_group() as tasks:
        for _ in range(8):
            tasks.start_soon(one)
    assert most == 1
    assert list((tmp_path / "locks").iterdir()) == []


@pytest.mark.anyio
async def test_locks_of_different_things_do_not_meet(tmp_path: Path) -> None:
    with anyio.fail_after(30):
        async with exclusive(tmp_path, "a"), exclusive(tmp_path, "b"):
            pass


@pytest.mark.anyio
async def test_a_dead_holder_gives_it_up(tmp_path: Path) -> None:
    code = "import sys, fcntl, time; f = open(sys.argv[1], 'w'); fcntl.flock(f, 2); print(1, flush=True); time.sleep(60)"
    (tmp_path / "locks").mkdir()
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "locks/x")], stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        other.stdout.readline()
        with anyio.move_on_after(0.3) as waited:
            async with exclusive(tmp_path, "x"):
                pytest.fail("two hold it")
        assert waited.cancelled_caught
        other.kill()
    with anyio.fail_after(30):
        async with exclusive(tmp_path, "x"):
            pass
